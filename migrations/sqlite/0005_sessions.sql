-- Browsers signed in with a key; the token itself is only in their cookie.
create table session (
    hash text not null primary key,
    key_id text not null references api_key (id),
    expires_at text not null
) strict, without rowid;
create index session_end on session (expires_at);
