//! What was known at an instant stays what was known, and the order in which events came is nowhere to be seen.

use crate::fed::{METRIC, live, metric, progress, send, sold, used};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tools::Role;

/// Users of a day whose pipeline lost most of them at first.
const SEEN: u32 = 3;
const REALLY: u32 = 12;

#[tokio::test]
async fn late_data_leaves_the_answer_as_known_and_corrects_the_one_of_now() {
    let (world, upsell) = sold().await;
    live(&world, 0..40, |_| SEEN).await;
    let then = world.now().to_rfc3339();
    let known = progress(&world, &upsell, Some(then.clone())).await;
    world.advance(1).await;
    let before = progress(&world, &upsell, None).await;

    send(&world, &used(20..39, |_| REALLY)).await;
    assert_eq!(progress(&world, &upsell, Some(then.clone())).await, known, "as known then");
    let after = progress(&world, &upsell, None).await;
    assert_eq!(metric(&before, METRIC)["current"], 100.0 * f64::from(SEEN) / 20.0);
    assert_eq!(metric(&after, METRIC)["current"], 100.0 * f64::from(REALLY) / 20.0, "as corrected");

    world.advance(20).await;
    assert_eq!(progress(&world, &upsell, Some(then)).await, known, "as known then, three weeks later");
}

/// What somebody says today of an earlier day was not known on that day.
#[tokio::test]
async fn a_step_ticked_late_leaves_the_answer_as_known() {
    let (world, upsell) = sold().await;
    live(&world, 0..30, |_| SEEN).await;
    let then = world.now().to_rfc3339();
    let known = progress(&world, &upsell, Some(then.clone())).await;
    world.advance(3).await;
    let ticked = json!({ "milestone": "new_users_trained", "state": "done", "date": "2026-02-05" });
    let asked = json!({ "upsell": upsell, "milestones": [ticked] });
    world.call(Role::Csm, "update_metrics", asked).await.unwrap();
    world.advance(1).await;
    assert_eq!(progress(&world, &upsell, Some(then)).await, known, "as known then");
    let after = progress(&world, &upsell, None).await;
    assert!(after["progress"]["milestonesDone"].as_f64() > known["progress"]["milestonesDone"].as_f64());
}

#[tokio::test]
async fn the_order_batches_and_events_come_in_changes_no_answer() {
    let events = used(0..40, |day| 2 + (day * 7 % 5 + day / 4) as u32);
    let in_order = told(&events, 400).await;
    assert!(metric(&in_order, METRIC)["current"].as_f64().unwrap() > 40.0, "{in_order:#}");
    for (seed, batch) in [(1, 400), (2, 61), (3, 17)] {
        let mut shuffled = events.clone();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        // Some come twice, as pipelines do.
        let again: Vec<Value> = shuffled.iter().step_by(7).cloned().collect();
        shuffled.extend(again);
        assert_eq!(told(&shuffled, batch).await, in_order, "seed {seed}, batches of {batch}");
    }
}

/// Progress after all events came on day 41, each batch looked at before the next.
async fn told(events: &[Value], batch: usize) -> Value {
    let (world, upsell) = sold().await;
    world.advance(41).await;
    for batch in events.chunks(batch) {
        send(&world, batch).await;
    }
    without_ids(progress(&world, &upsell, None).await)
}

/// Ids of observations count up as they are made, so they tell how many were made on the way.
fn without_ids(mut answer: Value) -> Value {
    let fields = answer.as_object_mut().unwrap();
    fields.retain(|name, _| name != "evidenceIds");
    for field in fields.values_mut() {
        strip(field);
    }
    answer
}

fn strip(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Object(fields) => {
            fields.retain(|name, _| name != "evidenceIds" && name != "observation");
            fields.values_mut().for_each(strip);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
