//! A detected upsell gets a plan from its template by itself; one that lacks something waits, and says for what.

use domain::{Code, Error, Result, id::UpsellId};
use serde_json::json;
use std::sync::Arc;
use tools::{Caller, Host};

const BATCH: u32 = 50;
const TOOL: &str = "create_measurement_plan";

pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let mut tx = host.store.read().await?;
    let upsells = tx.upsells_to_draft(BATCH).await?;
    tx.rollback().await?;
    let mut drafted = 0;
    for upsell in upsells {
        drafted += draft(host, upsell).await?;
    }
    Ok(drafted)
}

/// Replicas may meet here: the tool makes one plan per upsell, and the second call gets the first answer.
async fn draft(host: &Arc<Host>, upsell: UpsellId) -> Result<usize> {
    let tool = tools::entry(TOOL).expect("the catalogue has the tool that makes plans");
    match tool.call(host, &Caller::scheduler(), json!({ "upsell": upsell })).await {
        Ok(_) => Ok(1),
        Err(error) if error.code.is_retryable() || error.code == Code::Internal => Err(error),
        Err(error) => wait(host, upsell, &error).await,
    }
}

async fn wait(host: &Arc<Host>, upsell: UpsellId, why: &Error) -> Result<usize> {
    let mut tx = host.store.write("draft_plans").await?;
    if tx.find_plan_of(upsell).await?.is_some() {
        tx.rollback().await?;
        return Ok(0);
    }
    tx.set_plan_waits_for(upsell, Some(&why.message)).await?;
    tx.commit().await?;
    tracing::info!(%upsell, why = %why.message, "an upsell waits for its plan");
    Ok(1)
}
