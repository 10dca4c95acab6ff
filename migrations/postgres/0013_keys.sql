-- Which key changed something: a name may be given again once its key is revoked.
alter table audit add column key_id text collate "C";

-- Of live keys that share a name the oldest keeps it; the others carry their id from now on.
update api_key set name = name || ' ' || id where revoked_at is null and exists (
    select 1 from api_key older where older.revoked_at is null and lower(older.name) = lower(api_key.name)
        and (older.created_at, older.id) < (api_key.created_at, api_key.id)
);
create unique index api_key_live_name on api_key (lower(name)) where revoked_at is null;

-- Moves with every change of keys and with every session that ends, from whatever hand or version it comes:
-- processes that remember keys read this one row to see whether they may go on.
create table key_revision (
    id bigint primary key not null,
    revision bigint not null
);
insert into key_revision (id, revision) values (1, 1);
create function move_key_revision() returns trigger language plpgsql as $$
begin
    update key_revision set revision = revision + 1 where id = 1;
    return null;
end
$$;
create trigger api_key_changed after insert or update or delete on api_key
    for each row execute function move_key_revision();
create trigger session_ended after delete on session
    for each row execute function move_key_revision();

-- Once a write was refused, readiness asks for room before it says ready again: filled anew each time, uncompressed.
create table write_probe (
    id bigint primary key not null,
    filler text collate "C" not null
);
alter table write_probe alter column filler set storage external;
