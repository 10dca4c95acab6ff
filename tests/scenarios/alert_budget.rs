//! A CSM is told so many alerts a week one by one, the rest in one digest that closes when nothing is held back.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::{Value, json};
use server::reconcilers::assess_progress;
use std::collections::BTreeMap;
use tests::{
    journey::{CLOSED, sale},
    world::World,
};
use tools::Role;

/// Alerts of a week that the policy lets a CSM hear one by one.
const BUDGET: usize = 12;
/// Upsells of the CSM who has more than that, and of the one who has not.
const MANY: usize = 15;
const FEW: usize = 2;
/// Nothing was sent by day 30; the day after is the Sunday of that week.
const SILENT: u32 = 31;

#[tokio::test]
async fn the_rest_of_a_week_waits_in_one_digest_until_it_recovers() {
    let world = World::on(CLOSED).await;
    sold(&world, MANY, "Ana Ruiz").await;
    sold(&world, FEW, "Ben Okafor").await;
    world.advance(SILENT).await;
    let monday = world.now() - TimeDelta::days(world.now().weekday().num_days_from_monday().into());

    let open = since(listed(&world, "Ana Ruiz", "open").await, monday);
    let (digests, told): (Vec<Value>, Vec<Value>) = open.into_iter().partition(is_digest);
    let held = since(listed(&world, "Ana Ruiz", "held").await, monday);
    assert_eq!((told.len(), digests.len(), held.len()), (BUDGET, 1, MANY - BUDGET));
    assert!(held.iter().all(|alert| alert["digest"] == digests[0]["id"]), "{held:#?}");
    let message = digests[0]["message"].as_str().unwrap();
    assert!(message.starts_with("3 alerts held back for Ana Ruiz"), "{message}");
    for alert in &held {
        assert!(message.contains(alert["customer"].as_str().unwrap()), "{message}");
    }
    assert_eq!(since(listed(&world, "Ben Okafor", "open").await, monday).len(), FEW, "a budget of his own");
    assert_eq!(listed(&world, "Ben Okafor", "held").await, [] as [Value; 0]);

    for index in 0..MANY {
        let failed = json!({ "upsell": format!("Ana{index:02} Inc"), "outcome": "failed", "lessons": ["Ask who will use it"] });
        world.call(Role::Csm, "document_outcome", failed).await.unwrap();
    }
    world.settle().await;
    let digest = digests[0]["id"].clone();
    let all = listed(&world, "Ana Ruiz", "any").await;
    let closed = all.iter().find(|alert| alert["id"] == digest).unwrap();
    assert_eq!(closed["state"], "closed", "{closed:#}");
    assert!(all.iter().filter(|alert| alert["digest"] == digest).all(|alert| alert["state"] == "closed"));
}

/// The process dies after the alerts are stored and before their week is shared out.
#[tokio::test]
async fn a_week_left_halfway_is_shared_out_by_the_next_process() {
    let world = World::on(CLOSED).await;
    sold(&world, MANY, "Ana Ruiz").await;
    world.advance(SILENT - 2).await;
    world.host.clock.set(world.now() + TimeDelta::days(1));
    let today = world.now();
    while assess_progress::run(&world.host).await.unwrap() > 0 {}
    let silent =
        |alerts: Vec<Value>| alerts.into_iter().filter(|alert| alert["rule"] == "tracking_silent").count();
    assert_eq!(silent(listed(&world, "Ana Ruiz", "open").await), MANY, "nothing is held back yet");
    assert_eq!(silent(listed(&world, "Ana Ruiz", "held").await), 0);
    let world = world.restarted().await;
    world.settle().await;
    assert_eq!(silent(listed(&world, "Ana Ruiz", "held").await), MANY - BUDGET);
    let open = since(listed(&world, "Ana Ruiz", "open").await, today);
    assert_eq!(open.iter().filter(|alert| is_digest(alert)).count(), 1, "{open:#?}");
}

/// Both assess, raise and share out at once: nobody waits for the other in a ring, and no week gets a second digest.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_out_as_one_does() {
    let one = World::on_postgres(CLOSED).await;
    let other = one.replica(1_000_000).await;
    sold(&one, MANY * 2, "Ana Ruiz").await;
    for _ in 0..SILENT + 10 {
        tokio::join!(one.advance(1), other.advance(1));
    }
    let alone = World::on(CLOSED).await;
    sold(&alone, MANY * 2, "Ana Ruiz").await;
    alone.advance(SILENT + 10).await;
    let weeks = weeks(&listed(&one, "Ana Ruiz", "any").await);
    assert_eq!(weeks, self::weeks(&listed(&alone, "Ana Ruiz", "any").await));
    assert!(weeks.values().any(|week| week.held > 0 && week.digests == 1), "{weeks:?}");
    assert!(weeks.values().all(|week| week.told <= BUDGET && week.digests <= 1), "{weeks:?}");
}

async fn sold(world: &World, count: usize, owner: &str) {
    for index in 0..count {
        let name = format!("{}{index:02} Inc", owner.split(' ').next().unwrap());
        let mut sale = sale(&format!("006-{name}"), &name);
        sale["owner"] = json!(owner);
        world.call(Role::Orchestrator, "register_upsell", sale).await.unwrap();
    }
    world.settle().await;
}

async fn listed(world: &World, owner: &str, state: &str) -> Vec<Value> {
    let mut asked = json!({ "owner": owner, "state": state, "limit": 100 });
    let mut alerts = Vec::new();
    loop {
        let page = world.call(Role::Csm, "list_alerts", asked.clone()).await.unwrap().structured;
        alerts.extend(page["alerts"].as_array().unwrap().iter().cloned());
        match page.get("nextCursor") {
            Some(cursor) => asked["cursor"] = cursor.clone(),
            None => return alerts,
        }
    }
}

fn is_digest(alert: &Value) -> bool {
    alert["rule"] == "digest"
}

fn raised_at(alert: &Value) -> DateTime<Utc> {
    alert["raisedAt"].as_str().unwrap().parse().unwrap()
}

fn since(alerts: Vec<Value>, day: DateTime<Utc>) -> Vec<Value> {
    alerts.into_iter().filter(|alert| raised_at(alert).date_naive() >= day.date_naive()).collect()
}

/// How many of a week were told, held back, and told of in digests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Week {
    told: usize,
    held: usize,
    digests: usize,
}

fn weeks(alerts: &[Value]) -> BTreeMap<(i32, u32), Week> {
    let mut weeks: BTreeMap<(i32, u32), Week> = BTreeMap::new();
    for alert in alerts {
        let of = raised_at(alert).iso_week();
        let week = weeks.entry((of.year(), of.week())).or_default();
        match (is_digest(alert), alert.get("digest")) {
            (true, _) => week.digests += 1,
            (false, Some(_)) => week.held += 1,
            (false, None) => week.told += 1,
        }
    }
    weeks
}
