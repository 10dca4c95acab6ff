use crate::trial::{Trial, sale};
use serde_json::json;
use store::{cases::CaseFacts, outcomes::OutcomeFilter};

const DAY_91: &str = "2026-05-22T15:00:00Z";
const TOOL: &str = "analyze_outcomes";

/// `successes` and `failures` of one product, all at their last day.
async fn documented(successes: usize, failures: usize) -> Trial {
    let trial = Trial::at(DAY_91).await;
    for index in 0..successes + failures {
        let mut sale = sale("Workflow Module");
        sale["opportunityId"] = json!(format!("006-{index}"));
        sale["customer"] = json!(format!("Customer {index:02}"));
        sale["customerId"] = json!(format!("customer-{index:02}"));
        let upsell = trial.call("register_upsell", sale).await["upsell"].as_str().unwrap().to_owned();
        trial.call("create_measurement_plan", json!({ "upsell": upsell })).await;
        let outcome = if index < successes {
            let evidence = trial.observed(&upsell, "active_users", 40, 30.0).await;
            json!({ "upsell": upsell, "outcome": "success", "evidenceIds": [evidence] })
        } else {
            json!({ "upsell": upsell, "outcome": "failed", "lessons": ["No sponsor"] })
        };
        trial.call("document_outcome", outcome).await;
    }
    trial
}

#[tokio::test]
async fn too_few_is_an_answer_and_not_a_number() {
    let trial = documented(2, 2).await;
    let answer = trial.ask(TOOL, json!({})).await.unwrap();
    let overall = &answer.structured["overall"];
    assert_eq!(
        (&overall["state"], &overall["of"], &overall["needed"]),
        (&json!("not_enough_data"), &json!(4), &json!(8))
    );
    assert!(answer.text().contains("Too few to say: Workflow Module (4 of 8)."), "{}", answer.text());
}

#[tokio::test]
async fn a_success_rate_carries_its_sample_and_interval() {
    let trial = documented(8, 2).await;
    let answer = trial.ask(TOOL, json!({ "question": "success_rate" })).await.unwrap();
    let overall = &answer.structured["overall"];
    assert_eq!(
        (&overall["count"], &overall["of"], &overall["percent"]),
        (&json!(8), &json!(10), &json!(80.0))
    );
    assert_eq!(overall["low"].as_f64().unwrap().round(), 49.0, "Wilson, as methods.md gives it for 8 of 10");
    assert_eq!(answer.structured["groups"][0]["group"], "Workflow Module");
    let coverage = &answer.structured["measures"]["coverage"];
    assert_eq!(
        (&coverage["sinceClose"]["percent"], &coverage["sinceDetection"]["state"]),
        (&json!(100.0), &json!("not_enough_data")),
        "detected just now"
    );
    assert_eq!(answer.structured["measures"]["expansionChurn"]["byCount"]["state"], "not_enough_data");
    assert_eq!(answer.structured["outcomes"]["failed"], 2);
}

#[tokio::test]
async fn time_to_value_counts_those_without_it_as_still_waiting() {
    let trial = documented(6, 4).await;
    let answer = trial.call(TOOL, json!({ "question": "time_to_value", "groupBy": "template" })).await;
    let overall = &answer["overall"];
    assert_eq!(
        (&overall["state"], &overall["reached"], &overall["of"]),
        (&json!("days"), &json!(6), &json!(10))
    );
    assert_eq!(overall["median"], json!(40.0));
    assert_eq!(overall["threeQuarters"], serde_json::Value::Null, "not reached yet");
}

#[tokio::test]
async fn patterns_of_few_cases_are_named_as_too_few() {
    let trial = documented(5, 5).await;
    for question in ["risk_signs", "onboarding_patterns"] {
        let answer = trial.call(TOOL, json!({ "question": question })).await;
        let verdicts: Vec<&str> = answer["patterns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pattern| pattern["verdict"].as_str().unwrap())
            .collect();
        assert!(!verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == "too_few"), "{answer}");
        assert!(answer["headline"].as_str().unwrap().starts_with("Nothing stands out"), "{answer}");
    }
}

#[tokio::test]
async fn churn_waits_for_a_year() {
    let trial = documented(8, 2).await;
    let answer = trial.call(TOOL, json!({ "question": "churn", "groupBy": "source" })).await;
    assert_eq!(answer["overall"]["why"], "0 upsells followed for a year or to their end, 8 needed");
}

#[tokio::test]
async fn the_closing_dates_narrow_what_is_looked_at() {
    let trial = documented(3, 0).await;
    assert_eq!(trial.call(TOOL, json!({ "closedFrom": "2026-02-21" })).await["upsells"], 0);
    assert_eq!(trial.call(TOOL, json!({ "closedTo": "2026-02-20" })).await["upsells"], 3);
    let refusal = trial.refusal(TOOL, json!({ "closedFrom": "2026-03-01", "closedTo": "2026-02-01" })).await;
    assert!(refusal.contains("closedFrom: received 2026-03-01, send a day up to closedTo"), "{refusal}");
}

