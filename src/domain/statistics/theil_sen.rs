//! A trend that outliers cannot bend: the median of all pairwise slopes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::moments::all_finite;
use super::normal::z_of_level;
use super::quantile::median;
use super::ranks::tie_sizes;

/// A robust straight line: `slope` in values per unit of x, `intercept` at x = 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    pub slope: f64,
    pub intercept: f64,
    pub interval: Interval,
}

impl Trend {
    /// Whether the slope's interval excludes zero.
    pub fn is_clear(&self) -> bool {
        !self.interval.contains(0.0)
    }

    /// The line's value at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

/// The Theil–Sen trend of `y` over `x` with Sen's interval for the slope (Sen 1968; with tie correction, as in
/// `scipy.stats.theilslopes`). `None` below three points, when lengths differ, when every x is the same, when a
/// number is not finite, or when `level` is not between 0 and 1.
pub fn trend(x: &[f64], y: &[f64], level: f64) -> Option<Trend> {
    trend_of_overlapping(x, y, level, 1)
}

/// The same where each value covers the last `steps` steps of x, one a step, so that neighbours share most of what they
/// tell: they are correlated 1 − k/steps at k steps, and the interval is as much wider as Hamed & Rao (1998) make
/// Kendall's variance. Without it, noise in eight weekly values of 28 days has a clear trend in 26 % of cases; with it,
/// in 2 % (simulated).
pub fn trend_of_overlapping(x: &[f64], y: &[f64], level: f64, steps: usize) -> Option<Trend> {
    if x.len() != y.len() || x.len() < 3 || !all_finite(x) || !all_finite(y) {
        return None;
    }
    let mut slopes = pairwise_slopes(x, y);
    slopes.sort_by(f64::total_cmp);
    let slope = median(&slopes)?;
    let residuals: Vec<f64> = x.iter().zip(y).map(|(x, y)| y - slope * x).collect();
    let intercept = median(&residuals)?;
    Some(Trend { slope, intercept, interval: slope_interval(&slopes, x, y, level, steps)? })
}

fn pairwise_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut slopes = Vec::new();
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            if x[i] != x[j] {
                slopes.push((y[j] - y[i]) / (x[j] - x[i]));
            }
        }
    }
    slopes
}

fn slope_interval(sorted_slopes: &[f64], x: &[f64], y: &[f64], level: f64, steps: usize) -> Option<Interval> {
    let variance = kendall_variance(x, y) * inflation(x.len(), steps);
    let reach = z_of_level(level)? * variance.sqrt();
    let count = sorted_slopes.len() as f64;
    let last = sorted_slopes.len().checked_sub(1)?;
    let low = ((count - reach) / 2.0).round_ties_even() - 1.0;
    let high = f64::midpoint(count, reach).round_ties_even();
    Some(Interval {
        low: sorted_slopes[low.max(0.0) as usize],
        high: sorted_slopes[(high as usize).min(last)],
    })
}

/// How many times Kendall's variance is that of as many independent values (Hamed & Rao 1998, equation 17).
fn inflation(count: usize, steps: usize) -> f64 {
    let triple = |n: usize| (n * n.saturating_sub(1) * n.saturating_sub(2)) as f64;
    let shared = (1..steps.min(count)).map(|k| triple(count - k) * (1.0 - k as f64 / steps as f64));
    1.0 + 2.0 / triple(count) * shared.sum::<f64>()
}

/// Variance of Kendall's statistic: how many pairs could rise by chance, ties taken out.
fn kendall_variance(x: &[f64], y: &[f64]) -> f64 {
    let term = |size: usize| {
        let size = size as f64;
        size * (size - 1.0) * (2.0 * size + 5.0)
    };
    let tied: f64 = tie_sizes(x).into_iter().chain(tie_sizes(y)).map(term).sum();
    ((term(x.len()) - tied) / 18.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    fn count(to: u8) -> Vec<f64> {
        (0..to).map(f64::from).collect()
    }

    /// Reference: `scipy.stats.theilslopes`, method "joint".
    #[test]
    fn the_slope_and_its_interval_agree_with_scipy() {
        let y = [3.0, 5.0, 4.0, 6.0, 9.0, 7.0, 10.0, 30.0];
        let found = trend(&count(8), &y, 0.95).unwrap();
        assert_close(found.slope, 1.416_666_666_666_666_5, 1e-12);
        assert_close(found.intercept, 2.375, 1e-12);
        assert_close(found.interval.low, 0.5, 1e-12);
        assert_close(found.interval.high, 4.166_666_666_666_667, 1e-12);
        let y = [1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0];
        let found = trend(&count(10), &y, 0.95).unwrap();
        assert_close(found.slope, 4.0, 1e-12);
        assert_close(found.interval.low, 2.0, 1e-12);
        assert_close(found.interval.high, 7.25, 1e-12);
    }

    /// By hand for eight values of four steps: 1 + 2/336 · (210 · ¾ + 120 · ½ + 60 · ¼).
    #[test]
    fn values_that_share_data_tell_less() {
        assert_close(inflation(8, 4), 1.0 + 232.5 / 168.0, 1e-12);
        assert_eq!((inflation(8, 1), inflation(3, 4)), (1.0, 1.0));
        let y = [3.0, 5.0, 4.0, 6.0, 9.0, 7.0, 10.0, 30.0];
        let (one, four) =
            (trend(&count(8), &y, 0.95).unwrap(), trend_of_overlapping(&count(8), &y, 0.95, 4).unwrap());
        assert_eq!(one.slope, four.slope);
        assert!(four.interval.low < one.interval.low && one.interval.high < four.interval.high, "{four:?}");
    }

    #[test]
    fn one_wild_value_does_not_bend_the_line() {
        let mut y = count(9);
        y[4] = 1_000.0;
        let found = trend(&count(9), &y, 0.95).unwrap();
        assert_close(found.slope, 1.0, 1e-12);
        assert!(found.is_clear());
        assert_close(found.at(20.0), 20.0, 1e-12);
    }

    #[test]
    fn without_spread_in_x_there_is_no_slope() {
        assert_eq!(trend(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], 0.95), None);
        assert_eq!(trend(&[1.0, 2.0], &[1.0, 2.0], 0.95), None);
        assert!(!trend(&count(4), &[5.0; 4], 0.95).unwrap().is_clear());
    }
}
