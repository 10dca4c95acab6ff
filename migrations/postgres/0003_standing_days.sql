-- How a plan stood at the end of each day, narrow enough to draw a page of plans at once.
create table standing_day (
    plan_id text collate "C" not null references plan (id),
    day bigint not null,
    status text collate "C",
    gap_points double precision,
    band_low double precision,
    band_high double precision,
    primary key (plan_id, day)
);
