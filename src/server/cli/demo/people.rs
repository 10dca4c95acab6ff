//! The people and agents of the demo: they look, talk, decide, mostly as the rules propose.

use super::cast::Story;
use chrono::{NaiveDate, TimeDelta};
use domain::{Result, id::UpsellId, milestone::MilestoneState, plan::MeasurementPlan};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::sync::Arc;
use tools::{Answer, Caller, Host, Role};

/// Calls a tool as somebody.
pub async fn call(host: &Arc<Host>, who: &str, role: Role, tool: &str, arguments: Value) -> Result<Answer> {
    let caller = Caller::without_key(who, role);
    let entry = tools::entry(tool).expect("the demo calls tools of the catalogue");
    entry.call(host, &caller, arguments).await
}

/// A customer success manager on one day with one customer.
pub struct Csm<'a> {
    pub host: &'a Arc<Host>,
    pub story: &'a Story,
    pub upsell: UpsellId,
    pub date: NaiveDate,
}

impl Csm<'_> {
    /// Ticks steps taken, reviews what is open, and documents what is over; on other days there is nothing to do.
    pub async fn works(&self) -> Result<()> {
        if !matches!(self.story.day(self.date), 7 | 14 | 21 | 28..=37 | 45 | 58..=67 | 75 | 88..=105) {
            return Ok(());
        }
        let mut tx = self.host.store.read().await?;
        let plan = tx.find_plan_of(self.upsell).await?;
        tx.rollback().await?;
        let Some(plan) = plan else { return Ok(()) };
        self.tick_milestones(&plan).await?;
        let Some(delay) = self.story.reviews_after else { return Ok(()) };
        let Some(next) = plan.next_open() else {
            return self.document(&plan).await;
        };
        let open_for = (self.host.clock.now() - next.scheduled_date).num_days();
        if next.scheduled_date <= self.host.clock.now() && open_for >= delay {
            self.review(&plan, next.day).await?;
        }
        Ok(())
    }

    /// Milestones without a rule are seen to when adoption goes well enough.
    async fn tick_milestones(&self, plan: &MeasurementPlan) -> Result<()> {
        let day = self.story.day(self.date);
        let well = self.story.path.early_share(26);
        let taken: Vec<Value> = plan
            .milestones
            .iter()
            .filter(|milestone| milestone.reached_when.is_none() && milestone.state == MilestoneState::Open)
            .filter(|milestone| f64::from(day) * well >= 0.8 * f64::from(milestone.due_day))
            .map(|milestone| json!({ "milestone": milestone.key, "state": "done" }))
            .collect();
        if taken.is_empty() {
            return Ok(());
        }
        self.call("update_metrics", json!({ "upsell": self.upsell, "milestones": taken })).await.map(drop)
    }

    async fn review(&self, plan: &MeasurementPlan, day: u16) -> Result<()> {
        let readings = self.readings(plan, day);
        if !readings.is_empty() {
            self.call("update_metrics", json!({ "upsell": self.upsell, "addReadings": readings })).await?;
        }
        let brief =
            self.call("prepare_review", json!({ "upsell": self.upsell, "checkpointDay": day })).await?;
        let status = brief.structured["proposedStatus"].as_str().map(str::to_owned);
        let (summary, action) = talk(status.as_deref());
        let evidence: Vec<&Value> =
            brief.structured["evidenceIds"].as_array().into_iter().flatten().take(3).collect();
        let mut review = json!({
            "upsell": self.upsell,
            "checkpointDay": day,
            "decision": "completed",
            "summary": summary,
            "evidenceIds": evidence,
        });
        if let Some(action) = action {
            let due = self.date + TimeDelta::days(14);
            review["actions"] = json!([{ "text": action, "owner": self.story.csm, "due": due }]);
        }
        if day == plan.horizon() {
            let (reached, missed): (Vec<_>, Vec<_>) =
                GOALS.into_iter().partition(|(_, takes)| self.story.share(self.date) >= *takes);
            let numbers = |goals: Vec<(&'static str, f64)>| -> Vec<_> {
                goals.into_iter().map(|(number, _)| number).collect()
            };
            review["goalsAchieved"] = json!(numbers(reached));
            review["goalsMissed"] = json!(numbers(missed));
        }
        self.call("record_review", review).await.map(drop)
    }

    /// Values only people can tell: asked at the review, near where adoption is.
    fn readings(&self, plan: &MeasurementPlan, day: u16) -> Vec<Value> {
        let mut luck = ChaCha8Rng::seed_from_u64((self.story.index << 8) ^ u64::from(day));
        let share = 0.3 + 0.72 * self.story.share(self.date).min(1.15);
        let manual = plan.metrics.iter().filter(|metric| metric.selector().is_none());
        manual
            .filter(|metric| metric.kind != domain::metric::MetricType::Satisfaction || day >= 60)
            .map(|metric| {
                let value = (metric.target * share * luck.random_range(0.93..1.07)).round();
                let value = metric.range().nearest(value);
                let source = if metric.kind == domain::metric::MetricType::Satisfaction {
                    "survey"
                } else {
                    "customer"
                };
                json!({ "metric": metric.key, "value": value, "source": source })
            })
            .collect()
    }

    /// A week after the last review, as the rules propose; one in ten is seen more sternly.
    async fn document(&self, plan: &MeasurementPlan) -> Result<()> {
        if self.story.day(self.date) < i32::from(plan.horizon()) + 7 {
            return Ok(());
        }
        let mut tx = self.host.store.read().await?;
        let outcome = tx.outcome_of(plan.id).await?;
        tx.rollback().await?;
        if outcome != domain::outcome::Outcome::Pending {
            return Ok(());
        }
        let progress = self.call("get_progress", json!({ "upsell": self.upsell })).await?;
        let missing = furthest_behind(&progress.structured);
        let trial = self.conclusion("partial", &progress.structured, &missing);
        let mut trial = trial;
        trial["dryRun"] = true.into();
        let proposal = self.call("document_outcome", trial).await?.structured["proposal"].clone();
        let proposed = proposal["conclusion"].as_str().unwrap_or("partial");
        let concluded = match (proposed, self.story.index % 10) {
            ("success", 4) => "partial",
            (as_proposed, _) => as_proposed,
        };
        self.call("document_outcome", self.conclusion(concluded, &progress.structured, &missing))
            .await
            .map(drop)
    }

    fn conclusion(&self, outcome: &str, progress: &Value, missing: &(String, String)) -> Value {
        let reasons = progress["progress"]["reasons"].as_array().cloned().unwrap_or_default();
        let evidence: Vec<Value> = reasons
            .iter()
            .flat_map(|reason| reason["evidenceIds"].as_array().cloned().unwrap_or_default())
            .take(20)
            .collect();
        let (metric, gap) = missing;
        let mut fields = json!({ "upsell": self.upsell, "outcome": outcome, "evidenceIds": evidence });
        if outcome != "success" {
            fields["gaps"] = json!([{ "metric": metric, "gap": gap, "owner": self.story.csm }]);
        }
        if outcome == "at_risk" {
            let due = self.date + TimeDelta::days(30);
            let plan = "Weekly working session with the sponsor until the gap is closed";
            fields["interventionPlan"] = json!([{ "text": plan, "owner": self.story.csm, "due": due }]);
        }
        fields["lessons"] = json!([lesson(outcome)]);
        fields
    }

    async fn call(&self, tool: &str, arguments: Value) -> Result<Answer> {
        call(self.host, self.story.csm, Role::Csm, tool, arguments).await
    }
}

