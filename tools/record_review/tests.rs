use crate::trial::Trial;
use serde_json::{Value, json};

const DAY_31: &str = "2026-03-24T15:00:00Z";
const TOOL: &str = "record_review";

async fn due() -> (Trial, String, String) {
    let trial = Trial::at(DAY_31).await;
    let upsell = trial.planned("Workflow Module").await;
    let evidence = trial.observed(&upsell, "active_users", 31, 4.0).await;
    (trial, upsell, evidence)
}

fn completed(upsell: &str, day: u16) -> Value {
    json!({ "upsell": upsell, "checkpointDay": day, "decision": "completed", "summary": "One team of three started" })
}

fn moved(upsell: &str, to: &str) -> Value {
    json!({
        "upsell": upsell, "checkpointDay": 30, "decision": "rescheduled", "summary": "The sponsor is away",
        "rescheduleTo": to
    })
}

#[tokio::test]
async fn a_review_closes_its_checkpoint_once_and_says_what_was_proposed() {
    let (trial, upsell, evidence) = due().await;
    let mut ask = completed(&upsell, 30);
    ask["evidenceIds"] = json!([evidence]);
    ask["status"] = json!("at_risk");
    let first = trial.call(TOOL, ask.clone()).await;
    assert_eq!(first["checkpoint"]["status"], "completed");
    assert_eq!((&first["review"]["status"], &first["nextCheckpointDay"]), (&json!("at_risk"), &json!(60)));
    assert_eq!(first["review"]["proposedStatus"], "behind");
    ask["upsell"] = json!("Northwind Traders");
    let again = trial.call(TOOL, ask).await;
    assert_eq!((&again["replayed"], &again["review"]), (&json!(true), &first["review"]));
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!(tx.reviews_of(plan.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_review_of_a_closed_checkpoint_is_a_conflict() {
    let (trial, upsell, _) = due().await;
    trial.call(TOOL, completed(&upsell, 30)).await;
    let mut other = completed(&upsell, 30);
    other["summary"] = json!("Something else");
    let error = trial.ask(TOOL, other).await.unwrap_err();
    assert_eq!(error.code, domain::Code::Conflict, "{error}");
}

#[tokio::test]
async fn checkpoints_close_in_their_order() {
    let (trial, upsell, _) = due().await;
    let refusal = trial.refusal(TOOL, completed(&upsell, 60)).await;
    assert!(refusal.contains("day 30 comes next"), "{refusal}");
}

#[tokio::test]
async fn a_checkpoint_can_be_moved_there_and_back_and_each_repeat_moves_nothing() {
    let (trial, upsell, _) = due().await;
    let asked = [("2026-04-01", false), ("2026-04-01", true), ("2026-04-08", false), ("2026-04-01", false)];
    for (second, (to, is_repeat)) in asked.into_iter().enumerate() {
        trial.until(&format!("2026-03-24T15:00:0{second}Z"));
        let answer = trial.call(TOOL, moved(&upsell, to)).await;
        assert_eq!(answer["replayed"] == true, is_repeat, "{to}");
        let at = answer["checkpoint"]["scheduledDate"].as_str().unwrap();
        assert!(at.starts_with(to), "{at} is not {to}");
    }
    assert_eq!(trial.call(TOOL, completed(&upsell, 30)).await["checkpoint"]["status"], "completed");
}

#[tokio::test]
async fn a_move_goes_to_a_day_between_today_and_the_checkpoint_that_follows() {
    let (trial, upsell, _) = due().await;
    for to in ["2026-03-24", "2026-04-21", "2026-05-01"] {
        let refusal = trial.refusal(TOOL, moved(&upsell, to)).await;
        assert!(refusal.contains("after 2026-03-24 and before 2026-04-21"), "{refusal}");
    }
}

#[tokio::test]
async fn publishing_queues_each_effect_in_the_reviews_own_transaction() {
    let (trial, upsell, _) = due().await;
    let mut ask = completed(&upsell, 30);
    ask["publish"] = json!(["google_doc", "calendar", "google_doc"]);
    ask["dryRun"] = json!(true);
    let dry = trial.call(TOOL, ask.clone()).await;
    assert_eq!((&dry["dryRun"], dry["effects"].as_array().unwrap().len()), (&json!(true), 3));
    let queued = async || trial.host.store.read().await.unwrap().count_undelivered().await.unwrap();
    assert_eq!(queued().await, 0, "a dry run leaves nothing");
    ask["dryRun"] = json!(false);
    let done = trial.call(TOOL, ask.clone()).await;
    assert_eq!(done["effects"][0]["queued"], true);
    let effects = done["effects"].as_array().unwrap();
    let kinds: Vec<&Value> = effects.iter().map(|effect| &effect["publish"]).collect();
    assert_eq!(kinds, ["google_doc", "calendar", "health_factor"]);
    assert_eq!(queued().await, 3);
    trial.call(TOOL, ask).await;
    assert_eq!(queued().await, 3, "asked again, nothing is added");
}

#[tokio::test]
async fn a_review_says_whether_it_told_the_health_system_anything_new() {
    let (trial, upsell, _) = due().await;
    let first = trial.ask(TOOL, completed(&upsell, 30)).await.unwrap();
    assert!(first.text().contains("Queued: health factors, 49 of 100 from 1 of 5."), "{}", first.text());
    let second = trial.ask(TOOL, completed(&upsell, 60)).await.unwrap();
    let told = "Not queued: the health factors stand as told on 24 Mar 2026.";
    assert!(second.text().contains(told), "{}", second.text());
    assert_eq!(second.structured["effects"][0]["queued"], false);
}

#[tokio::test]
async fn the_calendar_gets_nothing_after_the_last_checkpoint() {
    let (trial, upsell, _) = due().await;
    trial.call(TOOL, completed(&upsell, 30)).await;
    trial.call(TOOL, completed(&upsell, 60)).await;
    let mut last = completed(&upsell, 90);
    last["publish"] = json!(["calendar"]);
    let answer = trial.call(TOOL, last).await;
    assert_eq!(answer["effects"][0]["queued"], false);
    let next = &answer["next"][0];
    assert_eq!((&next["tool"], &next["arguments"]["checkpointDay"]), (&json!("prepare_review"), &json!(90)));
}

#[tokio::test]
async fn every_fault_is_listed_at_once() {
    let (trial, upsell, _) = due().await;
    let wrong = json!({
        "upsell": upsell, "checkpointDay": 30, "decision": "rescheduled", "summary": " ",
        "evidenceIds": ["o_000000000zzz"], "actions": [{ "text": "" }]
    });
    let error = trial.ask(TOOL, wrong).await.unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["evidenceIds[0]", "summary", "rescheduleTo", "actions[0].text"]);
}

#[tokio::test]
async fn goals_the_customer_confirms_count_as_realised_value() {
    let (trial, upsell, _) = due().await;
    let mut ask = completed(&upsell, 30);
    ask["goalsAchieved"] = json!(["fewer spreadsheets"]);
    ask["goalsMissed"] = json!(["7"]);
    let refusal = trial.refusal(TOOL, ask.clone()).await;
    assert!(
        refusal.contains("goalsMissed[0]: received \"7\", send one of 1 \"Fewer spreadsheets\""),
        "{refusal}"
    );
    ask["goalsMissed"] = json!([]);
    trial.call(TOOL, ask).await;
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!((plan.version, plan.goals[0].achieved), (1, Some(true)));
    tx.rollback().await.unwrap();
    trial.until("2026-05-22T15:00:00Z");
    let measures = trial.call("analyze_outcomes", json!({ "minSample": 1 })).await["measures"].clone();
    assert_eq!(measures["valueRealisation"]["strict"]["count"], 1, "{measures}");
}

#[tokio::test]
async fn an_action_says_what_by_whom_and_by_a_day_to_come() {
    let (trial, upsell, _) = due().await;
    let mut ask = completed(&upsell, 30);
    ask["actions"] = json!([{ "text": " ", "owner": "", "due": "2026-03-23" }]);
    let faults = trial.ask(TOOL, ask).await.unwrap_err().faults;
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["actions[0].text", "actions[0].owner", "actions[0].due"]);
}

#[tokio::test]
async fn a_checkpoint_whose_follower_has_come_is_not_asked_into_an_empty_range() {
    let (trial, upsell, _) = due().await;
    for now in ["2026-04-20T15:00:00Z", "2026-05-01T15:00:00Z"] {
        trial.until(now);
        let refusal = trial.refusal(TOOL, moved(&upsell, "2026-05-05")).await;
        assert!(refusal.contains("no day is left for the checkpoint of day 30"), "{refusal}");
        assert!(
            refusal.contains("decision=\"skipped\"") && !refusal.contains("send a day after"),
            "{refusal}"
        );
    }
    let mut skipped = completed(&upsell, 30);
    skipped["decision"] = json!("skipped");
    assert_eq!(trial.call(TOOL, skipped).await["checkpoint"]["status"], "skipped");
}

#[tokio::test]
async fn a_conflict_says_what_differs_and_what_another_key_would_do() {
    let (trial, upsell, _) = due().await;
    let mut ask = completed(&upsell, 30);
    ask["idempotencyKey"] = json!("first");
    trial.call(TOOL, ask.clone()).await;
    ask["summary"] = json!("Two teams of three started");
    let reused = trial.refusal(TOOL, ask.clone()).await;
    assert!(reused.contains("send a new idempotencyKey"), "{reused}");
    ask["idempotencyKey"] = json!("second");
    let settled = trial.refusal(TOOL, ask).await;
    let differs = "summary was \"One team of three started\", now \"Two teams of three started\"";
    assert!(settled.contains(differs) && !settled.contains("decision was"), "{settled}");
    assert!(settled.contains("whatever the idempotencyKey"), "{settled}");
    assert!(settled.contains(&format!("get_progress(upsell=\"{upsell}\"")), "{settled}");
}
