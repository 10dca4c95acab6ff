//! Every call that writes, on a portfolio where each of them has something to do.

use chrono::TimeDelta;
use serde_json::{Value, json};
use tests::{
    journey::{CLOSED, Journey, sale},
    world::World,
};
use tools::{Effect, Role, catalogue};

/// A call that changes something, and who makes it.
pub struct Written {
    pub role: Role,
    pub tool: &'static str,
    pub arguments: Value,
}

/// A world at day 31 of a plan whose usage never came, so that an alert is open and a checkpoint is due.
pub async fn prepared(world: World) -> (World, Vec<Written>) {
    let mut journey = Journey::through(&world, None);
    let upsell = journey.closed_deal().await;
    world.advance(32).await;
    let alerts = journey.ask(Role::Monitor, "list_alerts", json!({ "state": "any" })).await;
    let alert = alerts["alerts"][0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("an alert was raised: {alerts}"))
        .to_owned();
    let calls = calls(&world, &upsell, &alert);
    drop(journey);
    (world, calls)
}

fn calls(world: &World, upsell: &str, alert: &str) -> Vec<Written> {
    let write = |role, tool, arguments| Written { role, tool, arguments };
    let yesterday = world.now() - TimeDelta::days(1);
    vec![
        write(Role::Orchestrator, "register_upsell", sale("006-2", "Fabrikam GmbH")),
        write(
            Role::Monitor,
            "ingest_usage",
            json!({ "events": [
            { "eventId": "late-1", "customer": "northwind", "feature": "team-seats.plan", "user": "kim", "at": yesterday },
            { "eventId": "late-2", "customer": "northwind", "feature": "team-seats.plan", "user": "lee", "at": yesterday },
        ] }),
        ),
        write(
            Role::Csm,
            "create_measurement_plan",
            json!({ "upsell": upsell,
            "metrics": [{ "name": "Hours saved", "type": "roi", "target": 120, "unit": "hours" }] }),
        ),
        write(
            Role::Csm,
            "update_metrics",
            json!({ "upsell": upsell,
            "addReadings": [{ "metric": "csat", "value": 80, "date": yesterday.date_naive(), "source": "survey" }] }),
        ),
        write(
            Role::Monitor,
            "resolve_alert",
            json!({ "alert": alert, "action": "acknowledge", "note": "Asked the admin" }),
        ),
        write(
            Role::Csm,
            "record_review",
            json!({ "upsell": upsell, "checkpointDay": 30, "decision": "completed",
            "summary": "Nobody has started", "publish": ["google_doc", "calendar"] }),
        ),
        write(
            Role::Csm,
            "document_outcome",
            json!({ "upsell": upsell, "outcome": "failed",
            "gaps": [{ "metric": "seats_in_use", "gap": "Nobody started", "owner": "Ana Ruiz" }], "lessons": ["Ask who will use it"] }),
        ),
    ]
}

/// A fresh prepared world on SQLite.
pub async fn on_sqlite() -> (World, Vec<Written>) {
    prepared(World::on(CLOSED).await).await
}

/// A fresh prepared world on PostgreSQL.
pub async fn on_postgres() -> (World, Vec<Written>) {
    prepared(World::on_postgres(CLOSED).await).await
}

#[tokio::test]
async fn every_tool_that_writes_is_among_them() {
    let (_world, calls) = on_sqlite().await;
    let mut ours: Vec<&str> = calls.iter().map(|call| call.tool).collect();
    ours.sort_unstable();
    let writing = catalogue().iter().filter(|entry| entry.effect == Effect::Changes);
    assert_eq!(ours, writing.map(|entry| entry.name).collect::<Vec<_>>());
}
