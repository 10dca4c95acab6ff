//! After the outcome is documented nothing is judged any more: what is told is how it ended, and how it stood then.

use crate::fed::{live, progress, send, sold_in, used};
use serde_json::{Value, json};
use tests::{journey::CLOSED, world::World};
use tools::Role;

#[tokio::test]
async fn a_finished_upsell_is_judged_no_more_on_sqlite() {
    finished(World::on(CLOSED).await).await;
}

#[tokio::test]
async fn a_finished_upsell_is_judged_no_more_on_postgres() {
    finished(World::on_postgres(CLOSED).await).await;
}

async fn finished(world: World) {
    let upsell = sold_in(&world).await;
    live(&world, 0..40, |day| if day < 30 { 19 } else { 2 }).await;
    let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["The sponsor left"] });
    let before = progress(&world, &upsell, None).await;
    world.call(Role::Csm, "document_outcome", failed).await.unwrap();
    world.settle().await;
    let (then, left) = (progress(&world, &upsell, None).await, remains(&world).await);
    assert_eq!(then["progress"]["currentStatus"], before["progress"]["currentStatus"]);
    assert_eq!(then["nextCheckpoint"], Value::Null);
    let headline = then["headline"].as_str().unwrap();
    let ended = "Northwind Traders: Documented as failed on 10 Mar 2026. Last assessed: ";
    assert!(headline.starts_with(ended), "{headline}");
    for metric in then["progress"]["metricsProgress"].as_array().unwrap() {
        assert_eq!((&metric["forecast"]["state"], &metric["flip"]), (&json!("unknown"), &Value::Null));
    }

    live(&world, 40..75, |_| 19).await;
    send(&world, &used(20..38, |_| 1)).await;
    world.advance(160).await;
    let mut late = progress(&world, &upsell, None).await;
    late["asOf"] = then["asOf"].clone();
    assert_eq!(late, then, "what came later is judged no more");
    assert_eq!(remains(&world).await, left);

    let listed = world.call(Role::Csm, "list_measurements", json!({ "outcome": "any" })).await.unwrap();
    let row = &listed.structured["measurements"][0];
    assert_eq!(
        (&row["outcome"], &row["status"], &row["nextCheckpointAt"]),
        (&json!("failed"), &then["progress"]["currentStatus"], &Value::Null)
    );
    assert!(row["documentedAt"].as_str().unwrap().starts_with("2026-03-10T"), "{row}");
    assert!(listed.text().contains("ended 10 Mar 2026, failed, "), "{}", listed.text());
    assert_eq!(listed.structured["headline"], "1 upsell, all of them ended.");
    let predicted = world.call(Role::Csm, "predict_outcome", json!({ "upsell": upsell })).await.unwrap();
    let why = predicted.structured["prediction"]["why"].as_str().unwrap();
    assert!(why.contains("failed on 10 Mar 2026") && why.contains("when last assessed, on day 40"), "{why}");
}

/// Evaluations, invitations, alerts that are not closed, and the factors of health.
async fn remains(world: &World) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for query in [
        "select body from evaluation order by plan_id, at",
        "select delivery_key from delivery where kind = 'review_invitation' order by seq",
        "select id from alert where state <> 'closed'",
    ] {
        all.push(world.database().column::<String>(query.to_owned()).await);
    }
    assert!(all[2].is_empty(), "alerts of a finished upsell: {all:?}");
    let told = world.database().column::<String>("select body from health_told".to_owned()).await;
    assert!(told[0].contains("upsell.outcome"), "{told:?}");
    all
}
