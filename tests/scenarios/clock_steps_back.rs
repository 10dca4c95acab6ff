//! S6: a clock that steps back, and a rehearsal that is killed and run again, repeat nothing and take nothing back.

use crate::fed::{live, send, sold_in, used};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use server::scheduler;
use std::{
    future::poll_fn,
    pin::pin,
    task::Poll::{self, Ready},
};
use tests::{
    journey::{CLOSED, sale},
    world::World,
};
use tools::Role;

/// Too few for three weeks, then more than the curve asks for; from day 38 on nothing comes.
fn recovering(day: i64) -> u32 {
    if day < 21 { 1 } else { 19 }
}

async fn stored(world: &World) -> Vec<Vec<String>> {
    let mut tables = Vec::new();
    for query in [
        "select body from alert order by id",
        "select body from evaluation order by plan_id, at",
        "select body from health_told order by plan_id",
        "select body from delivery where kind = 'review_invitation' order by seq",
        "select coalesce(status, '') from standing order by upsell_id",
    ] {
        tables.push(world.database().column::<String>(query.to_owned()).await);
    }
    tables
}

async fn alerts(world: &World) -> Vec<Value> {
    let bodies = world.database().column::<String>("select body from alert order by id".to_owned()).await;
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

#[tokio::test]
async fn five_days_back_on_sqlite_touch_nothing_recorded_later() {
    step_back(World::on(CLOSED).await).await;
}

#[tokio::test]
async fn five_days_back_on_postgres_touch_nothing_recorded_later() {
    step_back(World::on_postgres(CLOSED).await).await;
}

async fn step_back(world: World) {
    let upsell = sold_in(&world).await;
    live(&world, 0..38, recovering).await;
    world.advance(7).await;
    let score = json!({ "upsell": upsell, "reason": "The sponsor left",
        "overrideHealth": [{ "factor": "csat", "score": 40, "until": "2026-05-01" }] });
    world.call(Role::Csm, "update_metrics", score).await.unwrap();
    world.settle().await;
    let (before, right) = (stored(&world).await, world.now());
    let raised = alerts(&world).await;
    assert!(raised.iter().any(|alert| alert["state"] == "closed"), "{raised:#?}");
    let open = raised.iter().filter(|alert| alert["state"] == "open");
    let open = open.max_by_key(|alert| alert["raisedAt"].to_string()).expect("the feed stopped");

    world.host.clock.set(right - TimeDelta::days(5));
    send(&world, &used(38..39, |_| 1)).await;
    let target = json!({ "upsell": upsell, "reason": "Agreed with the customer",
        "setTargets": [{ "metric": "seats_in_use", "target": 95 }] });
    world.call(Role::Csm, "update_metrics", target).await.unwrap();
    world.settle().await;
    let close = json!({ "alert": open["id"], "action": "close", "note": "Done" });
    let refused = world.call(Role::Csm, "resolve_alert", close).await.unwrap_err();
    assert!(refused.message.contains("the server's clock says 10 Mar 2026"), "{}", refused.message);
    for day in 1..5 {
        world.host.clock.set(right - TimeDelta::days(5 - day));
        world.settle().await;
    }
    for (after, before) in stored(&world).await.iter().zip(&before) {
        let differs: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
        assert!(differs.is_empty() && after.len() == before.len(), "{differs:#?} of {before:#?}");
    }

    world.host.clock.set(right + TimeDelta::minutes(1));
    world.settle().await;
    let late = stored(&world).await[1].len();
    assert!(late > before[1].len() || stored(&world).await[1] != before[1], "what came meanwhile is judged");
}

#[tokio::test]
async fn a_rehearsal_dropped_half_way_and_run_again_gives_the_alerts_of_one_that_was_not() {
    let until = |world: &World| world.now() + TimeDelta::days(45);
    let whole = fed_for_a_while().await;
    let at = until(&whole);
    scheduler::rehearse(&whole.host, at).await.unwrap();
    let (expected, mut dropped) = (lives(&whole).await, 0);
    assert!(expected.len() > 3, "{expected:#?}");
    for polls in [15, 40, 100, 250] {
        let world = fed_for_a_while().await;
        for _ in 0..4 {
            dropped +=
                u32::from(!is_done_within(polls, Box::pin(scheduler::rehearse(&world.host, at))).await);
        }
        scheduler::rehearse(&world.host, at).await.unwrap();
        assert_eq!(lives(&world).await, expected, "dropped after {polls} polls");
    }
    assert!(dropped > 8, "{dropped}");
}

/// One upsell that is measured, and one that waits for its plan since before.
async fn fed_for_a_while() -> World {
    let world = World::on(CLOSED).await;
    let waits = json!({ "products": ["Nothing known"], "closeDate": "2026-01-12", "customerId": "fabrikam" });
    let mut other = sale("006-2", "Fabrikam");
    other.as_object_mut().unwrap().extend(waits.as_object().unwrap().clone());
    world.call(Role::Orchestrator, "register_upsell", other).await.unwrap();
    world.host.clock.set(world.now() + TimeDelta::minutes(217));
    sold_in(&world).await;
    live(&world, 0..25, recovering).await;
    world
}

/// What became of each alert, whatever its id.
async fn lives(world: &World) -> Vec<Value> {
    let mut alerts = alerts(world).await;
    for alert in &mut alerts {
        let alert = alert.as_object_mut().unwrap();
        alert.retain(|field, _| !matches!(field.as_str(), "id" | "digest"));
    }
    alerts.sort_by_key(Value::to_string);
    alerts
}

/// Polls so many times, then lets go: whatever was not committed by then is lost, as with a process that is killed.
async fn is_done_within(
    polls: u32,
    work: impl Future<Output = domain::Result<(DateTime<Utc>, scheduler::Ticked)>>,
) -> bool {
    let (mut work, mut left) = (pin!(work), polls);
    poll_fn(move |cx| -> Poll<bool> {
        if left == 0 {
            return Ready(false);
        }
        left -= 1;
        work.as_mut().poll(cx).map(|done| done.is_ok())
    })
    .await
}
