//! Each metric has alerts of its own: what was said of one keeps no other quiet.

use crate::fed::{live, send, sold, used};
use chrono::{NaiveDate, TimeDelta};
use domain::{
    alert::{Alert, AlertNote, AlertRule, AlertState, Severity},
    id::AlertId,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::Range};
use tests::{journey::CLOSED, world::World};
use tools::Role;

/// More users than the curve asks for, each day.
fn lively(day: i64) -> u32 {
    (8 + day as u32 / 3).min(19)
}

#[tokio::test]
async fn a_metric_that_falls_silent_later_is_told_although_the_first_was_acknowledged() {
    let (world, upsell) = sold().await;
    plan(&world, &upsell, &["Wait", "Backlog", "Never sent"]).await;
    // What a mean or a latest value looks back on is four weeks of events.
    for day in 0..15 {
        live(&world, day..day + 1, lively).await;
        send(&world, &sent("backlog", day..day + 1)).await;
        if day < 5 {
            send(&world, &sent("wait", day..day + 1)).await;
        }
    }
    live(&world, 15..31, lively).await;
    assert_eq!(
        told(&world, &upsell).await,
        [("tracking_silent never_sent".to_owned(), "open".to_owned())].into()
    );
    acknowledge(&world, &upsell, "never_sent").await;

    live(&world, 31..40, lively).await;
    let alerts = listed(&world, &upsell).await;
    let wait = &alerts["data_stale wait"];
    assert_eq!(
        (&wait["state"], &wait["metric"], &wait["metricName"]),
        (&json!("open"), &json!("wait"), &json!("Wait"))
    );
    assert!(wait["message"].as_str().unwrap().contains("no data since 1 Mar 2026 for Wait"), "{wait:#}");
    assert!(
        wait["nextStep"].as_str().unwrap().contains(&format!("get_progress(upsell={upsell}")),
        "{wait:#}"
    );
    acknowledge(&world, &upsell, "wait").await;

    live(&world, 40..50, lively).await;
    plan(&world, &upsell, &["Not sent either"]).await;
    live(&world, 50..52, lively).await;
    let expected = [
        ("tracking_silent never_sent", "acknowledged"),
        ("tracking_silent not_sent_either", "open"),
        ("data_stale wait", "acknowledged"),
        ("data_stale backlog", "open"),
    ];
    let expected = expected.map(|(alert, state)| (alert.to_owned(), state.to_owned()));
    assert_eq!(told(&world, &upsell).await, expected.into());

    send(&world, &sent("backlog", 50..51)).await;
    live(&world, 52..54, lively).await;
    assert_eq!(told(&world, &upsell).await["data_stale backlog"], "closed");
    assert_eq!(told(&world, &upsell).await["data_stale wait"], "acknowledged");
}

/// Alerts as the version before this one left them: of the whole upsell, whatever metric they meant.
#[tokio::test]
async fn an_alert_stored_without_a_metric_is_carried_over_at_the_first_look() {
    let (now, upsell) = sold().await;
    let mut days = 0;
    while lagging(&now, &upsell).await.is_empty() {
        live(&now, days..days + 1, |_| 1).await;
        days += 1;
    }
    let raised = lagging(&now, &upsell).await;
    assert!(raised.len() > 1, "{raised:#?}");

    let (before, upsell) = sold().await;
    live(&before, 0..days - 1, |_| 1).await;
    before.advance(1).await;
    let message =
        format!("Northwind Traders: Behind on day {days}: {} 5 %", raised[0]["metricName"].as_str().unwrap());
    let old = left_by_an_older_version(&before, &upsell, &message).await;
    send(&before, &used(days - 1..days, |_| 1)).await;
    let alerts = lagging(&before, &upsell).await;
    assert_eq!(alerts.len(), raised.len() + 1);
    for alert in &alerts {
        let expected = match &alert["metric"] {
            Value::Null => "closed",
            metric if *metric == raised[0]["metric"] => "acknowledged",
            _ => "open",
        };
        assert_eq!(alert["state"], expected, "{alert:#}");
    }
    let closed = alerts.iter().find(|alert| alert["id"] == json!(old)).unwrap();
    let why = closed["notes"].as_array().unwrap().last().unwrap()["note"].as_str().unwrap();
    assert!(why.starts_with("closed by itself: alerts of their own now tell of"), "{why}");
}

