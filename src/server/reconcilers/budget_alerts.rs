//! Shares out a CSM's week of alerts: so many are told one by one, the rest in one digest.

use chrono::{DateTime, Utc};
use domain::{
    Result,
    alert::Alert,
    digest::{Contents, OwnerWeek, moved},
    id::AlertId,
};
use std::{collections::BTreeMap, sync::Arc};
use store::Tx;
use tools::{Host, alert_subjects::alert_subjects};

const BATCH: u32 = 200;

/// Each week that holds changed alerts in a turn of its own, after what changed them is committed: a process that
/// dies in between leaves them to the next.
pub async fn run(host: &Arc<Host>) -> Result<usize> {
    let now = host.clock.now();
    let mut tx = host.store.read().await?;
    let weeks = tx.weeks_to_share(BATCH).await?;
    tx.rollback().await?;
    let mut shared = 0;
    for week in weeks {
        let mut tx = host.store.write("budget_alerts").await?;
        tx.share_alerts_alone().await?;
        shared += settle(&mut tx, host, &week, now).await?;
        tx.commit().await?;
    }
    Ok(shared)
}

/// Brings the week's alerts and its digest to what the budget says; how many of its alerts had changed.
async fn settle(tx: &mut Tx, host: &Host, week: &OwnerWeek, now: DateTime<Utc>) -> Result<usize> {
    // The digest first, the only row waited for: an assessment elsewhere that wakes it may want the alerts next.
    let standing = tx.find_alert(week.digest_id()).await?;
    let alerts = tx.alerts_of_week(week).await?;
    if alerts.iter().chain(&standing).any(|alert| alert.changed_at() > now) {
        // The clock stepped back: the week waits for the moment at which it was shared out.
        return Ok(0);
    }
    let changed = tx.week_is_shared(week).await? as usize;
    let moved = moved(week, &alerts, host.policy.alerts_per_week);
    for alert in &moved {
        // One that somebody changes this moment is left alone: the change has the week shared out again, and what a
        // person deals with keeps its place.
        let standing = tx.idle_alert(alert.id).await?;
        if let Some(standing) = standing.filter(|standing| standing.state == alert.state) {
            tx.place_alert(&Alert { digest: alert.digest, ..standing }).await?;
        }
    }
    let grew = moved.iter().any(|alert| alert.digest.is_some());
    let mut held = tx.alerts_of_week(week).await?;
    held.retain(|alert| alert.digest.is_some());
    if held.is_empty() && standing.is_none() {
        return Ok(changed);
    }
    let subjects = subjects(tx, &held).await?;
    let contents = Contents { week, held: &held, subjects: &subjects, policy: &host.policy, grew, now };
    let is_new = standing.is_none();
    match contents.digest(standing) {
        Some(digest) if is_new => tx.insert_alert(&digest).await.map(drop)?,
        Some(digest) => tx.save_alert(&digest).await?,
        None => {}
    }
    Ok(changed)
}

/// As a digest names them: the customer and, of an alert of a metric, its name.
async fn subjects(tx: &mut Tx, held: &[Alert]) -> Result<BTreeMap<AlertId, String>> {
    let subjects = alert_subjects(tx, held).await?;
    let named = subjects.into_iter().map(|subject| match subject.metric {
        Some(metric) => format!("{}, {metric}", subject.customer),
        None => subject.customer.to_string(),
    });
    Ok(held.iter().map(|alert| alert.id).zip(named).collect())
}
