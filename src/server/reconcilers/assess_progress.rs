//! Assesses plans whose time has come or whose usage changed, and stores what was concluded.

use super::{observe, raise_alerts};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Result,
    assess::{Inputs, METHOD, Occasion, assess, inputs_of},
    findings::Facts,
    milestone,
    observation::Observation,
    outcome::Outcome,
    plan::MeasurementPlan,
    progress::Evaluation,
    replay::ticks_of,
    schedule::{is_over, next_assessment},
    upsell::Upsell,
};
use std::sync::Arc;
use store::{Tx, plans::DueAssessment};
use tools::{Host, baselines, health::Known};

const BATCH: u32 = 32;

pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let now = host.clock.now();
    let mut tx = host.store.write("assess_progress").await?;
    let due = tx.claim_due_assessments(now, BATCH).await?;
    let claimed = due.len();
    if claimed > 0 {
        tx.keep_policy(&host.policy, now).await?;
    }
    for plan in due {
        settle(&mut tx, host, plan, now).await?;
    }
    tx.commit().await?;
    Ok(claimed)
}

/// After the outcome is documented, or long after the last checkpoint, a plan rests. One that was evaluated after `now`
/// waits for that moment: the clock stepped back, and less is known than was known then.
async fn settle(tx: &mut Tx, host: &Host, due: DueAssessment, now: DateTime<Utc>) -> Result<()> {
    if let Some(later) = tx.last_evaluated_at(due.plan.upsell).await?.filter(|at| *at > now) {
        return tx.postpone_assessment(due.plan.id, later).await;
    }
    let (plan, outcome) = (due.plan.id, tx.outcome_of(due.plan.id).await?);
    if outcome != Outcome::Pending || is_over(&due.plan, &host.policy, now) {
        return tx.schedule_assessment(plan, None).await;
    }
    let next = next_assessment(&due.plan, &host.policy, now);
    assess_plan(tx, host, due, now).await?;
    tx.schedule_assessment(plan, next).await
}

async fn assess_plan(tx: &mut Tx, host: &Host, mut due: DueAssessment, now: DateTime<Utc>) -> Result<()> {
    mend_baselines(tx, host, &mut due, now).await?;
    let mut observations = tx.observations_of(due.plan.id, now).await?;
    let new = observe::observe(tx, host, &due, &observations, now).await?;
    tx.insert_observations(&new).await?;
    observations.extend(new);
    if reach_milestones(&mut due.plan, &observations, now) {
        tx.touch_plan(&due.plan).await?;
    }
    let upsell = tx.upsell_by_id(due.plan.upsell).await?;
    let evaluation = evaluate(tx, host, &upsell, &due.plan, &observations, now).await?;
    tx.insert_evaluation(&evaluation).await?;
    let progress = &evaluation.progress;
    let known = Known { upsell: &upsell, plan: &due.plan, progress, outcome: &Outcome::Pending, at: now };
    known.tell(tx, host).await?;
    let facts = Facts {
        upsell: &upsell,
        plan: Some(&due.plan),
        progress: Some(progress),
        plan_waits_for: None,
        is_documented: false,
        policy: &host.policy,
        now,
    };
    raise_alerts::settle(tx, host, &facts).await
}

/// Usage of before day 0 that comes late may tell a baseline that was missing.
async fn mend_baselines(tx: &mut Tx, host: &Host, due: &mut DueAssessment, now: DateTime<Utc>) -> Result<()> {
    if due.changed_from.is_none_or(|day| day >= due.plan.tracking_start) {
        return Ok(());
    }
    if let Some(mended) = baselines::remeasured(tx, host, &due.plan, now).await? {
        tx.save_plan(&mended, now).await?;
        due.plan = mended;
    }
    Ok(())
}

async fn evaluate(
    tx: &mut Tx,
    host: &Host,
    upsell: &Upsell,
    plan: &MeasurementPlan,
    observations: &[Observation],
    now: DateTime<Utc>,
) -> Result<Evaluation> {
    // One of this very moment is replaced: it knew less.
    let previous = tx.last_evaluation(plan.id, now - TimeDelta::milliseconds(1)).await?;
    let cohorts = host.cohorts.similar(tx, plan, now, &host.policy).await?;
    let progress = assess(&Inputs {
        plan,
        observations,
        previous: previous.as_ref(),
        cohorts: &cohorts,
        policy: &host.policy,
        ended_on: upsell.ended_on(),
        now,
        occasion: Occasion::Scheduled,
    });
    Ok(Evaluation {
        id: host.ids.next(),
        plan: plan.id,
        plan_version: plan.version,
        upsell: plan.upsell,
        at: now,
        method: METHOD,
        previous: previous.map(|evaluation| evaluation.id),
        inputs: inputs_of(&progress),
        ticked: ticks_of(plan),
        progress,
    })
}

/// Keeps what the observations say of milestones; whether any changed.
fn reach_milestones(plan: &mut MeasurementPlan, observations: &[Observation], now: DateTime<Utc>) -> bool {
    let reached = milestone::as_known(&plan.milestones, observations, now);
    let changed = reached != plan.milestones;
    plan.milestones = reached;
    changed
}
