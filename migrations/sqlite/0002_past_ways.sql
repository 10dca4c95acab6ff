-- How finished upsells went, one attainment per day, as known when the outcome was documented.
create table past_way (
    plan_id text not null references plan (id),
    metric text not null,
    template text not null,
    known_at text not null,
    is_success integer not null,
    attainment text not null,
    primary key (plan_id, metric)
) strict;
create index past_way_template on past_way (template, known_at);
