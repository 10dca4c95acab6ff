-- Browsers signed in with a key; the token itself is only in their cookie.
create table session (
    hash text collate "C" not null primary key,
    key_id text collate "C" not null references api_key (id),
    expires_at timestamptz not null
);
create index session_end on session (expires_at);
