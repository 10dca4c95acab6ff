-- Outcomes that agents propose, kept whatever a person makes of them; and why a value was typed by hand.
create table proposal (
    id text collate "C" not null primary key,
    plan_id text collate "C" not null references plan (id),
    proposed_at timestamptz not null,
    body text collate "C" not null
);
create index proposal_plan on proposal (plan_id, proposed_at, id);
alter table observation add column reason text collate "C";
