//! Usage counts once, in the customer's days, whatever order it arrives in.

use super::{
    Fresh, contract, run, samples,
    samples::{at, day, event},
};
use crate::{Store, usage::Ingested};
use domain::{
    Code,
    id::CustomerId,
    usage::{FeatureDay, UsageEvent, UserDays, UserWeek, epoch_day, week_of},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

contract! {
    an_event_counts_in_the_customers_day
    the_same_event_again_changes_nothing
    an_event_again_with_other_content_is_told_and_changes_nothing
    an_unknown_customer_counts_in_utc_until_named
    usage_makes_the_customers_plan_due_from_the_day_it_touches
    a_duplicate_makes_nothing_due
    any_order_of_events_leaves_the_same_rollups
    weeks_are_counted_by_user_in_the_customers_days
    events_of_before_the_weeks_were_kept_count_after_the_upgrade
    what_is_sent_beside_usage_keeps_no_feed_alive
    an_amount_beyond_what_is_exact_is_refused
    a_large_batch_is_kept_whole
    an_import_remembers_how_far_it_got
}

async fn ingest(store: &Store, events: &[UsageEvent]) -> Ingested {
    let mut tx = store.write("test").await.unwrap();
    let ingested = tx.ingest(events, at("2026-02-05T00:00:00Z")).await.unwrap();
    tx.commit().await.unwrap();
    ingested
}

async fn rollups(store: &Store, customer: &str) -> (Vec<FeatureDay>, Vec<UserDays>, Vec<UserWeek>) {
    let (name, from, to) = (CustomerId::from(customer), day("2025-01-01"), day("2027-12-31"));
    let mut tx = store.read().await.unwrap();
    let days = tx.feature_days(&name, from, to).await.unwrap();
    (days, tx.user_days(&name, from, to).await.unwrap(), weeks(store, customer).await)
}

async fn weeks(store: &Store, customer: &str) -> Vec<UserWeek> {
    let week = |date| week_of(epoch_day(day(date)));
    let mut tx = store.read().await.unwrap();
    tx.user_weeks(&customer.into(), week("2025-01-01")..=week("2027-12-31")).await.unwrap()
}

async fn named(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&samples::upsell(1)).await.unwrap();
    tx.commit().await.unwrap();
}

fn two_late_in_new_york() -> [UsageEvent; 2] {
    [
        event("e1", "cust-1", "export", Some("ann"), "2026-02-02T04:59:59Z", 0.1),
        event("e2", "cust-1", "export", Some("bob"), "2026-02-02T05:00:00Z", 0.2),
    ]
}

async fn an_event_counts_in_the_customers_day(fresh: &Fresh) {
    named(fresh).await;
    ingest(&fresh.store, &two_late_in_new_york()).await;
    let (days, users, _) = rollups(&fresh.store, "cust-1").await;
    let told: Vec<_> = days.iter().map(|d| (d.day, d.events, d.sum, d.latest)).collect();
    assert_eq!(told, [(day("2026-02-01"), 1, 0.1, 0.1), (day("2026-02-02"), 1, 0.2, 0.2)]);
    let bit = |date: &str| 1_u64 << UserDays::place(day(date)).1;
    let bits: Vec<_> = users.iter().map(|u| (u.user.0.as_str(), u.bits)).collect();
    assert_eq!(bits, [("ann", bit("2026-02-01")), ("bob", bit("2026-02-02"))]);
    let mut tx = fresh.store.read().await.unwrap();
    let span = tx.usage_span(&"cust-1".into()).await.unwrap();
    assert_eq!(span, Some((day("2026-02-01"), day("2026-02-02"))));
    assert_eq!(tx.usage_span(&"nobody".into()).await.unwrap(), None);
    assert_eq!(tx.count_usage_events().await.unwrap(), 2);
}

fn took(accepted: usize, duplicates: usize) -> Ingested {
    Ingested { accepted, duplicates, differing: Vec::new() }
}

async fn an_event_again_with_other_content_is_told_and_changes_nothing(fresh: &Fresh) {
    let events = two_late_in_new_york();
    ingest(&fresh.store, &events).await;
    let before = rollups(&fresh.store, "cust-1").await;
    let mut other = events.clone();
    other[1].count += 1.0;
    let stranger = UsageEvent { customer: "cust-2".into(), ..events[0].clone() };
    let told = ingest(&fresh.store, &[other[0].clone(), other[1].clone(), stranger]).await;
    let differing = vec![events[1].event_id.clone()];
    assert_eq!(told, Ingested { accepted: 1, duplicates: 2, differing }, "ids are a customer's own");
    assert_eq!(rollups(&fresh.store, "cust-1").await, before);
}

async fn the_same_event_again_changes_nothing(fresh: &Fresh) {
    let events = two_late_in_new_york();
    let twice = [events[0].clone(), events[1].clone(), events[0].clone()];
    assert_eq!(ingest(&fresh.store, &twice).await, took(2, 1));
    let before = rollups(&fresh.store, "cust-1").await;
    let more = [events[1].clone(), event("e3", "cust-2", "export", None, "2026-02-02T05:00:00Z", 1.0)];
    assert_eq!(ingest(&fresh.store, &more).await, took(1, 1));
    assert_eq!(rollups(&fresh.store, "cust-1").await, before);
}

