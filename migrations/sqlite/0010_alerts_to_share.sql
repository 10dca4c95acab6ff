-- 1 since an alert changed, until its owner's week was shared out with it.
alter table alert add column to_share integer not null default 0;
create index alert_to_share on alert (owner, raised_at) where to_share = 1;
