//! New targets, readings taken by hand, and milestones ticked off.

mod overrides;
mod readings;
mod targets;

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    effects::QueuedEffect,
    health::{Known, Telling},
    repeat::Would,
    standing::Standing,
    stated::blank,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    amount::counted,
    error::FieldFault,
    id::{ObservationId, PlanId, UpsellId, UpsellRef},
    observation::Observation,
    plan::MeasurementPlan,
    quote,
    text::Name,
    upsell::Upsell,
};
use overrides::Said;
use readings::Taken;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Sets targets (a new plan version, the original kept), adds readings taken by hand, ticks milestones, overrides a
/// metric's health score for a while. Restating a value needs a reason.
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    pub override_health: Vec<OverrideHealth>,
    /// Required for setTargets, overrideHealth.
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
    /// Required where usage measures it; no evidence then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub reason: Option<String>,
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

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct OverrideHealth {
    pub factor: String,
    /// 0 to 100.
    pub score: f64,
    /// Day or instant.
    #[schemars(extend("format" = "day-or-instant"))]
    pub until: String,
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
    pub measurement_id: PlanId,
    pub plan_version: u32,
    pub targets: Vec<TargetChange>,
    pub readings: Vec<ReadingChange>,
    /// Keys of milestones whose state changed.
    pub milestones: Vec<String>,
    pub overrides: Vec<OverrideChange>,
    /// What other systems will get; delivered later, each on its own.
    pub effects: Vec<QueuedEffect>,
    /// Items that stood as asked for already.
    pub unchanged: usize,
    pub as_of: DateTime<Utc>,
    pub dashboard_url: String,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TargetChange {
    pub metric: Name,
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
    /// Typed over what usage measures: no evidence by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// The value it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restates: Option<f64>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct OverrideChange {
    pub factor: String,
    /// By the rule; both are told.
    pub rule: Option<f64>,
    pub score: f64,
    /// From here on it stands no more.
    pub until: DateTime<Utc>,
    /// The score said before that it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<f64>,
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
        if self.asked() == 0 {
            return Err(Error::invalid(
                "nothing to update: send setTargets, addReadings, milestones or overrideHealth",
            ));
        }
        self.may_judge(cx)?;
        let upsell = cx.tx.upsell(&self.upsell).await?;
        cx.subject = Some(upsell.id);
        let mut plan = cx.tx.plan_for_update(upsell.id).await?;
        let (now, by) = (cx.now(), cx.caller.name.clone());
        let known = cx.tx.observations_of(plan.id, now).await?;
        let said = cx.tx.overrides_of(plan.id, now).await?;
        let mut faults = self.reason_faults();
        let (taken, reading_faults) = readings::read(&self, &plan, &known, || cx.new_id(), now);
        let (targets, target_faults) = targets::set(&self, &mut plan, &by);
        let (milestones, milestone_faults) = targets::tick(&self.milestones, &mut plan, now);
        let policy = &cx.host.policy.health;
        let (overrides, override_faults) = overrides::read(&self, &plan, &said, &by, policy, now);
        faults.extend([target_faults, reading_faults, milestone_faults, override_faults].concat());
        if !faults.is_empty() {
            return Err(Error::faults(faults));
        }
        if !targets.is_empty() {
            self.may_retarget(cx, &plan).await?;
        }
        let mut done = Done { targets, taken, milestones, overrides, effects: Vec::new() };
        let would = if done.changes() == 0 { Would::ChangeNothing } else { Would::Change };
        let content = Self { upsell: UpsellRef(upsell.id.to_string()), ..self.clone() };
        let is_repeat = cx.is_repeat_of_change(Self::NAME, &upsell.id.to_string(), &content, would).await?;
        if !is_repeat && would == Would::Change {
            write(cx, &mut plan, &mut done, now).await?;
        }
        Ok(self.reply(cx, &upsell, &plan, done))
    }
}

/// What the request changes.
struct Done {
    targets: Vec<TargetChange>,
    taken: Vec<Taken>,
    milestones: Vec<String>,
    overrides: Vec<Said>,
    effects: Vec<QueuedEffect>,
}

impl Done {
    const fn changes(&self) -> usize {
        self.targets.len() + self.taken.len() + self.milestones.len() + self.overrides.len()
    }
}

impl UpdateMetrics {
    const fn asked(&self) -> usize {
        self.set_targets.len() + self.add_readings.len() + self.milestones.len() + self.override_health.len()
    }

