//! Forecasts from what similar past cases did next, and from an account's own damped trend.
//!
//! Series hold one value per step (a day or a week) from step 0 on. For a falling metric negate every value,
//! forecast, and negate back.

use super::Interval;
use super::moments::finite;
use super::normal;
use super::quantile::{interquartile_range, quantile};

/// Where a case is now: its age in steps, its level, and its slope per step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Present {
    pub age: usize,
    pub level: f64,
    pub slope: f64,
}

impl Present {
    /// The present of a series at step `age`: its level, and the mean of its last three increments (fewer when
    /// young). `None` at step 0, past the end of the series, or when a value is not finite.
    pub fn of(series: &[f64], age: usize) -> Option<Self> {
        let steps = age.min(3);
        let (level, before) = (*series.get(age)?, *series.get(age - steps)?);
        if steps == 0 {
            return None;
        }
        Some(Self { age, level: finite(level)?, slope: finite((level - before) / steps as f64)? })
    }
}

/// The distances that count as one: of levels and of slopes, in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scales {
    pub level: f64,
    pub slope: f64,
}

/// A past case: where it was at the same age, and where it was at the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    pub present: Present,
    pub end: f64,
}

impl Case {
    pub fn increment(&self) -> f64 {
        self.end - self.present.level
    }
}

/// The number of neighbours out of `cases`: the share of them, within the bounds, never more than there are.
pub fn neighbours(cases: usize, share: f64, fewest: usize, most: usize) -> usize {
    ((share * cases as f64 - 1e-9).ceil() as usize).clamp(fewest, most).min(cases)
}

/// Indices of the `k` cases nearest to `present` by |`level|/σ_L` + |`slope|/σ_S`, nearest first; ties by index.
/// The case `without` is passed over (leave-one-out).
pub fn nearest(
    present: Present,
    cases: &[Case],
    scales: Scales,
    k: usize,
    without: Option<usize>,
) -> Vec<usize> {
    let distance = |case: &Case| {
        (case.present.level - present.level).abs() / scales.level
            + (case.present.slope - present.slope).abs() / scales.slope
    };
    let others = cases.iter().enumerate().filter(|(index, _)| Some(*index) != without);
    let mut ranked: Vec<(f64, usize)> = others.map(|(index, case)| (distance(case), index)).collect();
    let by_distance = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if k > 0 && k < ranked.len() {
        ranked.select_nth_unstable_by(k - 1, by_distance);
    }
    ranked.truncate(k);
    ranked.sort_by(by_distance);
    ranked.into_iter().map(|(_, index)| index).collect()
}

/// Level plus the increments' quantiles (type 7) at both ends of `coverage`. `None` without increments or with a
/// coverage that is no share.
pub fn band(level: f64, increments: &[f64], coverage: f64) -> Option<Interval> {
    let tail = (1.0 - coverage) / 2.0;
    let low = finite(level + quantile(increments, tail)?)?;
    let high = finite(level + quantile(increments, 1.0 - tail)?)?;
    Some(Interval { low, high })
}

/// The interquartile range, or 1 where all are alike: then the measure cannot tell them apart anyway.
pub fn spread(values: &[f64]) -> f64 {
    interquartile_range(values).filter(|range| *range > 0.0).unwrap_or(1.0)
}

/// The account's own trend, each step counting `damping` times the one before:
/// level + slope·Σ damping^i, i from 1 to `horizon` (0.9; 0.8 for noisy weekly data).
/// `None` when a number is not finite.
pub fn damped_trend(present: Present, horizon: usize, damping: f64) -> Option<f64> {
    let mut weight = 1.0;
    let mut total = 0.0;
    for _ in 0..horizon {
        weight *= damping;
        total += weight;
    }
    finite(present.level + present.slope * total)
}

/// Steps a slope is the mean of, see [`Present::of`]: a surprise moves it by one part in so many.
const SLOPE_STEPS: f64 = 3.0;

/// How much wider the error of a damped trend is `horizon` steps ahead than one step ahead: a surprise moves the
/// level and, as its share of the slope, every step after it. √(1 + Σ (1 + Σ damping^i / 3)²), the damped
/// trend's forecast variance (Hyndman, Koehler, Ord and Snyder 2008, table 6.1, class `ETS(A,Ad,N)`, α = 1).
pub fn damped_trend_spread(horizon: usize, damping: f64) -> f64 {
    let (mut weight, mut reach, mut variance) = (1.0, 0.0, 1.0);
    for _ in 1..horizon {
        weight *= damping;
        reach += weight;
        variance += (1.0_f64 + reach / SLOPE_STEPS).powi(2);
    }
    variance.sqrt()
}

/// Weight of the cohort against the account itself: N/(N + prior), of which 8 is usual.
pub fn cohort_weight(cases: usize, prior: f64) -> f64 {
    cases as f64 / (cases as f64 + prior)
}

/// The analog point and the own trend, blended by how many cases stand behind the first.
pub fn blended(analog: f64, own: f64, cases: usize, prior: f64) -> f64 {
    let weight = cohort_weight(cases, prior);
    weight * analog + (1.0 - weight) * own
}

/// P(hit) from analogs: the share of `ends` at or above `target`, smoothed to (r + ½)/(k + 1). Never 0 or 1.
/// `None` when there are no ends.
pub fn chance_of_reaching(ends: &[f64], target: f64) -> Option<f64> {
    if ends.is_empty() {
        return None;
    }
    let reached = ends.iter().filter(|end| **end >= target).count();
    Some((reached as f64 + 0.5) / (ends.len() as f64 + 1.0))
}

