//! Forecasts from what similar past cases did next, and from an account's own damped trend.
//!
//! Series hold one value per step (a day or a week) from step 0 on. For a falling metric negate every value,
//! forecast, and negate back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::moments::{all_finite, finite, standard_deviation};
use super::normal;
use super::quantile::{interquartile_range, median, quantile};

/// With fewer comparable cases than this there is no analog forecast.
pub const FEWEST_CASES: usize = 3;

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

/// What the nearest past cases did over the horizon, applied to the present level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnalogForecast {
    /// Present level plus the median increment.
    pub point: f64,
    /// Present level plus the increments' quantiles (type 7) at the two ends asked for.
    pub band: Interval,
    /// Present level plus each neighbour's increment, nearest neighbour first.
    pub ends: Vec<f64>,
    /// How many past cases could be compared.
    pub cases: usize,
}

/// The number of neighbours out of `cases`: 40 %, at least 3, at most 20.
pub fn neighbours(cases: usize) -> usize {
    (2 * cases).div_ceil(5).clamp(3, 20)
}

/// Forecasts `horizon` steps ahead from the past series nearest in level and slope at the same age, each scaled
/// by the spread (interquartile range) of the past cases. Series too short or not finite at the steps needed
/// are left out. `None` below three comparable cases, with a present not finite, or with a bad `coverage`.
pub fn analog_forecast(
    present: Present,
    past: &[Vec<f64>],
    horizon: usize,
    coverage: f64,
) -> Option<AnalogForecast> {
    let cases: Vec<(Present, f64)> =
        past.iter().filter_map(|series| case(series, present.age, horizon)).collect();
    if cases.len() < FEWEST_CASES || !all_finite(&[present.level, present.slope]) {
        return None;
    }
    let increments = nearest_increments(present, &cases)?;
    let tail = (1.0 - coverage) / 2.0;
    let band = Interval {
        low: finite(present.level + quantile(&increments, tail)?)?,
        high: finite(present.level + quantile(&increments, 1.0 - tail)?)?,
    };
    Some(AnalogForecast {
        point: finite(present.level + median(&increments)?)?,
        band,
        ends: increments.iter().map(|increment| present.level + increment).collect(),
        cases: cases.len(),
    })
}

fn case(series: &[f64], age: usize, horizon: usize) -> Option<(Present, f64)> {
    let present = Present::of(series, age)?;
    Some((present, finite(series.get(age + horizon)? - present.level)?))
}

fn nearest_increments(present: Present, cases: &[(Present, f64)]) -> Option<Vec<f64>> {
    let level_scale = spread(&cases.iter().map(|(then, _)| then.level).collect::<Vec<_>>())?;
    let slope_scale = spread(&cases.iter().map(|(then, _)| then.slope).collect::<Vec<_>>())?;
    let mut ranked: Vec<(f64, f64)> = cases
        .iter()
        .map(|(then, increment)| {
            let level_distance = (then.level - present.level).abs() / level_scale;
            let slope_distance = (then.slope - present.slope).abs() / slope_scale;
            (level_distance + slope_distance, *increment)
        })
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.truncate(neighbours(cases.len()));
    Some(ranked.into_iter().map(|(_, increment)| increment).collect())
}

/// The interquartile range, else the standard deviation, else 1: equal values cannot rank anything anyway.
fn spread(values: &[f64]) -> Option<f64> {
    let range = interquartile_range(values)?;
    let spread = if range > 0.0 { range } else { standard_deviation(values)? };
    Some(if spread > 0.0 { spread } else { 1.0 })
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

/// Weight of the cohort against the account itself: N/(N + 8).
pub fn cohort_weight(cases: usize) -> f64 {
    cases as f64 / (cases as f64 + 8.0)
}

/// The analog point and the own trend, blended by how many cases stand behind the first.
pub fn blended(analog: f64, own: f64, cases: usize) -> f64 {
    let weight = cohort_weight(cases);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    fn ramps(slopes: &[f64]) -> Vec<Vec<f64>> {
        slopes.iter().map(|slope| (0..13).map(|step| slope * f64::from(step)).collect()).collect()
    }

    #[test]
    fn the_nearest_ramps_say_how_it_goes_on() {
        let past = ramps(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        let present = Present::of(&[0.0, 2.9, 5.8, 8.7, 11.6], 4).unwrap();
        let forecast = analog_forecast(present, &past, 8, 0.8).unwrap();
        assert_eq!(forecast.cases, 10);
        assert_eq!(forecast.ends.len(), 4);
        assert_close(forecast.ends[0], 11.6 + 24.0, 1e-12);
        assert_close(forecast.point, 11.6 + 20.0, 1e-12);
        assert_close(forecast.band.low, 11.6 + 8.0 * 1.3, 1e-12);
        assert_close(forecast.band.high, 11.6 + 8.0 * 3.7, 1e-12);
    }

    #[test]
    fn two_cases_are_no_cohort_and_young_series_are_left_out() {
        let mut past = ramps(&[1.0, 2.0]);
        past.push(vec![0.0, 1.0, 2.0]);
        let present = Present { age: 4, level: 5.0, slope: 1.0 };
        assert_eq!(analog_forecast(present, &past, 8, 0.8), None);
        assert_eq!(analog_forecast(present, &ramps(&[1.0, 2.0, 3.0]), 8, 0.8).unwrap().cases, 3);
        assert_eq!(analog_forecast(present, &ramps(&[1.0, 2.0, 3.0]), 8, 1.5), None);
    }

    #[test]
    fn neighbours_are_two_in_five_between_three_and_twenty() {
        assert_eq!([3, 8, 20, 64].map(neighbours), [3, 4, 8, 20]);
    }

    #[test]
    fn a_damped_trend_levels_off() {
        let present = Present { age: 5, level: 10.0, slope: 2.0 };
        assert_close(damped_trend(present, 2, 0.9).unwrap(), 10.0 + 2.0 * 1.71, 1e-12);
        assert!(damped_trend(present, 500, 0.9).unwrap() < 10.0 + 18.001);
        assert_close(blended(20.0, 10.0, 8), 15.0, 1e-12);
        assert_close(cohort_weight(0), 0.0, 1e-12);
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
    fn the_slope_is_the_mean_of_the_last_three_steps() {
        let series = [0.0, 4.0, 5.0, 6.0, 10.0];
        assert_close(Present::of(&series, 4).unwrap().slope, 2.0, 1e-12);
        assert_close(Present::of(&series, 1).unwrap().slope, 4.0, 1e-12);
        assert_eq!(Present::of(&series, 0), None);
        assert_eq!(Present::of(&series, 9), None);
    }
}
