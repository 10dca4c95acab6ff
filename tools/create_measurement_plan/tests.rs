use crate::{
    Answer, Caller,
    baselines::remeasured,
    entry,
    trial::{Trial, sale},
};
use domain::cohort::PastWay;
use serde_json::{Value, json};

const NOW: &str = "2026-02-21T08:00:00Z";
const TOOL: &str = "create_measurement_plan";

async fn by_scheduler(trial: &Trial, upsell: &str) -> Answer {
    let tool = entry(TOOL).unwrap();
    tool.call(&trial.host, &Caller::scheduler(), json!({ "upsell": upsell })).await.unwrap()
}

fn metric<'a>(answer: &'a Value, key: &str) -> &'a Value {
    let metrics = answer["successMeasurement"]["successCriteria"]["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["key"] == key).unwrap_or_else(|| panic!("no metric {key}"))
}

#[tokio::test]
async fn a_plan_is_the_specifications_measurement_with_a_reason_for_its_template() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell })).await;
    let plan = &answer["successMeasurement"]["measurementPlan"];
    assert_eq!(answer["change"], "created");
    assert_eq!(plan["checkpoints"][0]["scheduledDate"], "2026-03-22T13:00:00Z");
    assert_eq!(plan["template"]["id"], "general");
    assert!(plan["template"]["why"].as_str().unwrap().starts_with("No template is made for the product"));
    assert_eq!(plan["dashboardUrl"], format!("http://127.0.0.1:8080/m/{upsell}"));
    assert_eq!(answer["successMeasurement"]["successCriteria"]["goals"], json!(["Fewer spreadsheets"]));
    assert_eq!(metric(&answer, "active_users")["selector"]["features"], json!(["data-sync.*"]));
}

#[tokio::test]
async fn the_same_call_again_gets_the_first_answer_whatever_name_it_calls_the_upsell_by() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    let first = trial.call(TOOL, json!({ "upsell": upsell })).await;
    let again = trial.call(TOOL, json!({ "upsell": "Northwind Traders" })).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["successMeasurement"], first["successMeasurement"]);
}

#[tokio::test]
async fn asking_for_more_than_the_drafted_plan_makes_a_version_that_keeps_the_originals() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    by_scheduler(&trial, &upsell).await;
    let custom = json!({
        "upsell": upsell, "checkpointDays": [30, 45, 90], "goals": ["Close in three days"],
        "metrics": [
            { "name": "Active users", "target": 40 },
            { "name": "Hours saved", "type": "roi", "target": 120, "unit": "hours" }
        ]
    });
    let revised = trial.call(TOOL, custom.clone()).await;
    assert_eq!(revised["change"], "revised");
    assert_eq!(revised["successMeasurement"]["measurementPlan"]["version"], 2);
    let users = metric(&revised, "active_users");
    assert_eq!((&users["target"], &users["originalTarget"]), (&json!(40.0), &json!(15.0)));
    assert_eq!(users["targetBasis"]["won"]["authority"], "csm_override");
    assert_eq!(metric(&revised, "hours_saved")["measurement"], "manual");
    let again = trial.call(TOOL, custom).await;
    assert_eq!(
        (&again["replayed"], &again["successMeasurement"]),
        (&json!(true), &revised["successMeasurement"])
    );
    let plain = by_scheduler(&trial, &upsell).await.structured;
    assert_eq!(plain["replayed"], true, "the drafting replica is given its own first answer");
    let standing = trial.host.store.read().await.unwrap().plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!((standing.version, standing.goals[0].text.as_str()), (2, "Close in three days"));
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_leaves_nothing() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    let dry = trial.call(TOOL, json!({ "upsell": upsell, "dryRun": true })).await;
    assert_eq!((&dry["dryRun"], &dry["change"]), (&json!(true), &json!("created")));
    let found = trial.host.store.read().await.unwrap().find_plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!(found, None);
    assert_eq!(trial.call(TOOL, json!({ "upsell": upsell })).await["change"], "created");
}

#[tokio::test]
async fn a_plan_per_seat_waits_until_the_seats_are_told() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("CRM seats").await;
    let refusal = trial.refusal(TOOL, json!({ "upsell": upsell })).await;
    assert!(refusal.contains("the plan waits, it needs seats"), "{refusal}");
    let answer = trial.call(TOOL, json!({ "upsell": upsell, "seats": 250, "seatsBefore": 150 })).await;
    assert_eq!(answer["change"], "created");
    let upsell = trial.host.store.read().await.unwrap().upsell_by_id(upsell.parse().unwrap()).await.unwrap();
    assert_eq!((upsell.seats, upsell.seats_before), (Some(250), Some(150)));
}

/// Four users a day from November to the close.
async fn use_before(trial: &Trial) {
    let first: chrono::NaiveDate = "2025-11-01".parse().unwrap();
    let days = first.iter_days().take_while(|day| day.to_string().as_str() < "2026-02-20");
    let event = |day: chrono::NaiveDate, user: u8| {
        json!({
            "eventId": format!("{day}-{user}"), "customer": "northwind", "feature": "crm-seats.login",
            "user": format!("user-{user}"), "at": format!("{day}T15:00:00Z")
        })
    };
    let events: Vec<Value> = days.flat_map(|day| (0..4).map(move |user| event(day, user))).collect();
    trial.call("ingest_usage", json!({ "events": events })).await;
}