/// An acknowledged alert of the whole upsell.
async fn left_by_an_older_version(world: &World, upsell: &str, message: &str) -> AlertId {
    let seen = AlertNote {
        by: "ana".to_owned(),
        at: world.now(),
        action: "acknowledge".to_owned(),
        note: "Training is booked".to_owned(),
    };
    let alert = Alert {
        id: world.host.ids.next(),
        upsell: upsell.parse().unwrap(),
        plan: None,
        metric: None,
        rule: AlertRule::LaggingAdoption,
        episode: 1,
        severity: Severity::Critical,
        state: AlertState::Acknowledged,
        owner: Some("Ana Ruiz".to_owned()),
        message: message.to_owned(),
        next_step: "See why".to_owned(),
        raised_at: world.now(),
        digest: None,
        notes: vec![seen],
    };
    let mut tx = world.host.store.write("before").await.unwrap();
    assert!(tx.insert_alert(&alert).await.unwrap());
    tx.commit().await.unwrap();
    alert.id
}

async fn lagging(world: &World, upsell: &str) -> Vec<Value> {
    let alerts = listed(world, upsell).await.into_values();
    alerts.filter(|alert| alert["rule"] == "lagging_adoption").collect()
}

/// Adds metrics fed by usage events of a feature named like them.
async fn plan(world: &World, upsell: &str, names: &[&str]) {
    let metric = |name: &&str| {
        json!({ "name": name, "type": "usage", "unit": "hours", "target": 8, "baseline": 4, "measurement": "automatic",
            "features": [feature(&key(name))], "how": "mean" })
    };
    let metrics: Vec<Value> = names.iter().map(metric).collect();
    let asked = json!({ "upsell": upsell, "metrics": metrics });
    world.call(Role::Csm, "create_measurement_plan", asked).await.unwrap();
    world.settle().await;
}

fn key(name: &str) -> String {
    name.to_lowercase().replace(' ', "_")
}

fn feature(key: &str) -> String {
    format!("desk.{key}")
}

/// One event of the metric's feature a day.
fn sent(metric: &str, days: Range<i64>) -> Vec<Value> {
    let start: NaiveDate = CLOSED.parse().unwrap();
    let event = |day: i64| {
        json!({ "eventId": format!("{metric}-{day}"), "customer": "northwind", "feature": feature(metric), "user": "desk",
            "at": format!("{}T12:00:00Z", start + TimeDelta::days(day)), "count": 6 })
    };
    days.map(event).collect()
}

async fn acknowledge(world: &World, upsell: &str, metric: &str) {
    let alerts = listed(world, upsell).await;
    let alert = alerts.values().find(|alert| alert["metric"] == metric).unwrap();
    let asked = json!({ "alert": alert["id"], "action": "acknowledge", "note": "Asked their IT" });
    world.call(Role::Csm, "resolve_alert", asked).await.unwrap();
    world.settle().await;
}

/// The latest alert of each rule and metric.
async fn listed(world: &World, upsell: &str) -> BTreeMap<String, Value> {
    let asked = json!({ "upsell": upsell, "state": "any", "limit": 100 });
    let answer = world.call(Role::Csm, "list_alerts", asked).await.unwrap().structured;
    let mut alerts = answer["alerts"].as_array().unwrap().clone();
    alerts.reverse();
    let topic = |alert: &Value| {
        format!("{} {}", alert["rule"].as_str().unwrap(), alert["metric"].as_str().unwrap_or_default())
    };
    alerts.into_iter().map(|alert| (topic(&alert), alert)).collect()
}

/// The data alerts, and where they stand.
async fn told(world: &World, upsell: &str) -> BTreeMap<String, String> {
    let data = |topic: &String| topic.starts_with("data_stale") || topic.starts_with("tracking_silent");
    let alerts = listed(world, upsell).await.into_iter().filter(|(topic, _)| data(topic));
    alerts.map(|(topic, alert)| (topic, alert["state"].as_str().unwrap().to_owned())).collect()
}
