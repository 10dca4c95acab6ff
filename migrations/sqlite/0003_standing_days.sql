-- How a plan stood at the end of each day, narrow enough to draw a page of plans at once.
create table standing_day (
    plan_id text not null references plan (id),
    day integer not null,
    status text,
    gap_points real,
    band_low real,
    band_high real,
    primary key (plan_id, day)
) strict, without rowid;
