-- The newest ways of each metric straight off an index, and what was known of the past without counting it.
alter table past_way add column last_day bigint not null default -1;
update past_way set last_day = json_array_length(attainment::json) - 1;
create index past_way_newest on past_way (template, metric, known_at desc, plan_id, last_day);
create table past_mark (
    topic text collate "C" not null primary key,
    changes bigint not null
);
insert into past_mark (topic, changes) select 'ways:' || template, count(*) from past_way group by template;
insert into past_mark (topic, changes) select 'scores', count(*) from outcome where scored_at is not null;

-- Alerts of one upsell, of one owner, in one state: newest first.
create index alert_of_upsell on alert (upsell_id, raised_at desc, id desc);
drop index alert_owner;
create index alert_owner on alert (owner, raised_at desc, id desc) where owner is not null;
create index alert_state on alert (state, raised_at desc, id desc, digest_id);

-- The portfolio under way, which is what most look at, apart from all that ended; and by each filter.
create index standing_open_gap on standing (gap_place, arr_place, upsell_id, status) where outcome is null;
create index standing_open_arr on standing (arr_place, upsell_id) where outcome is null;
create index standing_open_checkpoint on standing (checkpoint_place, arr_place, upsell_id) where outcome is null;
create index standing_open_status on standing (status, currency, arr_minor) where outcome is null;
create index standing_status on standing (status, outcome);
create index standing_outcome on standing (outcome, gap_place, arr_place, upsell_id) where outcome is not null;
-- Three letters in a row of a customer's and products' names: a text to search for holds them all.
create table standing_letters (
    letters text collate "C" not null,
    upsell_id text collate "C" not null references upsell (id),
    primary key (letters, upsell_id)
);
insert into standing_letters (letters, upsell_id)
    with recursive n (i, names, upsell_id) as (
        select 1, customer_folded || ' ' || products_folded, upsell_id from standing
        union all select i + 1, names, upsell_id from n where i + 3 <= length(names)
    )
    select distinct substr(names, i, 3), upsell_id from n where length(names) >= 3;
create index standing_letters_upsell on standing_letters (upsell_id);
