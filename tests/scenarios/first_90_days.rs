//! A closed deal becomes a plan, usage becomes progress, checkpoints become reviews, and the end becomes a lesson.

use serde_json::Value;
use tests::{
    journey::{CLOSED, Journey},
    world::World,
};

#[tokio::test]
async fn an_upsell_is_measured_from_close_to_outcome_on_sqlite() {
    tell(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn an_upsell_is_measured_from_close_to_outcome_on_postgres() {
    tell(&World::on_postgres(CLOSED).await).await;
}

async fn tell(world: &World) {
    let mut journey = Journey::through(world, None);
    let upsell = journey.whole().await;

    let plan = &all(&journey, "list_measurements")[0]["measurements"][0];
    assert_eq!(plan["upsell"], upsell.as_str());
    assert!(
        plan["measurementId"].as_str().unwrap().starts_with("m_"),
        "the plan was drafted by itself: {plan}"
    );

    let progress = all(&journey, "get_progress");
    let seats: Vec<f64> = progress.iter().filter_map(seats_in_use).collect();
    assert_eq!(progress[0]["progress"]["dataState"], "none", "{}", progress[0]["progress"]["headline"]);
    assert!(seats.len() == 3 && seats.is_sorted(), "usage grew: {seats:?}");
    assert_eq!(progress[3]["progress"]["dataState"], "fresh");

    let reviews = all(&journey, "record_review");
    let states: Vec<&Value> = reviews.iter().map(|review| &review["checkpoint"]["status"]).collect();
    assert_eq!(states, ["completed"; 3]);
    assert!(reviews.iter().all(|review| review["effects"][0]["queued"] == true));

    let outcome = &all(&journey, "document_outcome")[0]["outcome"];
    assert_eq!(outcome["status"], "success", "{outcome}");
    let last = all(&journey, "list_measurements").pop().unwrap();
    assert_eq!(last["total"], 1);
}

fn all(journey: &Journey<'_>, tool: &str) -> Vec<Value> {
    journey.told.iter().filter(|(name, _)| *name == tool).map(|(_, answer)| answer.clone()).collect()
}

fn seats_in_use(answer: &Value) -> Option<f64> {
    let metrics = answer["progress"]["metricsProgress"].as_array()?;
    metrics.iter().find(|metric| metric["metric"] == "seats_in_use")?["current"].as_f64()
}
