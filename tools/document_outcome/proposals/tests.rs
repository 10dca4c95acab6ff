use crate::{Role, trial::Trial};
use domain::{Code, Result};
use serde_json::{Value, json};

const DAY_91: &str = "2026-05-22T15:00:00Z";
const TOOL: &str = "document_outcome";

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

fn partial(upsell: &str, gap: &str) -> Value {
    json!({ "upsell": upsell, "outcome": "partial", "gaps": [{ "metric": "csat", "gap": gap }] })
}

async fn propose(trial: &Trial, arguments: Value) -> Result<Value> {
    trial.ask_as("agent", Role::Orchestrator, TOOL, arguments).await.map(|answer| answer.structured)
}

/// The states of all proposals, oldest first.
async fn history(trial: &Trial, upsell: &str) -> Vec<String> {
    let mut tx = trial.host.store.read().await.unwrap();
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    let all = tx.proposals_of(plan.id).await.unwrap();
    let state = |state| serde_json::to_value(state).unwrap()["state"].as_str().unwrap().to_owned();
    all.into_iter().map(|proposal| state(proposal.state)).collect()
}

#[tokio::test]
async fn an_orchestrator_proposes_and_a_csm_confirms() {
    let (trial, upsell) = reviewed().await;
    let asked = partial(&upsell, "Nobody asked");
    let answer = trial.ask_as("agent", Role::Orchestrator, TOOL, asked.clone()).await.unwrap();
    let id = answer.structured["proposedOutcome"]["id"].as_str().unwrap().to_owned();
    let confirm = format!("document_outcome(upsell=\"{upsell}\", confirm=\"{id}\")");
    let text = answer.text();
    assert!(
        text.contains("Proposed as a partial success; nothing is documented until a CSM confirms"),
        "{text}"
    );
    assert!(text.contains(&confirm), "{text}");
    assert_eq!(answer.structured["outcome"]["status"], "pending");
    for tool in ["get_progress", "prepare_review"] {
        let shown = trial.ask(tool, json!({ "upsell": upsell, "checkpointDay": 90 })).await;
        let shown = match shown {
            Ok(shown) => shown,
            Err(_) => trial.ask(tool, json!({ "upsell": upsell })).await.unwrap(),
        };
        assert_eq!(shown.structured["proposedOutcome"]["id"], json!(id), "{tool}");
        assert!(
            shown.text().contains(
                "On 22 May 2026 agent proposed to document the outcome as a partial success; nothing is"
            ),
            "{tool}"
        );
        assert!(shown.text().contains(&confirm), "{tool}: {}", shown.text());
    }
    let confirmed = trial.call(TOOL, json!({ "upsell": upsell, "confirm": id })).await;
    assert_eq!(confirmed["outcome"]["status"], "partial");
    assert_eq!(
        (&confirmed["outcome"]["documentedBy"], &confirmed["outcome"]["gaps"]),
        (&json!("ana"), &asked["gaps"])
    );
    assert_eq!(confirmed["proposedOutcome"]["state"]["state"], "confirmed");
    let again = trial.call(TOOL, json!({ "upsell": upsell, "confirm": id })).await;
    assert_eq!((&again["replayed"], &again["outcome"]), (&json!(true), &confirmed["outcome"]));
    assert_eq!(trial.call(TOOL, asked).await["replayed"], true, "the same in full is the same");
    let after = trial.call("get_progress", json!({ "upsell": upsell })).await;
    assert_eq!(after["proposedOutcome"], Value::Null);
    let late = propose(&trial, partial(&upsell, "Second thoughts")).await.unwrap_err();
    assert_eq!(late.code, Code::Conflict, "{late}");
    assert!(late.message.contains("documented as a partial success"), "{late}");
}

#[tokio::test]
async fn a_csm_documents_the_same_content_or_another_one_instead() {
    for (gap, became) in [("Nobody asked", "confirmed"), ("Half of the users left", "superseded")] {
        let (trial, upsell) = reviewed().await;
        propose(&trial, partial(&upsell, "Nobody asked")).await.unwrap();
        let mut dry = partial(&upsell, gap);
        dry["dryRun"] = json!(true);
        let would = trial.ask(TOOL, dry).await.unwrap().text();
        assert!(would.contains(&format!("(a partial success) would be {became}.")), "{would}");
        assert_eq!(history(&trial, &upsell).await, ["open"]);
        let documented = trial.ask(TOOL, partial(&upsell, gap)).await.unwrap();
        assert_eq!(documented.structured["outcome"]["gaps"][0]["gap"], gap);
        assert_eq!(history(&trial, &upsell).await, [became]);
        let line = format!("The proposal of agent (a partial success) is {became}.");
        assert!(documented.text().contains(&line), "{}", documented.text());
    }
}

