-- Which key changed something: a name may be given again once its key is revoked.
alter table audit add column key_id text;

-- Of live keys that share a name the oldest keeps it; the others carry their id from now on.
update api_key set name = name || ' ' || id where revoked_at is null and exists (
    select 1 from api_key older where older.revoked_at is null and lower(older.name) = lower(api_key.name)
        and (older.created_at, older.id) < (api_key.created_at, api_key.id)
);
create unique index api_key_live_name on api_key (lower(name)) where revoked_at is null;

-- Moves with every change of keys and with every session that ends, from whatever hand or version it comes:
-- processes that remember keys read this one row to see whether they may go on.
create table key_revision (
    id integer primary key not null,
    revision integer not null
) strict;
insert into key_revision (id, revision) values (1, 1);
create trigger api_key_added after insert on api_key begin
    update key_revision set revision = revision + 1 where id = 1;
end;
create trigger api_key_changed after update on api_key begin
    update key_revision set revision = revision + 1 where id = 1;
end;
create trigger api_key_removed after delete on api_key begin
    update key_revision set revision = revision + 1 where id = 1;
end;
create trigger session_ended after delete on session begin
    update key_revision set revision = revision + 1 where id = 1;
end;

-- Once a write was refused, readiness asks for room before it says ready again: filled anew each time.
create table write_probe (
    id integer primary key not null,
    filler text not null
) strict;
