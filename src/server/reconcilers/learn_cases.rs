//! Works out what analyses ask of upsells that changed beside their assessments, or were stored before it was kept.

use domain::{Result, id::UpsellId};
use std::sync::Arc;
use tools::{Host, cases::keep_facts};

const BATCH: u32 = 50;

/// Each in a transaction of its own: one that cannot be read keeps none of the others waiting.
pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let mut tx = host.store.read().await?;
    let upsells = tx.upsells_without_facts(BATCH).await?;
    tx.rollback().await?;
    let mut learned = 0;
    for upsell in upsells {
        match learn(host, upsell).await {
            Ok(()) => learned += 1,
            Err(error) => tracing::warn!(%upsell, %error, "an upsell is left out of kept analyses"),
        }
    }
    Ok(learned)
}

async fn learn(host: &Arc<Host>, upsell: UpsellId) -> Result<()> {
    let mut tx = host.store.write("learn_cases").await?;
    keep_facts(&mut tx, upsell, host.clock.now()).await?;
    tx.commit().await
}
