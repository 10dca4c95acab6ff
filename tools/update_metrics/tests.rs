use crate::{Role, trial::Trial};
use serde_json::{Value, json};

const NOW: &str = "2026-04-21T15:00:00Z";
const TOOL: &str = "update_metrics";

fn target(upsell: &str, target: f64) -> Value {
    json!({
        "upsell": upsell, "setTargets": [{ "metric": "active_users", "target": target }],
        "reason": "Agreed with the sponsor"
    })
}

fn reading(upsell: &str, value: f64) -> Value {
    json!({
        "upsell": upsell,
        "addReadings": [{ "metric": "Satisfied answers", "value": value, "date": "2026-04-20", "source": "Survey" }]
    })
}

#[tokio::test]
async fn a_new_target_is_a_new_version_and_the_original_is_kept() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let answer = trial.call(TOOL, target(&upsell, 30.0)).await;
    assert_eq!(answer["planVersion"], 2);
    let change = &answer["targets"][0];
    assert_eq!(
        (&change["from"], &change["to"], &change["original"]),
        (&json!(15.0), &json!(30.0), &json!(15.0))
    );
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    let versions = tx.plan_versions(plan.id).await.unwrap();
    let targets: Vec<f64> = versions.iter().map(|plan| plan.metrics[0].target).collect();
    assert_eq!(targets, [15.0, 30.0]);
    assert_eq!(plan.metrics[0].target_basis.won.because, "Agreed with the sponsor (by ana)");
}

#[tokio::test]
async fn sixty_then_seventy_then_sixty_are_three_changes_and_each_repeat_is_none() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    for (value, version) in [(60.0, 2), (70.0, 3), (60.0, 4)] {
        let answer = trial.call(TOOL, target(&upsell, value)).await;
        assert_eq!((&answer["planVersion"], &answer["replayed"]), (&json!(version), &Value::Null), "{value}");
        let again = trial.call(TOOL, target(&upsell, value)).await;
        assert_eq!((&again["planVersion"], &again["replayed"]), (&json!(version), &json!(true)), "{value}");
    }
}

#[tokio::test]
async fn a_reading_counts_once_and_another_value_for_its_day_needs_a_reason() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let first = trial.call(TOOL, reading(&upsell, 84.0)).await;
    assert_eq!(first["readings"][0]["source"], "survey");
    let again = trial.call(TOOL, reading(&upsell, 84.0)).await;
    assert_eq!((&again["replayed"], &again["readings"]), (&json!(true), &first["readings"]));
    let refusal = trial.refusal(TOOL, reading(&upsell, 80.0)).await;
    assert!(refusal.contains("stands at 84 % for 2026-04-20 by survey"), "{refusal}");
    let mut restated = reading(&upsell, 80.0);
    restated["reason"] = json!("late answers");
    assert_eq!(trial.call(TOOL, restated).await["readings"][0]["restates"], json!(84.0));
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    let values: Vec<f64> =
        tx.observations_of(plan.id, NOW.parse().unwrap()).await.unwrap().iter().map(|o| o.value).collect();
    assert_eq!(values.len(), 2, "both are kept: {values:?}");
}

#[tokio::test]
async fn every_fault_is_listed_at_once() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let wrong = json!({
        "upsell": upsell,
        "setTargets": [{ "metric": "nope", "target": 1 }, { "metric": "active_users", "target": -5 }],
        "addReadings": [
            { "metric": "csat", "value": 1, "date": "2026-04-22" },
            { "metric": "csat", "value": 1, "date": "2020-01-01" },
            { "metric": "csat", "value": 1, "source": "usage" }
        ],
        "milestones": [{ "milestone": "moon", "state": "done" }]
    });
    let refusal = trial.refusal(TOOL, wrong).await;
    let fields = [
        "reason: received nothing",
        "setTargets[0].metric: received \"nope\", send one of active_users",
        "setTargets[1].target: received -5",
        "addReadings[0].date: received 2026-04-22",
        "addReadings[1].date: received 2020-01-01",
        "addReadings[2].source: received \"usage\"",
        "milestones[0].milestone: received \"moon\", send one of first_use",
    ];
    for field in fields {
        assert!(refusal.contains(field), "{field} in {refusal}");
    }
    assert!(trial.refusal(TOOL, json!({ "upsell": upsell })).await.contains("nothing to update"));
}

