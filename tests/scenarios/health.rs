//! The health system is told each change of a plan's factors once: by usage, by people, by time, and by the end.

use crate::fed::{METRIC, live, metric, progress, send, sold_in, used};
use chrono::{DateTime, TimeDelta, Utc};
use domain::upsell::Ended;
use serde_json::{Value, json};
use server::history;
use tests::{journey::CLOSED, world::World};
use tools::Role;

/// Half the seats are in use, every day.
const USERS: u32 = 10;

#[tokio::test]
async fn a_change_is_told_once_on_sqlite() {
    a_change_is_told_once(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn a_change_is_told_once_on_postgres() {
    a_change_is_told_once(&World::on_postgres(CLOSED).await).await;
}

async fn a_change_is_told_once(world: &World) {
    let upsell = sold_in(world).await;
    assert_eq!(told(world).await, [] as [Value; 0], "nothing is known");
    live(world, 0..20, |_| USERS).await;
    let all = told(world).await;
    assert!(!all.is_empty() && all.len() < 20, "not every day brings a change: {}", all.len());
    for (before, after) in all.iter().zip(&all[1..]) {
        assert!(is_other(before, after), "told twice: {before:#} {after:#}");
    }
    let last = all.last().unwrap();
    for field in ["upsell", "customerId", "plan", "asOf", "score", "coverage", "factors", "dashboardUrl"] {
        assert!(!last[field].is_null(), "{field} in {last:#}");
    }
    assert_eq!((&last["upsell"], &last["customerId"]), (&json!(upsell), &json!("northwind")));

    world.settle().await;
    world.host.clock.set(world.now() + TimeDelta::hours(2));
    send(world, &used(19..20, |_| USERS)).await;
    assert_eq!(told(world).await.len(), all.len(), "a tick and a repeat without change tell nothing");

    live(world, 20..21, |_| USERS + 8).await;
    let more = told(world).await;
    assert_eq!(more.len(), all.len() + 1);
    assert!(score(&more[all.len()]) > score(last));
    assert_replays(world).await;
}

/// What a receiver would hold to be the same: no score moved by a point, nothing became known, expired or overridden.
fn is_other(before: &Value, after: &Value) -> bool {
    let factors = |of: &Value| of["factors"].as_array().unwrap().clone();
    factors(before).iter().zip(&factors(after)).any(|(before, after)| {
        let moved = before["score"].as_f64().zip(after["score"].as_f64());
        moved.is_some_and(|(before, after)| (before - after).abs() >= 1.0)
            || before["state"] != after["state"]
    })
}

#[tokio::test]
async fn a_persons_score_stands_beside_the_rule_and_its_end_is_told_on_sqlite() {
    a_persons_score_ends_by_itself(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn a_persons_score_stands_beside_the_rule_and_its_end_is_told_on_postgres() {
    a_persons_score_ends_by_itself(&World::on_postgres(CLOSED).await).await;
}

async fn a_persons_score_ends_by_itself(world: &World) {
    let upsell = sold_in(world).await;
    live(world, 0..40, |_| USERS).await;
    let before = told(world).await;
    let rule = factor(before.last().unwrap(), METRIC)["score"].clone();
    let until = (world.now() + TimeDelta::hours(30)).to_rfc3339();
    let said = json!({ "upsell": upsell, "reason": "Two teams share a login",
        "overrideHealth": [{ "factor": METRIC, "score": 91, "until": until }] });
    world.call(Role::Csm, "update_metrics", said).await.unwrap();
    let during = told(world).await;
    assert_eq!(during.len(), before.len() + 1, "in the call's own transaction");
    let over = factor(during.last().unwrap(), METRIC);
    assert_eq!((&over["score"], &over["state"]), (&rule, &json!("overridden")), "both are to be seen");
    assert_eq!((&over["overridden"]["score"], &over["overridden"]["by"]), (&json!(91.0), &json!("csm")));
    world.settle().await;
    assert_eq!(told(world).await.len(), during.len());

    live(world, 40..41, |_| USERS).await;
    assert_eq!(factor(told(world).await.last().unwrap(), METRIC)["state"], "overridden", "it still stands");
    let standing = told(world).await.len();
    world.host.clock.set(world.now() + TimeDelta::hours(6));
    world.settle().await;
    let after = told(world).await;
    assert_eq!(after.len(), standing + 1, "its end is told when it comes");
    let last = factor(after.last().unwrap(), METRIC);
    assert_eq!((&last["state"], &last["overridden"]), (&json!("known"), &Value::Null));
    assert_eq!(after.last().unwrap()["asOf"], json!(world.now()));
    assert_replays(world).await;
}

#[tokio::test]
async fn a_stopped_feed_lets_the_factor_expire_and_coverage_fall_on_sqlite() {
    a_stopped_feed_expires(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn a_stopped_feed_lets_the_factor_expire_and_coverage_fall_on_postgres() {
    a_stopped_feed_expires(&World::on_postgres(CLOSED).await).await;
}

async fn a_stopped_feed_expires(world: &World) {
    sold_in(world).await;
    for day in 0..50 {
        live(world, day..day + 1, |_| USERS).await;
        let all = told(world).await;
        let until: DateTime<Utc> = parsed(&factor(all.last().unwrap(), METRIC)["validUntil"]);
        assert!(until > world.now() + TimeDelta::days(6), "day {day}: who was told would think it expired");
    }
    let fresh = told(world).await;
    let covered = fresh.last().unwrap()["coverage"].as_f64().unwrap();
    world.advance(28).await;
    let silent = told(world).await;
    assert_eq!(factor(silent.last().unwrap(), METRIC)["state"], "known");
    world.advance(3).await;
    let after = told(world).await;
    let last = after.last().unwrap();
    assert_eq!(factor(last, METRIC)["state"], "expired");
    assert!(factor(last, METRIC)["score"].is_f64(), "what it was stays to be seen");
    assert!(last["coverage"].as_f64().unwrap() < covered, "{last:#}");
    world.advance(20).await;
    assert_eq!(told(world).await.len(), after.len(), "it expires once");
}

#[tokio::test]
async fn an_outcome_is_told_and_expires_though_the_plan_rests_on_sqlite() {
    an_outcome_is_told(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn an_outcome_is_told_and_expires_though_the_plan_rests_on_postgres() {
    an_outcome_is_told(&World::on_postgres(CLOSED).await).await;
}

async fn an_outcome_is_told(world: &World) {
    let upsell = sold_in(world).await;
    live(world, 0..30, |_| USERS).await;
    let before = told(world).await;
    let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Ask who will use it"] });
    let answer = world.call(Role::Csm, "document_outcome", failed).await.unwrap().structured;
    assert_eq!(answer["effects"][0]["queued"], true);
    let after = told(world).await;
    assert_eq!(after.len(), before.len() + 1);
    let outcome = factor(after.last().unwrap(), "upsell.outcome");
    assert_eq!((&outcome["score"], &outcome["weight"]), (&json!(0.0), &json!(0.5)));
    world.settle().await;
    assert_eq!(told(world).await.len(), after.len());

    world.advance(31).await;
    let rested = told(world).await;
    assert_eq!(factor(rested.last().unwrap(), METRIC)["state"], "expired");
    assert_eq!(rested.last().unwrap()["score"], 0.0, "only how it ended counts");
    world.advance(60).await;
    let last = told(world).await.pop().unwrap();
    assert_eq!((&last["score"], &last["coverage"]), (&Value::Null, &json!(0.0)));
    let count = told(world).await.len();
    world.advance(30).await;
    assert_eq!(told(world).await.len(), count, "then there is nothing left to tell");
    assert_replays(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_tell_as_one_does() {
    let one = World::on_postgres(CLOSED).await;
    let other = one.replica(1_000_000).await;
    let alone = World::on(CLOSED).await;
    let upsells = [sold_in(&one).await, sold_in(&alone).await];
    other.settle().await;
    for day in 0..24 {
        tokio::join!(one.advance(1), other.advance(1), alone.advance(1));
        send_to(&alone, day).await;
        send_to(&one, day).await;
        tokio::join!(one.settle(), other.settle());
    }
    for (upsell, world) in upsells.iter().zip([&one, &alone]) {
        let until = world.now() + TimeDelta::days(2);
        let said = json!({ "upsell": upsell, "reason": "Seen on site",
            "overrideHealth": [{ "factor": METRIC, "score": 91, "until": until }] });
        world.call(Role::Csm, "update_metrics", said).await.unwrap();
    }
    for _ in 0..40 {
        tokio::join!(one.advance(1), other.advance(1), alone.advance(1));
    }
    let shown = |all: Vec<Value>| -> Vec<(Value, Value, Value)> {
        all.into_iter()
            .map(|mut body| (body["asOf"].take(), body["score"].take(), body["coverage"].take()))
            .collect()
    };
    let (both, single) = (shown(told(&one).await), shown(told(&alone).await));
    assert_eq!(both, single);
    assert!(both.len() > 3, "{both:?}");
}

async fn send_to(world: &World, day: i64) {
    let batch = json!({ "events": used(day..day + 1, |_| USERS) });
    world.call(Role::Monitor, "ingest_usage", batch).await.unwrap();
    world.settle().await;
}

#[tokio::test]
async fn a_cut_contract_is_acted_on_at_once_on_sqlite() {
    a_cut_contract_is_acted_on_at_once(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn a_cut_contract_is_acted_on_at_once_on_postgres() {
    a_cut_contract_is_acted_on_at_once(&World::on_postgres(CLOSED).await).await;
}

/// As what watches the CRM will do it: the sale is marked as ended, nothing else.
async fn a_cut_contract_is_acted_on_at_once(world: &World) {
    let upsell = sold_in(world).await;
    live(world, 0..35, |day| (8 + day as u32 / 3).min(19)).await;
    world.advance(6).await;
    assert_eq!(progress(world, &upsell, None).await["progress"]["currentStatus"], "exceeding");
    assert_ne!(open_alerts(world, &upsell).await, 0, "the feed stopped, a review is overdue");
    let before = told(world).await;

    world.host.clock.set(world.now() + TimeDelta::hours(1));
    let mut tx = world.host.store.write("crm").await.unwrap();
    let mut sale = tx.upsell_by_id(upsell.parse().unwrap()).await.unwrap();
    let reason = "Downgraded to the old plan".to_owned();
    sale.ended = Some(Ended { on: world.now().date_naive(), reason, recorded_at: world.now() });
    tx.update_upsell(&sale).await.unwrap();
    tx.commit().await.unwrap();
    world.settle().await;

    let after = progress(world, &upsell, None).await;
    assert_eq!(after["progress"]["lastUpdated"], json!(world.now()));
    assert_eq!(after["progress"]["currentStatus"], "at_risk", "without waiting for a second reading");
    assert!(metric(&after, METRIC)["candidate"].is_null());
    let headline = after["headline"].as_str().unwrap();
    assert!(headline.contains("because the expansion was cancelled or cut on 11 Mar 2026"), "{headline}");
    let offered =
        world.call(Role::Csm, "get_progress", json!({ "upsell": upsell })).await.unwrap().structured;
    assert_eq!(offered["next"][0]["tool"], "document_outcome");
    assert!(!after["next"].to_string().contains("document_outcome"), "a monitor may not call it");
    assert_eq!(open_alerts(world, &upsell).await, 0);
    let now = told(world).await;
    assert_eq!(now.len(), before.len() + 1);
    assert_eq!(factor(now.last().unwrap(), "upsell.outcome")["score"], 0.0);
    let earlier = progress(world, &upsell, Some((world.now() - TimeDelta::minutes(1)).to_rfc3339())).await;
    assert_eq!(earlier["progress"]["currentStatus"], "exceeding", "it was not known then");

    let dry = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Ask earlier"], "dryRun": true });
    let dry = world.call(Role::Csm, "document_outcome", dry).await.unwrap().structured;
    assert_eq!(dry["proposal"]["conclusion"], "failed");
    assert_replays(world).await;
}

/// Bodies queued for the health system, oldest first.
async fn told(world: &World) -> Vec<Value> {
    let bodies = "select body from delivery where kind = 'health_factor' order by seq".to_owned();
    let bodies: Vec<String> = world.database().column(bodies).await;
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

fn factor<'a>(body: &'a Value, key: &str) -> &'a Value {
    body["factors"].as_array().unwrap().iter().find(|factor| factor["factor"] == key).unwrap()
}

fn score(body: &Value) -> f64 {
    factor(body, METRIC)["score"].as_f64().unwrap()
}

fn parsed(instant: &Value) -> DateTime<Utc> {
    instant.as_str().unwrap().parse().unwrap()
}

async fn open_alerts(world: &World, upsell: &str) -> usize {
    let asked = json!({ "upsell": upsell, "state": "open" });
    let answer = world.call(Role::Csm, "list_alerts", asked).await.unwrap().structured;
    answer["alerts"].as_array().unwrap().len()
}

/// Assessments recompute to the byte, whatever was said or told beside them.
async fn assert_replays(world: &World) {
    let replayed = history::replay(&world.host, history::until_now(&world.host)).await.unwrap();
    assert!(replayed.evaluations > 10, "{}", replayed.evaluations);
    assert_eq!(replayed.differences, []);
}
