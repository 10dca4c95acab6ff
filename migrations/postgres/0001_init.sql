-- Same tables, columns and nullability as migrations/sqlite/0001_init.sql; a test compares them.
-- Civil days are text (2026-01-29) that sorts by time; days of usage are whole days since 1970.

create table customer (
    id text collate "C" not null primary key,
    name text collate "C" not null,
    name_folded text collate "C" not null,
    zone text collate "C" not null,
    industry text collate "C",
    segment text collate "C"
);
create index customer_name on customer (name_folded);

create table upsell (
    id text collate "C" not null primary key,
    source text collate "C" not null,
    opportunity_id text collate "C",
    customer_id text collate "C" not null references customer (id),
    close_date text collate "C" not null,
    body text collate "C" not null
);
create unique index upsell_opportunity on upsell (source, opportunity_id) where opportunity_id is not null;
create index upsell_by_opportunity on upsell (opportunity_id);
create index upsell_customer on upsell (customer_id);
create index upsell_close on upsell (close_date, id);

create table upsell_product (
    upsell_id text collate "C" not null references upsell (id),
    product text collate "C" not null,
    primary key (upsell_id, product)
);
create index upsell_product_name on upsell_product (product, upsell_id);

-- The portfolio's line of each upsell, narrow so that a page and a count read little. The places are what it is
-- sorted by, with a value that sorts last where there is none.
create table standing (
    upsell_id text collate "C" not null primary key references upsell (id),
    customer text collate "C" not null,
    customer_folded text collate "C" not null,
    opportunity_id text collate "C",
    products text collate "C" not null,
    products_folded text collate "C" not null,
    owner text collate "C",
    arr_minor bigint not null,
    currency text collate "C" not null,
    close_date text collate "C" not null,
    detected_at timestamptz not null,
    is_ended bigint not null,
    plan_id text collate "C",
    plan_waits_for text collate "C",
    final_day bigint,
    next_checkpoint_day bigint,
    next_checkpoint_at timestamptz,
    evaluated_at timestamptz,
    day bigint,
    status text collate "C",
    data_state text collate "C",
    gap_points double precision,
    attainment double precision,
    forecast double precision,
    final_status text collate "C",
    outcome text collate "C",
    gap_place double precision not null,
    arr_place bigint not null,
    checkpoint_place timestamptz not null
);
create index standing_gap on standing (gap_place, arr_place, upsell_id);
create index standing_arr on standing (arr_place, upsell_id);
create index standing_checkpoint on standing (checkpoint_place, arr_place, upsell_id);
create index standing_planless on standing (close_date, upsell_id) where plan_id is null and is_ended = 0;
create index standing_owner on standing (owner);

create table plan (
    id text collate "C" not null primary key,
    upsell_id text collate "C" not null unique references upsell (id),
    customer_id text collate "C" not null,
    version bigint not null,
    next_assessment_at timestamptz,
    changed_from bigint,
    opens_at timestamptz,
    outcome text collate "C",
    body text collate "C" not null
);
create index plan_customer on plan (customer_id);
create index plan_assessment on plan (next_assessment_at, id) where next_assessment_at is not null;
create index plan_opens on plan (opens_at, id) where opens_at is not null;

create table plan_version (
    plan_id text collate "C" not null references plan (id),
    version bigint not null,
    known_from timestamptz not null,
    body text collate "C" not null,
    primary key (plan_id, version)
);

create table observation (
    plan_id text collate "C" not null,
    metric text collate "C" not null,
    valid_on text collate "C" not null,
    recorded_at timestamptz not null,
    id text collate "C" not null,
    value double precision not null,
    source text collate "C" not null,
    quality text collate "C" not null,
    primary key (plan_id, metric, valid_on, recorded_at, id)
);

create table evaluation (
    plan_id text collate "C" not null,
    at timestamptz not null,
    id text collate "C" not null,
    body text collate "C" not null,
    primary key (plan_id, at)
);
create index evaluation_at on evaluation (at, plan_id);

