//! Opens checkpoints at 09:00 of the customer's day and invites to the review.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    checkpoint::{Checkpoint, CheckpointState},
    plan::MeasurementPlan,
};
use serde_json::json;
use std::sync::Arc;
use store::{Tx, outbox::Delivery};
use tools::Host;

const BATCH: u32 = 100;

pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let now = host.clock.now();
    let mut tx = host.store.write("open_checkpoints").await?;
    let mut opened = 0;
    for mut plan in tx.claim_due_checkpoints(now, BATCH).await? {
        opened += open(&mut tx, host, &mut plan, now).await?;
    }
    tx.commit().await?;
    Ok(opened)
}

/// After an outage several are due at once; they open in order, each invited to once.
async fn open(tx: &mut Tx, host: &Host, plan: &mut MeasurementPlan, now: DateTime<Utc>) -> Result<usize> {
    let mut days = Vec::new();
    for checkpoint in plan.checkpoints.iter_mut().filter(|checkpoint| is_due(checkpoint, now)) {
        checkpoint.state = CheckpointState::Pending { opened: Some(now) };
        days.push(checkpoint.clone());
    }
    for checkpoint in &days {
        tx.enqueue(&invitation(host, plan, checkpoint, now), now).await?;
    }
    tx.touch_plan(plan).await?;
    Ok(days.len())
}

fn is_due(checkpoint: &Checkpoint, now: DateTime<Utc>) -> bool {
    matches!(checkpoint.state, CheckpointState::Pending { opened: None }) && checkpoint.scheduled_date <= now
}

fn invitation(host: &Host, plan: &MeasurementPlan, checkpoint: &Checkpoint, now: DateTime<Utc>) -> Delivery {
    Delivery {
        kind: "review_invitation",
        key: format!("{}:{}", plan.id, checkpoint.day),
        upsell: Some(plan.upsell),
        body: json!({
            "upsell": plan.upsell,
            "measurement": plan.id,
            "checkpointDay": checkpoint.day,
            "title": checkpoint.title(),
            "scheduledDate": checkpoint.scheduled_date,
            "openedDate": now,
            "lateHours": (now - checkpoint.scheduled_date).num_hours(),
            "dashboardUrl": host.dashboard_url(plan.upsell),
        }),
    }
}