async fn an_unknown_customer_counts_in_utc_until_named(fresh: &Fresh) {
    ingest(&fresh.store, &two_late_in_new_york()).await;
    let (days, ..) = rollups(&fresh.store, "cust-1").await;
    assert_eq!(days.iter().map(|d| (d.day, d.events)).collect::<Vec<_>>(), [(day("2026-02-02"), 2)]);
    assert_eq!(days[0].sum, 0.3, "0.1 + 0.2 without a rest");
    named(fresh).await;
    let (days, users, _) = rollups(&fresh.store, "cust-1").await;
    let told: Vec<_> = days.iter().map(|d| (d.day, d.events)).collect();
    assert_eq!(told, [(day("2026-02-01"), 1), (day("2026-02-02"), 1)]);
    assert_eq!(users.len(), 2);
    let mut tx = fresh.store.read().await.unwrap();
    let span = tx.usage_span(&"cust-1".into()).await.unwrap();
    assert_eq!(span, Some((day("2026-02-01"), day("2026-02-02"))));
}

async fn usage_makes_the_customers_plan_due_from_the_day_it_touches(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let plan = samples::plan(&upsell);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.schedule_assessment(plan.id, Some(at("2026-12-01T00:00:00Z"))).await.unwrap();
    tx.commit().await.unwrap();
    ingest(&fresh.store, &two_late_in_new_york()).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    let due = tx.claim_due_assessments(at("2026-02-05T00:00:00Z"), 9).await.unwrap();
    assert_eq!((due.len(), due[0].changed_from), (1, Some(day("2026-02-01"))));
}

async fn a_duplicate_makes_nothing_due(fresh: &Fresh) {
    named(fresh).await;
    let plan = samples::plan(&samples::upsell(1));
    ingest(&fresh.store, &two_late_in_new_york()).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.schedule_assessment(plan.id, Some(at("2026-12-01T00:00:00Z"))).await.unwrap();
    tx.commit().await.unwrap();
    ingest(&fresh.store, &two_late_in_new_york()).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(tx.claim_due_assessments(at("2026-02-05T00:00:00Z"), 9).await.unwrap().is_empty());
}

/// Permuted, doubled and cut into batches at will; each case has a customer of its own.
async fn any_order_of_events_leaves_the_same_rollups(fresh: &Fresh) {
    let mut runner = TestRunner::deterministic();
    for case in 0..24 {
        let stream = streams().new_tree(&mut runner).unwrap().current();
        let straight = renamed(&stream.0, &format!("straight-{case}"));
        let mixed = renamed(&stream.1, &format!("mixed-{case}"));
        ingest(&fresh.store, &straight).await;
        let mut accepted = 0;
        for batch in mixed.chunks(stream.2) {
            accepted += ingest(&fresh.store, batch).await.accepted;
        }
        assert_eq!(accepted, straight.len(), "each counts once");
        let straight = rollups(&fresh.store, &format!("straight-{case}")).await;
        assert_eq!(rollups(&fresh.store, &format!("mixed-{case}")).await, straight);
    }
}

/// A stream, the same permuted and doubled, and a batch size.
fn streams() -> impl Strategy<Value = (Vec<UsageEvent>, Vec<UsageEvent>, usize)> {
    let one = (0..3_u8, 0..4_u8, 0..9_000_i64, -5.0..5.0_f64);
    let stream = prop::collection::vec(one, 1..40).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(n, (feature, user, minutes, count))| {
            let user = (user > 0).then(|| format!("user-{user}"));
            let mut event = event(
                &format!("e{n}"),
                "any",
                &format!("feature-{feature}"),
                user.as_deref(),
                "2026-02-01T00:00:00Z",
                count,
            );
            // Few distinct minutes, so that the latest of a day is often a tie.
            event.at += chrono::TimeDelta::minutes(minutes / 60 * 60);
            event
        })
        .collect::<Vec<_>>()
    });
    stream.prop_flat_map(|stream| {
        let doubled: Vec<UsageEvent> = stream.iter().chain(stream.iter().step_by(3)).cloned().collect();
        (Just(stream), Just(doubled).prop_shuffle(), 1..20_usize)
    })
}

fn renamed(events: &[UsageEvent], customer: &str) -> Vec<UsageEvent> {
    let rename = |event: &UsageEvent| UsageEvent { customer: customer.into(), ..event.clone() };
    events.iter().map(rename).collect()
}

/// Of a week that ends on Sunday night in New York.
fn round_a_sunday() -> Vec<UsageEvent> {
    let mut events: Vec<UsageEvent> = two_late_in_new_york().into();
    events.push(event("e3", "cust-1", "export", Some("ann"), "2026-01-30T12:00:00Z", 9.0));
    events.push(event("e4", "cust-1", "export", None, "2026-01-30T12:00:00Z", 1.0));
    events.push(event("e5", "cust-1", "import", Some("ann"), "2026-01-30T12:00:00Z", 1.0));
    events
}

