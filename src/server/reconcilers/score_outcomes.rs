//! Keeps the engine's score of outcomes that were documented before scores were kept.

use domain::{Result, id::PlanId, outcome::Outcome};
use std::sync::Arc;
use tools::{Host, self_score};

const BATCH: u32 = 50;

pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let mut tx = host.store.read().await?;
    let plans = tx.unscored_plans(BATCH).await?;
    tx.rollback().await?;
    let mut scored = 0;
    for plan in plans {
        scored += usize::from(score(host, plan).await?);
    }
    Ok(scored)
}

/// Another replica may score the same: the first counts. Known from now on, since nobody could know it before.
async fn score(host: &Arc<Host>, plan: PlanId) -> Result<bool> {
    let now = host.clock.now();
    let mut tx = host.store.write("score_outcomes").await?;
    // Of an outcome documented after `now` nothing is known yet: the clock stepped back.
    if tx.outcome_of(plan).await?.known_at(now) == Outcome::Pending {
        return Ok(false);
    }
    let plan = tx.plan_as_of(plan, now).await?;
    let observations = tx.observations_of(plan.id, now).await?;
    let is_first = self_score::keep(&mut tx, host, &plan, &observations, now).await?;
    tx.commit().await?;
    Ok(is_first)
}
