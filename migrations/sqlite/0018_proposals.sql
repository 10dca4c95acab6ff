-- Outcomes that agents propose, kept whatever a person makes of them; and why a value was typed by hand.
create table proposal (
    id text not null primary key,
    plan_id text not null references plan (id),
    proposed_at text not null,
    body text not null
) strict, without rowid;
create index proposal_plan on proposal (plan_id, proposed_at, id);
alter table observation add column reason text;
