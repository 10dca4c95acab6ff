//! Every call that an answer offers next is taken from the one it was offered to, and does what it says.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{
    journey::{CLOSED, Journey, sale},
    world::World,
};
use tools::{Effect, Role, entry};

const QUESTIONS: [&str; 6] =
    ["success_rate", "time_to_value", "risk_signs", "onboarding_patterns", "churn", "lift"];
/// Offers are followed this far.
const STEPS: usize = 3;

#[tokio::test]
async fn every_call_offered_next_is_taken_from_its_caller() {
    let world = World::on(CLOSED).await;
    let mut journey = Journey::through(&world, None);
    let followed = Followed { world: &world };
    let mut tools = BTreeSet::new();
    let upsell = journey.closed_deal().await;
    let cancelled = followed.sold("006-2", "Contoso", json!(20)).await;
    followed.sold("006-3", "Adventure Works", Value::Null).await;
    let silent = followed.sold("006-4", "Fabrikam", json!(20)).await;
    world.settle().await;
    let all = [upsell.as_str(), cancelled.as_str(), silent.as_str()];
    tools.extend(followed.looks(&all).await);
    journey.weeks(&upsell, 0, 26).await;
    tools.extend(followed.looks(&all).await);
    let ended = json!({ "upsell": cancelled, "outcome": "failed", "endedOn": "2026-02-20",
        "lessons": ["Ask the sponsor earlier"] });
    followed.does("document_outcome", ended).await;
    for (from, day) in [(26, 30), (31, 60), (61, 90)] {
        journey.weeks(&upsell, from, day + 1).await;
        tools.extend(followed.looks(&all).await);
        for upsell in [&upsell, &silent] {
            let review = json!({ "upsell": upsell, "checkpointDay": day, "decision": "completed",
                "summary": "Looked at it with the customer" });
            followed.does("record_review", review).await;
        }
    }
    tools.extend(followed.looks(&all).await);
    let outcome = json!({ "upsell": upsell, "outcome": "at_risk", "interventionPlan":
        [{ "text": "Train the rest", "owner": "Ana Ruiz", "due": "2026-06-30" }] });
    followed.does("document_outcome", outcome).await;
    tools.extend(followed.looks(&all).await);
    let changing = ["create_measurement_plan", "document_outcome", "record_review"];
    assert!(changing.iter().all(|tool| tools.contains(*tool)), "never offered: {tools:?}");
}

struct Followed<'a> {
    world: &'a World,
}

impl Followed<'_> {
    async fn sold(&self, opportunity: &str, customer: &str, seats: Value) -> String {
        let mut sale = sale(opportunity, customer);
        sale["seats"] = seats;
        if sale["seats"].is_null() {
            sale["seatsBefore"] = Value::Null;
        }
        let answer = self.world.call(Role::Orchestrator, "register_upsell", sale).await.unwrap().structured;
        self.follow(Role::Orchestrator, &answer, STEPS).await;
        answer["upsell"].as_str().unwrap().to_owned()
    }

    /// Does it, and tries what is offered then; also what its first answer offers when it is asked again.
    async fn does(&self, tool: &str, arguments: Value) {
        let answer = self.world.call(Role::Csm, tool, arguments.clone()).await.unwrap().structured;
        self.follow(Role::Csm, &answer, STEPS).await;
        self.world.settle().await;
        let again = self.world.call(Role::Csm, tool, arguments).await.unwrap().structured;
        assert_eq!(again["replayed"], true);
        self.follow(Role::Csm, &again, STEPS).await;
    }

    /// Every tool as every role, as far as it answers; the tools that were offered.
    async fn looks(&self, upsells: &[&str]) -> BTreeSet<String> {
        let mut offered = BTreeSet::new();
        for &role in Role::ALL {
            for (tool, arguments) in calls(upsells) {
                if let Ok(answer) = self.world.call(role, tool, arguments).await {
                    offered.extend(self.follow(role, &answer.structured, STEPS).await);
                }
            }
        }
        offered
    }

    /// Calls what is offered, dry where it would change something, and what that offers.
    async fn follow(&self, role: Role, answer: &Value, steps: usize) -> Vec<String> {
        let mut offered = Vec::new();
        for next in answer["next"].as_array().unwrap() {
            let tool = next["tool"].as_str().unwrap();
            let mut arguments = next["arguments"].clone();
            let offer = format!("{tool}({arguments}) offered to {role:?} by {}", answer["headline"]);
            assert!(!arguments.to_string().contains('…'), "a blank to fill in: {offer}");
            if entry(tool).unwrap().effect == Effect::Changes {
                arguments["dryRun"] = json!(true);
            }
            let answer = self.world.call(role, tool, arguments).await;
            let answer = answer.unwrap_or_else(|error| panic!("{offer}: {error}"));
            if answer.structured["dryRun"] == true {
                assert!(answer.text().starts_with("Dry run, nothing written. "), "{}", answer.text());
            }
            offered.push(tool.to_owned());
            if steps > 1 {
                offered.extend(Box::pin(self.follow(role, &answer.structured, steps - 1)).await);
            }
        }
        offered
    }
}

