-- The policy values evaluations were made under, by version: what recomputes them after the values have moved on.
create table policy (
    version text collate "C" not null primary key,
    known_from timestamptz not null,
    body text collate "C" not null
);
