-- Scores people said of a plan's health factors for a while, all of them; the latest of a factor supersedes.
create table health_override (
    plan_id text collate "C" not null references plan (id),
    place bigint not null,
    said_at timestamptz not null,
    body text collate "C" not null,
    primary key (plan_id, place)
);

-- What of a plan's health was told last, and how often; and when time alone may change it next.
create table health_told (
    plan_id text collate "C" not null primary key references plan (id),
    told bigint not null,
    told_at timestamptz not null,
    changes_at timestamptz,
    body text collate "C" not null
);
create index health_changes on health_told (changes_at) where changes_at is not null;
