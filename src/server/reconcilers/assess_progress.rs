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
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Tx, plans::DueAssessment};
use tools::{Host, baselines, cases, health::Known};

/// Plans of one run, whatever turns they take: what follows a run does not depend on how fast it was.
const BATCH: u32 = 32;
/// Plans claimed at once: more than a turn has time for is read in vain.
const CLAIM: u32 = 8;
/// Small writes wait no longer than this, and one plan, for a turn.
const TURN: Duration = Duration::from_millis(10);

pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let mut assessed = 0;
    while assessed < BATCH {
        match turn(host, CLAIM.min(BATCH - assessed), TURN).await? {
            0 => break,
            some => assessed += some,
        }
    }
    Ok(assessed as usize)
}

/// One turn of the writer: assesses due plans until its time is over, but at least one.
async fn turn(host: &Arc<Host>, most: u32, time: Duration) -> Result<u32> {
    let now = host.clock.now();
    let mut tx = host.store.write("assess_progress").await?;
    let began = Instant::now();
    let due = tx.claim_due_assessments(now, most).await?;
    if !due.is_empty() {
        tx.keep_policy(&host.policy, now).await?;
    }
    let mut assessed = 0;
    for plan in due {
        settle(&mut tx, host, plan, now).await?;
        assessed += 1;
        if began.elapsed() >= time {
            break;
        }
    }
    tx.commit().await?;
    Ok(assessed)
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
    tx.lock_facts(due.plan.upsell).await?;
    let upsell = tx.upsell_by_id(due.plan.upsell).await?;
    let evaluation = evaluate(tx, host, &upsell, &due.plan, &observations, now).await?;
    tx.insert_evaluation(&evaluation).await?;
    let (plan, last) = (&due.plan, Some(&evaluation));
    cases::Known { upsell: &upsell, plan, observations: &observations, last, now }.keep(tx).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcilers::draft_plans;
    use chrono::DateTime;
    use domain::{policy::Policy, template::built_in};
    use serde_json::json;
    use std::sync::atomic::AtomicU64;
    use store::Store;
    use tokio::sync::Notify;
    use tools::{Caller, Clock, Ids};

    const SALES: u32 = 40;

    /// Sales whose plans were drafted just now and are to be assessed.
    async fn due() -> Arc<Host> {
        let at: DateTime<Utc> = "2026-02-21T15:00:00Z".parse().unwrap();
        let host = Arc::new(Host {
            store: Store::open("sqlite::memory:").await.unwrap(),
            clock: Clock::held(at),
            ids: Ids::Seeded(AtomicU64::new(1)),
            templates: built_in(),
            policy: Policy::default(),
            cohorts: tools::cohorts::CohortCache::default(),
            keys: tools::key_cache::KeyCache::default(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            changed: Notify::new(),
        });
        let register = tools::entry("register_upsell").unwrap();
        for n in 0..SALES {
            let sale = json!({
                "source": "salesforce", "opportunityId": format!("006-{n}"), "customer": format!("Customer {n}"),
                "customerId": format!("customer-{n}"), "products": ["Data Sync"], "arrIncrease": 128_000,
                "closeDate": "2026-02-20", "timeZone": "America/New_York"
            });
            register.call(&host, &Caller::scheduler(), sale).await.unwrap();
        }
        while draft_plans::run(&host).await.unwrap() > 0 {}
        host
    }

    #[tokio::test]
    async fn a_turn_whose_time_is_over_does_one_plan_and_a_run_does_a_batch_in_turns() {
        let host = due().await;
        assert_eq!(turn(&host, CLAIM, Duration::ZERO).await.unwrap(), 1, "never none");
        assert_eq!(turn(&host, CLAIM, Duration::MAX).await.unwrap(), CLAIM);
        assert_eq!(run(&host).await.unwrap(), SALES as usize - 9);
        assert_eq!(run(&host).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_run_is_the_same_batch_however_long_its_turns() {
        let host = due().await;
        assert_eq!(run(&host).await.unwrap(), BATCH as usize);
    }
}
