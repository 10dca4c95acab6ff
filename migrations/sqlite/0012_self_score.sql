-- How the engine did over finished upsells: each forecast as it was told, with what came, and the first warning.
create table promise (
    plan_id text not null references plan (id),
    metric text not null,
    day integer not null,
    known_at text not null,
    is_review integer not null,
    rung text not null,
    probability real,
    uncorrected real,
    is_inside integer,
    is_calibrated integer not null,
    was_reached integer not null,
    primary key (plan_id, metric, day)
) strict, without rowid;
create index promise_newest on promise (known_at desc, plan_id, metric, day);
alter table outcome add column scored_at text;
alter table outcome add column warned_day integer;
alter table outcome add column last_day integer;
create index outcome_scored on outcome (scored_at) where scored_at is not null;
create index outcome_unscored on outcome (plan_id) where scored_at is null;