/// The customer's goals by number, and the share of the way at which they call each reached.
const GOALS: [(&str, f64); 2] = [("1", 0.7), ("2", 0.95)];

/// What is said at a review of that status, and what is agreed.
fn talk(status: Option<&str>) -> (&'static str, Option<&'static str>) {
    match status {
        Some("exceeding") => ("Ahead of plan; the sponsor asks about more", None),
        Some("on_track") => ("As planned; teams work with it every week", None),
        Some("at_risk") => (
            "In reach, but the pace does not carry to the target",
            Some("Plan training for the teams that have not started"),
        ),
        Some("behind") => (
            "Few have started; the sponsor did not know",
            Some("Ask the sponsor to name a lead for the roll-out"),
        ),
        _ => ("Nothing to judge by yet", Some("Check with engineering that usage is sent")),
    }
}

const fn lesson(outcome: &str) -> &'static str {
    match outcome.as_bytes() {
        b"success" => "A named champion in the first two weeks carried the roll-out",
        b"partial" => "The second team needed its own kick-off",
        b"at_risk" => "Training came after the go-live; it should come before",
        _ => "Nobody on the customer's side owned the change",
    }
}

/// The metric furthest behind, and the gap in words.
fn furthest_behind(progress: &Value) -> (String, String) {
    let first = &progress["progress"]["reasons"][0];
    let metric = first["metric"].as_str().unwrap_or("adoption").to_owned();
    (metric, first["text"].as_str().unwrap_or("not yet where it should be").to_owned())
}
