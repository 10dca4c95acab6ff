//! How strongly two things go together, with an interval: point-biserial, Spearman, and rank separation (AUC).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::moments::{all_finite, finite, mean, sum_of_squares};
use super::normal::{two_sided_p, z_of_level};
use super::ranks::{ranks, tie_sizes};

/// Below this many pairs only the interval is worth showing.
pub const FEWEST_FOR_A_POINT: usize = 20;

/// A correlation from −1 to 1 of `n` pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correlation {
    pub r: f64,
    pub n: usize,
    pub interval: Interval,
}

impl Correlation {
    /// Whether there are too few pairs to show more than the interval.
    pub fn is_interval_only(&self) -> bool {
        self.n < FEWEST_FOR_A_POINT
    }
}

/// Pearson's correlation with its interval by Fisher's z, standard error 1/√(n − 3). `None` below four pairs,
/// when lengths differ, when one side is constant or not finite, or when `level` is not between 0 and 1.
pub fn pearson(x: &[f64], y: &[f64], level: f64) -> Option<Correlation> {
    let r = product_moment(x, y)?;
    with_interval(r, x.len(), 1.0, level)
}

/// Point-biserial correlation of a yes/no outcome with a value: Pearson's, the outcome counted as 1 and 0.
/// Conditions as for [`pearson`]; both outcomes must occur.
pub fn point_biserial(outcomes: &[bool], values: &[f64], level: f64) -> Option<Correlation> {
    let outcomes: Vec<f64> = outcomes.iter().map(|outcome| if *outcome { 1.0 } else { 0.0 }).collect();
    pearson(&outcomes, values, level)
}

/// Spearman's rank correlation, ties at their average rank, with the standard error
/// √((1 + r²/2)/(n − 3)) on Fisher's z (Bonett & Wright 2000). Conditions as for [`pearson`].
pub fn spearman(x: &[f64], y: &[f64], level: f64) -> Option<Correlation> {
    if !all_finite(x) || !all_finite(y) {
        return None;
    }
    let r = product_moment(&ranks(x), &ranks(y))?;
    with_interval(r, x.len(), 1.0 + r * r / 2.0, level)
}

fn product_moment(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 4 || !all_finite(x) || !all_finite(y) {
        return None;
    }
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let (xx, yy) = (sum_of_squares(x)?, sum_of_squares(y)?);
    if xx <= 0.0 || yy <= 0.0 {
        return None;
    }
    let xy: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    finite(xy / (xx.sqrt() * yy.sqrt())).map(|r| r.clamp(-1.0, 1.0))
}

fn with_interval(r: f64, n: usize, variance_factor: f64, level: f64) -> Option<Correlation> {
    let reach = z_of_level(level)? * (variance_factor / (n as f64 - 3.0)).sqrt();
    let interval = if r.abs() < 1.0 {
        Interval::around(r.atanh(), reach).map(f64::tanh)
    } else {
        Interval { low: r, high: r }
    };
    Some(Correlation { r, n, interval })
}

/// How well a score separates two groups: the chance that one of the first scores higher than one of the
/// second, ties counting half (0.5 is no better than a coin), with the Mann–Whitney test of 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Separation {
    pub auc: f64,
    /// Two-sided, normal approximation with tie correction, no continuity correction.
    pub p: f64,
    /// By Hanley & `McNeil` 1982.
    pub interval: Interval,
}

