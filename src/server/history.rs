//! The lives of plans as they were known, read back for replays, backtests and scores.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    assess::METHOD,
    history::{Course, Moment},
    id::PlanId,
    outcome::Outcome,
    plan::MeasurementPlan,
    policy::Policy,
    progress::Evaluation,
    replay::{Difference, difference, recompute},
};
use std::{collections::BTreeMap, sync::Arc};
use store::Tx;
use tools::Host;

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Which policy the past is looked at under.
#[derive(Debug, Clone, Copy)]
pub enum Under<'a> {
    /// Each evaluation under the one it names.
    Its(&'a BTreeMap<String, Policy>),
    This(&'a Policy),
    /// None: nothing is judged again, so nothing similar is read.
    AsStored,
}

impl<'a> Under<'a> {
    fn policy_of(self, evaluation: &Evaluation) -> Option<&'a Policy> {
        match self {
            Self::Its(policies) => policies.get(&evaluation.progress.policy),
            Self::This(policy) => Some(policy),
            Self::AsStored => None,
        }
    }
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Replayed {
    pub evaluations: usize,
    pub differences: Vec<Difference>,
    /// Made by earlier formulas, or under a policy nobody kept: these are not recomputed.
    pub earlier: usize,
}

/// Recomputes every evaluation stored within the stretch, each under the policy it names.
pub async fn replay(host: &Arc<Host>, stretch: Stretch) -> Result<Replayed> {
    let mut tx = host.store.read().await?;
    let policies = tx.policies().await?;
    tx.rollback().await?;
    replay_under(host, stretch, &policies).await
}

pub(crate) async fn replay_under(
    host: &Arc<Host>,
    stretch: Stretch,
    policies: &BTreeMap<String, Policy>,
) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    for plan in evaluated(host, stretch).await? {
        let course = course(host, plan, stretch, Under::Its(policies)).await?;
        for moment in &course.moments {
            match policies.get(&moment.evaluation.progress.policy) {
                Some(policy) if moment.evaluation.method == METHOD => {
                    replayed.evaluations += 1;
                    replayed.differences.extend(again(host, &course, moment, policy).await?);
                }
                _ => replayed.earlier += 1,
            }
        }
    }
    Ok(replayed)
}

async fn again(
    host: &Arc<Host>,
    course: &Course,
    moment: &Moment,
    policy: &Policy,
) -> Result<Option<Difference>> {
    let then = &moment.evaluation;
    let Some(version) = course.versions.iter().find(|plan| plan.version == then.plan_version) else {
        return Ok(None);
    };
    let inside = course.moments.iter().map(|moment| &moment.evaluation);
    let previous = match then.previous {
        None => None,
        Some(id) => match inside.into_iter().find(|evaluation| evaluation.id == id) {
            Some(evaluation) => Some(evaluation.clone()),
            None => before(host, then).await?,
        },
    };
    let progress = recompute(then, version, &course.observations, previous.as_ref(), &moment.cohorts, policy);
    Ok(difference(then, &progress))
}

/// The one before the first of a stretch lies outside it.
async fn before(host: &Arc<Host>, evaluation: &Evaluation) -> Result<Option<Evaluation>> {
    let mut tx = host.store.read().await?;
    let before =
        tx.last_evaluation(evaluation.plan, evaluation.at - chrono::TimeDelta::milliseconds(1)).await?;
    tx.rollback().await?;
    Ok(before)
}

/// Plans with an evaluation within the stretch.
pub async fn evaluated(host: &Arc<Host>, stretch: Stretch) -> Result<Vec<PlanId>> {
    let mut tx = host.store.read().await?;
    let plans = tx.evaluated_plans(stretch.from, stretch.to).await?;
    tx.rollback().await?;
    Ok(plans)
}

/// One plan's life within the stretch, with what was similar at each moment.
pub async fn course(host: &Arc<Host>, plan: PlanId, stretch: Stretch, under: Under<'_>) -> Result<Course> {
    let mut tx = host.store.read().await?;
    let versions = tx.plan_versions(plan).await?;
    let observations = tx.observations_of(plan, stretch.to).await?;
    let conclusion = match tx.outcome_of(plan).await? {
        Outcome::Pending => None,
        Outcome::Documented(outcome) => Some(outcome.conclusion),
    };
    let evaluations = tx.evaluations_of(plan, stretch.from, stretch.to).await?;
    let moments = moments(host, &mut tx, &versions, evaluations, under).await?;
    tx.rollback().await?;
    Ok(Course { moments, versions, observations, conclusion })
}

async fn moments(
    host: &Arc<Host>,
    tx: &mut Tx,
    versions: &[MeasurementPlan],
    evaluations: Vec<Evaluation>,
    under: Under<'_>,
) -> Result<Vec<Moment>> {
    let mut moments = Vec::with_capacity(evaluations.len());
    for evaluation in evaluations {
        let Some(version) = versions.iter().find(|plan| plan.version == evaluation.plan_version) else {
            continue;
        };
        let cohorts = match under.policy_of(&evaluation) {
            Some(policy) => host.cohorts.similar(tx, version, evaluation.at, policy).await?,
            None => Arc::default(),
        };
        moments.push(Moment { evaluation, cohorts });
    }
    Ok(moments)
}

/// All there is, up to now.
pub fn until_now(host: &Host) -> Stretch {
    Stretch { from: DateTime::UNIX_EPOCH, to: host.clock.now() }
}