    /// What is aimed at, and a score in place of the rule's, are judgements: a monitor reports, and others judge.
    fn may_judge(&self, cx: &Context) -> Result<()> {
        let skips = self.milestones.iter().any(|tick| tick.state == TickState::Skipped);
        let judgements = [
            ("setTargets", !self.set_targets.is_empty()),
            ("milestones with state=\"skipped\"", skips),
            ("overrideHealth", !self.override_health.is_empty()),
        ];
        let asked: Vec<&str> =
            judgements.into_iter().filter(|(_, is_asked)| *is_asked).map(|one| one.0).collect();
        if asked.is_empty() || cx.caller.role != Role::Monitor {
            return Ok(());
        }
        let is_for = if asked.len() == 1 { "is for" } else { "are for" };
        Err(Error::forbidden(format!(
            "{} {is_for} orchestrator, csm; this key is monitor. Send what you measured as addReadings, or ask someone \
             with that role",
            asked.join(", ")
        )))
    }

    fn reason_faults(&self) -> Vec<FieldFault> {
        let wanted = match (self.set_targets.is_empty(), self.override_health.is_empty()) {
            (true, true) => None,
            (false, true) => Some("why the targets change"),
            (true, false) => Some("what the rule does not see"),
            (false, false) => Some("why the targets change, and what the rule of health does not see"),
        };
        let missing = wanted.filter(|_| self.reason.is_none());
        let missing = missing.map(|wanted| FieldFault::new("reason", "nothing", wanted));
        let blank = blank("reason", self.reason.as_deref(), "why, in a sentence, or leave it out");
        missing.into_iter().chain(blank).collect()
    }

    async fn may_retarget(&self, cx: &mut Context, plan: &MeasurementPlan) -> Result<()> {
        if cx.tx.outcome_of(plan.id).await? == domain::outcome::Outcome::Pending {
            return Ok(());
        }
        Err(Error::conflict("the outcome is documented against these targets; they stay as they were judged"))
    }

    fn reply(self, cx: &Context, upsell: &Upsell, plan: &MeasurementPlan, done: Done) -> Reply<Updated> {
        let unchanged = self.asked() - done.changes();
        let Done { targets, taken, milestones, overrides, effects } = done;
        let because =
            self.reason.map_or(String::new(), |reason| format!(", because {}", quote::quoted(&reason)));
        let parts = [
            (targets.len(), ["target", "targets"], cx.words(" set", " to set")),
            (taken.len(), ["reading", "readings"], cx.words(" added", " to add")),
            (milestones.len(), ["milestone", "milestones"], cx.words(" updated", " to update")),
            (overrides.len(), ["health factor", "health factors"], cx.words(" overridden", " to override")),
            (unchanged, ["unchanged"; 2], ""),
        ];
        let told = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<String> =
            told.map(|(count, [one, many], done)| counted(count, one, many) + done).collect();
        let headline = format!("{}: {}{because}.", upsell.customer.name, parts.join(", "));
        let lines = targets.iter().map(targets::line).chain(taken.iter().map(Taken::line));
        let lines = lines.chain(overrides.iter().map(|said| said.line(plan.zone)));
        let told = effects.iter().map(|effect| effect.line(cx));
        let lines: Vec<String> = lines.take(12 - effects.len()).chain(told).collect();
        let data = Updated {
            upsell: upsell.id,
            measurement_id: plan.id,
            plan_version: plan.version,
            targets,
            readings: taken.into_iter().map(Taken::into_change).collect(),
            milestones,
            overrides: overrides.into_iter().map(Said::into_change).collect(),
            effects,
            unchanged,
            as_of: cx.now(),
            dashboard_url: cx.host.dashboard_url(upsell.id),
        };
        let next = Next::call("get_progress", json!({ "upsell": upsell.id }), "what it makes of the status");
        Reply::new(headline, data).lines(lines).next(next)
    }
}

/// Stores the changes, makes the plan's assessment due, and tells what they change of its health.
async fn write(
    cx: &mut Context,
    plan: &mut MeasurementPlan,
    done: &mut Done,
    now: DateTime<Utc>,
) -> Result<()> {
    if done.targets.is_empty() {
        cx.tx.touch_plan(plan).await?;
    } else {
        plan.version += 1;
        plan.drafted_by.clone_from(&cx.caller.name);
        cx.tx.save_plan(plan, now).await?;
    }
    let observations: Vec<Observation> = done.taken.iter().map(|taken| taken.observation.clone()).collect();
    cx.tx.insert_observations(&observations).await?;
    for said in &done.overrides {
        cx.tx.insert_override(plan.id, &said.over).await?;
    }
    cx.tx.usage_changed(&plan.customer, now.with_timezone(&plan.zone).date_naive(), now).await?;
    let standing = Standing::read(cx, &UpsellRef(plan.upsell.to_string()), now).await?;
    let Telling { health, effect } = Known::from(&standing).tell(&mut cx.tx, &cx.host).await?;
    for said in &mut done.overrides {
        said.is_beside(&health);
    }
    done.effects.push(effect);
    Ok(())
}

#[cfg(test)]
mod tests;
