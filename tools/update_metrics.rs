//! New targets, readings taken by hand, and milestones ticked off.

mod readings;
mod targets;

use crate::{Context, Effect, Next, Reply, Role, Route, Tool, repeat::Would};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    amount::counted,
    id::{ObservationId, PlanId, UpsellId, UpsellRef},
    observation::Observation,
    plan::MeasurementPlan,
    upsell::Upsell,
};
use readings::Taken;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Sets targets (a new plan version, the original kept), adds readings of metrics taken by hand, ticks milestones. Another value for the same metric, date and source needs a reason.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateMetrics {
    pub upsell: UpsellRef,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub set_targets: Vec<SetTarget>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub add_readings: Vec<Reading>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub milestones: Vec<Tick>,
    /// Required for setTargets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct SetTarget {
    /// Key or name.
    pub metric: String,
    pub target: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Reading {
    pub metric: String,
    pub value: f64,
    /// Default today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// crm, survey, …; default manual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Tick {
    pub milestone: String,
    pub state: TickState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TickState {
    Done,
    Skipped,
    Open,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    pub upsell: UpsellId,
    pub measurement: PlanId,
    pub plan_version: u32,
    pub targets: Vec<TargetChange>,
    pub readings: Vec<ReadingChange>,
    /// Keys of milestones whose state changed.
    pub milestones: Vec<String>,
    /// Items that stood as asked for already.
    pub unchanged: usize,
    pub as_of: DateTime<Utc>,
    pub dashboard_url: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TargetChange {
    pub metric: String,
    pub from: f64,
    pub to: f64,
    /// Of the plan's first version.
    pub original: f64,
    pub unit: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ReadingChange {
    pub observation: ObservationId,
    pub metric: String,
    pub value: f64,
    pub date: NaiveDate,
    pub source: String,
    /// The value it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restates: Option<f64>,
}

impl Tool for UpdateMetrics {
    const NAME: &'static str = "update_metrics";
    const TITLE: &'static str = "Set targets, add readings";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Monitor, Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::put("/api/upsell/{upsell}/metrics");
    const DRY_RUN: bool = true;
    const EXAMPLE: &'static str = r#"{"upsell":"Northwind Traders","addReadings":[{"metric":"csat","value":84,"date":"2026-04-21","source":"survey"}]}"#;
    type Output = Updated;

    async fn run(self, cx: &mut Context) -> Result<Reply<Updated>> {
        if self.set_targets.is_empty() && self.add_readings.is_empty() && self.milestones.is_empty() {
            return Err(Error::invalid("nothing to update: send setTargets, addReadings or milestones"));
        }
        let upsell = cx.tx.upsell(&self.upsell).await?;
        cx.subject = Some(upsell.id);
        let mut plan = cx.tx.plan_for_update(upsell.id).await?;
        let (now, by) = (cx.now(), cx.caller.name.clone());
        let known = cx.tx.observations_of(plan.id, now).await?;
        let (taken, mut faults) = readings::read(&self, &plan, &known, || cx.new_id(), now);
        let (targets, target_faults) = targets::set(&self, &mut plan, &by);
        faults.splice(0..0, target_faults);
        let (milestones, milestone_faults) = targets::tick(&self.milestones, &mut plan, now);
        faults.extend(milestone_faults);
        if !faults.is_empty() {
            return Err(Error::faults(faults));
        }
        if !targets.is_empty() {
            self.may_retarget(cx, &plan).await?;
        }
        let would = if targets.is_empty() && taken.is_empty() && milestones.is_empty() {
            Would::ChangeNothing
        } else {
            Would::Change
        };
        let content = Self { upsell: UpsellRef(upsell.id.to_string()), ..self.clone() };
        let is_repeat = cx.is_repeat_of_change(Self::NAME, &upsell.id.to_string(), &content, would).await?;
        if !is_repeat && would == Would::Change {
            write(cx, &mut plan, &targets, &taken, now).await?;
        }
        Ok(self.reply(cx, &upsell, &plan, Done { targets, taken, milestones }))
    }
}

/// What the request changes.
struct Done {
    targets: Vec<TargetChange>,
    taken: Vec<Taken>,
    milestones: Vec<String>,
}

impl UpdateMetrics {
    async fn may_retarget(&self, cx: &mut Context, plan: &MeasurementPlan) -> Result<()> {
        if cx.tx.outcome_of(plan.id).await? == domain::outcome::Outcome::Pending {
            return Ok(());
        }
        Err(Error::conflict("the outcome is documented against these targets; they stay as they were judged"))
    }

    fn reply(self, cx: &Context, upsell: &Upsell, plan: &MeasurementPlan, done: Done) -> Reply<Updated> {
        let Done { targets, taken, milestones } = done;
        let asked = self.set_targets.len() + self.add_readings.len() + self.milestones.len();
        let unchanged = asked - targets.len() - taken.len() - milestones.len();
        let because = self.reason.map_or(String::new(), |reason| format!(" because: {reason}"));
        let parts = [
            (targets.len(), "target set", "targets set"),
            (taken.len(), "reading added", "readings added"),
            (milestones.len(), "milestone updated", "milestones updated"),
            (unchanged, "unchanged", "unchanged"),
        ];
        let told = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<String> = told.map(|(count, one, many)| counted(count, one, many)).collect();
        let headline = format!("{}: {}{because}.", upsell.customer.name, parts.join(", "));
        let lines = targets.iter().map(targets::line).chain(taken.iter().map(Taken::line));
        let lines: Vec<String> = lines.take(12).collect();
        let data = Updated {
            upsell: upsell.id,
            measurement: plan.id,
            plan_version: plan.version,
            targets,
            readings: taken.into_iter().map(Taken::into_change).collect(),
            milestones,
            unchanged,
            as_of: cx.now(),
            dashboard_url: cx.host.dashboard_url(upsell.id),
        };
        let next = Next::call("get_progress", json!({ "upsell": upsell.id }), "what it makes of the status");
        Reply::new(headline, data).lines(lines).next(next)
    }
}

/// Stores the changes and makes the plan's assessment due.
async fn write(
    cx: &mut Context,
    plan: &mut MeasurementPlan,
    targets: &[TargetChange],
    taken: &[Taken],
    now: DateTime<Utc>,
) -> Result<()> {
    if targets.is_empty() {
        cx.tx.touch_plan(plan).await?;
    } else {
        plan.version += 1;
        plan.drafted_by.clone_from(&cx.caller.name);
        cx.tx.save_plan(plan, now).await?;
    }
    let observations: Vec<Observation> = taken.iter().map(|taken| taken.observation.clone()).collect();
    cx.tx.insert_observations(&observations).await?;
    cx.tx.usage_changed(&plan.customer, now.with_timezone(&plan.zone).date_naive(), now).await
}

#[cfg(test)]
mod tests;
