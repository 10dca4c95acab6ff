//! Stories of the whole: many tools, reconcilers and faces at once, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod after_the_outcome;
mod alert_budget;
mod as_known;
mod bad_input;
mod browsers;
mod clock_steps_back;
mod compared;
mod faces_agree;
mod fed;
mod feed_stops;
mod first_90_days;
mod foreign_text;
mod health;
mod json_rpc;
mod keys;
mod metric_alerts;
mod next_calls;
mod our_words;
mod own_keys;
mod readme;
mod replay;
mod roles;
mod scored;
mod slow_peers;
mod specification;
mod two_replicas;
mod unknown_customer;
mod written;
