-- Same tables, columns and nullability as migrations/postgres/0001_init.sql; a test compares them.
-- Instants are text of fixed width (2026-01-29T09:00:00.000Z), civil days text (2026-01-29), both sort by time;
-- days of usage are whole days since 1970.

create table customer (
    id text not null primary key,
    name text not null,
    name_folded text not null,
    zone text not null,
    industry text,
    segment text
) strict;
create index customer_name on customer (name_folded);

create table upsell (
    id text not null primary key,
    source text not null,
    opportunity_id text,
    customer_id text not null references customer (id),
    close_date text not null,
    body text not null
) strict;
create unique index upsell_opportunity on upsell (source, opportunity_id) where opportunity_id is not null;
create index upsell_by_opportunity on upsell (opportunity_id);
create index upsell_customer on upsell (customer_id);
create index upsell_close on upsell (close_date, id);

create table upsell_product (
    upsell_id text not null references upsell (id),
    product text not null,
    primary key (upsell_id, product)
) strict, without rowid;
create index upsell_product_name on upsell_product (product, upsell_id);

-- The portfolio's line of each upsell, narrow so that a page and a count read little. The places are what it is
-- sorted by, with a value that sorts last where there is none.
create table standing (
    upsell_id text not null primary key references upsell (id),
    customer text not null,
    customer_folded text not null,
    opportunity_id text,
    products text not null,
    products_folded text not null,
    owner text,
    arr_minor integer not null,
    currency text not null,
    close_date text not null,
    detected_at text not null,
    is_ended integer not null,
    plan_id text,
    plan_waits_for text,
    final_day integer,
    next_checkpoint_day integer,
    next_checkpoint_at text,
    evaluated_at text,
    day integer,
    status text,
    data_state text,
    gap_points real,
    attainment real,
    forecast real,
    final_status text,
    outcome text,
    gap_place real not null,
    arr_place integer not null,
    checkpoint_place text not null
) strict;
create index standing_gap on standing (gap_place, arr_place, upsell_id);
create index standing_arr on standing (arr_place, upsell_id);
create index standing_checkpoint on standing (checkpoint_place, arr_place, upsell_id);
create index standing_planless on standing (close_date, upsell_id) where plan_id is null and is_ended = 0;
create index standing_owner on standing (owner);

create table plan (
    id text not null primary key,
    upsell_id text not null unique references upsell (id),
    customer_id text not null,
    version integer not null,
    next_assessment_at text,
    changed_from integer,
    opens_at text,
    outcome text,
    body text not null
) strict;
create index plan_customer on plan (customer_id);
create index plan_assessment on plan (next_assessment_at, id) where next_assessment_at is not null;
create index plan_opens on plan (opens_at, id) where opens_at is not null;

create table plan_version (
    plan_id text not null references plan (id),
    version integer not null,
    known_from text not null,
    body text not null,
    primary key (plan_id, version)
) strict, without rowid;

create table observation (
    plan_id text not null,
    metric text not null,
    valid_on text not null,
    recorded_at text not null,
    id text not null,
    value real not null,
    source text not null,
    quality text not null,
    primary key (plan_id, metric, valid_on, recorded_at, id)
) strict, without rowid;

create table evaluation (
    plan_id text not null,
    at text not null,
    id text not null,
    body text not null,
    primary key (plan_id, at)
) strict, without rowid;
create index evaluation_at on evaluation (at, plan_id);

create table review (
    plan_id text not null references plan (id),
    recorded_at text not null,
    id text not null,
    upsell_id text not null,
    checkpoint_day integer not null,
    body text not null,
    primary key (plan_id, recorded_at, id)
) strict, without rowid;

create table outcome (
    plan_id text not null primary key references plan (id),
    upsell_id text not null,
    conclusion text not null,
    documented_at text not null,
    body text not null
) strict, without rowid;

create table alert (
    id text not null primary key,
    upsell_id text not null,
    metric text not null,
    rule text not null,
    episode integer not null,
    state text not null,
    owner text,
    raised_at text not null,
    snoozed_until text,
    body text not null
) strict;
create unique index alert_episode on alert (upsell_id, metric, rule, episode);
create index alert_newest on alert (raised_at desc, id desc);
create index alert_standing on alert (upsell_id) where state <> 'closed';
create index alert_snoozed on alert (snoozed_until) where snoozed_until is not null;

create table usage_customer (
    customer_id text not null primary key,
    zone text not null,
    first_day integer,
    last_day integer
) strict, without rowid;

create table usage_event (
    customer_id text not null,
    utc_day integer not null,
    event_id text not null,
    feature text not null,
    user_id text,
    at text not null,
    amount real not null,
    primary key (customer_id, utc_day, event_id)
) strict, without rowid;

-- The sum is kept as whole units and billionths, so that it does not depend on the order events arrive in.
create table usage_day (
    customer_id text not null,
    day integer not null,
    feature text not null,
    events integer not null,
    whole integer not null,
    billionths integer not null,
    latest real not null,
    latest_at text not null,
    latest_id text not null,
    primary key (customer_id, day, feature)
) strict, without rowid;

create table usage_user (
    customer_id text not null,
    block integer not null,
    feature text not null,
    user_id text not null,
    bits integer not null,
    primary key (customer_id, block, feature, user_id)
) strict, without rowid;

create table import_position (
    digest text not null primary key,
    position integer not null,
    saved_at text not null
) strict, without rowid;

create table answer (
    tool text not null,
    settled_key text not null,
    digest text not null,
    body text not null,
    at text not null,
    primary key (tool, settled_key)
) strict, without rowid;

create table audit (
    seq integer primary key not null,
    at text not null,
    caller text not null,
    caller_role text not null,
    tool text not null,
    upsell_id text,
    result text not null
) strict;
create index audit_upsell on audit (upsell_id, seq);
create trigger audit_keeps_rows before update on audit begin
    select raise(abort, 'audit rows are never changed');
end;
create trigger audit_drops_none before delete on audit begin
    select raise(abort, 'audit rows are never deleted');
end;

create table api_key (
    id text not null primary key,
    name text not null,
    caller_role text not null,
    hash text not null,
    created_at text not null,
    revoked_at text
) strict;

create table delivery (
    seq integer primary key not null,
    kind text not null,
    delivery_key text not null,
    upsell_id text,
    body text not null,
    enqueued_at text not null,
    delivered_at text
) strict;
create unique index delivery_once on delivery (kind, delivery_key);
create index delivery_upsell on delivery (upsell_id, seq);
create index delivery_waiting on delivery (seq) where delivered_at is null;

-- What readiness writes, to know that writing works.
create table heartbeat (
    id integer primary key not null,
    beats integer not null
) strict;