#[tokio::test]
async fn a_repeated_proposal_is_one_and_the_newest_waits() {
    let (trial, upsell) = reviewed().await;
    for (gap, states) in [
        ("One", &["open"][..]),
        ("Two", &["superseded", "open"]),
        ("One", &["superseded", "superseded", "open"]),
    ] {
        let first = propose(&trial, partial(&upsell, gap)).await.unwrap();
        let again = propose(&trial, partial("Northwind Traders", gap)).await.unwrap();
        assert_eq!(again["replayed"], true, "{gap}");
        assert_eq!(again["proposedOutcome"]["id"], first["proposedOutcome"]["id"]);
        assert_eq!(history(&trial, &upsell).await, states);
        trial.host.clock.set(trial.host.clock.now() + chrono::TimeDelta::minutes(1));
    }
    let mut dry = partial(&upsell, "Three");
    dry["dryRun"] = json!(true);
    propose(&trial, dry).await.unwrap();
    assert_eq!(history(&trial, &upsell).await.len(), 3);
}

/// Not even one that says the expansion ended.
#[tokio::test]
async fn a_proposal_judges_nothing_and_ends_nothing() {
    let trial = Trial::at("2026-04-21T15:00:00Z").await;
    let upsell = trial.planned("Workflow Module").await;
    let before = trial.call("get_progress", json!({ "upsell": upsell })).await["progress"].clone();
    let failed = json!({ "upsell": upsell, "outcome": "failed", "endedOn": "2026-04-20", "lessons": ["The sponsor left"] });
    propose(&trial, failed).await.unwrap();
    let after = trial.call("get_progress", json!({ "upsell": upsell })).await["progress"].clone();
    assert_eq!(before, after);
    let mut tx = trial.host.store.write("test").await.unwrap();
    assert_eq!(tx.upsell_by_id(upsell.parse().unwrap()).await.unwrap().ended, None);
    let plan = tx.plan_of(upsell.parse().unwrap()).await.unwrap();
    assert_eq!(tx.outcome_of(plan.id).await.unwrap(), domain::outcome::Outcome::Pending);
    assert!(plan.checkpoints.iter().all(domain::checkpoint::Checkpoint::is_open));
    assert_eq!(tx.claim_due_assessments("2026-04-22T15:00:00Z".parse().unwrap(), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_confirmed_is_refused_with_what_can() {
    let (trial, upsell) = reviewed().await;
    let id = async |gap: &str| {
        propose(&trial, partial(&upsell, gap)).await.unwrap()["proposedOutcome"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let nothing = trial.refusal(TOOL, json!({ "upsell": upsell, "confirm": "p_000000000zzz" })).await;
    assert!(nothing.contains("no proposal of this upsell waits"), "{nothing}");
    let (first, second) = (id("One").await, id("Two").await);
    let old = trial.refusal(TOOL, json!({ "upsell": upsell, "confirm": first })).await;
    assert!(old.contains(&format!("{second}, the proposal that waits")), "{old}");
    let both = trial.refusal(TOOL, json!({ "upsell": upsell, "confirm": second, "outcome": "failed" })).await;
    assert!(both.contains("confirm alone"), "{both}");
    let own = propose(&trial, json!({ "upsell": upsell, "confirm": second })).await.unwrap_err();
    assert_eq!(own.code, Code::Forbidden);
    assert!(own.message.contains("confirm is for csm; this key is orchestrator"), "{own}");
    let neither = trial.refusal(TOOL, json!({ "upsell": upsell })).await;
    assert!(neither.contains("outcome: received nothing"), "{neither}");
    let unproven = propose(&trial, json!({ "upsell": upsell, "outcome": "success" })).await.unwrap_err();
    assert_eq!(unproven.faults[0].field, "evidenceIds", "a proposal brings what an outcome must");
}
