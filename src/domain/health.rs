//! Health factors: what an upsell's progress says of the customer's health.

use crate::{
    Error, Result,
    forecast::Forecast,
    id::{MetricKey, ObservationId},
    metric::Metric,
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    status::DataState,
};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One factor, 0 (nothing adopted) to 100 (a quarter beyond the target).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthFactor {
    pub factor: MetricKey,
    /// 0..=100 by the rule; `None` when nothing is known.
    pub score: Option<f64>,
    /// Hint for a scorecard: the metric's share of the plan's weight.
    pub weight: f64,
    /// 0..=1: how much of what the score wants is known.
    pub confidence: f64,
    /// After this the factor drops out of the mean.
    pub valid_until: DateTime<Utc>,
    pub evidence_ids: Vec<ObservationId>,
    /// A person's own score; both stay visible.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub overridden: Option<Override>,
}

/// A score said by a person, for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Override {
    pub factor: MetricKey,
    pub score: f64,
    pub reason: String,
    pub by: String,
    pub until: DateTime<Utc>,
}

/// The factors of one upsell and their mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Weighted mean over the known, unexpired factors; `None` when there is none.
    pub score: Option<f64>,
    /// Share of the weight that is known, 0..=1.
    pub coverage: f64,
    pub factors: Vec<HealthFactor>,
}

/// How long a factor holds after its evidence.
const VALID_DAYS: i64 = 30;

/// Piecewise linear and monotone (`methods.md` 7): attainment 0 → 0, warning line → 50, target → 80, 1.25 × the
/// target's way → 100. `warning` is an attainment within 0..1.
pub fn score(attainment: f64, warning: f64) -> f64 {
    let warning = warning.clamp(0.05, 0.95);
    let between = |x: f64, (x0, y0): (f64, f64), (x1, y1): (f64, f64)| y0 + (x - x0) / (x1 - x0) * (y1 - y0);
    match attainment {
        a if a <= 0.0 => 0.0,
        a if a <= warning => between(a, (0.0, 0.0), (warning, 50.0)),
        a if a <= 1.0 => between(a, (warning, 50.0), (1.0, 80.0)),
        a if a <= 1.25 => between(a, (1.0, 80.0), (1.25, 100.0)),
        _ => 100.0,
    }
}

impl Health {
    /// What `progress` says, with the overrides that stand at `now`.
    pub fn of(
        plan: &MeasurementPlan,
        progress: &Progress,
        overrides: &[Override],
        now: DateTime<Utc>,
    ) -> Self {
        let pairs = plan.metrics.iter().zip(&progress.metrics_progress);
        let factors: Vec<HealthFactor> =
            pairs.map(|(metric, now_at)| factor(plan, metric, now_at, overrides, now)).collect();
        let known = || factors.iter().filter_map(|factor| Some((factor.weight, factor.standing(now)?)));
        let weight: f64 = known().map(|(weight, _)| weight).sum();
        let sum: f64 = known().map(|(weight, score)| weight * score).sum();
        Self { score: (weight > 0.0).then(|| sum / weight), coverage: weight, factors }
    }
}

impl HealthFactor {
    /// The override while it stands, else the score while it is valid.
    pub fn standing(&self, now: DateTime<Utc>) -> Option<f64> {
        let overridden = self.overridden.as_ref().filter(|said| said.until > now).map(|said| said.score);
        overridden.or(self.score.filter(|_| self.valid_until > now))
    }
}

fn factor(
    plan: &MeasurementPlan,
    metric: &Metric,
    progress: &MetricProgress,
    overrides: &[Override],
    now: DateTime<Utc>,
) -> HealthFactor {
    let seen = progress
        .current_on
        .map_or(now, |day| crate::checkpoint::instant(day.and_time(chrono::NaiveTime::MIN), plan.zone));
    HealthFactor {
        factor: metric.key.clone(),
        score: progress.attainment.map(|attainment| score(attainment, warning_line(metric, progress, plan))),
        weight: metric.weight / plan.weight(),
        confidence: confidence(progress),
        valid_until: seen + TimeDelta::days(VALID_DAYS),
        evidence_ids: progress.observation.into_iter().collect(),
        overridden: overrides
            .iter()
            .rev()
            .find(|said| said.factor == metric.key && said.until > now)
            .cloned(),
    }
}

/// The threshold that holds on the day of the value, as attainment; half the way where the plan has none.
fn warning_line(metric: &Metric, progress: &MetricProgress, plan: &MeasurementPlan) -> f64 {
    let day = progress.current_on.map_or(0, |day| plan.day_of(day));
    let holding = metric.thresholds.iter().rfind(|threshold| i32::from(threshold.day) <= day);
    holding.and_then(|threshold| metric.attainment(threshold.warn)).unwrap_or(0.5)
}

/// Fresh data counts whole, stale half; a forecast on similar upsells adds certainty.
fn confidence(progress: &MetricProgress) -> f64 {
    let fresh = match progress.data_state {
        DataState::Fresh | DataState::Partial => 0.8,
        DataState::Stale => 0.4,
        DataState::None => return 0.0,
    };
    let backed = matches!(progress.forecast, Forecast::Known { n, .. } if n >= 8);
    if backed { fresh + 0.2 } else { fresh }
}

impl Override {
    /// Checks a person's score: 0 to 100, a reason, and an end after `now`.
    pub fn checked(self, now: DateTime<Utc>) -> Result<Self> {
        if !(0.0..=100.0).contains(&self.score) {
            return Err(Error::invalid(format!("a health score is 0 to 100; received {}", self.score)));
        }
        if self.reason.trim().is_empty() {
            return Err(Error::invalid("an override needs a reason; say what the rule does not see"));
        }
        if self.until <= now {
            return Err(Error::invalid(format!("an override ends in the future; received {}", self.until)));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_corners_are_those_of_the_method() {
        assert_eq!([0.0, 0.6, 1.0, 1.25, 3.0].map(|a| score(a, 0.6)), [0.0, 50.0, 80.0, 100.0, 100.0]);
    }

    proptest! {
        #[test]
        fn more_attainment_is_never_less_health(a in -1.0..2.0, b in -1.0..2.0, warning in 0.0..1.0) {
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            prop_assert!(score(low, warning) <= score(high, warning) + 1e-9);
        }
    }
}
