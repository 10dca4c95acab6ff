-- How often each user used each feature in a week; weeks are counted from that of 1970-01-01 and begin on Mondays.
-- Events of nobody have no text as their user. A week is believed where it adds up to its days in usage_day: what came
-- before this table was there, or through a program that does not know it, is counted from the events.
create table usage_week (
    customer_id text collate "C" not null,
    week bigint not null,
    feature text collate "C" not null,
    user_id text collate "C" not null,
    events bigint not null,
    primary key (customer_id, week, feature, user_id)
);
