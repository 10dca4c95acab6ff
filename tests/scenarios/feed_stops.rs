//! A usage feed that stops is a fault of the data, not of the customer; when it comes back all is as before.

use crate::fed::{METRIC, live, metric, progress, sold};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::world::World;
use tools::Role;

/// Days told before the feed stops, and how long it is silent: past day 60, where half the seats would lag.
const STOPS: i64 = 35;
const SILENT: i64 = 30;

/// On track: more users than the curve asks for.
fn lively(day: i64) -> u32 {
    (8 + day as u32 / 3).min(19)
}

#[tokio::test]
async fn a_stopped_feed_keeps_the_status_and_raises_a_data_alert_alone() {
    let (world, upsell) = sold().await;
    live(&world, 0..STOPS, lively).await;
    let before = progress(&world, &upsell, None).await;
    // Surveys have not been asked for yet.
    assert_eq!(before["progress"]["dataState"], "partial");
    let status = before["progress"]["currentStatus"].clone();
    assert!(status == "on_track" || status == "exceeding", "{before:#}");
    assert!(!rules(&world, &upsell, "any").await.contains_key("lagging_adoption"));

    world.advance(SILENT as u32).await;
    let silent = progress(&world, &upsell, None).await;
    assert_eq!(silent["progress"]["dataState"], "stale");
    assert_eq!(metric(&silent, METRIC)["dataState"], "stale");
    assert_eq!(silent["progress"]["currentStatus"], status, "the last status known is kept");
    assert_eq!(metric(&silent, METRIC)["current"], metric(&before, METRIC)["current"], "silence is no zero");
    let open = rules(&world, &upsell, "open").await;
    assert_eq!(open.get("data_stale"), Some(&1), "one for the whole feed: {open:?}");
    let stale = alert(&world, &upsell, "data_stale").await;
    assert_eq!(stale.get("metric"), None, "{stale:#}");
    let message = stale["message"].as_str().unwrap();
    for metric in silent["progress"]["metricsProgress"].as_array().unwrap() {
        let is_named = message.contains(metric["name"].as_str().unwrap());
        assert_eq!(is_named, metric["dataState"] == "stale", "{message}");
    }
    let ever = rules(&world, &upsell, "any").await;
    assert!(!ever.contains_key("lagging_adoption"), "{ever:?}");

    live(&world, STOPS + SILENT..STOPS + SILENT + 3, lively).await;
    let resumed = progress(&world, &upsell, None).await;
    assert_eq!(resumed["progress"]["dataState"], before["progress"]["dataState"]);
    assert_eq!(metric(&resumed, METRIC)["dataState"], "fresh");
    assert!(metric(&resumed, METRIC)["currentOn"].as_str() > metric(&silent, METRIC)["currentOn"].as_str());
    assert_eq!(rules(&world, &upsell, "open").await.get("data_stale"), None);
    assert_eq!(rules(&world, &upsell, "closed").await.get("data_stale"), Some(&1), "closed by itself");
}

/// The counterpart: the feed goes on and tells that nobody but one is left.
#[tokio::test]
async fn a_feed_that_tells_of_less_use_does_raise_a_lagging_alert() {
    let (world, upsell) = sold().await;
    live(&world, 0..STOPS, lively).await;
    live(&world, STOPS..STOPS + SILENT, |_| 1).await;
    let after = progress(&world, &upsell, None).await;
    assert_eq!(
        (&after["progress"]["dataState"], &after["progress"]["currentStatus"]),
        (&json!("partial"), &json!("behind"))
    );
    let critical = after["progress"]["metricsProgress"].as_array().unwrap().iter();
    let critical =
        critical.filter(|metric| metric["critical"] == true && metric["status"] == "behind").count();
    let open = rules(&world, &upsell, "open").await;
    let lagging = (open.get("lagging_adoption"), open.get("data_stale"));
    assert_eq!(lagging, (Some(&critical), None), "one for each critical metric: {open:?}");
    let alert = alert(&world, &upsell, "lagging_adoption").await;
    let of = metric(&after, alert["metric"].as_str().unwrap());
    assert_eq!((&alert["metricName"], &of["critical"]), (&of["name"], &json!(true)));
}

/// The newest alert of a rule.
async fn alert(world: &World, upsell: &str, rule: &str) -> Value {
    let asked = json!({ "upsell": upsell, "state": "any", "limit": 100 });
    let answer = world.call(Role::Monitor, "list_alerts", asked).await.unwrap().structured;
    answer["alerts"].as_array().unwrap().iter().find(|alert| alert["rule"] == rule).unwrap().clone()
}

/// How many alerts of each rule.
async fn rules(world: &World, upsell: &str, state: &str) -> BTreeMap<String, usize> {
    let asked = json!({ "upsell": upsell, "state": state, "limit": 100 });
    let answer = world.call(Role::Monitor, "list_alerts", asked).await.unwrap().structured;
    let mut rules = BTreeMap::new();
    for alert in answer["alerts"].as_array().unwrap() {
        *rules.entry(alert["rule"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    rules
}