#[tokio::test]
async fn what_the_customer_committed_to_is_not_overridden() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let commitment = json!({
        "upsell": upsell, "metrics": [{ "name": "Active users", "target": 50, "committed": true }]
    });
    trial.call("create_measurement_plan", commitment).await;
    let refusal = trial.refusal(TOOL, target(&upsell, 20.0)).await;
    assert!(refusal.contains("the customer committed to 50 users"), "{refusal}");
}

#[tokio::test]
async fn a_milestone_is_ticked_by_hand_and_the_assessment_is_due() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Workflow Module").await;
    let tick = json!({ "upsell": upsell, "milestones": [{ "milestone": "champion_named", "state": "done", "date": "2026-03-01" }] });
    let answer = trial.call(TOOL, tick.clone()).await;
    assert_eq!((&answer["milestones"], &answer["planVersion"]), (&json!(["champion_named"]), &json!(1)));
    assert_eq!(trial.call(TOOL, tick).await["replayed"], true);
    let mut tx = trial.host.store.write("test").await.unwrap();
    let due = tx.claim_due_assessments(NOW.parse().unwrap(), 10).await.unwrap();
    assert!(due[0].plan.milestones[1].is_done());
}

/// It would be open again at the next assessment.
#[tokio::test]
async fn a_milestone_that_usage_reaches_is_skipped_by_hand_but_not_ticked() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let to = |state: &str| json!({ "upsell": upsell, "milestones": [{ "milestone": "First user", "state": state }] });
    let error = trial.ask(TOOL, to("done")).await.unwrap_err();
    assert!(error.message.contains("usage reaches it, once active_users is at least 1"), "{}", error.message);
    assert_eq!(trial.call(TOOL, to("skipped")).await["milestones"], json!(["first_use"]));
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let mut dry = target(&upsell, 30.0);
    dry["dryRun"] = json!(true);
    assert_eq!(trial.call(TOOL, dry).await["planVersion"], 2);
    let plan = trial.host.store.read().await.unwrap().plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!(plan.version, 1);
}

#[tokio::test]
async fn what_a_metric_cannot_be_is_refused_with_what_it_can() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    let wrong = json!({
        "upsell": upsell, "reason": " ", "setTargets": [{ "metric": "csat", "target": 500 }],
        "addReadings": [{ "metric": "csat", "value": 500 }, { "metric": "csat", "value": -5, "date": "2026-04-20" }]
    });
    let refusal = trial.refusal(TOOL, wrong).await;
    for said in [
        "reason: received blank text",
        "setTargets[0].target: received 500, send 0 to 100 %",
        "addReadings[0].value: received 500, send 0 to 100 %",
        "addReadings[1].value: received -5, send 0 to 100 %",
    ] {
        assert!(refusal.contains(said), "{said} in {refusal}");
    }
    let more = json!({ "upsell": upsell, "addReadings": [{ "metric": "value_realised", "value": 130 }] });
    assert_eq!(trial.call(TOOL, more).await["readings"][0]["value"], 130.0, "a return may exceed its cost");
    let asked = json!({ "upsell": upsell, "metrics": [{ "name": "CSAT", "target": 180 }] });
    let refusal = trial.refusal("create_measurement_plan", asked).await;
    assert!(refusal.contains("metrics[0].target: received 180, send 0 to 100 %"), "{refusal}");
}

