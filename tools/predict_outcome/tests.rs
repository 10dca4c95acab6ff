use crate::trial::Trial;
use serde_json::json;

const DAY_45: &str = "2026-04-06T15:00:00Z";
const TOOL: &str = "predict_outcome";

#[tokio::test]
async fn without_data_the_answer_is_unknown_and_says_why() {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell })).await;
    assert_eq!(answer["prediction"]["state"], "unknown");
    assert!(answer["prediction"]["why"].as_str().unwrap().contains("0 % of the plan's weight"), "{answer}");
}

#[tokio::test]
async fn a_supposed_value_changes_the_supposed_prediction_and_nothing_stored() {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    for (metric, value) in [("active_users", 6.0), ("activation", 20.0), ("actions_per_week", 2.0)] {
        trial.observed(&upsell, metric, 44, value).await;
    }
    let change = json!({ "metric": "active_users", "value": 25, "byDay": 60 });
    let answer = trial.call(TOOL, json!({ "upsell": upsell, "changes": [change] })).await;
    let attainment = |prediction: &serde_json::Value| prediction["attainment"].as_f64().unwrap();
    let (now, supposed) = (attainment(&answer["prediction"]), attainment(&answer["supposed"]["prediction"]));
    assert!(supposed > now, "{now} to {supposed}");
    assert_eq!(answer["supposed"]["metrics"][0]["current"], 25.0);
    let again = trial.call("get_progress", json!({ "upsell": upsell })).await;
    assert_eq!(again["progress"]["metricsProgress"][0]["current"], 6.0);
}

#[tokio::test]
async fn an_unknown_metric_and_a_past_day_are_refused_together() {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    let wrong = json!([{ "metric": "nope", "value": 1 }, { "metric": "csat", "value": 1, "byDay": 3 }]);
    let error = trial.ask(TOOL, json!({ "upsell": upsell, "changes": wrong })).await.unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["changes[0].metric", "changes[1].byDay"]);
    assert!(error.message.contains("a day from 45 to 90"), "{error}");
}

#[tokio::test]
async fn past_the_last_checkpoint_headline_and_lines_speak_of_the_same_day() {
    let trial = Trial::at("2026-06-05T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    for day in [70, 80, 100] {
        for metric in ["active_users", "activation", "actions_per_week"] {
            trial.observed(&upsell, metric, day, 9.0).await;
        }
    }
    let answer = trial.ask(TOOL, json!({ "upsell": upsell })).await.unwrap();
    let text = answer.text();
    assert_eq!(answer.structured["prediction"]["atDay"], 120, "{text}");
    assert!(answer.headline().contains("on day 120") && !text.contains("on day 90"), "{text}");
    let wrong = json!([{ "metric": "activation", "value": 180, "byDay": 95 }]);
    let refusal = trial.refusal(TOOL, json!({ "upsell": upsell, "changes": wrong })).await;
    assert!(refusal.contains("a day from 105 to 120") && refusal.contains("send 0 to 100 %"), "{refusal}");
}

#[test]
fn no_chance_is_told_as_certain() {
    let told = [0.0, 0.4, 1.0].map(super::at_most);
    let wanted =
        ["success less than 1 % likely", "success at most 40 % likely", "no metric makes success unlikely"];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn a_supposed_share_of_the_seats_ends_within_them_and_goes_on_as_before() {
    let trial = Trial::at(DAY_45).await;
    let upsell = trial.planned("Workflow Module").await;
    for day in 0..=45 {
        trial.observed(&upsell, "activation", day, f64::from(day)).await;
    }
    let ends = async |value: f64, by_day: u16| {
        let change = json!({ "metric": "activation", "value": value, "byDay": by_day });
        let answer = trial.call(TOOL, json!({ "upsell": upsell, "changes": [change] })).await;
        let point = |told: &serde_json::Value| {
            let metrics = told["metrics"].as_array().unwrap();
            let of_it = metrics.iter().find(|metric| metric["metric"] == "activation").unwrap();
            of_it["forecast"]["point"].as_f64().unwrap()
        };
        (point(&answer), point(&answer["supposed"]))
    };
    let (now, same) = ends(45.0, 45).await;
    assert!((now - same).abs() < 0.5, "{now} {same}");
    let (_, raised) = ends(50.0, 45).await;
    assert!((raised - now - 5.0).abs() < 0.5, "five more, no steeper: {now} {raised}");
    for day in [45, 60, 90] {
        let (_, supposed) = ends(80.0, day).await;
        assert!((80.0..=100.0).contains(&supposed), "{day}: {supposed}");
    }
    let twice = json!([{ "metric": "activation", "value": 40 }, { "metric": "activation", "value": 50, "byDay": 60 }]);
    let refusal = trial.refusal(TOOL, json!({ "upsell": upsell, "changes": twice })).await;
    assert!(refusal.contains("one supposed value for each metric"), "{refusal}");
}
