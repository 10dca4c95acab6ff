//! The share still going at each time, from observations some of which are cut short (Kaplan & Meier 1958).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lifetime, in_order};
use crate::statistics::Interval;
use crate::statistics::normal::z_of_level;

/// What happened at one time at which something ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub time: f64,
    pub at_risk: usize,
    pub events: usize,
    /// Share still going just after `time`.
    pub survival: f64,
    /// Greenwood's sum Σ d/(n(n − d)) so far; absent once nobody is left.
    pub greenwood: Option<f64>,
}

/// A survival curve: 1 at time 0, a step down at each event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SurvivalCurve {
    pub steps: Vec<Step>,
    pub count: usize,
    /// The longest time anyone was observed; beyond it the curve says nothing unless everyone ended.
    pub last_time: f64,
}

impl SurvivalCurve {
    /// S(t) = Π(1 − d/n) over event times up to t; who is censored at t is still at risk then.
    /// `None` when empty, or when a time is negative or not finite.
    pub fn of(lifetimes: &[Lifetime]) -> Option<Self> {
        let ordered = in_order(lifetimes)?;
        let (mut survival, mut greenwood) = (1.0, Some(0.0));
        let mut at_risk = ordered.len();
        let mut steps = Vec::new();
        for same_time in ordered.chunk_by(|a, b| a.time == b.time) {
            let events = same_time.iter().filter(|life| life.is_event).count();
            if events > 0 {
                let (d, n) = (events as f64, at_risk as f64);
                survival *= 1.0 - d / n;
                greenwood = greenwood.filter(|_| events < at_risk).map(|sum: f64| sum + d / (n * (n - d)));
                steps.push(Step { time: same_time[0].time, at_risk, events, survival, greenwood });
            }
            at_risk -= same_time.len();
        }
        Some(Self { steps, count: ordered.len(), last_time: ordered[ordered.len() - 1].time })
    }

    /// The share still going at `time`, from 0 to 1. `None` when `time` is NaN or beyond all observation while
    /// some were still going.
    pub fn survival_at(&self, time: f64) -> Option<f64> {
        let survival = self.step_at(time).map_or(1.0, |step| step.survival);
        (time <= self.last_time || survival <= 0.0).then_some(survival)
    }

    /// Standard error of the share still going at `time` (Greenwood 1926). `None` as for
    /// [`SurvivalCurve::survival_at`]; zero before the first event and after the last account.
    pub fn standard_error_at(&self, time: f64) -> Option<f64> {
        let survival = self.survival_at(time)?;
        let sum = self.step_at(time).map_or(Some(0.0), |step| step.greenwood);
        Some(survival * sum.unwrap_or(0.0).sqrt())
    }

    /// The interval of S(`time`) on the log(−log) scale, always within 0 to 1; a point where S is 1 or 0.
    /// `None` as for [`SurvivalCurve::survival_at`], or when `level` is not between 0 and 1.
    pub fn interval_at(&self, time: f64, level: f64) -> Option<Interval> {
        self.survival_at(time)?;
        let z = z_of_level(level)?;
        Some(self.step_at(time).map_or(Interval { low: 1.0, high: 1.0 }, |step| interval_of(step, z)))
    }

    /// The time by which the share `p` has ended: the first with S ≤ 1 − p. `None` when not reached.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let bar = 1.0 - p + 1e-12;
        self.steps.iter().find(|step| step.survival <= bar).map(|step| step.time)
    }

    /// The time by which half have ended. `None` when not reached.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The times at which the lower and upper ends of the curve's interval pass `1 − p` (Brookmeyer & Crowley
    /// 1982, log(−log) scale): the interval of [`SurvivalCurve::quantile`]. An end not reached is `None`.
    pub fn quantile_interval(&self, p: f64, level: f64) -> (Option<f64>, Option<f64>) {
        let Some(z) = z_of_level(level) else { return (None, None) };
        let bar = 1.0 - p + 1e-12;
        let first = |end: fn(Interval) -> f64| {
            self.steps.iter().find(|step| end(interval_of(step, z)) <= bar).map(|step| step.time)
        };
        (first(|interval| interval.low), first(|interval| interval.high))
    }

    fn step_at(&self, time: f64) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.time <= time)
    }
}