/// The area under the ROC curve of `positives` against `negatives` (Mann & Whitney 1947).
/// `None` when a group is empty or not finite, or `level` is not between 0 and 1.
pub fn separation(positives: &[f64], negatives: &[f64], level: f64) -> Option<Separation> {
    let all: Vec<f64> = positives.iter().chain(negatives).copied().collect();
    if positives.is_empty() || negatives.is_empty() || !all_finite(&all) {
        return None;
    }
    let (m, n) = (positives.len() as f64, negatives.len() as f64);
    let rank_sum: f64 = ranks(&all)[..positives.len()].iter().sum();
    let auc = (rank_sum - m * (m + 1.0) / 2.0) / (m * n);
    let count = m + n;
    let tied: f64 = tie_sizes(&all).into_iter().map(|size| (size as f64).powi(3) - size as f64).sum();
    let deviation = (m * n / 12.0 * (count + 1.0 - tied / (count * (count - 1.0)))).max(0.0).sqrt();
    let z = if deviation > 0.0 { (auc - 0.5) * m * n / deviation } else { 0.0 };
    let reach = z_of_level(level)? * hanley_mcneil(auc, m, n);
    let interval = Interval::around(auc, reach).map(|end| end.clamp(0.0, 1.0));
    Some(Separation { auc, p: two_sided_p(z), interval })
}

fn hanley_mcneil(auc: f64, m: f64, n: f64) -> f64 {
    let both_positive = auc / (2.0 - auc) - auc * auc;
    let both_negative = 2.0 * auc * auc / (1.0 + auc) - auc * auc;
    ((auc * (1.0 - auc) + (m - 1.0) * both_positive + (n - 1.0) * both_negative) / (m * n)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    const X: [f64; 12] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0];
    const Y: [f64; 12] = [2.0, 1.0, 4.0, 3.0, 7.0, 5.0, 6.0, 9.0, 8.0, 8.0, 12.0, 10.0];

    /// Reference: `scipy.stats.pearsonr` and `spearmanr`.
    #[test]
    fn pearson_and_spearman_agree_with_scipy() {
        let found = pearson(&X, &Y, 0.95).unwrap();
        assert_close(found.r, 0.926_511_342_010_431_6, 1e-12);
        assert_close(found.interval.low, 0.752_999_299_748_196_5, 1e-9);
        assert_close(found.interval.high, 0.979_556_793_426_630_7, 1e-9);
        let found = spearman(&X, &Y, 0.95).unwrap();
        assert_close(found.r, 0.935_202_835_231_692_2, 1e-12);
        let reach = 1.959_963_984_540_054 * ((1.0 + found.r * found.r / 2.0) / 9.0).sqrt();
        assert_close(found.interval.low, (found.r.atanh() - reach).tanh(), 1e-9);
        assert!(found.is_interval_only());
    }

    /// Reference: `scipy.stats.pointbiserialr`.
    #[test]
    fn point_biserial_agrees_with_scipy() {
        let outcomes = [false, false, false, true, false, true, true, true, false, true];
        let found = point_biserial(&outcomes, &X[..10], 0.95).unwrap();
        assert_close(found.r, 0.522_232_967_867_093_4, 1e-12);
        assert_eq!(point_biserial(&[true; 10], &X[..10], 0.95), None);
    }

    /// Reference: `scipy.stats.mannwhitneyu`, asymptotic, no continuity correction.
    #[test]
    fn separation_agrees_with_scipy() {
        let found =
            separation(&[3.0, 5.0, 6.0, 7.0, 9.0, 9.0], &[1.0, 2.0, 3.0, 4.0, 6.0, 6.0, 8.0], 0.95).unwrap();
        assert_close(found.auc, 0.75, 1e-12);
        assert_close(found.p, 0.130_402_238_133_374_1, 1e-9);
        assert!(found.interval.contains(0.5));
        assert_close(separation(&[2.0; 3], &[2.0; 4], 0.95).unwrap().p, 1.0, 1e-12);
        assert_eq!(separation(&[], &[1.0], 0.95), None);
    }

    #[test]
    fn a_perfect_line_is_one_and_a_constant_is_nothing() {
        assert_close(pearson(&X, &X, 0.95).unwrap().interval.low, 1.0, 1e-12);
        assert_eq!(pearson(&X, &[0.1; 12], 0.95), None);
        assert_eq!(spearman(&X[..3], &Y[..3], 0.95), None);
    }
}
