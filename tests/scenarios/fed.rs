//! A customer whose pipeline sends what was used, for stories about data that stops, comes late or out of order.

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use std::ops::Range;
use tests::{
    journey::{CLOSED, sale},
    world::World,
};
use tools::Role;

/// The metric the stories look at: seats in use, of twenty.
pub const METRIC: &str = "seats_in_use";

/// A world on the day the sale closed, its plan drafted on what was used before.
pub async fn sold() -> (World, String) {
    let world = World::on(CLOSED).await;
    let upsell = sold_in(&world).await;
    (world, upsell)
}

/// The same sale in a world of that day.
pub async fn sold_in(world: &World) -> String {
    send(world, &used(-75..-14, |_| 4)).await;
    let sale = sale("006-1", "Northwind Traders");
    let answer = world.call(Role::Orchestrator, "register_upsell", sale).await.unwrap();
    world.settle().await;
    answer.structured["upsell"].as_str().unwrap().to_owned()
}

/// One event of each user and day at noon; `users` says how many were there on a day.
pub fn used(days: Range<i64>, users: impl Fn(i64) -> u32) -> Vec<Value> {
    let start: NaiveDate = CLOSED.parse().unwrap();
    let noon = |day: i64| format!("{}T12:00:00Z", start + TimeDelta::days(day));
    let event = |day: i64, user: u32| {
        json!({ "eventId": format!("e-{day}-{user}"), "customer": "northwind", "feature": "team-seats.plan",
            "user": format!("u-{user}"), "at": noon(day), "count": 1 })
    };
    days.flat_map(|day| (0..users(day)).map(move |user| (day, user)))
        .map(|(day, user)| event(day, user))
        .collect()
}

pub async fn send(world: &World, events: &[Value]) {
    world.call(Role::Monitor, "ingest_usage", json!({ "events": events })).await.unwrap();
    world.settle().await;
}

/// Lets days pass; each night the pipeline sends the day that ended.
pub async fn live(world: &World, days: Range<i64>, users: impl Fn(i64) -> u32 + Copy) {
    for day in days {
        world.advance(1).await;
        send(world, &used(day..day + 1, users)).await;
    }
}

/// `get_progress`, now or as known at an instant.
pub async fn progress(world: &World, upsell: &str, as_of: Option<String>) -> Value {
    let mut asked = json!({ "upsell": upsell });
    if let Some(as_of) = as_of {
        asked["asOf"] = json!(as_of);
    }
    world.call(Role::Monitor, "get_progress", asked).await.unwrap().structured
}

/// One metric of that answer.
pub fn metric<'a>(answer: &'a Value, key: &str) -> &'a Value {
    let metrics = answer["progress"]["metricsProgress"].as_array().unwrap();
    metrics.iter().find(|metric| metric["metric"] == key).unwrap()
}
