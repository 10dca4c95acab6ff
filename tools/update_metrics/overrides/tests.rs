use crate::{Caller, Role, entry, trial::Trial};
use domain::Code;
use serde_json::{Value, json};

const NOW: &str = "2026-04-21T15:00:00Z";
const TOOL: &str = "update_metrics";

/// Of a plan whose users stand at their target.
async fn used() -> (Trial, String) {
    let trial = Trial::at(NOW).await;
    let upsell = trial.planned("Data Sync").await;
    trial.observed(&upsell, "active_users", 59, 15.0).await;
    (trial, upsell)
}

fn said(upsell: &str, score: f64, until: &str) -> Value {
    json!({
        "upsell": upsell, "overrideHealth": [{ "factor": "Active users", "score": score, "until": until }],
        "reason": "The pilot team is not counted"
    })
}

async fn health(trial: &Trial, upsell: &str) -> Value {
    let asked = json!({ "upsell": upsell, "detail": "detailed" });
    trial.call("get_progress", asked).await["detail"]["health"].clone()
}

#[tokio::test]
async fn what_a_person_says_stands_beside_the_rule_until_the_end_of_its_day() {
    let (trial, upsell) = used().await;
    let answer = trial.ask(TOOL, said(&upsell, 70.0, "2026-05-05")).await.unwrap();
    let change = &answer.structured["overrides"][0];
    assert_eq!(
        (&change["factor"], &change["rule"], &change["score"]),
        (&json!("active_users"), &json!(80.0), &json!(70.0))
    );
    assert_eq!(change["until"], "2026-05-06T04:00:00Z", "midnight in New York");
    let text = answer.text();
    assert!(text.contains("active_users: 70 until 5 May 2026; 80 by rule"), "{text}");
    assert!(text.contains("Queued: health factors, 70 of 100 from 1 of 4."), "{text}");

    let told = trial.ask("get_progress", json!({ "upsell": upsell, "detail": "detailed" })).await.unwrap();
    let line = "Health 70 of 100 from 1 of 4 factors; active_users 80 by rule, 70 said by ana until 5 May 2026: The \
                pilot team is not counted.";
    assert!(told.text().contains(line), "{}", told.text());
    let factor = &health(&trial, &upsell).await["factors"][0];
    assert_eq!((&factor["state"], &factor["score"]), (&json!("overridden"), &json!(80.0)));
    assert_eq!(factor["overridden"]["score"], 70.0);

    trial.until("2026-05-06T04:00:00Z");
    let after = health(&trial, &upsell).await;
    assert_eq!((&after["factors"][0]["state"], &after["score"]), (&json!("known"), &json!(80.0)));
    let then = json!({ "upsell": upsell, "detail": "detailed", "asOf": "2026-05-06T03:59:59Z" });
    let then = trial.call("get_progress", then).await;
    assert_eq!(then["detail"]["health"]["score"], 70.0, "as known a moment before its end");
}

#[tokio::test]
async fn as_of_before_it_was_said_nobody_knew() {
    let (trial, upsell) = used().await;
    trial.until("2026-04-21T16:00:00Z");
    trial.call(TOOL, said(&upsell, 70.0, "2026-05-05")).await;
    let then = json!({ "upsell": upsell, "detail": "detailed", "asOf": NOW });
    assert_eq!(trial.call("get_progress", then).await["detail"]["health"]["score"], 80.0);
}

#[tokio::test]
async fn a_new_word_supersedes_and_the_same_again_changes_nothing() {
    let (trial, upsell) = used().await;
    let queued = async || trial.host.store.read().await.unwrap().count_undelivered().await.unwrap();
    for (score, before, times) in [(70.0, None, 1), (60.0, Some(70.0), 2), (70.0, Some(60.0), 3)] {
        let first = trial.call(TOOL, said(&upsell, score, "2026-05-05")).await;
        assert_eq!(first["overrides"][0]["supersedes"], json!(before));
        assert_eq!(queued().await, times);
        let again = trial.call(TOOL, said(&upsell, score, "2026-05-05")).await;
        assert_eq!((&again["replayed"], &again["overrides"]), (&json!(true), &first["overrides"]));
        assert_eq!(queued().await, times, "told once");
    }
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    let all = tx.overrides_of(plan.id, NOW.parse().unwrap()).await.unwrap();
    assert_eq!(all.iter().map(|said| said.score).collect::<Vec<_>>(), [70.0, 60.0, 70.0], "history stays");
}

#[tokio::test]
async fn every_fault_is_listed_at_once() {
    let (trial, upsell) = used().await;
    let over = |factor, score: f64, until| json!({ "factor": factor, "score": score, "until": until });
    let wrong = json!({ "upsell": upsell, "addReadings": [{ "metric": "csat", "value": 500 }], "overrideHealth": [
        over("nope", 101.0, "2026-04-20"), over("csat", -1.0, "2026-04-21T15:00:00Z"),
        over("csat", 50.0, "2027-04-21"), over("csat", 50.0, "2026-04-21"), over("CSAT", 60.0, "2026-04-22"),
    ] });
    let error = trial.ask(TOOL, wrong).await.unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    let expected = [
        "reason",
        "addReadings[0].value",
        "overrideHealth[0].factor",
        "overrideHealth[0].score",
        "overrideHealth[0].until",
        "overrideHealth[1].score",
        "overrideHealth[1].until",
        "overrideHealth[2].until",
        "overrideHealth[4].factor",
    ];
    assert_eq!(fields, expected, "{error}");
    for told in [
        "reason: received nothing, send what the rule does not see",
        "overrideHealth[0].factor: received \"nope\", send one of active_users",
        "overrideHealth[0].score: received 101, send 0 to 100",
        "send a day from 2026-04-21, today for the customer, to 2026-10-17, or an instant after now",
        "overrideHealth[4].factor: received \"CSAT\", send one score for each factor",
    ] {
        assert!(error.message.contains(told), "{told} in {error}");
    }
    let refusal = trial.refusal(TOOL, said(&upsell, 50.0, "soon")).await;
    assert!(refusal.contains("until: received \"soon\", send a day such as"), "{refusal}");
}

#[tokio::test]
async fn a_monitor_is_told_what_to_do_instead() {
    let (trial, upsell) = used().await;
    let caller = Caller::without_key("nightly", Role::Monitor);
    let error =
        entry(TOOL).unwrap().call(&trial.host, &caller, said(&upsell, 70.0, "2026-05-05")).await.unwrap_err();
    assert_eq!(error.code, Code::Forbidden);
    assert!(
        error.message.contains("for orchestrator, csm") && error.message.contains("addReadings"),
        "{error}"
    );
    assert_eq!(health(&trial, &upsell).await["score"], 80.0);
}

#[tokio::test]
async fn a_dry_run_says_nothing_to_anybody() {
    let (trial, upsell) = used().await;
    let mut dry = said(&upsell, 70.0, "2026-05-05");
    dry["dryRun"] = json!(true);
    assert_eq!(trial.call(TOOL, dry).await["overrides"][0]["rule"], 80.0);
    assert_eq!(health(&trial, &upsell).await["score"], 80.0);
    assert_eq!(trial.host.store.read().await.unwrap().count_undelivered().await.unwrap(), 0);
}