create table review (
    plan_id text collate "C" not null references plan (id),
    recorded_at timestamptz not null,
    id text collate "C" not null,
    upsell_id text collate "C" not null,
    checkpoint_day bigint not null,
    body text collate "C" not null,
    primary key (plan_id, recorded_at, id)
);

create table outcome (
    plan_id text collate "C" not null primary key references plan (id),
    upsell_id text collate "C" not null,
    conclusion text collate "C" not null,
    documented_at timestamptz not null,
    body text collate "C" not null
);

create table alert (
    id text collate "C" not null primary key,
    upsell_id text collate "C" not null,
    metric text collate "C" not null,
    rule text collate "C" not null,
    episode bigint not null,
    state text collate "C" not null,
    owner text collate "C",
    raised_at timestamptz not null,
    snoozed_until timestamptz,
    body text collate "C" not null
);
create unique index alert_episode on alert (upsell_id, metric, rule, episode);
create index alert_newest on alert (raised_at desc, id desc);
create index alert_standing on alert (upsell_id) where state <> 'closed';
create index alert_snoozed on alert (snoozed_until) where snoozed_until is not null;

create table usage_customer (
    customer_id text collate "C" not null primary key,
    zone text collate "C" not null,
    first_day bigint,
    last_day bigint
);

create table usage_event (
    customer_id text collate "C" not null,
    utc_day bigint not null,
    event_id text collate "C" not null,
    feature text collate "C" not null,
    user_id text collate "C",
    at timestamptz not null,
    amount double precision not null,
    primary key (customer_id, utc_day, event_id)
);

-- The sum is kept as whole units and billionths, so that it does not depend on the order events arrive in.
create table usage_day (
    customer_id text collate "C" not null,
    day bigint not null,
    feature text collate "C" not null,
    events bigint not null,
    whole bigint not null,
    billionths bigint not null,
    latest double precision not null,
    latest_at timestamptz not null,
    latest_id text collate "C" not null,
    primary key (customer_id, day, feature)
);

create table usage_user (
    customer_id text collate "C" not null,
    block bigint not null,
    feature text collate "C" not null,
    user_id text collate "C" not null,
    bits bigint not null,
    primary key (customer_id, block, feature, user_id)
);

create table import_position (
    digest text collate "C" not null primary key,
    position bigint not null,
    saved_at timestamptz not null
);

create table answer (
    tool text collate "C" not null,
    settled_key text collate "C" not null,
    digest text collate "C" not null,
    body text collate "C" not null,
    at timestamptz not null,
    primary key (tool, settled_key)
);

create table audit (
    seq bigint generated always as identity primary key,
    at timestamptz not null,
    caller text collate "C" not null,
    caller_role text collate "C" not null,
    tool text collate "C" not null,
    upsell_id text collate "C",
    result text collate "C" not null
);
create index audit_upsell on audit (upsell_id, seq);
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit rows are never changed or deleted';
end
$$;
create trigger audit_keeps_rows before update or delete on audit
    for each row execute function audit_is_append_only();

create table api_key (
    id text collate "C" not null primary key,
    name text collate "C" not null,
    caller_role text collate "C" not null,
    hash text collate "C" not null,
    created_at timestamptz not null,
    revoked_at timestamptz
);

create table delivery (
    seq bigint generated always as identity primary key,
    kind text collate "C" not null,
    delivery_key text collate "C" not null,
    upsell_id text collate "C",
    body text collate "C" not null,
    enqueued_at timestamptz not null,
    delivered_at timestamptz
);
create unique index delivery_once on delivery (kind, delivery_key);
create index delivery_upsell on delivery (upsell_id, seq);
create index delivery_waiting on delivery (seq) where delivered_at is null;

-- What readiness writes, to know that writing works.
create table heartbeat (
    id bigint primary key not null,
    beats bigint not null
);
