use crate::trial::{Trial, sale};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T12:00:00Z";

fn event(id: &str, at: &str) -> Value {
    json!({ "eventId": id, "customer": "northwind", "feature": "data-sync.run", "user": "kim", "at": at })
}

#[tokio::test]
async fn events_count_once_however_often_they_come() {
    let trial = Trial::at(NOW).await;
    let batch = json!({ "events": [event("a", "2026-03-01T08:00:00Z"), event("b", "2026-02-01T08:00:00Z")] });
    let first = trial.call("ingest_usage", batch).await;
    assert_eq!((&first["accepted"], &first["duplicates"]), (&json!(2), &json!(0)));
    let late = json!({ "events": [event("b", "2026-02-01T08:00:00Z"), event("c", "2025-12-01T08:00:00Z")] });
    let second = trial.call("ingest_usage", late).await;
    assert_eq!((&second["accepted"], &second["duplicates"]), (&json!(1), &json!(1)));
    assert_eq!(trial.host.store.read().await.unwrap().count_usage_events().await.unwrap(), 3);
}

#[tokio::test]
async fn an_event_that_comes_again_with_other_content_is_told() {
    let trial = Trial::at(NOW).await;
    let first = event("a", "2026-03-01T08:00:00Z");
    let mut other = first.clone();
    other["count"] = json!(3);
    trial.call("ingest_usage", json!({ "events": [first] })).await;
    let answer = trial.ask("ingest_usage", json!({ "events": [other, first] })).await.unwrap();
    assert_eq!(answer.structured["differing"], json!(["a"]));
    assert!(answer.text().contains("under a new eventId"), "{}", answer.text());
}

#[tokio::test]
async fn one_wrong_event_refuses_the_batch_and_every_fault_names_its_event() {
    let trial = Trial::at(NOW).await;
    let mut negative = event("d", "2026-03-01T08:00:00Z");
    negative["count"] = json!(-1);
    let batch = json!({ "events": [
        event("a", "2026-03-01T08:00:00Z"), event("b", "2026-03-04T12:00:01Z"), event(" ", "2026-03-04T12:00:00Z"),
        negative
    ] });
    let error = trial.ask("ingest_usage", batch).await.unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["events[1].at", "events[2].eventId", "events[3].count"]);
    assert!(error.message.contains("none was taken"), "{error}");
    assert_eq!(trial.host.store.read().await.unwrap().count_usage_events().await.unwrap(), 0);
}

#[tokio::test]
async fn more_than_a_thousand_events_are_refused() {
    let trial = Trial::at(NOW).await;
    let events: Vec<Value> = (0..1001).map(|n| event(&n.to_string(), NOW)).collect();
    let refusal = trial.refusal("ingest_usage", json!({ "events": events })).await;
    assert!(refusal.contains("1000"), "{refusal}");
}

#[tokio::test]
async fn a_name_that_would_count_nowhere_is_refused_with_what_to_send() {
    let trial = Trial::at(NOW).await;
    let named = |id: &str, feature: &str, user: Option<&str>| {
        json!({
            "eventId": id, "customer": "northwind", "feature": feature, "user": user, "at": "2026-03-01T08:00:00Z"
        })
    };
    let batch = json!({ "events": [
        named("a", "survey.nps.11", Some("kim")), named("b", "value.committed.", None),
        named("c", "survey.csat.4", None), named("d", "survey.nps.10", Some("kim")),
    ] });
    let error = trial.ask("ingest_usage", batch).await.unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["events[0].feature", "events[1].feature", "events[2].user"]);
    for wanted in ["survey.nps.<0 to 10>", "value.committed.<line>", "the user it is about"] {
        assert!(error.message.contains(wanted), "{wanted} is not in {error}");
    }
    let good = json!({ "events": [named("d", "survey.nps.10", Some("kim"))] });
    assert_eq!(trial.call("ingest_usage", good).await["accepted"], 1);
}

#[tokio::test]
async fn events_of_customers_nobody_registered_are_taken_and_named() {
    let trial = Trial::at(NOW).await;
    trial.sale("Data Sync").await;
    let of = |id: &str, customer: &str| json!({ "eventId": id, "customer": customer, "feature": "data-sync.run", "user": "kim", "at": "2026-03-01T08:00:00Z" });
    let known = trial.ask("ingest_usage", json!({ "events": [of("k", "northwind")] })).await.unwrap();
    assert_eq!(known.structured["ofUnknownCustomers"], Value::Null);
    let events: Vec<Value> = (0..7).map(|n| of(&format!("e{n}"), &format!("stranger-{n}"))).collect();
    let events = [events, vec![of("again", "stranger-0"), of("ours", "northwind")]].concat();
    let answer = trial.ask("ingest_usage", json!({ "events": events })).await.unwrap();
    assert_eq!(answer.structured["accepted"], 9);
    let unknown = &answer.structured["ofUnknownCustomers"];
    assert_eq!((&unknown["events"], &unknown["customers"]), (&json!(8), &json!(7)));
    let text = answer.text();
    assert!(text.contains("8 events are of customers without an upsell here: stranger-0,"), "{text}");
    assert!(text.contains("stranger-4 and 2 more. They are stored"), "{text}");
}

#[tokio::test]
async fn an_amount_finer_than_the_smallest_unit_of_the_customers_currency_is_refused() {
    let trial = Trial::at(NOW).await;
    let money = |id: &str, customer: &str, feature: &str, count: f64| json!({ "eventId": id, "customer": customer, "feature": feature, "at": "2026-03-01T08:00:00Z", "count": count });
    trial.call("register_upsell", sale("Data Sync")).await;
    let mut yen = sale("Data Sync");
    yen["opportunityId"] = json!("006-2");
    yen["customer"] = json!("Kaito");
    yen["customerId"] = json!("kaito");
    yen["currency"] = json!("JPY");
    yen["arrIncrease"] = json!(9_000_000);
    trial.call("register_upsell", yen).await;
    let fine = json!({ "events": [
        money("a", "northwind", "value.stated.hours", 10.005), money("b", "kaito", "cost.services", 1.5),
        money("c", "northwind", "value.measured", 10.01), money("d", "northwind", "data-sync.run", 10.005),
    ] });
    let error = trial.ask("ingest_usage", fine).await.unwrap_err();
    let told: Vec<(&str, &str)> =
        error.faults.iter().map(|fault| (fault.field.as_str(), fault.wanted.as_str())).collect();
    assert_eq!(
        told,
        [
            ("events[0].count", "an amount in steps of 0.01 USD, such as 10 or 10.01"),
            ("events[1].count", "an amount in steps of 1 JPY, such as 1 or 2"),
        ]
    );
}
