//! Opens checkpoints at 09:00 of the customer's day and invites to the review.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    checkpoint::{Checkpoint, CheckpointState},
    plan::MeasurementPlan,
    upsell::Upsell,
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
    let upsell = tx.upsell_by_id(plan.upsell).await?;
    let mut opened = 0;
    for checkpoint in plan.checkpoints.iter_mut().filter(|checkpoint| is_due(checkpoint, now)) {
        checkpoint.state = CheckpointState::Pending { opened: Some(now) };
        tx.enqueue(&invitation(host, &upsell, checkpoint, now), now).await?;
        opened += 1;
    }
    tx.touch_plan(plan).await?;
    Ok(opened)
}

fn is_due(checkpoint: &Checkpoint, now: DateTime<Utc>) -> bool {
    matches!(checkpoint.state, CheckpointState::Pending { opened: None }) && checkpoint.scheduled_date <= now
}

/// A checkpoint that was moved invites again: its key names the moment.
fn invitation(host: &Host, upsell: &Upsell, checkpoint: &Checkpoint, now: DateTime<Utc>) -> Delivery {
    let customer = &upsell.customer;
    let starts_at = checkpoint.scheduled_date;
    Delivery {
        kind: "review_invitation",
        key: format!("review_invitation:{}:{}:{starts_at}", upsell.id, checkpoint.day),
        upsell: Some(upsell.id),
        body: json!({
            "title": format!("{}: {}", customer.name, checkpoint.title()),
            "customer": customer.name,
            "checkpointDay": checkpoint.day,
            "startsAt": starts_at,
            "zone": customer.zone.name(),
            "owner": upsell.owner,
            "openedAt": now,
            "hoursLate": (now - starts_at).num_hours(),
            "dashboardUrl": host.dashboard_url(upsell.id),
        }),
    }
}
