-- The policy values evaluations were made under, by version: what recomputes them after the values have moved on.
create table policy (
    version text not null primary key,
    known_from text not null,
    body text not null
) strict, without rowid;