#[tokio::test]
async fn a_monitor_reports_and_sets_or_skips_nothing() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Workflow Module").await;
    let skip =
        json!({ "upsell": upsell, "milestones": [{ "milestone": "champion_named", "state": "skipped" }] });
    let lower = json!({ "upsell": upsell, "setTargets": [{ "metric": "active_users", "target": 5 }], "reason": "easier" });
    let raise = json!({ "upsell": upsell, "setTargets": [{ "metric": "active_users", "target": 90 }], "reason": "more" });
    for (asked, what) in [(skip, "skipped"), (lower, "setTargets"), (raise, "setTargets")] {
        let refused = trial.ask_as("night", Role::Monitor, TOOL, asked).await.unwrap_err();
        assert_eq!(refused.code, domain::Code::Forbidden, "{refused}");
        assert!(refused.message.contains("for orchestrator, csm; this key is monitor"), "{refused}");
        assert!(refused.message.contains(what), "{refused}");
    }
    let report = json!({ "upsell": upsell, "milestones": [{ "milestone": "champion_named", "state": "done" }],
        "addReadings": [{ "metric": "csat", "value": 84, "source": "survey" }] });
    let told = trial.ask_as("night", Role::Monitor, TOOL, report).await.unwrap().structured;
    assert_eq!(
        (&told["milestones"], &told["readings"][0]["value"]),
        (&json!(["champion_named"]), &json!(84.0))
    );
}

#[tokio::test]
async fn a_value_typed_over_a_measured_metric_needs_a_reason_and_is_no_evidence() {
    let trial = Trial::at("2026-05-22T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    let measured = trial.observed(&upsell, "active_users", 89, 12.0).await;
    let typed = |reason: Option<&str>| {
        json!({ "upsell": upsell, "addReadings": [
            { "metric": "active_users", "value": 30, "date": "2026-05-21", "source": "crm", "reason": reason }] })
    };
    for reason in [None, Some(" ")] {
        let refusal = trial.refusal(TOOL, typed(reason)).await;
        assert!(refusal.contains("addReadings[0].reason: received"), "{refusal}");
    }
    let answer = trial.ask(TOOL, typed(Some("The feed lost a day"))).await.unwrap();
    assert!(
        answer.text().contains("manual, over what usage measures: no evidence by itself"),
        "{}",
        answer.text()
    );
    let reading = &answer.structured["readings"][0];
    assert_eq!(reading["manual"], true);
    let id = reading["observation"].as_str().unwrap();
    let shown = trial.ask("get_progress", json!({ "upsell": upsell })).await.unwrap();
    assert_eq!(shown.structured["progress"]["metricsProgress"][0]["manual"], true);
    assert!(shown.text().contains("30 users (typed by hand)"), "{}", shown.text());
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    let stored = tx.observations_by_id(plan.id, &[id.parse().unwrap()]).await.unwrap();
    assert_eq!(stored[0].reason.as_deref(), Some("The feed lost a day"));
    drop(tx);
    for day in [30, 60, 90] {
        let review =
            json!({ "upsell": upsell, "checkpointDay": day, "decision": "completed", "summary": "Seen" });
        trial.call("record_review", review).await;
    }
    let success = |ids: &[&str]| json!({ "upsell": upsell, "outcome": "success", "evidenceIds": ids });
    let refusal = trial.refusal("document_outcome", success(&[id])).await;
    assert!(refusal.contains("only values typed by hand") && refusal.contains(&measured), "{refusal}");
    let csat = json!({ "upsell": upsell, "addReadings": [{ "metric": "csat", "value": 90 }] });
    let read = trial.call(TOOL, csat).await["readings"][0].clone();
    assert_eq!(read["manual"], Value::Null, "it is read by hand only");
    let by_hand = read["observation"].as_str().unwrap();
    let done = trial.call("document_outcome", success(&[id, by_hand])).await;
    assert_eq!(done["outcome"]["status"], "success");
}

#[tokio::test]
async fn a_reading_or_target_finer_than_its_currency_is_refused() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Workflow Module").await;
    let saved = |target: f64| json!({ "upsell": upsell, "metrics": [{ "name": "Saved", "type": "roi", "unit": "EUR", "target": target }] });
    let refusal = trial.refusal("create_measurement_plan", saved(10.005)).await;
    assert!(
        refusal.contains("metrics[0].target: received 10.005, send an amount in steps of 0.01 EUR"),
        "{refusal}"
    );
    trial.call("create_measurement_plan", saved(10.01)).await;
    let asked = json!({ "upsell": upsell, "reason": "Recounted", "setTargets": [{ "metric": "saved", "target": 11.001 }],
        "addReadings": [{ "metric": "saved", "value": 1.234 }] });
    let error = trial.ask(TOOL, asked).await.unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["setTargets[0].target", "addReadings[0].value"]);
}
