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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assess::{Cohorts, Inputs, METHOD, Occasion, assess, inputs_of},
        example::{self, noon_of},
        id::EvaluationId,
        metric::Collection,
    };
    use std::collections::BTreeMap;

    /// What was told on day 30 of the example, seen to rise by a user a day until `seen_until`, as judged on day 97.
    fn told(plan: &MeasurementPlan, seen_until: i32, more: &[(i32, f64)]) -> Vec<Promise> {
        let seen = (0..=seen_until).map(|day| (day, f64::from(day))).chain(more.iter().copied());
        let seen: Vec<Observation> =
            seen.map(|(day, value)| example::observation(plan, day, value)).collect();
        kept(plan, &[(30, evaluation(plan, &seen, 30))], &seen, &Policy::default(), noon_of(plan, 97))
    }

    fn evaluation(plan: &MeasurementPlan, observations: &[Observation], day: i32) -> Evaluation {
        let progress = assess(&Inputs {
            plan,
            observations,
            previous: None,
            ended_on: None,
            cohorts: &Cohorts::new(),
            policy: &Policy::default(),
            now: noon_of(plan, day),
            occasion: Occasion::Scheduled,
        });
        Evaluation {
            id: EvaluationId::from_bits(1),
            plan: plan.id,
            plan_version: 1,
            upsell: plan.upsell,
            at: noon_of(plan, day),
            method: METHOD,
            previous: None,
            inputs: inputs_of(&progress),
            ticked: BTreeMap::new(),
            progress,
        }
    }

    #[test]
    fn forecasts_are_kept_every_ten_days_and_at_checkpoints() {
        let mut plan = example::plan();
        plan.checkpoints[0].day = 25;
        assert_eq!(days(&plan, &Policy::default()), [10, 20, 25, 30, 40, 50, 60, 70, 80]);
    }

    #[test]
    fn what_came_is_the_value_of_the_last_checkpoints_day() {
        let plan = example::plan();
        let reached = |more: &[(i32, f64)]| {
            told(&plan, 60, more).iter().map(|told| told.was_reached).collect::<Vec<_>>()
        };
        assert_eq!(reached(&[(88, 90.0)]), [true]);
        assert_eq!(reached(&[(88, 89.0), (91, 95.0)]), [false], "after the day is too late");
        assert_eq!(reached(&[(70, 90.0)]), [] as [bool; 0], "a feed that stopped on day 70 says neither");
        let [one] = &told(&plan, 60, &[(90, 90.0)])[..] else { panic!("one metric, one day") };
        assert!(one.is_review && one.rung == Rung::OwnTrend && one.probability == one.uncorrected);
    }

    #[test]
    fn a_person_may_read_it_at_the_review_a_few_days_late() {
        let mut plan = example::plan();
        plan.metrics[0].collection = Collection::Manual;
        assert_eq!(told(&plan, 35, &[(94, 90.0)]).len(), 1);
        assert!(told(&plan, 35, &[(94, 90.0)])[0].was_reached);
        assert!(!told(&plan, 35, &[(94, 89.0), (98, 90.0)])[0].was_reached, "a week late is no review");
    }

    #[test]
    fn before_the_last_checkpoint_nothing_came_yet() {
        let plan = example::plan();
        let seen: Vec<Observation> = (0..80).map(|day| example::observation(&plan, day, 95.0)).collect();
        let made = [(30, evaluation(&plan, &seen, 30))];
        assert_eq!(kept(&plan, &made, &seen, &Policy::default(), noon_of(&plan, 80)), []);
    }
}