/// P(hit) from the own trend: the normal tail above `target` around `point`, with the residuals' standard
/// deviation in the metric's unit. `None` when that is not positive or a number is not finite.
pub fn normal_chance_of_reaching(point: f64, residual_deviation: f64, target: f64) -> Option<f64> {
    if residual_deviation <= 0.0 {
        return None;
    }
    finite((point - target) / residual_deviation).map(normal::cdf)
}

/// A chance whose log-odds count by the share `trust`: even at 0, as it is from 1 on. `None` when a number is not finite.
pub fn tempered(chance: f64, trust: f64) -> Option<f64> {
    let sure = 1e-12;
    let log_odds = normal::logit(chance.clamp(sure, 1.0 - sure))?;
    finite(trust).map(|trust| normal::sigmoid(trust.clamp(0.0, 1.0) * log_odds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{assert_close, quantile::median};

    #[test]
    fn the_nearest_ramps_say_how_it_goes_on() {
        let ramp =
            |slope: f64| Case { present: Present { age: 4, level: 4.0 * slope, slope }, end: 12.0 * slope };
        let cases: Vec<Case> = (1..=10).map(|slope| ramp(f64::from(slope))).collect();
        let present = Present::of(&[0.0, 2.9, 5.8, 8.7, 11.6], 4).unwrap();
        let near = nearest(present, &cases, Scales { level: 1.0, slope: 1.0 }, 4, None);
        assert_eq!(near, [2, 1, 3, 0], "slopes 3, 2, 4, 1");
        let increments: Vec<f64> = near.iter().map(|&index| cases[index].increment()).collect();
        assert_close(present.level + median(&increments).unwrap(), 11.6 + 20.0, 1e-12);
        let band = band(present.level, &increments, 0.8).unwrap();
        assert_close(band.low, 11.6 + 8.0 * 1.3, 1e-12);
        assert_close(band.high, 11.6 + 8.0 * 3.7, 1e-12);
        assert_eq!(nearest(present, &cases, Scales { level: 1.0, slope: 1.0 }, 2, Some(2)), [1, 3]);
    }

    #[test]
    fn neighbours_are_two_in_five_between_three_and_twenty() {
        assert_eq!([2, 3, 8, 20, 64].map(|cases| neighbours(cases, 0.4, 3, 20)), [2, 3, 4, 8, 20]);
    }

    #[test]
    fn a_damped_trend_levels_off() {
        let present = Present { age: 5, level: 10.0, slope: 2.0 };
        assert_close(damped_trend(present, 2, 0.9).unwrap(), 10.0 + 2.0 * 1.71, 1e-12);
        assert!(damped_trend(present, 500, 0.9).unwrap() < 10.0 + 18.001);
        assert_close(blended(20.0, 10.0, 8, 8.0), 15.0, 1e-12);
        assert_close(blended(20.0, 10.0, 8, 24.0), 12.5, 1e-12);
        assert_close(cohort_weight(0, 8.0), 0.0, 1e-12);
    }

    /// Against the trend itself: 20,000 series whose level and slope are surprised each step as the formula has it.
    #[test]
    fn the_spread_of_a_damped_trend_is_what_simulated_series_show() {
        use rand::{Rng, SeedableRng};
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        assert_close(damped_trend_spread(1, 0.9), 1.0, 1e-12);
        assert_close(damped_trend_spread(2, 0.9), (1.0 + 1.3_f64.powi(2)).sqrt(), 1e-12);
        for horizon in [4, 9] {
            let mut squares = 0.0;
            for _ in 0..20_000 {
                let (mut level, mut slope) = (0.0, 0.0);
                for _ in 0..horizon {
                    let surprise = normal::quantile(random.random_range(1e-12..1.0)).unwrap();
                    (level, slope) = (level + 0.9 * slope + surprise, 0.9 * slope + surprise / SLOPE_STEPS);
                }
                squares += f64::powi(level, 2);
            }
            let seen = (squares / 20_000.0).sqrt();
            assert!((seen / damped_trend_spread(horizon, 0.9) - 1.0).abs() < 0.02, "{horizon}: {seen}");
        }
    }

    #[test]
    fn chances_stay_short_of_certain() {
        assert_close(chance_of_reaching(&[1.0, 2.0, 3.0, 4.0], 3.0).unwrap(), 0.5, 1e-12);
        assert_close(chance_of_reaching(&[1.0, 2.0, 3.0], 9.0).unwrap(), 0.125, 1e-12);
        assert_close(normal_chance_of_reaching(10.0, 2.0, 10.0).unwrap(), 0.5, 1e-12);
        assert_eq!(normal_chance_of_reaching(10.0, 0.0, 10.0), None);
        assert_eq!(chance_of_reaching(&[], 3.0), None);
    }

    #[test]
    fn a_chance_of_little_trust_is_near_even_and_of_full_trust_as_it_is() {
        assert_close(tempered(0.9, 0.0).unwrap(), 0.5, 1e-12);
        assert_close(tempered(0.9, 0.5).unwrap(), 0.75, 1e-12);
        assert_close(tempered(0.9, 1.3).unwrap(), 0.9, 1e-12);
        assert!(tempered(1.0, 0.9).unwrap() < 1.0);
    }

    #[test]
    fn the_slope_is_the_mean_of_the_last_three_steps() {
        let series = [0.0, 4.0, 5.0, 6.0, 10.0];
        assert_close(Present::of(&series, 4).unwrap().slope, 2.0, 1e-12);
        assert_close(Present::of(&series, 1).unwrap().slope, 4.0, 1e-12);
        assert_eq!(Present::of(&series, 0), None);
        assert_eq!(Present::of(&series, 9), None);
    }
}
