-- What analyses ask of an upsell, as columns: worked out when it changes, so that a question reads no observation.
alter table standing add column customer_id text not null default '';
alter table standing add column source text not null default '';
alter table standing add column template text;
alter table standing add column planned_at text;
alter table standing add column day_zero text;
alter table standing add column ended_on text;
alter table standing add column first_value_day integer;
alter table standing add column goals_achieved integer;
alter table standing add column goals_missed integer;
alter table standing add column goals_unknown integer;
alter table standing add column goals_dropped integer;
alter table standing add column first_check_at text;
alter table standing add column first_check_lagged integer;
alter table standing add column milestones text;
-- When they were worked out; null when something changed since.
alter table standing add column facts_at text;
update standing set customer_id = (select u.customer_id from upsell u where u.id = standing.upsell_id),
    source = (select u.source from upsell u where u.id = standing.upsell_id);
create index standing_close on standing (close_date, upsell_id);
create index standing_without_facts on standing (upsell_id) where facts_at is null;
