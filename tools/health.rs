//! Health factors: read as known at a moment, said in a line, and told to the health system when they change.

use crate::{
    Host,
    effects::{Published, QueuedEffect},
    standing::{Standing, said},
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Result,
    amount::counted,
    health::{FactorState, Health, HealthFactor, Override, Sources},
    outcome::Outcome,
    plan::MeasurementPlan,
    progress::Progress,
    quote,
    upsell::Upsell,
};
use serde_json::json;
use store::{Tx, health::Told, outbox::Delivery};

/// How a plan stands at a moment: what its health is read from, beside what people said of it.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub upsell: &'a Upsell,
    pub plan: &'a MeasurementPlan,
    pub progress: &'a Progress,
    pub outcome: &'a Outcome,
    pub at: DateTime<Utc>,
}

impl<'a> From<&'a Standing> for Known<'a> {
    fn from(standing: &'a Standing) -> Self {
        let Standing { upsell, plan, progress, last_assessed, outcome, at, .. } = standing;
        Self { upsell, plan, progress: last_assessed.as_ref().unwrap_or(progress), outcome, at: *at }
    }
}

/// The health as it is, and whether that was queued for the health system.
pub struct Telling {
    pub health: Health,
    pub effect: QueuedEffect,
}

impl Known<'_> {
    pub async fn health(&self, tx: &mut Tx, host: &Host) -> Result<Health> {
        let overrides = tx.overrides_of(self.plan.id, self.at).await?;
        Ok(Health::of(&Sources {
            plan: self.plan,
            progress: self.progress,
            outcome: self.outcome,
            ended: self.upsell.ended.as_ref(),
            overrides: &overrides,
            policy: &host.policy,
            now: self.at,
        }))
    }

    /// Tells the health system of it where it says something new, in the transaction of what changed it. Whoever tells
    /// has the plan locked: so each change is told once, however many see it.
    pub async fn tell(&self, tx: &mut Tx, host: &Host) -> Result<Telling> {
        let health = self.health(tx, host).await?;
        let before = tx.told_health(self.plan.id).await?;
        if let Some(later) = before.as_ref().map(|told| told.at).filter(|at| *at > self.at) {
            // The clock stepped back: what was published after it stands, and is looked at again from there.
            tx.look_at_health(self.plan.id, Some(later)).await?;
            let effect = unchanged(before.as_ref(), self.plan.zone);
            return Ok(Telling { health, effect });
        }
        let told = before.as_ref().map(|told| &told.health);
        if !health.is_news(told, &host.policy.health, self.at) {
            let effect = unchanged(before.as_ref(), self.plan.zone);
            self.look_again(tx, before.as_ref(), &health).await?;
            return Ok(Telling { health, effect });
        }
        let times = before.map_or(1, |told| told.times + 1);
        let queued = tx.enqueue(&self.delivery(host, &health, times), self.at).await?;
        let effect = QueuedEffect { publish: Published::HealthFactor, queued, what: told_as(&health) };
        let told = Told { times, at: self.at, changes_at: health.changes_at(), health };
        tx.save_told_health(self.plan.id, &told).await?;
        Ok(Telling { health: told.health, effect })
    }

    /// Evidence is renewed daily; the moment kept may lie before the true one, so that not every look writes.
    async fn look_again(&self, tx: &mut Tx, told: Option<&Told>, health: &Health) -> Result<()> {
        let Some(told) = told else { return Ok(()) };
        let (kept, true_one) = (told.changes_at, health.changes_at());
        let holds =
            kept.is_some_and(|kept| kept > self.at && true_one.is_none_or(|true_one| kept <= true_one));
        if holds || kept == true_one {
            return Ok(());
        }
        tx.look_at_health(self.plan.id, true_one).await
    }

    fn delivery(&self, host: &Host, health: &Health, times: u32) -> Delivery {
        Delivery {
            kind: "health_factor",
            key: format!("health_factor:{}:{times}", self.plan.id),
            upsell: Some(self.upsell.id),
            body: json!({
                "upsell": self.upsell.id,
                "customerId": self.upsell.customer.id,
                "plan": self.plan.id,
                "asOf": self.at,
                "score": health.score,
                "coverage": health.coverage,
                "factors": health.factors,
                "dashboardUrl": host.dashboard_url(self.upsell.id),
            }),
        }
    }
}

fn unchanged(told: Option<&Told>, zone: Tz) -> QueuedEffect {
    let what = match told {
        None => "no health factor is known yet".to_owned(),
        Some(told) => {
            format!("the health factors stand as told on {}", said(told.at.with_timezone(&zone).date_naive()))
        }
    };
    QueuedEffect { publish: Published::HealthFactor, queued: false, what }
}

/// `health factors, 62 of 100 from 3 of 4`
fn told_as(health: &Health) -> String {
    let (counting, all) = counts(health);
    match health.score {
        Some(score) => format!("health factors, {score:.0} of 100 from {counting} of {all}"),
        None => format!("health factors, none of {all} holds any more"),
    }
}

/// `Health 62 of 100 from 3 of 4 factors; seats_in_use 40 by rule, 70 said by Ana Ruiz until 5 Dec 2026: seen on site.`
pub fn line(health: &Health, zone: Tz) -> String {
    let (counting, all) = counts(health);
    let factors = counted(all, "factor", "factors");
    let mean = match health.score {
        Some(score) => format!("Health {score:.0} of 100 from {counting} of {factors}"),
        None => format!("Health unknown: of {factors} none has a value that holds"),
    };
    let said =
        health.factors.iter().filter_map(|factor| Some(both(factor, factor.overridden.as_ref()?, zone)));
    let expired = health.factors.iter().filter(|factor| factor.state == FactorState::Expired);
    let expired: Vec<&str> = expired.map(|factor| factor.factor.0.as_str()).collect();
    let expired = (!expired.is_empty()).then(|| format!("expired: {}", expired.join(", ")));
    let parts: Vec<String> = std::iter::once(mean).chain(said).chain(expired).collect();
    format!("{}.", parts.join("; "))
}

fn counts(health: &Health) -> (usize, usize) {
    let counting = health.factors.iter().filter(|factor| factor.counts_as().is_some());
    (counting.count(), health.factors.len())
}

/// The rule's score, and the person's that stands in its place.
fn both(factor: &HealthFactor, over: &Override, zone: Tz) -> String {
    let rule = factor.score.map_or("unknown".to_owned(), |score| format!("{score:.0}"));
    format!(
        "{} {rule} by rule, {:.0} said by {} until {}: {}",
        factor.factor,
        over.score,
        over.by,
        last_day(over.until, zone),
        quote::clipped(&over.reason).trim_end_matches('.')
    )
}

/// The civil day on which something that ends at `until` still stands.
pub fn last_day(until: DateTime<Utc>, zone: Tz) -> String {
    said((until - TimeDelta::milliseconds(1)).with_timezone(&zone).date_naive())
}
