//! Assesses plans whose time has come or whose usage changed, and stores what was concluded.

use super::{observe, raise_alerts};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    assess::{Inputs, Occasion, assess, inputs_of},
    findings::Facts,
    milestone::MilestoneState,
    observation::{Observation, known},
    outcome::Outcome,
    plan::MeasurementPlan,
    progress::Evaluation,
    schedule::{is_over, next_assessment},
};
use std::sync::Arc;
use store::{Tx, plans::DueAssessment};
use tools::Host;

const BATCH: u32 = 32;

pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let now = host.clock.now();
    let mut tx = host.store.write("assess_progress").await?;
    let due = tx.claim_due_assessments(now, BATCH).await?;
    let claimed = due.len();
    for plan in due {
        settle(&mut tx, host, plan, now).await?;
    }
    tx.commit().await?;
    Ok(claimed)
}

/// After the outcome is documented, or long after the last checkpoint, a plan rests.
async fn settle(tx: &mut Tx, host: &Host, due: DueAssessment, now: DateTime<Utc>) -> Result<()> {
    let (plan, outcome) = (due.plan.id, tx.outcome_of(due.plan.id).await?);
    if outcome != Outcome::Pending || is_over(&due.plan, now) {
        return tx.schedule_assessment(plan, None).await;
    }
    let next = next_assessment(&due.plan, &host.policy, now);
    assess_plan(tx, host, due, now).await?;
    tx.schedule_assessment(plan, next).await
}

async fn assess_plan(tx: &mut Tx, host: &Host, mut due: DueAssessment, now: DateTime<Utc>) -> Result<()> {
    let mut observations = tx.observations_of(due.plan.id, now).await?;
    let new = observe::observe(tx, host, &due, &observations, now).await?;
    tx.insert_observations(&new).await?;
    observations.extend(new);
    if reach_milestones(&mut due.plan, &observations, now) {
        tx.touch_plan(&due.plan).await?;
    }
    let evaluation = evaluate(tx, host, &due.plan, &observations, now).await?;
    tx.insert_evaluation(&evaluation).await?;
    let upsell = tx.upsell_by_id(due.plan.upsell).await?;
    let facts = Facts {
        upsell: &upsell,
        plan: Some(&due.plan),
        progress: Some(&evaluation.progress),
        plan_waits_for: None,
        is_documented: false,
        policy: &host.policy,
        now,
    };
    raise_alerts::settle(tx, host, &facts).await?;
    Ok(())
}

async fn evaluate(
    tx: &mut Tx,
    host: &Host,
    plan: &MeasurementPlan,
    observations: &[Observation],
    now: DateTime<Utc>,
) -> Result<Evaluation> {
    let previous = tx.last_evaluation(plan.id, now).await?;
    let cohorts = host.cohorts.similar(tx, plan, now, &host.policy).await?;
    let progress = assess(&Inputs {
        plan,
        observations,
        previous: previous.as_ref(),
        cohorts: &cohorts,
        policy: &host.policy,
        now,
        occasion: Occasion::Scheduled,
    });
    Ok(Evaluation {
        id: host.ids.next(),
        plan: plan.id,
        plan_version: plan.version,
        upsell: plan.upsell,
        at: now,
        previous: previous.map(|evaluation| evaluation.id),
        inputs: inputs_of(&progress),
        progress,
    })
}

/// Ticks off milestones by rule, on the first day their metric was there; whether any was.
fn reach_milestones(plan: &mut MeasurementPlan, observations: &[Observation], now: DateTime<Utc>) -> bool {
    let mut any = false;
    for milestone in plan.milestones.iter_mut().filter(|milestone| milestone.state == MilestoneState::Open) {
        let Some(rule) = &milestone.reached_when else { continue };
        let first =
            known(observations, &rule.metric, now).into_iter().find(|seen| seen.value >= rule.at_least);
        if let Some(first) = first {
            milestone.state = MilestoneState::Done { on: first.valid_on };
            any = true;
        }
    }
    any
}
