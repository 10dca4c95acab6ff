//! Shares out a CSM's week of alerts: so many are told one by one, the rest in one digest.

use super::raise_alerts::Weeks;
use chrono::{DateTime, Utc};
use domain::{
    Result,
    alert::Alert,
    digest::{Contents, OwnerWeek, moved},
    id::UpsellId,
};
use std::collections::{BTreeMap, btree_map::Entry};
use store::Tx;
use tools::Host;

/// Each week in a turn of its own, after what changed its alerts is committed.
pub async fn run(host: &Host, weeks: Weeks, now: DateTime<Utc>) -> Result<()> {
    for week in weeks {
        let mut tx = host.store.write("budget_alerts").await?;
        tx.share_alerts_alone().await?;
        settle(&mut tx, host, &week, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Brings the week's alerts and its digest to what the budget says.
async fn settle(tx: &mut Tx, host: &Host, week: &OwnerWeek, now: DateTime<Utc>) -> Result<()> {
    let budget = host.policy.alerts_per_week;
    // The digest first, the only row waited for: an assessment elsewhere that wakes it may want the alerts next.
    let standing = tx.find_alert(week.digest_id()).await?;
    let moved = moved(week, &tx.alerts_of_week(week).await?, budget);
    for alert in &moved {
        // One that somebody changes this moment is left alone: an assessment that does settles this week again, and
        // what a person deals with keeps its place.
        let standing = tx.idle_alert(alert.id).await?;
        if let Some(standing) = standing.filter(|standing| standing.state == alert.state) {
            tx.save_alert(&Alert { digest: alert.digest, ..standing }).await?;
        }
    }
    let grew = moved.iter().any(|alert| alert.digest.is_some());
    let mut held = tx.alerts_of_week(week).await?;
    held.retain(|alert| alert.digest.is_some());
    if held.is_empty() && standing.is_none() {
        return Ok(());
    }
    let customers = customers(tx, &held).await?;
    let contents = Contents { week, held: &held, customers: &customers, budget, grew, now };
    let is_new = standing.is_none();
    match contents.digest(standing) {
        Some(digest) if is_new => tx.insert_alert(&digest).await.map(drop),
        Some(digest) => tx.save_alert(&digest).await,
        None => Ok(()),
    }
}

async fn customers(tx: &mut Tx, held: &[Alert]) -> Result<BTreeMap<UpsellId, String>> {
    let mut customers = BTreeMap::new();
    for alert in held {
        if let Entry::Vacant(unnamed) = customers.entry(alert.upsell) {
            unnamed.insert(tx.upsell_by_id(alert.upsell).await?.customer.name);
        }
    }
    Ok(customers)
}
