-- Scores people said of a plan's health factors for a while, all of them; the latest of a factor supersedes.
create table health_override (
    plan_id text not null references plan (id),
    place integer not null,
    said_at text not null,
    body text not null,
    primary key (plan_id, place)
) strict, without rowid;

-- What of a plan's health was told last, and how often; and when time alone may change it next.
create table health_told (
    plan_id text not null primary key references plan (id),
    told integer not null,
    told_at text not null,
    changes_at text,
    body text not null
) strict, without rowid;
create index health_changes on health_told (changes_at) where changes_at is not null;
