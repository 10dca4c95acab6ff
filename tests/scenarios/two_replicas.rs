//! Two replicas on one PostgreSQL: the same request at once has one effect, and work that is due is done once.

use crate::written::{Written, on_postgres};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::{
    journey::{CLOSED, sale},
    world::World,
};
use tools::Role;

const CALLERS: usize = 8;
const UPSELLS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_write_on_both_at_once_has_one_effect() {
    let (alone, calls) = on_postgres().await;
    for Written { role, tool, arguments } in &calls {
        alone.call(*role, tool, arguments.clone()).await.unwrap();
    }
    let (one, calls) = on_postgres().await;
    let other = one.replica(1_000_000).await;
    for call in &calls {
        let both = [&one, &other];
        let asked =
            (0..CALLERS).map(|index| both[index % 2].call(call.role, call.tool, call.arguments.clone()));
        let answers = join_all(asked).await;
        let answers: Vec<Value> = answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|error| panic!("{}: {error}", call.tool)).structured)
            .collect();
        let firsts = answers.iter().filter(|answer| !is_repeat(answer)).count();
        assert_eq!(firsts, 1, "{}: {answers:#?}", call.tool);
    }
    assert_eq!(effects(&one).await, effects(&alone).await);
}

fn is_repeat(answer: &Value) -> bool {
    answer["replayed"] == true || answer["accepted"] == 0
}

/// What was written, without the trace of who asked how often.
async fn effects(world: &World) -> BTreeMap<String, i64> {
    let mut rows = world.database().rows().await;
    for table in ["audit", "answer"] {
        rows.remove(table);
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_done_once_when_both_tick() {
    let one = World::on_postgres(CLOSED).await;
    let other = one.replica(1_000_000).await;
    for index in 0..UPSELLS {
        let sale = sale(&format!("006-{index}"), &format!("Customer{index} Inc"));
        one.call(Role::Orchestrator, "register_upsell", sale).await.unwrap();
    }
    for _ in 0..31 {
        tokio::join!(one.advance(1), other.advance(1));
    }
    let rows = one.database().rows().await;
    assert_eq!(rows["plan"], UPSELLS as i64, "each has one plan");
    let alone = World::on(CLOSED).await;
    for index in 0..UPSELLS {
        let sale = sale(&format!("006-{index}"), &format!("Customer{index} Inc"));
        alone.call(Role::Orchestrator, "register_upsell", sale).await.unwrap();
    }
    alone.advance(31).await;
    assert_eq!(of_the_clock(rows), of_the_clock(alone.database().rows().await));
    let due = json!({ "dueWithinDays": 0, "limit": 100 });
    let due = one.call(Role::Csm, "list_measurements", due).await.unwrap().structured;
    assert_eq!(due["total"], UPSELLS, "each has its first checkpoint open");
}

/// What reconcilers write.
fn of_the_clock(rows: BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    rows.into_iter()
        .filter(|(table, _)| {
            ["plan", "plan_version", "alert", "delivery", "review"].contains(&table.as_str())
        })
        .collect()
}
