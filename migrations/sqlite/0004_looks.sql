-- When an upsell's alerts are next looked over although no assessment leads to them.
alter table standing add column look_at text;
update standing set look_at = detected_at;
create index standing_look on standing (look_at) where look_at is not null;