fn interval_of(step: &Step, z: f64) -> Interval {
    let Some(greenwood) = step.greenwood.filter(|_| step.survival > 0.0 && step.survival < 1.0) else {
        return Interval { low: step.survival, high: step.survival };
    };
    let log = step.survival.ln();
    let reach = z * greenwood.sqrt() / log.abs();
    Interval { low: (log * reach.exp()).exp(), high: (log * (-reach).exp()).exp() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::assert_close;
    use crate::survival::tests::{leukemia, waltons};

    /// Reference: lifelines `KaplanMeierFitter`.
    #[test]
    fn the_waltons_curves_agree_with_lifelines() {
        let expected = [(56.0, 0.616_816_845_6), (58.0, 0.765_076_458_5), (26.0, 0.058_823_529_4)];
        for (lifetimes, (median, survival)) in waltons().iter().zip(expected) {
            let curve = SurvivalCurve::of(lifetimes).unwrap();
            assert_eq!(curve.median(), Some(median));
            assert_close(curve.survival_at(50.0).unwrap(), survival, 1e-9);
        }
        let curve = SurvivalCurve::of(&waltons()[0]).unwrap();
        assert_eq!((curve.count, curve.steps.iter().map(|step| step.events).sum::<usize>()), (163, 156));
        assert_eq!(curve.quantile_interval(0.5, 0.95), (Some(53.0), Some(58.0)));
        for (time, low, high) in [(26.0, 0.794_213_19, 0.903_335_9), (60.0, 0.241_659_49, 0.383_758_62)] {
            let interval = curve.interval_at(time, 0.95).unwrap();
            assert_close(interval.low, low, 1e-7);
            assert_close(interval.high, high, 1e-7);
        }
    }

    /// Reference: lifelines; medians as published (Freireich et al. 1963).
    #[test]
    fn six_mp_nearly_triples_the_median_remission() {
        let medians = leukemia().map(|arm| {
            let lifetimes: Vec<Lifetime> = arm.iter().map(|(life, _)| *life).collect();
            SurvivalCurve::of(&lifetimes).unwrap()
        });
        assert_eq!(medians.each_ref().map(SurvivalCurve::median), [Some(8.0), Some(23.0)]);
        assert_eq!([medians[0].quantile(0.25), medians[1].quantile(0.25)], [Some(4.0), Some(13.0)]);
        assert_eq!(medians[1].quantile(0.75), None);
        assert_eq!(medians[1].survival_at(40.0), None);
        let interval = medians[1].interval_at(6.0, 0.95).unwrap();
        assert_close(interval.low, 0.619_718, 1e-6);
        assert_close(interval.high, 0.951_552, 1e-6);
    }

    #[test]
    fn before_the_first_event_everyone_goes_on() {
        let curve = SurvivalCurve::of(&[Lifetime::censored(5.0), Lifetime::ended(3.0)]).unwrap();
        assert_eq!(curve.survival_at(1.0), Some(1.0));
        assert_eq!(curve.standard_error_at(1.0), Some(0.0));
        assert_eq!(curve.survival_at(3.0), Some(0.5));
        assert_eq!(SurvivalCurve::of(&[]), None);
        assert_eq!(SurvivalCurve::of(&[Lifetime::ended(f64::NAN)]), None);
    }

    proptest! {
        #[test]
        fn a_survival_curve_never_rises(
            times in proptest::collection::vec((0_u16..400, any::<bool>()), 1..60),
        ) {
            let lifetimes: Vec<Lifetime> =
                times.iter().map(|(time, is_event)| Lifetime { time: f64::from(*time), is_event: *is_event }).collect();
            let curve = SurvivalCurve::of(&lifetimes).unwrap();
            let mut before = 1.0;
            for step in &curve.steps {
                prop_assert!((0.0..=before).contains(&step.survival));
                let interval = curve.interval_at(step.time, 0.95).unwrap();
                prop_assert!(0.0 <= interval.low && interval.high <= 1.0 && interval.contains(step.survival));
                before = step.survival;
            }
        }
    }
}
