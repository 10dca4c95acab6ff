//! From an upsell and its template to a measurement plan, or to what it still waits for.

mod asked;
mod metrics;
mod targets;
mod waits;

pub use asked::{AskedHow, AskedMetric};
pub use targets::{on_template_scale, retarget, three_digits};
pub use waits::Waits;

use crate::{
    Result,
    baseline::Baseline,
    checkpoint::{Checkpoint, CheckpointState},
    error::{Error, FieldFault},
    id::{MetricKey, PlanId},
    matching::Match,
    metric::{Metric, TargetOffer},
    milestone::{Milestone, MilestoneState, ReachedWhen},
    plan::{Goal, MeasurementPlan},
    template::{Template, checkpoint_faults},
    upsell::Upsell,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// All that a plan is drafted from.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub upsell: &'a Upsell,
    pub found: &'a Match<'a>,
    /// Of the template's metrics with a measured baseline.
    pub baselines: &'a BTreeMap<MetricKey, Baseline>,
    /// Targets on offer besides the template's own: learned from past upsells. Those of a standing version are kept.
    pub offers: &'a BTreeMap<MetricKey, Vec<TargetOffer>>,
    pub asked: &'a [AskedMetric],
    /// The upsell's own when empty.
    pub goals: &'a [String],
    /// The template's when `None`.
    pub checkpoint_days: Option<&'a [u16]>,
    /// The version that stands, when this is a revision: what people set in it is kept.
    pub current: Option<&'a MeasurementPlan>,
    /// Who asks: a caller's name, or `uptake`.
    pub by: &'a str,
}

impl Draft<'_> {
    /// The plan: version 1 under `id`, or the next version of the one that stands, under its id.
    pub fn plan(&self, id: PlanId, now: DateTime<Utc>) -> Result<MeasurementPlan> {
        if let Some(waits) = Waits::of(self.upsell, self.found.template) {
            return Err(waits.into());
        }
        let template = self.found.template;
        let (metrics, left_out) = self.metrics()?;
        let benchmarks = template.metrics.iter().filter_map(|metric| {
            metric.benchmark.as_ref().map(|benchmark| (metric.key.0.clone(), benchmark.value))
        });
        let mut choice = self.found.choice();
        if !left_out.is_empty() {
            choice.why = format!("{} Left out: {}.", choice.why, left_out.join("; "));
        }
        if let Some(current) = self.current.filter(|plan| plan.template.id == choice.id) {
            choice.why.clone_from(&current.template.why);
        }
        Ok(MeasurementPlan {
            id: self.current.map_or(id, |current| current.id),
            upsell: self.upsell.id,
            customer: self.upsell.customer.id.clone(),
            version: self.current.map_or(1, |current| current.version + 1),
            tracking_start: self.upsell.day_zero(),
            zone: self.upsell.customer.zone,
            seats: self.upsell.seats,
            seats_before: self.upsell.seats_before,
            template: choice,
            milestones: milestones(template, &metrics, self.current),
            metrics,
            goals: self.goals(),
            benchmarks: benchmarks.collect(),
            checkpoints: self.checkpoints()?,
            drafted_by: self.by.to_owned(),
            created_at: self.current.map_or(now, |current| current.created_at),
        })
    }

    fn goals(&self) -> Vec<Goal> {
        let standing = || self.current.iter().flat_map(|current| &current.goals);
        let texts: Vec<String> = match (self.goals, self.current) {
            ([], Some(_)) => standing().map(|goal| goal.text.clone()).collect(),
            ([], None) => self.upsell.goals.clone(),
            (asked, _) => asked.to_vec(),
        };
        let goal = |text: String| {
            let known = standing().find(|goal| goal.text == text).cloned();
            known.unwrap_or(Goal { text, metric: None, achieved: None })
        };
        texts.into_iter().map(goal).collect()
    }

    /// Closed checkpoints stay as they are; the days still open may be moved.
    fn checkpoints(&self) -> Result<Vec<Checkpoint>> {
        let standing: &[Checkpoint] = self.current.map_or(&[], |current| &current.checkpoints);
        let days = match (self.checkpoint_days, standing) {
            (Some(days), _) => days,
            (None, []) => &self.found.template.checkpoints,
            (None, _) => return Ok(standing.to_vec()),
        };
        let lost =
            standing.iter().find(|checkpoint| !checkpoint.is_open() && !days.contains(&checkpoint.day));
        let fault = lost
            .map(|lost| {
                format!("the {} is closed already and stays: list its day {} too", lost.title(), lost.day)
            })
            .or_else(|| checkpoint_faults(days));
        if let Some(wanted) = fault {
            let received = format!("{days:?}");
            return Err(Error::faults(vec![FieldFault {
                field: "checkpointDays".to_owned(),
                received,
                wanted,
            }]));
        }
        let kept = |day: u16| -> Option<CheckpointState> {
            standing
                .iter()
                .find(|checkpoint| checkpoint.day == day)
                .map(|checkpoint| checkpoint.state.clone())
        };
        let (start, zone) = (self.upsell.day_zero(), self.upsell.customer.zone);
        let checkpoints = days.iter().enumerate().map(|(position, day)| {
            let fresh = Checkpoint::on(*day, start, zone, position, days.len());
            let state = kept(*day).unwrap_or(fresh.state);
            Checkpoint { state, ..fresh }
        });
        Ok(checkpoints.collect())
    }
}

/// Is the revision no change but in its version and who asked for it?
pub fn is_same(current: &MeasurementPlan, revised: &MeasurementPlan) -> bool {
    let MeasurementPlan { version, drafted_by, .. } = current.clone();
    MeasurementPlan { version, drafted_by, ..revised.clone() } == *current
}

/// The template's milestones whose metric is measured, in the state the standing plan knows.
fn milestones(template: &Template, metrics: &[Metric], current: Option<&MeasurementPlan>) -> Vec<Milestone> {
    let is_measured = |key: &MetricKey| metrics.iter().any(|metric| &metric.key == key);
    let kept = template
        .milestones
        .iter()
        .filter(|milestone| milestone.reached_when.as_ref().is_none_or(|reach| is_measured(&reach.metric)));
    kept.map(|milestone| Milestone {
        key: milestone.key.clone(),
        name: milestone.name.as_str().into(),
        due_day: milestone.due_day,
        weight: milestone.weight,
        critical: milestone.critical,
        reached_when: milestone
            .reached_when
            .as_ref()
            .map(|reach| ReachedWhen { metric: reach.metric.clone(), at_least: reach.at_least }),
        state: current
            .and_then(|current| current.milestones.iter().find(|known| known.key == milestone.key))
            .map_or(MilestoneState::Open, |known| known.state.clone()),
    })
    .collect()
}

#[cfg(test)]
mod tests;
