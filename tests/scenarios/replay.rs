//! The same request twice has the effect and the answer of once; another one on settled ground is a conflict.

use crate::written::{Written, on_postgres, on_sqlite};
use serde_json::{Value, json};
use tests::{face::Face, world::World};

#[tokio::test]
async fn every_write_asked_twice_has_one_effect_on_sqlite() {
    let (world, calls) = on_sqlite().await;
    ask_twice(&world, &calls).await;
}

#[tokio::test]
async fn every_write_asked_twice_has_one_effect_on_postgres() {
    let (world, calls) = on_postgres().await;
    ask_twice(&world, &calls).await;
}

async fn ask_twice(world: &World, calls: &[Written]) {
    for Written { role, tool, arguments } in calls {
        let before = world.database().rows().await;
        let first = world.call(*role, tool, arguments.clone()).await.unwrap().structured;
        let after = world.database().rows().await;
        assert_ne!(before, after, "{tool} changed something");
        let second = world.call(*role, tool, arguments.clone()).await.unwrap().structured;
        assert_eq!(left_behind(world.database().rows().await), left_behind(after), "{tool} twice");
        assert!(is_said_to_be_a_repeat(&first, &second), "{tool}: {second}");
    }
}

/// A pipeline's batch is not one request but many events: its repeat says how many were seen before.
fn is_said_to_be_a_repeat(first: &Value, second: &Value) -> bool {
    if second["duplicates"].is_number() {
        return second["accepted"] == 0 && second["duplicates"] == first["accepted"];
    }
    let mut repeat = first.clone();
    repeat["replayed"] = json!(true);
    *second == repeat
}

/// A call that changed nothing may still be told in the audit and keep its answer.
fn left_behind(mut rows: std::collections::BTreeMap<String, i64>) -> std::collections::BTreeMap<String, i64> {
    rows.remove("audit");
    rows.remove("answer");
    rows
}

#[tokio::test]
async fn a_key_settles_a_request_on_every_face() {
    for face in Face::ALL {
        let (world, calls) = on_sqlite().await;
        for Written { role, tool, arguments } in &calls {
            let mut keyed = arguments.clone();
            keyed["idempotencyKey"] = json!(format!("key of {tool}"));
            let first = world.ask(face, *role, tool, keyed.clone()).await.unwrap();
            let rows = world.database().rows().await;
            let second = world.ask(face, *role, tool, keyed.clone()).await.unwrap();
            let mut repeat = first.clone();
            repeat["replayed"] = json!(true);
            assert_eq!(second, repeat, "{tool} through {face:?}");
            assert_eq!(world.database().rows().await, rows, "{tool} through {face:?}");
        }
    }
}

#[tokio::test]
async fn a_key_with_another_request_is_a_conflict() {
    let (world, calls) = on_sqlite().await;
    let [sale, usage, ..] = calls.as_slice() else { panic!("there are calls") };
    for (call, field, other) in
        [(sale, "arrIncrease", json!(1)), (usage, "events", json!([usage.arguments["events"][0]]))]
    {
        let mut keyed = call.arguments.clone();
        keyed["idempotencyKey"] = json!("one key");
        world.call(call.role, call.tool, keyed.clone()).await.unwrap();
        let rows = world.database().rows().await;
        keyed[field] = other;
        let error = world.call(call.role, call.tool, keyed).await.unwrap_err();
        assert_eq!(error.code.as_str(), "conflict", "{}: {error}", call.tool);
        assert_eq!(world.database().rows().await, rows);
    }
}

#[tokio::test]
async fn a_dry_run_answers_and_leaves_nothing_behind() {
    let (world, calls) = on_sqlite().await;
    for Written { role, tool, arguments } in &calls {
        if !tools::entry(tool).unwrap().dry_run {
            continue;
        }
        let before = world.database().rows().await;
        let mut dry = arguments.clone();
        dry["dryRun"] = json!(true);
        let would = world.call(*role, tool, dry).await.unwrap().structured;
        assert_eq!(would["dryRun"], true);
        assert_eq!(world.database().rows().await, before, "{tool}");
        let real = world.call(*role, tool, arguments.clone()).await.unwrap().structured;
        assert!(real["dryRun"].is_null() && real["replayed"].is_null(), "{tool}: {real}");
    }
}

#[tokio::test]
async fn a_repeat_is_answered_after_a_restart() {
    let (world, calls) = on_sqlite().await;
    let mut firsts = Vec::new();
    for Written { role, tool, arguments } in &calls {
        firsts.push(world.call(*role, tool, arguments.clone()).await.unwrap().structured);
    }
    let again = world.restarted().await;
    for (Written { role, tool, arguments }, first) in calls.iter().zip(&firsts) {
        let second = again.call(*role, tool, arguments.clone()).await.unwrap().structured;
        assert!(is_said_to_be_a_repeat(first, &second), "{tool}: {second}");
    }
}
