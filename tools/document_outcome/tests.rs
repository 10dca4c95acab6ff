use crate::trial::Trial;
use serde_json::{Value, json};

const DAY_91: &str = "2026-05-22T15:00:00Z";
const TOOL: &str = "document_outcome";

/// An upsell at day 91 whose every checkpoint is closed.
async fn reviewed() -> (Trial, String) {
    let trial = Trial::at(DAY_91).await;
    let upsell = trial.planned("Workflow Module").await;
    for day in [30, 60, 90] {
        let review =
            json!({ "upsell": upsell, "checkpointDay": day, "decision": "completed", "summary": "Seen" });
        trial.call("record_review", review).await;
    }
    (trial, upsell)
}

async fn attained(trial: &Trial, upsell: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for day in 70..=90 {
        ids.push(trial.observed(upsell, "active_users", day, 30.0).await);
    }
    for (metric, value) in
        [("activation", 65.0), ("actions_per_week", 9.0), ("value_realised", 85.0), ("csat", 90.0)]
    {
        ids.push(trial.observed(upsell, metric, 90, value).await);
    }
    ids
}

#[tokio::test]
async fn each_conclusion_must_bring_what_it_stands_on() {
    let (trial, upsell) = reviewed().await;
    for (outcome, field) in
        [("success", "evidenceIds"), ("partial", "gaps"), ("at_risk", "interventionPlan"), ("failed", "gaps")]
    {
        let error = trial.ask(TOOL, json!({ "upsell": upsell, "outcome": outcome })).await.unwrap_err();
        assert_eq!(error.faults[0].field, field, "{error}");
    }
    let unowned =
        json!({ "upsell": upsell, "outcome": "at_risk", "interventionPlan": [{ "text": "Train again" }] });
    let refusal = trial.refusal(TOOL, unowned).await;
    assert!(refusal.contains("who does it and by which day"), "{refusal}");
}

#[tokio::test]
async fn a_success_that_holds_is_proposed_by_rule_and_documented_once() {
    let (trial, upsell) = reviewed().await;
    let ids = attained(&trial, &upsell).await;
    let ask = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": [ids[20]], "lessons": ["Start with one team"] });
    let first = trial.call(TOOL, ask.clone()).await;
    assert_eq!(first["proposal"]["conclusion"], "success", "{}", first["proposal"]);
    assert_eq!(
        (&first["outcome"]["status"], &first["outcome"]["proposed"]),
        (&json!("success"), &json!("success"))
    );
    assert_eq!(
        first["outcome"]["evidence"],
        json!(["Active users of the module 30 users on 21 May 2026 (usage)"])
    );
    let again = trial.call(TOOL, ask).await;
    assert_eq!((&again["replayed"], &again["outcome"]), (&json!(true), &first["outcome"]));
    let other = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Second thoughts"] });
    let error = trial.ask(TOOL, other).await.unwrap_err();
    assert_eq!(error.code, domain::Code::Conflict, "{error}");
}

#[tokio::test]
async fn what_was_reached_yesterday_is_not_held_yet() {
    let (trial, upsell) = reviewed().await;
    attained(&trial, &upsell).await;
    trial.until("2026-05-22T15:00:01Z");
    trial.observed(&upsell, "active_users", 85, 12.0).await;
    let gaps = json!([{ "metric": "active_users", "gap": "not held for two weeks" }]);
    let ask = json!({ "upsell": upsell, "outcome": "partial", "gaps": gaps, "dryRun": true });
    let proposal = trial.call(TOOL, ask).await["proposal"].clone();
    assert_eq!(proposal["conclusion"], "partial");
    assert!(proposal["because"].to_string().contains("held for 4 days of 14"), "{proposal}");
}

#[tokio::test]
async fn without_data_the_rules_say_what_is_missing_and_a_person_decides() {
    let (trial, upsell) = reviewed().await;
    let ask =
        json!({ "upsell": upsell, "outcome": "failed", "lessons": ["The product was never switched on"] });
    let answer = trial.call(TOOL, ask).await;
    assert_eq!(answer["proposal"]["state"], "pending");
    assert!(
        answer["proposal"]["missing"][0].as_str().unwrap().starts_with("data: 0 %"),
        "{}",
        answer["proposal"]
    );
    assert_eq!(answer["outcome"]["proposed"], Value::Null);
}

#[tokio::test]
async fn before_the_last_day_only_a_failure_is_documented() {
    let trial = Trial::at("2026-04-06T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    let evidence = trial.observed(&upsell, "active_users", 44, 30.0).await;
    let early = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": [evidence] });
    let refusal = trial.refusal(TOOL, early).await;
    assert!(refusal.contains("90-day assessment is due on 21 May 2026"), "{refusal}");
    let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Cancelled"] });
    assert_eq!(trial.call(TOOL, failed).await["outcome"]["status"], "failed");
}

#[tokio::test]
async fn evidence_of_another_plan_is_refused() {
    let (trial, upsell) = reviewed().await;
    let ask = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": ["o_000000000zzz"] });
    let refusal = trial.refusal(TOOL, ask).await;
    assert!(refusal.contains("evidenceIds[0]: received o_000000000zzz"), "{refusal}");
}
