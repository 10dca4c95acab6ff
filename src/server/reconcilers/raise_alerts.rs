//! Makes the stored alerts say what the rules find: raises, wakes and closes.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    alert::{Alert, Finding},
    episode::{Raised, Step, steps},
    findings::{Facts, findings, plan_missing_moments},
    id::UpsellId,
    outcome::Outcome,
};
use std::sync::Arc;
use store::Tx;
use tools::Host;

const BATCH: u32 = 200;

/// Looks after what no assessment does: upsells without a plan, changes of plans that rest, snoozes that ended.
pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let now = host.clock.now();
    let mut tx = host.store.read().await?;
    let upsells = tx.upsells_to_look_at(now, BATCH).await?;
    tx.rollback().await?;
    let mut looked_after = 0;
    for upsell in upsells {
        let mut tx = host.store.write("raise_alerts").await?;
        looked_after += usize::from(look_after(&mut tx, host, upsell, now).await?);
        tx.commit().await?;
    }
    Ok(looked_after)
}

/// `false` where the clock stepped back: what was evaluated or alerted after `now` waits for that moment.
async fn look_after(tx: &mut Tx, host: &Host, upsell: UpsellId, now: DateTime<Utc>) -> Result<bool> {
    if let Some(later) = tx.last_evaluated_at(upsell).await?.filter(|at| *at > now) {
        tx.look_again(upsell, Some(later)).await?;
        return Ok(false);
    }
    let upsell = tx.upsell_by_id(upsell).await?;
    let plan = tx.find_plan_of(upsell.id).await?;
    let (evaluation, outcome) = match &plan {
        None => (None, Outcome::Pending),
        Some(plan) => (tx.last_evaluation(plan.id, now).await?, tx.outcome_of(plan.id).await?),
    };
    let waits_for = tx.plan_waits_for(upsell.id).await?;
    let facts = Facts {
        upsell: &upsell,
        plan: plan.as_ref(),
        progress: evaluation.as_ref().map(|evaluation| &evaluation.progress),
        plan_waits_for: waits_for.as_deref(),
        is_documented: outcome != Outcome::Pending,
        policy: &host.policy,
        now,
    };
    // The upsell's row first, then its alerts: an assessment on another replica takes them in this order.
    let missing = plan.is_none().then(|| plan_missing_moments(upsell.detected_at, &host.policy));
    let later = tx.latest_alerts_of(upsell.id).await?.into_iter().map(|alert| alert.changed_at());
    let again = missing.into_iter().flatten().chain(later).filter(|at| *at > now).min();
    tx.look_again(upsell.id, again).await?;
    settle(tx, host, &facts).await?;
    Ok(true)
}

/// Brings one upsell's alerts to what is found.
pub async fn settle(tx: &mut Tx, host: &Host, facts: &Facts<'_>) -> Result<()> {
    let latest = tx.latest_alerts_of(facts.upsell.id).await?;
    for step in steps(findings(facts), latest, facts.now) {
        match step {
            Step::Save(alert) => tx.save_alert(&alert).await?,
            Step::Raise(raised) => {
                // Another replica may have raised the same.
                tx.insert_alert(&alert(host, facts, raised)).await?;
            }
        }
    }
    Ok(())
}

fn alert(host: &Host, facts: &Facts<'_>, raised: Raised) -> Alert {
    let Raised { finding, episode, state, notes } = raised;
    let Finding { metric, rule, severity, message, next_step, names: _ } = finding;
    Alert {
        id: host.ids.next(),
        upsell: facts.upsell.id,
        plan: facts.plan.map(|plan| plan.id),
        metric,
        rule,
        episode,
        severity,
        state,
        owner: facts.upsell.owner.clone(),
        message,
        next_step,
        raised_at: facts.now,
        digest: None,
        notes,
    }
}
