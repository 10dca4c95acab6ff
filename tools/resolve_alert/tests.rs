use crate::trial::{Trial, tokens};
use domain::{
    alert::{Alert, AlertRule, AlertState, Severity},
    id::AlertId,
};
use serde_json::{Value, json};

const NOW: &str = "2026-04-06T15:00:00Z";
const TOOL: &str = "resolve_alert";

/// An upsell with `count` alerts, raised an hour apart; the newest last, and now.
async fn alerted(count: u32) -> (Trial, Vec<String>) {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Workflow Module").await;
    let mut tx = trial.host.store.write("alert").await.unwrap();
    let mut ids = Vec::new();
    for episode in 1..=count {
        let id: AlertId = trial.host.ids.next();
        let alert = Alert {
            id,
            upsell: upsell.parse().unwrap(),
            plan: None,
            metric: None,
            rule: AlertRule::LaggingAdoption,
            episode,
            severity: Severity::Warning,
            state: AlertState::Open,
            owner: Some("Ana Ruiz".to_owned()),
            message: "Adoption is behind, 17 points below expected on day 45".to_owned(),
            next_step: "Look at what keeps the second team from starting".to_owned(),
            raised_at: trial.host.clock.now() - chrono::TimeDelta::hours((count - episode).into()),
            digest: None,
            notes: Vec::new(),
        };
        assert!(tx.insert_alert(&alert).await.unwrap());
        ids.push(id.to_string());
    }
    tx.commit().await.unwrap();
    (trial, ids)
}

fn acknowledge(alert: &str, note: &str) -> Value {
    json!({ "alert": alert, "action": "acknowledge", "note": note })
}

#[tokio::test]
async fn acknowledging_twice_leaves_one_note_and_gives_the_first_answer() {
    let (trial, ids) = alerted(1).await;
    let first = trial.call(TOOL, acknowledge(&ids[0], "Called the admin")).await;
    assert_eq!(first["alert"]["state"], "acknowledged");
    let again = trial.call(TOOL, acknowledge(&ids[0], "Called the admin")).await;
    assert_eq!((&again["replayed"], &again["alert"]), (&json!(true), &first["alert"]));
    assert_eq!(again["alert"]["notes"].as_array().unwrap().len(), 1);
    let other = trial.call(TOOL, acknowledge(&ids[0], "Training is booked")).await;
    assert_eq!(other["alert"]["notes"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_same_words_after_something_else_count_anew() {
    let (trial, ids) = alerted(1).await;
    let snooze = json!({ "alert": ids[0], "action": "snooze", "note": "Holidays", "snoozeUntil": "2026-04-10T09:00:00Z" });
    trial.call(TOOL, acknowledge(&ids[0], "Looking")).await;
    trial.call(TOOL, snooze.clone()).await;
    assert_eq!(trial.call(TOOL, snooze).await["replayed"], true);
    let back = trial.call(TOOL, acknowledge(&ids[0], "Looking")).await;
    assert_eq!((&back["alert"]["state"], &back["replayed"]), (&json!("acknowledged"), &Value::Null));
}

#[tokio::test]
async fn a_snooze_needs_a_moment_to_come_and_nothing_else_takes_one() {
    let (trial, ids) = alerted(1).await;
    let ask = |action: &str, until: Value| json!({ "alert": ids[0], "action": action, "note": "n", "snoozeUntil": until });
    let past = trial.refusal(TOOL, ask("snooze", json!("2026-04-01T09:00:00Z"))).await;
    assert!(past.contains("snoozeUntil") && past.contains("in the future"), "{past}");
    let none = trial.refusal(TOOL, ask("snooze", Value::Null)).await;
    assert!(none.contains("until when to snooze"), "{none}");
    let stray = trial.refusal(TOOL, ask("close", json!("2026-04-10T09:00:00Z"))).await;
    assert!(stray.contains("action=\"snooze\""), "{stray}");
}

#[tokio::test]
async fn a_closed_alert_stays_closed() {
    let (trial, ids) = alerted(1).await;
    trial.call(TOOL, json!({ "alert": ids[0], "action": "close", "note": "Recovered" })).await;
    let refusal = trial.refusal(TOOL, acknowledge(&ids[0], "Looking")).await;
    assert!(refusal.contains("is closed"), "{refusal}");
    assert_eq!(trial.call("list_alerts", json!({})).await["headline"], "No open alerts.");
    assert_eq!(trial.call("list_alerts", json!({ "state": "closed" })).await["total"], 1);
}

#[tokio::test]
async fn alerts_are_listed_newest_first_page_by_page_within_budget() {
    let (trial, ids) = alerted(22).await;
    let first = trial.ask("list_alerts", json!({})).await.unwrap();
    assert_eq!(first.structured["alerts"][0]["id"], json!(ids[21]));
    assert_eq!(first.structured["alerts"][0]["customer"], "Northwind Traders");
    let spent = tokens(&first.text());
    println!("list of 20 alerts: {spent} tokens");
    assert!(spent <= 1_200, "{spent} tokens: {}", first.text());
    let cursor = first.structured["nextCursor"].clone();
    let second = trial.call("list_alerts", json!({ "cursor": cursor })).await;
    assert_eq!(second["alerts"].as_array().unwrap().len(), 2);
    assert_eq!((&second["total"], &second["nextCursor"]), (&json!(22), &Value::Null));
    let since = trial.call("list_alerts", json!({ "since": "2026-04-06T14:00:00Z" })).await;
    assert_eq!(since["total"], 2);
}

#[tokio::test]
async fn a_blank_note_is_no_note() {
    let (trial, ids) = alerted(1).await;
    for action in ["acknowledge", "close"] {
        let refusal = trial.refusal(TOOL, json!({ "alert": ids[0], "action": action, "note": "  " })).await;
        assert!(refusal.contains("note: received blank text"), "{refusal}");
    }
    assert_eq!(trial.call("list_alerts", json!({})).await["total"], 1);
}