#[tokio::test]
async fn the_baseline_is_measured_from_the_usage_before_the_close() {
    let trial = Trial::at(NOW).await;
    use_before(&trial).await;
    let upsell = trial.sale("CRM seats").await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell, "seats": 10, "seatsBefore": 5 })).await;
    let baseline = &metric(&answer, "seats_in_use")["baseline"];
    assert_eq!(baseline["basis"], "measured");
    assert_eq!((&baseline["value"], &baseline["weeks"]), (&json!(40.0), &json!(8)));
}

#[tokio::test]
async fn a_baseline_that_was_missing_is_measured_once_its_usage_came() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("CRM seats").await;
    let seats = json!({ "upsell": upsell, "seats": 10, "seatsBefore": 5 });
    assert_eq!(metric(&trial.call(TOOL, seats).await, "seats_in_use")["baseline"]["basis"], "absent");
    let now = NOW.parse().unwrap();
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!(remeasured(&mut tx, &trial.host, &plan, now).await.unwrap(), None);
    tx.rollback().await.unwrap();
    use_before(&trial).await;
    let mut tx = trial.host.store.read().await.unwrap();
    let mended = remeasured(&mut tx, &trial.host, &plan, now).await.unwrap().expect("a next version");
    let seats = mended.metric(&"seats_in_use".into()).unwrap();
    assert_eq!((mended.version, seats.baseline.value()), (2, Some(40.0)));
    assert!(!seats.thresholds.is_empty(), "there is a way to take percentages of now");
    assert_eq!(remeasured(&mut tx, &trial.host, &mended, now).await.unwrap(), None);
}

#[tokio::test]
async fn an_unknown_template_and_a_vague_metric_are_told_what_to_send() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    let refusal = trial.refusal(TOOL, json!({ "upsell": upsell, "template": "nope" })).await;
    assert!(refusal.contains("one of analytics_add_on, api_volume"), "{refusal}");
    let vague = json!({ "upsell": upsell, "metrics": [{ "name": "Joy", "target": 5 }] });
    let refusal = trial.refusal(TOOL, vague).await;
    assert!(refusal.contains("metrics[0].type") && refusal.contains("metrics[0].unit"), "{refusal}");
}

/// Finished upsells of the general template, that went so many times as far as their target.
async fn a_past(trial: &Trial, product: &str, count: usize, times: f64) {
    let mut ways = Vec::new();
    for number in 0..count {
        let mut sale = sale(product);
        sale["opportunityId"] = json!(format!("past-{product}-{number}"));
        sale["customerId"] = json!(format!("customer-{product}-{number}"));
        let upsell = trial.call("register_upsell", sale).await["upsell"].clone();
        let planned = trial.call(TOOL, json!({ "upsell": upsell, "template": "general" })).await;
        ways.push(PastWay {
            plan: planned["successMeasurement"]["id"].as_str().unwrap().parse().unwrap(),
            template: "general".to_owned(),
            metric: "active_users".into(),
            known_at: "2026-02-01T00:00:00Z".parse().unwrap(),
            attainment: (0..=90).map(|day| times * f64::from(day) / 90.0).collect(),
            is_success: true,
        });
    }
    let mut tx = trial.host.store.write("test").await.unwrap();
    tx.insert_past_ways(&ways).await.unwrap();
    tx.commit().await.unwrap();
}

/// Half of all came to 15 or a little more, half of the product to 22.5: eight of it count as much as the others do.
#[tokio::test]
async fn a_target_learned_from_few_of_the_product_is_drawn_toward_all() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    a_past(&trial, "Ledger Hub", 30, 1.0).await;
    a_past(&trial, "Data Sync", 8, 1.5).await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell, "dryRun": true })).await;
    let target = metric(&answer, "active_users")["target"].as_f64().unwrap();
    assert!(18.0 < target && target < 22.0, "{target}");
}

#[tokio::test]
async fn past_upsells_teach_the_target_and_say_whether_it_is_realistic() {
    let trial = Trial::at(NOW).await;
    let upsell = trial.sale("Data Sync").await;
    let alone = trial.call(TOOL, json!({ "upsell": upsell, "dryRun": true })).await;
    assert_eq!(alone["realism"][0]["sentence"], "not enough similar upsells to say (0 of 8)");
    a_past(&trial, "Data Sync", 10, 1.5).await;
    let answer = trial.call(TOOL, json!({ "upsell": upsell })).await;
    let users = metric(&answer, "active_users");
    assert_eq!(
        (&users["target"], &users["targetBasis"]["won"]["authority"]),
        (&json!(22.5), &json!("learned"))
    );
    assert_eq!(users["targetBasis"]["lost"][0]["authority"], "template_default");
    let high =
        json!({ "upsell": upsell, "metrics": [{ "name": "Active users", "target": 60 }], "dryRun": true });
    let dry = trial.call(TOOL, high).await;
    assert_eq!(dry["realism"][0]["verdict"], "ambitious");
    assert_eq!(metric(&dry, "active_users")["targetBasis"]["lost"][0]["authority"], "learned");
}
