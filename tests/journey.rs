//! One upsell's first ninety days, told through whichever face.

use crate::{
    face::{Face, Refusal},
    world::World,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tools::Role;

/// Where the journey begins: the day the deal closed.
pub const CLOSED: &str = "2026-01-29";
/// Seats bought, and how many are in use at the end.
const SEATS: u32 = 20;
const DAYS_A_BATCH: u32 = 5;

/// Asks tools through one face, or through the door when there is none, and remembers what was told.
pub struct Journey<'a> {
    world: &'a World,
    face: Option<Face>,
    pub told: Vec<(&'static str, Value)>,
}

impl<'a> Journey<'a> {
    pub fn through(world: &'a World, face: Option<Face>) -> Self {
        Self { world, face, told: Vec::new() }
    }

    /// From the closed deal to what the outcomes teach; every answer on the way is in `told`.
    pub async fn whole(&mut self) -> String {
        let upsell = self.closed_deal().await;
        self.weeks(&upsell, 0, 31).await;
        self.review(&upsell, 30).await;
        self.weeks(&upsell, 31, 61).await;
        self.by_hand(&upsell).await;
        self.review(&upsell, 60).await;
        self.weeks(&upsell, 61, 91).await;
        self.review(&upsell, 90).await;
        self.outcome(&upsell).await;
        upsell
    }

    /// Calls that must be answered.
    pub async fn ask(&mut self, role: Role, tool: &'static str, arguments: Value) -> Value {
        let answer = self.attempt(role, tool, arguments).await;
        let answer = answer.unwrap_or_else(|refusal| panic!("{tool}: {}: {}", refusal.code, refusal.message));
        self.told.push((tool, answer.clone()));
        answer
    }

    pub async fn attempt(&self, role: Role, tool: &str, arguments: Value) -> Result<Value, Refusal> {
        match self.face {
            Some(face) => self.world.ask(face, role, tool, arguments).await,
            None => self
                .world
                .call(role, tool, arguments)
                .await
                .map(|answer| answer.structured)
                .map_err(|error| Refusal { code: error.code.as_str().to_owned(), message: error.message }),
        }
    }

    /// The sale arrives; the plan is drafted by itself.
    pub async fn closed_deal(&mut self) -> String {
        let registered =
            self.ask(Role::Orchestrator, "register_upsell", sale("006-1", "Northwind Traders")).await;
        let upsell = registered["upsell"].as_str().expect("an upsell has an id").to_owned();
        self.world.settle().await;
        self.ask(Role::Orchestrator, "list_templates", json!({ "products": ["Team Seats"] })).await;
        let again = json!({ "upsell": upsell, "goals": ["Every planner works in it"], "dryRun": true });
        self.ask(Role::Orchestrator, "create_measurement_plan", again).await;
        self.ask(Role::Csm, "list_measurements", json!({})).await;
        self.ask(Role::Monitor, "get_progress", json!({ "upsell": upsell })).await;
        upsell
    }

    /// Usage of each day arrives in batches some days late, as pipelines send it.
    pub async fn weeks(&mut self, upsell: &str, from: u32, to: u32) {
        for day in from..to {
            self.world.advance(1).await;
            if (day + 1) % DAYS_A_BATCH == 0 || day + 1 == to {
                let batch = json!({ "events": self.events_since(day.saturating_sub(DAYS_A_BATCH - 1), day) });
                self.ask(Role::Monitor, "ingest_usage", batch).await;
                self.world.settle().await;
            }
        }
        self.ask(Role::Monitor, "get_progress", json!({ "upsell": upsell, "detail": "detailed" })).await;
        self.ask(Role::Monitor, "list_alerts", json!({ "upsell": upsell, "state": "any" })).await;
    }

    /// More users each day, until all but two have started.
    fn events_since(&self, from: u32, to: u32) -> Vec<Value> {
        let start = self.world.now() - TimeDelta::days(i64::from(to) + 1);
        let days = (from..=to).flat_map(|day| (0..(1 + day / 3).min(SEATS - 2)).map(move |user| (day, user)));
        days.map(|(day, user)| {
            let at = start + TimeDelta::days(i64::from(day)) + TimeDelta::minutes(i64::from(user));
            json!({ "eventId": format!("e-{day}-{user}"), "customer": "northwind", "feature": "team-seats.plan",
                "user": format!("u-{user}"), "at": at, "count": 1 })
        })
        .collect()
    }

    /// Readings that no pipeline sends.
    async fn by_hand(&mut self, upsell: &str) {
        let readings = json!({ "upsell": upsell, "addReadings": [
            { "metric": "csat", "value": 88, "source": "survey" },
            { "metric": "value_realised", "value": 70 },
        ] });
        self.ask(Role::Csm, "update_metrics", readings).await;
        self.world.settle().await;
    }

    async fn review(&mut self, upsell: &str, day: u16) {
        let asked = json!({ "upsell": upsell, "checkpointDay": day, "format": "structured" });
        let brief = self.ask(Role::Csm, "prepare_review", asked).await;
        let review = json!({
            "upsell": upsell,
            "checkpointDay": day,
            "decision": "completed",
            "summary": format!("Looked at day {day} with the customer"),
            "evidenceIds": brief["evidenceIds"],
            "actions": [{ "text": "Train the next team", "owner": "Ana Ruiz", "due": "2026-05-30" }],
            "publish": ["google_doc"],
        });
        self.ask(Role::Csm, "record_review", review).await;
        self.world.settle().await;
    }

    async fn outcome(&mut self, upsell: &str) {
        let what_if = json!({ "upsell": upsell, "changes": [{ "metric": "seats_in_use", "value": 95 }] });
        self.ask(Role::Researcher, "predict_outcome", what_if).await;
        let brief =
            self.told.iter().rev().find(|(tool, _)| *tool == "prepare_review").expect("reviews came before");
        let ended = json!({ "upsell": upsell, "outcome": "success", "evidenceIds": brief.1["evidenceIds"],
            "lessons": ["Name a champion in each team"] });
        self.ask(Role::Csm, "document_outcome", ended).await;
        self.world.settle().await;
        self.ask(Role::Researcher, "analyze_outcomes", json!({ "question": "success_rate" })).await;
        self.ask(Role::Csm, "list_measurements", json!({ "outcome": "any" })).await;
    }
}

/// A closed deal for more seats.
pub fn sale(opportunity: &str, customer: &str) -> Value {
    let id = customer.split(' ').next().unwrap_or(customer).to_lowercase();
    json!({
        "source": "salesforce",
        "opportunityId": opportunity,
        "customer": customer,
        "customerId": id,
        "products": ["Team Seats"],
        "arrIncrease": 48000,
        "currency": "EUR",
        "closeDate": CLOSED,
        "timeZone": "Europe/Berlin",
        "owner": "Ana Ruiz",
        "salesRep": "Jo Park",
        "goals": ["Every planner works in it"],
        "seats": SEATS,
        "seatsBefore": 8,
    })
}
