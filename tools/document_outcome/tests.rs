use crate::trial::Trial;
use serde_json::{Value, json};

const DAY_91: &str = "2026-05-22T15:00:00Z";
const TOOL: &str = "document_outcome";

/// An upsell at day 91 whose every checkpoint is closed.
async fn reviewed() -> (Trial, String) {
    let trial = Trial::at(DAY_91).await;
    let upsell = trial.planned("Workflow Module").await;
    for day in [30, 60, 90] {
        let review =
            json!({ "upsell": upsell, "checkpointDay": day, "decision": "completed", "summary": "Seen" });
        trial.call("record_review", review).await;
    }
    (trial, upsell)
}

async fn attained(trial: &Trial, upsell: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for day in 70..=90 {
        ids.push(trial.observed(upsell, "active_users", day, 30.0).await);
    }
    for (metric, value) in
        [("activation", 65.0), ("actions_per_week", 9.0), ("value_realised", 85.0), ("csat", 90.0)]
    {
        ids.push(trial.observed(upsell, metric, 90, value).await);
    }
    ids
}

#[tokio::test]
async fn each_conclusion_must_bring_what_it_stands_on() {
    let (trial, upsell) = reviewed().await;
    for (outcome, field) in
        [("success", "evidenceIds"), ("partial", "gaps"), ("at_risk", "interventionPlan"), ("failed", "gaps")]
    {
        let error = trial.ask(TOOL, json!({ "upsell": upsell, "outcome": outcome })).await.unwrap_err();
        assert_eq!(error.faults[0].field, field, "{error}");
    }
    let unowned =
        json!({ "upsell": upsell, "outcome": "at_risk", "interventionPlan": [{ "text": "Train again" }] });
    let refusal = trial.refusal(TOOL, unowned).await;
    assert!(refusal.contains("who does it and by which day"), "{refusal}");
}

#[tokio::test]
async fn a_success_that_holds_is_proposed_by_rule_and_documented_once() {
    let (trial, upsell) = reviewed().await;
    let ids = attained(&trial, &upsell).await;
    let ask = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": [ids[20]], "lessons": ["Start with one team"] });
    let first = trial.call(TOOL, ask.clone()).await;
    assert_eq!(first["proposal"]["conclusion"], "success", "{}", first["proposal"]);
    assert_eq!(
        (&first["outcome"]["status"], &first["outcome"]["proposed"]),
        (&json!("success"), &json!("success"))
    );
    assert_eq!(
        first["outcome"]["evidence"],
        json!(["Active users of the module 30 users on 21 May 2026 (usage)"])
    );
    let again = trial.call(TOOL, ask).await;
    assert_eq!((&again["replayed"], &again["outcome"]), (&json!(true), &first["outcome"]));
    let other = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Second thoughts"] });
    let error = trial.ask(TOOL, other).await.unwrap_err();
    assert_eq!(error.code, domain::Code::Conflict, "{error}");
}

#[tokio::test]
async fn what_was_reached_yesterday_is_not_held_yet() {
    let (trial, upsell) = reviewed().await;
    attained(&trial, &upsell).await;
    trial.until("2026-05-22T15:00:01Z");
    trial.observed(&upsell, "active_users", 85, 12.0).await;
    let gaps = json!([{ "metric": "active_users", "gap": "not held for two weeks" }]);
    let ask = json!({ "upsell": upsell, "outcome": "partial", "gaps": gaps, "dryRun": true });
    let proposal = trial.call(TOOL, ask).await["proposal"].clone();
    assert_eq!(proposal["conclusion"], "partial");
    assert!(proposal["because"].to_string().contains("held for 4 days of 14"), "{proposal}");
}

