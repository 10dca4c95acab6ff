use crate::trial::{Trial, tokens};
use serde_json::{Value, json};

const DAY_45: &str = "2026-04-06T15:00:00Z";
const TOOL: &str = "get_progress";

async fn lagging() -> (Trial, String) {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    trial.observed(&upsell, "active_users", 44, 5.0).await;
    trial.observed(&upsell, "activation", 44, 30.0).await;
    (trial, upsell)
}

#[tokio::test]
async fn without_data_it_says_so_and_names_no_status() {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell })).await;
    assert_eq!(answer["progress"]["currentStatus"], Value::Null);
    assert_eq!(answer["progress"]["dataState"], "none");
    assert_eq!((&answer["dataAsOf"], &answer["evidenceIds"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn every_figure_cites_its_observation_and_the_answer_says_as_of_when() {
    let (trial, upsell) = lagging().await;
    let id = trial.observed(&upsell, "active_users", 45, 6.0).await;
    let answer = trial.ask(TOOL, json!({ "upsell": upsell })).await.unwrap();
    assert!(answer.text().contains(&format!("[{id}]")), "{}", answer.text());
    assert!(answer.text().contains("As of 6 Apr 2026, day 45."), "{}", answer.text());
    assert!(answer.structured["evidenceIds"].as_array().unwrap().contains(&json!(id)));
    assert_eq!(answer.structured["dataAsOf"], "2026-04-06");
    assert_eq!(answer.structured["progress"]["currentStatus"], "behind");
}

#[tokio::test]
async fn as_of_an_earlier_instant_later_data_is_not_known() {
    let (trial, upsell) = lagging().await;
    let ask = json!({ "upsell": upsell, "asOf": DAY_45 });
    let then = trial.call(TOOL, ask.clone()).await;
    trial.until("2026-04-20T15:00:00Z");
    trial.observed(&upsell, "active_users", 44, 20.0).await;
    trial
        .call(
            "record_review",
            json!({
                "upsell": upsell, "checkpointDay": 30, "decision": "completed", "summary": "Seen late"
            }),
        )
        .await;
    assert_eq!(trial.call(TOOL, ask).await, then);
}

#[tokio::test]
async fn the_future_is_refused() {
    let (trial, upsell) = lagging().await;
    let refusal = trial.refusal(TOOL, json!({ "upsell": upsell, "asOf": "2027-01-01T00:00:00Z" })).await;
    assert!(refusal.contains("asOf: received ") && refusal.contains("predict_outcome"), "{refusal}");
}

#[tokio::test]
async fn answers_stay_within_their_token_budgets() {
    let (trial, upsell) = lagging().await;
    for (detail, most) in [("concise", 300), ("detailed", 1500)] {
        let answer = trial.ask(TOOL, json!({ "upsell": upsell, "detail": detail })).await.unwrap();
        let (text, spent) = (answer.text(), tokens(&answer.text()));
        println!("{detail}: {spent} tokens of {most}\n{text}\n");
        assert!(spent <= most, "{spent} tokens: {text}");
        assert!(answer.lines.len() <= 12, "{text}");
    }
}

#[tokio::test]
async fn detailed_brings_the_specifications_document_and_the_versions_of_the_plan() {
    let (trial, upsell) = lagging().await;
    let target = json!({ "metric": "active_users", "target": 40 });
    trial
        .call("update_metrics", json!({ "upsell": upsell, "setTargets": [target], "reason": "Agreed" }))
        .await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell, "detail": "detailed" })).await;
    let document = &answer["detail"]["successMeasurement"];
    assert_eq!(document["upsellDetails"]["arrIncrease"], json!(128_000.55));
    assert_eq!(document["successCriteria"]["goals"], json!(["Fewer spreadsheets"]));
    assert_eq!(document["outcome"]["status"], "pending");
    let versions = answer["detail"]["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1]["changes"], json!(["Active users of the module target 25 users → 40 users"]));
}

#[tokio::test]
async fn after_the_outcome_nobody_is_told_to_document_it() {
    let (trial, upsell) = lagging().await;
    trial.until("2026-04-06T16:00:00Z");
    let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["The sponsor left"] });
    trial.call("document_outcome", failed).await;
    let answer = trial.ask(TOOL, json!({ "upsell": upsell })).await.unwrap();
    assert!(
        answer.text().contains("The outcome is documented as failed on 6 Apr 2026."),
        "{}",
        answer.text()
    );
    assert_eq!(answer.structured["next"][0]["tool"], "analyze_outcomes");
    let predicted = trial.call("predict_outcome", json!({ "upsell": upsell })).await;
    let headline = "Northwind Traders: documented as failed on 6 Apr 2026; there is nothing left to predict.";
    assert_eq!(
        (&predicted["headline"], &predicted["prediction"]["state"]),
        (&json!(headline), &json!("unknown"))
    );
    let then = trial.call(TOOL, json!({ "upsell": upsell, "asOf": DAY_45 })).await;
    assert_ne!(then["next"][0]["tool"], "analyze_outcomes", "it was not known then");
}

#[tokio::test]
async fn an_unknown_name_points_at_an_argument_that_exists() {
    let trial = Trial::at(DAY_45).await;
    let refusal = trial.refusal(TOOL, json!({ "upsell": "Nobody" })).await;
    assert!(refusal.contains("list_measurements(customer=…, outcome=any)"), "{refusal}");
    let known = &crate::entry("list_measurements").unwrap().input["properties"];
    assert!(known["customer"].is_object() && known["outcome"].to_string().contains("any"), "{known}");
}