fn calls(upsells: &[&str]) -> Vec<(&'static str, Value)> {
    let mut calls = vec![
        ("list_measurements", json!({})),
        ("list_measurements", json!({ "needsPlan": true })),
        ("list_measurements", json!({ "outcome": "any" })),
        ("list_alerts", json!({})),
        ("list_alerts", json!({ "state": "any" })),
        ("list_templates", json!({ "products": ["Team Seats"] })),
    ];
    calls.extend(QUESTIONS.map(|question| ("analyze_outcomes", json!({ "question": question }))));
    for upsell in upsells {
        let review = json!({ "upsell": upsell, "checkpointDay": 30, "decision": "completed",
            "summary": "Looked at it", "dryRun": true });
        let gaps = json!([{ "metric": "seats_in_use", "gap": "Some are idle" }]);
        calls.extend([
            ("get_progress", json!({ "upsell": upsell })),
            ("get_progress", json!({ "upsell": upsell, "detail": "detailed" })),
            ("get_progress", json!({ "upsell": upsell, "asOf": CLOSED })),
            ("predict_outcome", json!({ "upsell": upsell })),
            ("prepare_review", json!({ "upsell": upsell })),
            ("prepare_review", json!({ "upsell": upsell, "checkpointDay": 30 })),
            ("prepare_review", json!({ "upsell": upsell, "checkpointDay": 90 })),
            (
                "create_measurement_plan",
                json!({ "upsell": upsell, "goals": ["Fewer calls"], "dryRun": true }),
            ),
            (
                "update_metrics",
                json!({ "upsell": upsell, "addReadings": [{ "metric": "csat", "value": 80 }],
                "dryRun": true }),
            ),
            ("record_review", review),
            (
                "document_outcome",
                json!({ "upsell": upsell, "outcome": "failed", "gaps": gaps, "dryRun": true }),
            ),
        ]);
    }
    calls
}

#[tokio::test]
async fn a_dry_run_says_so_first_and_claims_nothing_was_done() {
    let world = World::on(CLOSED).await;
    let upsell = Journey::through(&world, None).closed_deal().await;
    let dry = [
        ("create_measurement_plan", json!({ "goals": ["Fewer calls"] }), "would have version 2"),
        (
            "update_metrics",
            json!({ "setTargets": [{ "metric": "csat", "target": 70 }], "reason": "Agreed" }),
            "1 target to set",
        ),
        (
            "record_review",
            json!({ "checkpointDay": 30, "decision": "skipped", "summary": "On holiday" }),
            "would be skipped",
        ),
        (
            "document_outcome",
            json!({ "outcome": "failed", "lessons": ["Ask"] }),
            "would be documented as failed",
        ),
    ];
    for (tool, mut arguments, words) in dry {
        arguments["upsell"] = upsell.as_str().into();
        arguments["dryRun"] = true.into();
        let answer = world.call(Role::Csm, tool, arguments.clone()).await.unwrap();
        let text = answer.text();
        assert!(text.starts_with("Dry run, nothing written. ") && text.contains(words), "{text}");
        assert!(!text.contains("\nQueued"), "{text}");
        // What is offered is the same call, to be done; once done, a dry run of it says that it was.
        let next = &answer.structured["next"][0];
        assert_eq!((&next["tool"], &next["arguments"]["dryRun"]), (&json!(tool), &Value::Null));
        world.call(Role::Csm, tool, next["arguments"].clone()).await.unwrap();
        let again = world.call(Role::Csm, tool, arguments).await.unwrap();
        assert!(again.text().starts_with("Dry run, nothing written. "), "{}", again.text());
        assert_eq!(again.structured["dryRun"], true);
    }
}
