//! The lives of plans as they were known, read back for replays, backtests and scores.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    calibration::{Promise, promises},
    history::{Course, Moment},
    id::PlanId,
    outcome::Outcome,
    plan::MeasurementPlan,
    progress::Evaluation,
    replay::{Difference, difference, recompute},
};
use std::sync::Arc;
use store::Tx;
use tools::Host;

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Replayed {
    pub evaluations: usize,
    pub differences: Vec<Difference>,
}

/// Recomputes every evaluation stored within the stretch.
pub async fn replay(host: &Arc<Host>, stretch: Stretch) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    for plan in evaluated(host, stretch).await? {
        let course = course(host, plan, stretch).await?;
        for moment in &course.moments {
            replayed.evaluations += 1;
            replayed.differences.extend(again(host, &course, moment).await?);
        }
    }
    Ok(replayed)
}

async fn again(host: &Arc<Host>, course: &Course, moment: &Moment) -> Result<Option<Difference>> {
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
    let progress =
        recompute(then, version, &course.observations, previous.as_ref(), &moment.cohorts, &host.policy);
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
pub async fn course(host: &Arc<Host>, plan: PlanId, stretch: Stretch) -> Result<Course> {
    let mut tx = host.store.read().await?;
    let versions = tx.plan_versions(plan).await?;
    let observations = tx.observations_of(plan, stretch.to).await?;
    let conclusion = match tx.outcome_of(plan).await? {
        Outcome::Pending => None,
        Outcome::Documented(outcome) => Some(outcome.conclusion),
    };
    let evaluations = tx.evaluations_of(plan, stretch.from, stretch.to).await?;
    let moments = moments(host, &mut tx, &versions, evaluations).await?;
    tx.rollback().await?;
    Ok(Course { moments, versions, observations, conclusion })
}

async fn moments(
    host: &Arc<Host>,
    tx: &mut Tx,
    versions: &[MeasurementPlan],
    evaluations: Vec<Evaluation>,
) -> Result<Vec<Moment>> {
    let mut moments = Vec::with_capacity(evaluations.len());
    for evaluation in evaluations {
        let Some(version) = versions.iter().find(|plan| plan.version == evaluation.plan_version) else {
            continue;
        };
        let cohorts = host.cohorts.similar(tx, version, evaluation.at, &host.policy).await?;
        moments.push(Moment { evaluation, cohorts });
    }
    Ok(moments)
}

/// The forecasts finished plans were given at their earlier checkpoints, with what came.
pub async fn kept_promises(host: &Arc<Host>, stretch: Stretch) -> Result<Vec<Promise>> {
    let mut all = Vec::new();
    for plan in evaluated(host, stretch).await? {
        let Course { moments, versions, conclusion, .. } = course(host, plan, stretch).await?;
        let evaluations: Vec<Evaluation> = moments.into_iter().map(|moment| moment.evaluation).collect();
        if let (Some(_), Some(plan), Some(last)) = (conclusion, versions.last(), evaluations.last()) {
            all.extend(promises(plan, &evaluations, last));
        }
    }
    Ok(all)
}

/// All there is, up to now.
pub fn until_now(host: &Host) -> Stretch {
    Stretch { from: DateTime::UNIX_EPOCH, to: host.clock.now() }
}
