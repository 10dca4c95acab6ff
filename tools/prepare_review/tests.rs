use crate::trial::{Trial, tokens};
use serde_json::json;

const TOOL: &str = "prepare_review";

async fn lagging() -> (Trial, String) {
    let trial = Trial::at("2026-03-24T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    for (metric, value) in [("active_users", 4.0), ("activation", 20.0), ("actions_per_week", 2.0)] {
        trial.observed(&upsell, metric, 31, value).await;
    }
    (trial, upsell)
}

#[tokio::test]
async fn the_next_checkpoint_is_prepared_with_citable_facts() {
    let (trial, upsell) = lagging().await;
    let answer = trial.ask(TOOL, json!({ "upsell": upsell })).await.unwrap();
    assert_eq!(answer.structured["checkpointDay"], 30);
    assert_eq!(answer.structured["evidenceIds"].as_array().unwrap().len(), 3);
    for id in answer.structured["evidenceIds"].as_array().unwrap() {
        assert!(answer.text().contains(id.as_str().unwrap()), "{}", answer.text());
    }
    assert_eq!(answer.structured["next"][0]["tool"], "record_review");
}

#[tokio::test]
async fn the_second_brief_tells_what_changed_since_the_first_review() {
    let (trial, upsell) = lagging().await;
    let review = json!({
        "upsell": upsell, "checkpointDay": 30, "decision": "completed", "summary": "One team of three started",
        "actions": [{ "text": "Train the second team", "owner": "Ana Ruiz", "due": "2026-04-10" }]
    });
    trial.call("record_review", review).await;
    trial.until("2026-04-22T15:00:00Z");
    trial.observed(&upsell, "active_users", 60, 12.0).await;
    let brief = trial.call(TOOL, json!({ "upsell": upsell, "format": "structured" })).await["brief"].clone();
    assert_eq!(brief["since"], "since the review of day 30 on 24 Mar 2026");
    let changes = brief["changes"].to_string();
    assert!(changes.contains("Active users of the module went from 4 users to 12 users."), "{changes}");
    assert_eq!(brief["earlierActions"], json!(["“Train the second team”, Ana Ruiz, due 10 Apr 2026"]));
    assert!(brief["overdueMilestones"].to_string().contains("First user in the module"), "{brief}");
}

#[tokio::test]
async fn another_day_is_answered_with_the_days_there_are_and_the_call_to_make() {
    let (trial, upsell) = lagging().await;
    let refusal = trial.refusal(TOOL, json!({ "upsell": upsell, "checkpointDay": 45 })).await;
    assert_eq!(
        refusal,
        format!(
            "checkpointDay: received 45, send one of 30, 60, 90, the days of this plan. The next due is 30, on 22 Mar \
             2026: prepare_review(upsell=\"{upsell}\", checkpointDay=30)"
        )
    );
}

#[tokio::test]
async fn a_prepared_review_stays_within_its_budget_and_fences_the_customers_words() {
    let (trial, upsell) = lagging().await;
    let answer = trial.ask(TOOL, json!({ "upsell": upsell })).await.unwrap();
    let spent = tokens(&answer.text());
    println!("prepared review: {spent} tokens\n{}", answer.text());
    assert!(spent <= 2_000, "{spent} tokens: {}", answer.text());
    assert!(answer.text().contains("customer_quote \"Fewer spreadsheets\""), "{}", answer.text());
}
