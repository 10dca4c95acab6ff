//! What pages draw and no tool carries: series by day, read in one transaction that writes nothing.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Result, assess::Cohorts, id::UpsellRef, observation::Observation, plan::MeasurementPlan, upsell::Upsell,
};
use std::sync::Arc;
use store::{Tx, audit::AuditRow, days::StandingDay};
use tools::Host;

const AUDIT_ROWS: u32 = 100;

/// An upsell with what its page draws.
pub struct Subject {
    pub upsell: Upsell,
    pub plan_waits_for: Option<String>,
    /// Absent until there is a plan.
    pub planned: Option<Planned>,
    /// Newest first.
    pub audit: Vec<AuditRow>,
}

/// What a plan has led to so far.
pub struct Planned {
    pub plan: MeasurementPlan,
    pub observations: Vec<Observation>,
    /// Similar past upsells, by metric.
    pub cohorts: Arc<Cohorts>,
    pub days: Vec<StandingDay>,
    /// Since when each version has stood, oldest first.
    pub versions: Vec<(DateTime<Utc>, MeasurementPlan)>,
}

impl Planned {
    /// Where the customer is.
    pub fn civil(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.plan.zone).date_naive()
    }
}

pub async fn subject(host: &Host, name: &UpsellRef) -> Result<Subject> {
    let mut tx = host.store.read().await?;
    let subject = read(&mut tx, host, name).await;
    tx.rollback().await?;
    subject
}

async fn read(tx: &mut Tx, host: &Host, name: &UpsellRef) -> Result<Subject> {
    let upsell = tx.upsell(name).await?;
    let audit = tx.audit_of(upsell.id, AUDIT_ROWS).await?;
    let (planned, plan_waits_for) = match tx.find_plan_of(upsell.id).await? {
        Some(plan) => (Some(planned(tx, host, plan).await?), None),
        None => (None, tx.plan_waits_for(upsell.id).await?),
    };
    Ok(Subject { upsell, plan_waits_for, planned, audit })
}

async fn planned(tx: &mut Tx, host: &Host, plan: MeasurementPlan) -> Result<Planned> {
    let now = host.clock.now();
    Ok(Planned {
        observations: tx.observations_of(plan.id, now).await?,
        cohorts: host.cohorts.similar(tx, &plan, now, &host.policy).await?,
        days: tx.days_of(plan.id).await?,
        versions: tx.plan_history(plan.id).await?,
        plan,
    })
}
