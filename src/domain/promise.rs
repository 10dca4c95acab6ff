//! A forecast as it was told on a day, and what came of it.

use crate::{
    forecast::{Band, Forecast, Rung},
    id::MetricKey,
    metric::Metric,
    observation::{Observation, known},
    plan::MeasurementPlan,
    policy::Policy,
    progress::Evaluation,
};
use chrono::{DateTime, Utc};

/// One forecast for the last checkpoint, and what came there.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    pub metric: MetricKey,
    /// Day it was told on, counted from day 0.
    pub day: u16,
    /// That day was a checkpoint's.
    pub is_review: bool,
    pub rung: Rung,
    /// As told, 0..=1.
    pub probability: Option<f64>,
    /// What the method alone said, before it was corrected by how earlier chances came true.
    pub uncorrected: Option<f64>,
    /// Whether the band held the value that came; `None` where no band was given.
    pub is_inside: Option<bool>,
    pub is_calibrated: bool,
    pub was_reached: bool,
}

/// Days on which forecasts are kept: every so many, and each checkpoint before the last.
pub fn days(plan: &MeasurementPlan, policy: &Policy) -> Vec<u16> {
    let (horizon, every) = (plan.horizon(), policy.promise_every_days.max(1));
    let checkpoints = plan.checkpoints.iter().map(|checkpoint| checkpoint.day);
    let mut days: Vec<u16> = (every..horizon).step_by(usize::from(every)).chain(checkpoints).collect();
    days.retain(|day| *day < horizon);
    days.sort_unstable();
    days.dedup();
    days
}

/// The forecasts of the evaluations that stood at the end of the days `told`, judged by what is known at `now` of the
/// day they were for. One whose day is to come, or of which nothing is known, is left out: a feed that stopped before it
/// says neither yes nor no.
pub fn kept(
    plan: &MeasurementPlan,
    told: &[(u16, Evaluation)],
    observations: &[Observation],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Vec<Promise> {
    if plan.day(now) < i32::from(plan.horizon()) {
        return Vec::new();
    }
    let of_day = |(day, made): &(u16, Evaluation)| -> Vec<Promise> {
        let of = |metric: &Metric| {
            promise(plan, metric, *day, made, landed(plan, metric, observations, policy, now)?)
        };
        plan.metrics.iter().filter_map(of).collect()
    };
    told.iter().flat_map(of_day).collect()
}

fn promise(
    plan: &MeasurementPlan,
    metric: &Metric,
    day: u16,
    made: &Evaluation,
    came: f64,
) -> Option<Promise> {
    let then = made.progress.metrics_progress.iter().find(|then| then.metric == metric.key)?;
    let Forecast::Known { rung, at_day, probability, band, calibrated, recalibrated, .. } = &then.forecast
    else {
        return None;
    };
    let is_told = *at_day == plan.horizon() && (probability.is_some() || band.is_some());
    let holds = |band: &Band| band.low <= came && came <= band.high;
    is_told.then(|| Promise {
        metric: metric.key.clone(),
        day,
        is_review: plan.checkpoints.iter().any(|checkpoint| checkpoint.day == day),
        rung: *rung,
        probability: *probability,
        uncorrected: recalibrated.as_ref().map_or(*probability, |by| Some(by.uncorrected)),
        is_inside: band.as_ref().map(holds),
        is_calibrated: *calibrated,
        // The target of then: one that was moved later judges nobody.
        was_reached: reaches(then.baseline, then.target, came),
    })
}

fn reaches(baseline: Option<f64>, target: f64, came: f64) -> bool {
    if baseline.is_some_and(|baseline| baseline > target) { came <= target } else { came >= target }
}

/// The value of the last checkpoint's day: the latest at or before it, when the feed was still alive then. A person's
/// reading counts until the review of that day is overdue.
fn landed(
    plan: &MeasurementPlan,
    metric: &Metric,
    observations: &[Observation],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Option<f64> {
    let horizon = i32::from(plan.horizon());
    let is_automatic = metric.selector().is_some();
    let until = if is_automatic { horizon } else { horizon + policy.review_grace_days };
    let last = known(observations, &metric.key, now)
        .into_iter()
        .rfind(|observation| plan.day_of(observation.valid_on) <= until)?;
    let is_alive = plan.day_of(last.valid_on) + i32::from(policy.step_days) > horizon;
    (is_alive || !is_automatic).then_some(last.value)
}
