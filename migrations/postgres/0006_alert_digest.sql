-- The digest an alert is told in only, when its owner's week had more than its share.
alter table alert add column digest_id text collate "C";
create index alert_owner on alert (owner, raised_at) where owner is not null;