#[tokio::test]
async fn without_data_the_rules_say_what_is_missing_and_a_person_decides() {
    let (trial, upsell) = reviewed().await;
    let ask =
        json!({ "upsell": upsell, "outcome": "failed", "lessons": ["The product was never switched on"] });
    let answer = trial.call(TOOL, ask).await;
    assert_eq!(answer["proposal"]["state"], "pending");
    assert!(
        answer["proposal"]["missing"][0].as_str().unwrap().starts_with("data: 0 %"),
        "{}",
        answer["proposal"]
    );
    assert_eq!(answer["outcome"]["proposed"], Value::Null);
}

#[tokio::test]
async fn before_the_last_day_only_a_failure_is_documented() {
    let trial = Trial::at("2026-04-06T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    let evidence = trial.observed(&upsell, "active_users", 44, 30.0).await;
    let early = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": [evidence] });
    let refusal = trial.refusal(TOOL, early).await;
    assert!(refusal.contains("90-day assessment is due on 21 May 2026"), "{refusal}");
    let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Cancelled"] });
    assert_eq!(trial.call(TOOL, failed).await["outcome"]["status"], "failed");
}

#[tokio::test]
async fn evidence_of_another_plan_is_refused() {
    let (trial, upsell) = reviewed().await;
    let ask = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": ["o_000000000zzz"] });
    let refusal = trial.refusal(TOOL, ask).await;
    assert!(refusal.contains("evidenceIds[0]: received o_000000000zzz"), "{refusal}");
}

#[tokio::test]
async fn blanks_unknown_metrics_and_days_gone_by_do_not_count_as_what_is_required() {
    let (trial, upsell) = reviewed().await;
    let faults = async |fields: Value| {
        let mut ask = json!({ "upsell": upsell });
        ask.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let error = trial.ask(TOOL, ask).await.unwrap_err();
        error.faults.into_iter().map(|fault| (fault.field, fault.wanted)).collect::<Vec<_>>()
    };
    let partial = faults(json!({ "outcome": "partial", "gaps": [{ "metric": "nope", "gap": "" }] })).await;
    assert_eq!(partial[0].0, "gaps[0].metric");
    assert!(partial[0].1.starts_with("one of active_users, activation"), "{partial:?}");
    assert!(partial[0].1.ends_with("or a goal: 1 \"Fewer spreadsheets\""), "{partial:?}");
    assert_eq!(partial[1].0, "gaps[0].gap");
    let nobody = json!([{ "text": "", "owner": " ", "due": "1999-01-01" }]);
    let at_risk = faults(json!({ "outcome": "at_risk", "interventionPlan": nobody })).await;
    let fields: Vec<&str> = at_risk.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["interventionPlan[0].text", "interventionPlan[0].owner", "interventionPlan[0].due"]);
    assert_eq!(at_risk[2].1, "a day from 2026-05-22, today for the customer");
    let failed = faults(json!({ "outcome": "failed", "lessons": [""] })).await;
    assert_eq!(failed[0].0, "lessons[0]");
    let stands = trial.call("get_progress", json!({ "upsell": upsell, "detail": "detailed" })).await;
    assert_eq!(stands["detail"]["successMeasurement"]["outcome"]["status"], "pending");
}

#[tokio::test]
async fn a_gap_may_name_a_goal() {
    let (trial, upsell) = reviewed().await;
    let gaps = json!([{ "metric": "fewer spreadsheets", "gap": "Two teams still keep theirs" }]);
    let answer = trial.call(TOOL, json!({ "upsell": upsell, "outcome": "partial", "gaps": gaps })).await;
    assert_eq!(answer["outcome"]["status"], "partial");
}

#[tokio::test]
async fn a_claim_that_does_not_recompute_is_refused_with_what_does() {
    let (trial, upsell) = reviewed().await;
    let ids = attained(&trial, &upsell).await;
    let claiming = |value: f64| {
        json!({
            "upsell": upsell, "outcome": "success", "evidenceIds": [ids[20], ids[21]],
            "claims": [{ "metric": "active_users", "value": value }]
        })
    };
    let error = trial.ask(TOOL, claiming(45.0)).await.unwrap_err();
    let fault = &error.faults[0];
    assert_eq!((fault.field.as_str(), fault.received.as_str()), ("claims[0].value", "45 users"));
    assert!(fault.wanted.contains(&ids[20]) && fault.wanted.starts_with("30 users"), "{}", fault.wanted);
    assert_eq!(trial.call(TOOL, claiming(30.0)).await["outcome"]["status"], "success");
}