/// Kim and Lee of three with a seat use the module; Kim answered, and the promised hours came half.
async fn adopted() -> (Trial, String) {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    let event = |n: usize, (feature, user, day, count): (&str, Option<&str>, &str, f64)| {
        json!({
            "eventId": format!("e-{n}"), "customer": "northwind", "feature": feature, "user": user,
            "at": format!("{day}T15:00:00Z"), "count": count
        })
    };
    let done = [
        ("seat.assigned", Some("kim"), "2026-01-10", 1.0),
        ("seat.assigned", Some("lee"), "2026-02-21", 1.0),
        ("seat.assigned", Some("max"), "2026-02-21", 1.0),
        ("workflow-module.create", Some("kim"), "2026-03-10", 1.0),
        ("workflow-module.create", Some("kim"), "2026-03-31", 1.0),
        ("workflow-module.share", Some("kim"), "2026-03-31", 1.0),
        ("workflow-module.view", Some("lee"), "2026-04-05", 1.0),
        ("value.committed.hours", None, "2026-01-10", 4_000.0),
        ("value.stated.hours", None, "2026-03-30", 2_000.0),
        ("survey.csat.asked", Some("kim"), "2026-03-20", 1.0),
        ("survey.csat.asked", Some("lee"), "2026-03-20", 1.0),
        ("survey.csat.5", Some("kim"), "2026-03-21", 1.0),
    ];
    let events: Vec<Value> = done.into_iter().enumerate().map(|(n, what)| event(n, what)).collect();
    trial.call("ingest_usage", json!({ "events": events })).await;
    (trial, upsell)
}

#[tokio::test]
async fn detailed_tells_adoption_and_value_and_what_of_it_is_unknown() {
    let (trial, upsell) = adopted().await;
    let answer = trial.ask(TOOL, json!({ "upsell": upsell, "detail": "detailed" })).await.unwrap();
    println!("{}", answer.text());
    let told = &answer.structured["detail"]["adoption"];
    let known = |value: f64, unit: &str, n: u64, of: &str| json!({ "state": "known", "value": value, "unit": unit, "n": n, "of": of });
    assert_eq!(told["reach"], known(200.0 / 3.0, "%", 3, "users with a seat"), "{told}");
    // Kim did two things in the week of 30 March; the one in which the feed began is not whole, and Lee only looked.
    assert_eq!(told["depth"], known(2.0, "actions", 1, "active users"));
    assert_eq!(told["value"]["realisation"], known(50.0, "%", 1, "committed lines"));
    assert_eq!(told["value"]["soFar"]["customerStated"], 2_000.0);
    assert_eq!(told["value"]["soFar"]["payback"]["state"], "not_reached");
    assert_eq!(
        (&told["csat"]["responsePercent"], &told["csat"]["satisfied"]["share"]),
        (&json!(50.0), &json!(1.0))
    );
    assert_eq!((&told["nps"], &told["licences"]["peak"]["state"]), (&Value::Null, &json!("unknown")));
    for said in [
        "Adoption to 5 Apr 2026, 28 days: Reach 67 % of 3 users with a seat",
        "Value realised 50 %",
        "Unknown: ",
    ] {
        assert!(answer.text().contains(said), "{said} is not in {}", answer.text());
    }
    assert!(answer.lines.len() <= 12 && tokens(&answer.text()) <= 1500, "{}", answer.text());
}

#[tokio::test]
async fn as_of_an_earlier_instant_adoption_is_left_out_rather_than_told_wrong() {
    let (trial, upsell) = adopted().await;
    trial.until("2026-04-20T15:00:00Z");
    let ask = json!({ "upsell": upsell, "detail": "detailed", "asOf": DAY_45 });
    let answer = trial.ask(TOOL, ask).await.unwrap();
    assert_eq!(answer.structured["detail"]["adoption"]["state"], "unknown");
    assert!(answer.text().contains("told for now only"), "{}", answer.text());
}

#[tokio::test]
async fn as_of_a_day_is_as_known_at_its_end_for_the_customer() {
    let (trial, upsell) = lagging().await;
    trial.until("2026-04-20T15:00:00Z");
    let id = trial.observed(&upsell, "active_users", 44, 20.0).await;
    let at = |as_of: &str| json!({ "upsell": upsell, "asOf": as_of });
    let then = trial.call(TOOL, at("2026-04-06")).await;
    assert_eq!(then["asOf"], "2026-04-07T03:59:59.999Z", "midnight in New York");
    assert_eq!(then["progress"], trial.call(TOOL, at("2026-04-07T03:59:59.999Z")).await["progress"]);
    assert!(!then["evidenceIds"].as_array().unwrap().contains(&json!(id)));
    let today = trial.call(TOOL, at("2026-04-20")).await;
    assert_eq!(
        (&today["asOf"], today["evidenceIds"].as_array().unwrap().contains(&json!(id))),
        (&json!("2026-04-20T15:00:00Z"), true)
    );
    let ahead = trial.refusal(TOOL, at("2026-04-21")).await;
    assert!(
        ahead.contains("asOf: received 2026-04-21, send an instant up to now, a day up to today"),
        "{ahead}"
    );
    let wrong = trial.refusal(TOOL, at("last Monday")).await;
    assert!(wrong.contains("a day such as 2026-03-31, or an instant"), "{wrong}");
}
