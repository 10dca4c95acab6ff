//! Usage that arrives before its customer is known: taken, named, and counted once the customer is.

use crate::fed::{METRIC, metric, progress};
use serde_json::{Value, json};
use tests::{
    journey::{CLOSED, sale},
    world::World,
};
use tools::Role;

/// Half past eleven in the evening by UTC: the next day already where the customer is.
fn events() -> Vec<Value> {
    let event = |user: u32| {
        json!({ "eventId": format!("e-{user}"), "customer": "northwind", "feature": "team-seats.plan",
            "user": format!("u-{user}"), "at": "2026-01-29T23:30:00Z" })
    };
    (0..5).map(event).collect()
}

async fn told(world: World) {
    world.advance(2).await;
    let answer = world.call(Role::Monitor, "ingest_usage", json!({ "events": events() })).await.unwrap();
    assert!(
        answer.text().contains("5 events are of a customer without an upsell here: northwind."),
        "{}",
        answer.text()
    );
    world.settle().await;
    let sold = sale("006-1", "Northwind Traders");
    let upsell =
        world.call(Role::Orchestrator, "register_upsell", sold).await.unwrap().structured["upsell"].clone();
    world.settle().await;
    let answer = progress(&world, upsell.as_str().unwrap(), None).await;
    let seats = metric(&answer, METRIC);
    assert_eq!(seats["current"], 25.0, "five of twenty seats: {seats}");
    let again = world.call(Role::Monitor, "ingest_usage", json!({ "events": events() })).await.unwrap();
    assert_eq!(again.structured["ofUnknownCustomers"], Value::Null);
    assert_eq!(again.structured["duplicates"], 5);
    let mut tx = world.host.store.read().await.unwrap();
    let day = "2026-01-30".parse().unwrap();
    let days = tx.feature_days(&"northwind".into(), day, day).await.unwrap();
    assert_eq!(days.iter().map(|day| day.events).sum::<i64>(), 5, "by the customer's own days");
}

#[tokio::test]
async fn usage_of_a_customer_not_yet_known_counts_once_it_is() {
    told(World::on(CLOSED).await).await;
    told(World::on_postgres(CLOSED).await).await;
}
