-- How the engine did over finished upsells: each forecast as it was told, with what came, and the first warning.
create table promise (
    plan_id text collate "C" not null references plan (id),
    metric text collate "C" not null,
    day bigint not null,
    known_at timestamptz not null,
    is_review bigint not null,
    rung text collate "C" not null,
    probability double precision,
    uncorrected double precision,
    is_inside bigint,
    is_calibrated bigint not null,
    was_reached bigint not null,
    primary key (plan_id, metric, day)
);
create index promise_newest on promise (known_at desc, plan_id, metric, day);
alter table outcome add column scored_at timestamptz;
alter table outcome add column warned_day bigint;
alter table outcome add column last_day bigint;
create index outcome_scored on outcome (scored_at) where scored_at is not null;
create index outcome_unscored on outcome (plan_id) where scored_at is null;