#[tokio::test]
async fn a_success_is_refused_when_what_it_cites_misses_the_target_or_was_restated() {
    let (trial, upsell) = reviewed().await;
    let low = trial.observed(&upsell, "active_users", 90, 12.0).await;
    let success = |id: &str| json!({ "upsell": upsell, "outcome": "success", "evidenceIds": [id] });
    let refusal = trial.refusal(TOOL, success(&low)).await;
    assert!(refusal.contains("12 users") && refusal.contains("its target of 25 users"), "{refusal}");
    trial.until("2026-05-22T15:00:01Z");
    let restated = trial.observed(&upsell, "active_users", 90, 26.0).await;
    let refusal = trial.refusal(TOOL, success(&low)).await;
    assert!(refusal.contains(&format!("{restated} instead")), "{refusal}");
    assert_eq!(trial.call(TOOL, success(&restated)).await["outcome"]["status"], "success");
}

#[tokio::test]
async fn the_health_system_is_told_how_it_ended() {
    let (trial, upsell) = reviewed().await;
    let failed = json!({ "upsell": upsell, "outcome": "failed", "lessons": ["Ask who will use it"] });
    let answer = trial.ask(TOOL, failed).await.unwrap();
    assert!(answer.text().contains("Queued: health factors, 0 of 100 from 1 of 6."), "{}", answer.text());
    assert_eq!(
        answer.structured["effects"],
        json!([
            { "publish": "health_factor", "queued": true, "what": "health factors, 0 of 100 from 1 of 6" }
        ])
    );
    let asked = json!({ "upsell": upsell, "detail": "detailed" });
    let health = trial.call("get_progress", asked).await["detail"]["health"].clone();
    let outcome = health["factors"].as_array().unwrap().last().unwrap();
    assert_eq!((&outcome["factor"], &outcome["score"]), (&json!("upsell.outcome"), &json!(0.0)));
    assert_eq!(outcome["validUntil"], "2026-08-20T15:00:00Z", "ninety days on");
}

#[tokio::test]
async fn a_hard_end_comes_with_the_failure_it_is() {
    let trial = Trial::at("2026-04-21T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    let cut = |outcome: &str, on: &str| {
        json!({ "upsell": upsell, "outcome": outcome, "endedOn": on, "lessons": ["The sponsor left"],
            "gaps": [{ "metric": "csat", "gap": "Nobody asked" }] })
    };
    for (outcome, on, wanted) in [
        ("partial", "2026-04-20", "endedOn: received 2026-04-20, send nothing, or outcome=\"failed\""),
        (
            "failed",
            "2026-04-22",
            "send a day from 2026-02-20, the close, to 2026-04-21, today for the customer",
        ),
        ("failed", "2026-02-19", "send a day from 2026-02-20, the close"),
    ] {
        let refusal = trial.refusal(TOOL, cut(outcome, on)).await;
        assert!(refusal.contains(wanted), "{refusal}");
    }
    let answer = trial.call(TOOL, cut("failed", "2026-04-20")).await;
    assert_eq!(answer["proposal"]["because"], json!(["the expansion was cancelled or cut"]));
    assert_eq!(trial.call(TOOL, cut("failed", "2026-04-20")).await["replayed"], true);
    let ended =
        trial.host.store.read().await.unwrap().upsell_by_id(upsell.parse().unwrap()).await.unwrap().ended;
    let ended = ended.unwrap();
    assert_eq!((ended.on.to_string().as_str(), ended.reason.as_str()), ("2026-04-20", "Nobody asked"));
}