#[tokio::test]
async fn risk_signs_tell_how_good_what_was_told_turned_out() {
    let trial = Trial::at("2026-03-22T15:00:00Z").await;
    let mut upsells = Vec::new();
    for index in 0..9 {
        let mut sale = sale("Workflow Module");
        sale["opportunityId"] = json!(format!("006-{index}"));
        sale["customer"] = json!(format!("Customer {index:02}"));
        sale["customerId"] = json!(format!("customer-{index:02}"));
        let upsell = trial.call("register_upsell", sale).await["upsell"].as_str().unwrap().to_owned();
        trial.call("create_measurement_plan", json!({ "upsell": upsell })).await;
        let level = if index < 5 { 1.0 } else { 40.0 };
        for day in [1, 8, 15, 22, 29] {
            trial.observed(&upsell, "active_users", day, level * f64::from(day) / 90.0).await;
            trial.observed(&upsell, "activation", day, level * f64::from(day) / 45.0).await;
        }
        trial.assessed(&upsell).await;
        upsells.push((upsell, level));
    }
    trial.until(DAY_91);
    for (index, (upsell, level)) in upsells.iter().enumerate() {
        for metric in ["active_users", "activation"] {
            trial.observed(upsell, metric, 90, 2.0 * level).await;
        }
        trial.assessed(upsell).await;
        let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["No sponsor"] });
        trial.call("document_outcome", failed).await;
        let answer = trial.ask(TOOL, json!({ "question": "risk_signs" })).await.unwrap();
        let score = &answer.structured["selfScore"];
        let (first, warnings) = (&score["forecasts"][0], &score["warnings"]);
        assert_eq!(
            (&first["n"], first["brier"].is_null()),
            (&json!(2 * (index + 1)), index < 3),
            "{score:#}"
        );
        assert_eq!(warnings["upsells"], index + 1);
        assert_eq!(warnings["precision"].is_null(), warnings["warned"].as_u64().unwrap() < 8);
    }
    let answer = trial.ask(TOOL, json!({ "question": "risk_signs" })).await.unwrap();
    println!("{}", answer.text());
    assert!(answer.text().contains("Chances told on day 30: Brier"), "{}", answer.text());
    assert!(
        answer.text().contains("Warnings: not enough data (5 among 9 finished upsells)."),
        "{}",
        answer.text()
    );
    let other = trial.call(TOOL, json!({ "question": "success_rate" })).await;
    assert!(other["selfScore"].is_null());
}

const QUESTIONS: [&str; 6] =
    ["success_rate", "time_to_value", "risk_signs", "onboarding_patterns", "churn", "lift"];

async fn answers(trial: &Trial) -> Vec<serde_json::Value> {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        answers.push(
            trial.call(TOOL, json!({ "question": question, "groupBy": "owner", "minSample": 1 })).await,
        );
    }
    answers
}

/// What was kept with the outcome is what the bodies, observations and evaluations say.
#[tokio::test]
async fn an_answer_is_the_same_from_what_was_kept_and_worked_out_anew() {
    let trial = documented(5, 3).await;
    let mut other = sale("Workflow Module");
    other["opportunityId"] = json!("006-running");
    let running = trial.call("register_upsell", other).await["upsell"].as_str().unwrap().to_owned();
    trial.call("create_measurement_plan", json!({ "upsell": running })).await;
    trial.observed(&running, "active_users", 10, 40.0).await;
    trial.assessed(&running).await;
    trial.until("2026-05-23T15:00:00Z");
    let mut tx = trial.host.store.read().await.unwrap();
    let stale = tx.upsells_without_facts(99).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(stale, [running.parse().unwrap()], "those with an outcome have theirs");
    let anew = answers(&trial).await;
    let mut tx = trial.host.store.write("test").await.unwrap();
    crate::cases::keep_facts(&mut tx, stale[0], trial.host.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(answers(&trial).await, anew);
}

/// Told apart by keeping what is not so: a question does not look at bodies and observations.
#[tokio::test]
async fn a_question_reads_columns_only() {
    let trial = documented(6, 4).await;
    let mut tx = trial.host.store.write("test").await.unwrap();
    for row in tx.case_rows(&OutcomeFilter::default()).await.unwrap() {
        let kept = row.facts.expect("kept with the outcome");
        let other = CaseFacts { first_value_day: Some(7), template: Some("other".to_owned()), ..kept };
        tx.keep_facts(row.upsell, &other).await.unwrap();
    }
    tx.commit().await.unwrap();
    let answer = trial.call(TOOL, json!({ "question": "time_to_value", "groupBy": "template" })).await;
    assert_eq!((&answer["overall"]["reached"], &answer["overall"]["median"]), (&json!(10), &json!(7.0)));
    assert_eq!(answer["groups"][0]["group"], "other");
}

/// As known before they were worked out, they do not count.
#[tokio::test]
async fn what_was_kept_later_is_not_known_before() {
    let trial = documented(6, 4).await;
    let now = answers(&trial).await;
    trial.until("2026-05-22T14:59:00Z");
    let mut tx = trial.host.store.read().await.unwrap();
    assert!(
        tx.case_rows(&OutcomeFilter::default()).await.unwrap()[0].facts.as_ref().unwrap().at
            > trial.host.clock.now()
    );
    tx.rollback().await.unwrap();
    let before = answers(&trial).await;
    assert_eq!(before[1]["overall"]["reached"], json!(0), "no observation was recorded by then");
    assert_eq!(now[1]["overall"]["reached"], json!(6));
}
