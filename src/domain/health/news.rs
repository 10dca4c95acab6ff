//! What of health is worth telling again, beside what was told before.

use super::{FactorState, Health, HealthFactor};
use crate::policy::HealthPolicy;
use chrono::{DateTime, TimeDelta, Utc};

impl Health {
    /// Whether a factor says something else than was told: its score moved, or it became known, unknown, expired or
    /// overridden. Nothing known is no news to who was told nothing.
    pub fn is_news(&self, told: Option<&Self>, policy: &HealthPolicy, now: DateTime<Utc>) -> bool {
        let told = told.map_or(&[][..], |told| &told.factors);
        let is_gone = |old: &HealthFactor| !self.factors.iter().any(|factor| factor.factor == old.factor);
        let is_known = |factor: &HealthFactor| factor.state != FactorState::Unknown;
        let news = |factor: &HealthFactor| match told.iter().find(|old| old.factor == factor.factor) {
            None => is_known(factor),
            Some(old) => factor.is_news(old, policy, now),
        };
        told.iter().any(|old| is_known(old) && is_gone(old)) || self.factors.iter().any(news)
    }
}

impl HealthFactor {
    fn is_news(&self, told: &Self, policy: &HealthPolicy, now: DateTime<Utc>) -> bool {
        let moved = match (self.score, told.score) {
            (Some(score), Some(told)) => (score - told).abs() >= policy.told_points,
            (score, told) => score.is_some() != told.is_some(),
        };
        moved
            || self.state != told.state
            || self.overridden != told.overridden
            || self.renews(told, policy, now)
    }

    /// Newer evidence, shortly before who was told would think the factor expired.
    fn renews(&self, told: &Self, policy: &HealthPolicy, now: DateTime<Utc>) -> bool {
        let runs_out =
            told.valid_until.is_some_and(|until| until <= now + TimeDelta::days(policy.renew_days));
        self.state == FactorState::Known && runs_out && self.valid_until > told.valid_until
    }
}
