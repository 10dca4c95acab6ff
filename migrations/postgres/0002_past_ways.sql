-- How finished upsells went, one attainment per day, as known when the outcome was documented.
create table past_way (
    plan_id text collate "C" not null references plan (id),
    metric text collate "C" not null,
    template text collate "C" not null,
    known_at timestamptz not null,
    is_success bigint not null,
    attainment text collate "C" not null,
    primary key (plan_id, metric)
);
create index past_way_template on past_way (template, known_at);
