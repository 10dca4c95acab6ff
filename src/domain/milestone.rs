//! An adoption step reached or not.

use crate::{
    observation::{Observation, known},
    plan::MeasurementPlan,
    progress::MetricProgress,
    status::DataState,
    text::Name,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What reaches a milestone by itself; one without a rule is ticked by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct ReachedWhen {
    pub metric: crate::id::MetricKey,
    pub at_least: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Milestone {
    /// Stable word within the plan.
    pub key: String,
    pub name: Name,
    /// Days since day 0 by which it should be reached.
    pub due_day: u16,
    pub weight: f64,
    pub critical: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reached_when: Option<ReachedWhen>,
    #[serde(flatten)]
    pub state: MilestoneState,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum MilestoneState {
    #[default]
    Open,
    Done {
        on: NaiveDate,
    },
    Skipped,
}

impl Milestone {
    pub const fn is_done(&self) -> bool {
        matches!(self.state, MilestoneState::Done { .. })
    }
    /// Days overdue at `day`; `None` when not due, done or skipped.
    pub fn overdue_days(&self, day: i32) -> Option<i32> {
        let late = day - i32::from(self.due_day);
        (matches!(self.state, MilestoneState::Open) && late > 0).then_some(late)
    }

    /// Days overdue at `day` as far as data tells: a step that usage reaches may have been reached after its metric was
    /// last heard of, so missing data makes nothing later than it was.
    pub fn known_overdue_days(
        &self,
        day: i32,
        plan: &MeasurementPlan,
        metrics: &[MetricProgress],
    ) -> Option<i32> {
        let Some(rule) = &self.reached_when else { return self.overdue_days(day) };
        let metric = metrics.iter().find(|metric| metric.metric == rule.metric)?;
        match metric.data_state {
            DataState::Fresh | DataState::Partial => self.overdue_days(day),
            DataState::Stale => self.overdue_days(plan.day_of(metric.current_on?)),
            DataState::None => None,
        }
    }
}

/// The milestones as `observations` known at `now` reach them: those with a rule on the first day their metric was
/// there, the others as they were ticked.
pub fn as_known(
    milestones: &[Milestone],
    observations: &[Observation],
    now: DateTime<Utc>,
) -> Vec<Milestone> {
    let state = |milestone: &Milestone| match (&milestone.reached_when, &milestone.state) {
        (Some(rule), MilestoneState::Open | MilestoneState::Done { .. }) => {
            let values = known(observations, &rule.metric, now);
            let first = values.into_iter().find(|seen| seen.value >= rule.at_least);
            first.map_or(MilestoneState::Open, |first| MilestoneState::Done { on: first.valid_on })
        }
        (_, state) => state.clone(),
    };
    milestones.iter().map(|milestone| Milestone { state: state(milestone), ..milestone.clone() }).collect()
}

/// `Σ w·done / Σ w` in 0..=1 over milestones not skipped; `None` when there are none (`methods.md` 2).
pub fn completion(milestones: &[Milestone]) -> Option<f64> {
    let counted = || milestones.iter().filter(|m| m.state != MilestoneState::Skipped);
    let all: f64 = counted().map(|m| m.weight).sum();
    let done: f64 = counted().filter(|m| m.is_done()).map(|m| m.weight).sum();
    // A sum of nothing is −0.
    (all > 0.0).then(|| (done + 0.0) / all)
}