fn told(weeks: &[UserWeek]) -> Vec<(i32, &str, &str, i64)> {
    let first = week_of(epoch_day(day("2026-02-01")));
    weeks.iter().map(|w| (w.week - first, w.feature.0.as_str(), w.user.0.as_str(), w.events)).collect()
}

const TOLD: [(i32, &str, &str, i64); 3] =
    [(0, "export", "ann", 2), (0, "import", "ann", 1), (1, "export", "bob", 1)];

async fn weeks_are_counted_by_user_in_the_customers_days(fresh: &Fresh) {
    ingest(&fresh.store, &round_a_sunday()).await;
    let in_utc = weeks(&fresh.store, "cust-1").await;
    assert_eq!(told(&in_utc).last(), Some(&(1, "export", "bob", 1)));
    assert_eq!(told(&in_utc).iter().filter(|week| week.0 == 1).count(), 2, "Ann's night is a Monday in UTC");
    named(fresh).await;
    assert_eq!(told(&weeks(&fresh.store, "cust-1").await), TOLD);
    ingest(&fresh.store, &round_a_sunday()).await;
    assert_eq!(told(&weeks(&fresh.store, "cust-1").await), TOLD, "nothing counts twice");
}

/// A program of before keeps events and the other roll-ups only; so does one that still runs beside the new one.
async fn events_of_before_the_weeks_were_kept_count_after_the_upgrade(fresh: &Fresh) {
    named(fresh).await;
    let events = round_a_sunday();
    ingest(&fresh.store, &events[..3]).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    run(&mut tx, "delete from usage_week").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        told(&weeks(&fresh.store, "cust-1").await),
        [(0, "export", "ann", 2), (1, "export", "bob", 1)]
    );
    ingest(&fresh.store, &events[3..]).await;
    assert_eq!(told(&weeks(&fresh.store, "cust-1").await), TOLD, "a week half of before and half of after");
}

async fn what_is_sent_beside_usage_keeps_no_feed_alive(fresh: &Fresh) {
    named(fresh).await;
    let customer = "cust-1".into();
    ingest(&fresh.store, &two_late_in_new_york()).await;
    let beside = [
        event("s1", "cust-1", "seat.assigned", Some("ann"), "2025-06-01T12:00:00Z", 1.0),
        event("s2", "cust-1", "value.committed.hours", None, "2025-06-02T12:00:00Z", 40.0),
        event("s3", "cust-1", "survey.nps.9", Some("ann"), "2026-02-04T12:00:00Z", 1.0),
    ];
    ingest(&fresh.store, &beside).await;
    let mut tx = fresh.store.read().await.unwrap();
    let span = tx.usage_span(&customer).await.unwrap();
    assert_eq!(span, Some((day("2026-02-01"), day("2026-02-02"))));
    let committed = tx.commitments_before(&customer, day("2025-06-03")).await.unwrap();
    assert_eq!(committed.iter().map(|row| row.sum).collect::<Vec<_>>(), [40.0]);
    assert_eq!(tx.commitments_before(&customer, day("2025-06-02")).await.unwrap(), []);
    let seats = tx.seats_before(&customer, day("2026-02-01")).await.unwrap();
    assert_eq!(seats.iter().map(|row| row.user.0.as_str()).collect::<Vec<_>>(), ["ann"]);
    assert_eq!(
        tx.seats_before(&customer, day("2025-06-01")).await.unwrap(),
        [],
        "in the rows from that day on"
    );
}

async fn an_amount_beyond_what_is_exact_is_refused(fresh: &Fresh) {
    for count in [f64::NAN, f64::INFINITY, 1e16] {
        let event = event("e", "cust-1", "export", None, "2026-02-02T05:00:00Z", count);
        let mut tx = fresh.store.write("test").await.unwrap();
        assert_eq!(tx.ingest(&[event], at("2026-02-05T00:00:00Z")).await.unwrap_err().code, Code::Invalid);
        tx.rollback().await.unwrap();
    }
}

async fn a_large_batch_is_kept_whole(fresh: &Fresh) {
    let events: Vec<UsageEvent> = (0..5_003)
        .map(|n| {
            let (customer, user) = (format!("cust-{}", n % 7), format!("user-{}", n % 501));
            event(&format!("e{n}"), &customer, "export", Some(&user), "2026-02-02T05:00:00Z", 1.0)
        })
        .collect();
    assert_eq!(ingest(&fresh.store, &events).await, took(5_003, 0));
    let mut sum = 0.0;
    for customer in 0..7 {
        sum += rollups(&fresh.store, &format!("cust-{customer}")).await.0[0].sum;
    }
    assert_eq!(sum, 5_003.0);
    assert_eq!(ingest(&fresh.store, &events).await, took(0, 5_003));
}

async fn an_import_remembers_how_far_it_got(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    assert_eq!(tx.import_position("abc").await.unwrap(), 0);
    for position in [10, 7_000_000_000] {
        tx.save_import_position("abc", position, at("2026-02-05T00:00:00Z")).await.unwrap();
        assert_eq!(tx.import_position("abc").await.unwrap(), position);
    }
    assert_eq!(tx.import_position("abd").await.unwrap(), 0);
}
