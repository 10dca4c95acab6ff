//! Recomputes stored evaluations from what was known then, and tells any difference.

use crate::{
    assess::{Cohorts, Inputs, Occasion, assess},
    id::{EvaluationId, PlanId},
    milestone::MilestoneState,
    observation::Observation,
    plan::MeasurementPlan,
    policy::Policy,
    progress::{Evaluation, Progress},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A stored evaluation that does not come out the same again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    pub plan: PlanId,
    pub evaluation: EvaluationId,
    /// What was stored, and what comes out now, as JSON.
    pub stored: String,
    pub recomputed: String,
}

/// The progress `evaluation` should hold, from the plan version it names and everything known at its moment.
pub fn recompute(
    evaluation: &Evaluation,
    version: &MeasurementPlan,
    observations: &[Observation],
    previous: Option<&Evaluation>,
    cohorts: &Cohorts,
    policy: &Policy,
) -> Progress {
    let plan = with_ticks(version, &evaluation.ticked);
    assess(&Inputs {
        plan: &plan,
        observations,
        previous,
        cohorts,
        policy,
        ended_on: evaluation.progress.ended_on,
        now: evaluation.at,
        occasion: Occasion::Scheduled,
    })
}

/// `None` when both are the same to the byte.
pub fn difference(evaluation: &Evaluation, recomputed: &Progress) -> Option<Difference> {
    let json = |progress: &Progress| serde_json::to_string(progress).expect("a progress is plain data");
    let (stored, recomputed) = (json(&evaluation.progress), json(recomputed));
    (stored != recomputed).then_some(Difference {
        plan: evaluation.plan,
        evaluation: evaluation.id,
        stored,
        recomputed,
    })
}

/// The states of the milestones no rule reaches: what an evaluation must remember to be recomputed.
pub fn ticks_of(plan: &MeasurementPlan) -> BTreeMap<String, MilestoneState> {
    let by_hand = plan.milestones.iter().filter(|milestone| {
        milestone.state != MilestoneState::Open
            && (milestone.reached_when.is_none() || milestone.state == MilestoneState::Skipped)
    });
    by_hand.map(|milestone| (milestone.key.clone(), milestone.state.clone())).collect()
}

/// A version with its milestones ticked as an evaluation remembers, and no other.
pub fn with_ticks(version: &MeasurementPlan, ticked: &BTreeMap<String, MilestoneState>) -> MeasurementPlan {
    let mut plan = version.clone();
    for milestone in &mut plan.milestones {
        milestone.state = ticked.get(&milestone.key).cloned().unwrap_or_default();
    }
    plan
}
