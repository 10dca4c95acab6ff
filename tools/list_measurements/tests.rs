use crate::trial::{Trial, sale, tokens};
use serde_json::{Value, json};

const DAY_45: &str = "2026-04-06T15:00:00Z";
const TOOL: &str = "list_measurements";

/// `count` customers with the module, the first of them far behind.
async fn portfolio(count: usize) -> Trial {
    let trial = Trial::at(DAY_45).await;
    for index in 0..count {
        let mut sale = sale("Workflow Module");
        sale["opportunityId"] = json!(format!("006-{index}"));
        sale["customer"] = json!(format!("Customer {index:02}"));
        sale["customerId"] = json!(format!("customer-{index:02}"));
        let upsell = trial.call("register_upsell", sale).await["upsell"].as_str().unwrap().to_owned();
        trial.call("create_measurement_plan", json!({ "upsell": upsell })).await;
        let value = if index == 0 { 1.0 } else { 13.0 };
        trial.observed(&upsell, "active_users", 45, value).await;
        trial.observed(&upsell, "activation", 45, 45.0).await;
        trial.assessed(&upsell).await;
    }
    trial
}

#[tokio::test]
async fn the_headline_counts_those_behind_and_what_they_hold() {
    let trial = portfolio(3).await;
    let answer = trial.call(TOOL, json!({})).await;
    assert_eq!(answer["headline"], "1 of 3 upsells is behind, holding $128k of new ARR.");
    assert_eq!(answer["measurements"][0]["customer"], "Customer 00", "furthest behind first");
    assert_eq!(answer["next"][0]["arguments"]["upsell"], answer["measurements"][0]["upsell"]);
    let behind = trial.call(TOOL, json!({ "status": ["behind"] })).await;
    assert_eq!((&behind["total"], &behind["headline"]), (&json!(1), &answer["headline"]));
}

#[tokio::test]
async fn pages_follow_each_other_and_the_text_of_twenty_stays_within_its_budget() {
    let trial = portfolio(23).await;
    let first = trial.ask(TOOL, json!({})).await.unwrap();
    let cursor = first.structured["nextCursor"].as_str().unwrap();
    assert!(first.text().contains("Showing 20 of 23. Narrow by"), "{}", first.text());
    let spent = tokens(&first.text());
    println!("list of 20: {spent} tokens\n{}", first.text());
    assert!(spent <= 1_200, "{spent} tokens: {}", first.text());
    let second = trial.call(TOOL, json!({ "cursor": cursor })).await;
    let names = |answer: &Value| -> Vec<String> {
        answer["measurements"].as_array().unwrap().iter().map(|row| row["customer"].to_string()).collect()
    };
    let mut all = [names(&first.structured), names(&second)].concat();
    all.sort();
    all.dedup();
    assert_eq!((all.len(), &second["nextCursor"]), (23, &Value::Null));
}

#[tokio::test]
async fn an_upsell_without_a_plan_shows_its_clock_and_what_it_waits_for() {
    let trial = Trial::at("2026-02-21T15:00:00Z").await;
    let upsell = trial.sale("Workflow Module").await;
    let mut tx = trial.host.store.write("wait").await.unwrap();
    tx.set_plan_waits_for(upsell.parse().unwrap(), Some("the plan waits, it needs seats")).await.unwrap();
    tx.commit().await.unwrap();
    trial.until("2026-02-22T20:00:00Z");
    let answer = trial.ask(TOOL, json!({ "needsPlan": true })).await.unwrap();
    let missing = &answer.structured["measurements"][0]["planMissing"];
    assert_eq!(
        (&missing["hoursLeft"], &missing["waitsFor"]),
        (&json!(19), &json!("the plan waits, it needs seats"))
    );
    assert_eq!(answer.structured["next"][0]["tool"], "list_templates", "a plan that waits cannot be made");
    trial.until("2026-02-24T20:00:00Z");
    let late = trial.ask(TOOL, json!({ "needsPlan": true })).await.unwrap();
    assert_eq!(late.headline(), "1 upsell without a plan; past their 48 hours: 1 of those shown.");
    assert!(late.text().contains("no plan, 29 h late: the plan waits, it needs seats, $"), "{}", late.text());
}

#[tokio::test]
async fn finished_ones_are_listed_when_asked_for() {
    let trial = portfolio(1).await;
    trial
        .call(
            "document_outcome",
            json!({ "upsell": "Customer 00", "outcome": "failed", "lessons": ["Sponsor left"] }),
        )
        .await;
    assert_eq!(
        trial.call(TOOL, json!({})).await["headline"],
        "No upsell matches; outcome=\"any\" also looks at finished ones."
    );
    assert_eq!(
        trial.call(TOOL, json!({ "outcome": "failed" })).await["measurements"][0]["outcome"],
        "failed"
    );
    assert_eq!(trial.call(TOOL, json!({ "outcome": "any" })).await["total"], 1);
}

#[tokio::test]
async fn due_ones_come_soonest_first() {
    let trial = portfolio(2).await;
    let none = trial.call(TOOL, json!({ "dueWithinDays": 0, "customer": "nobody" })).await;
    assert_eq!(none["total"], 0);
    let due = trial.call(TOOL, json!({ "dueWithinDays": 0 })).await;
    assert_eq!(
        (&due["total"], &due["measurements"][0]["nextCheckpointDay"]),
        (&json!(2), &json!(30)),
        "overdue counts"
    );
}

#[tokio::test]
async fn one_status_is_a_list_of_one() {
    let trial = Trial::at("2026-02-21T15:00:00Z").await;
    trial.planned("Workflow Module").await;
    let single = trial.call(TOOL, json!({ "status": "behind" })).await;
    assert_eq!(single, trial.call(TOOL, json!({ "status": ["behind"] })).await);
    assert_eq!(single["total"], 0);
    let wrong = trial.refusal(TOOL, json!({ "status": "wordy" })).await;
    assert!(wrong.contains("status[0]: received \"wordy\", send one of"), "{wrong}");
}
