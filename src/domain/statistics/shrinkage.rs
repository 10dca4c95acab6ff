//! Small groups borrow from large ones: fixed weights, beta-binomial, and James–Stein.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::function::beta::ln_beta;

use super::moments::{all_finite, finite, mean, sum_of_squares};
use super::simplex::lowest;

/// Weight of a group's own figure against its parent's: n/(n + prior), of which 8 is usual.
pub fn own_weight(n: usize, prior: f64) -> f64 {
    n as f64 / (n as f64 + prior)
}

/// A group's figure pulled towards its parent's: w·group + (1 − w)·parent, w = n/(n + prior).
pub fn towards_parent(group: f64, n: usize, parent: f64, prior: f64) -> f64 {
    let weight = own_weight(n, prior);
    weight * group + (1.0 - weight) * parent
}

/// The same from the widest group down to the narrowest (all → product → product in segment), each given as
/// (figure, n); a group without data (n = 0) passes its parent's on. `None` when empty or not finite.
pub fn down_the_ladder(widest_first: &[(f64, usize)], prior: f64) -> Option<f64> {
    let ((widest, _), narrower) = widest_first.split_first()?;
    let pulled = |parent: f64, (figure, n): &(f64, usize)| match n {
        0 => parent,
        n => towards_parent(*figure, *n, parent, prior),
    };
    finite(narrower.iter().fold(*widest, pulled))
}

/// A beta prior for a share, learned from many groups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BetaPrior {
    pub alpha: f64,
    pub beta: f64,
}

impl BetaPrior {
    /// Groups no more different than chance make the prior ever surer; it stops here (α + β).
    pub const SUREST: f64 = 1e6;

    /// Empirical Bayes: the prior that makes the groups, each given as (successes, trials), likeliest
    /// (beta-binomial maximum likelihood). Groups without trials do not count. `None` below three groups with
    /// trials, when successes exceed trials, or when all or none succeeded everywhere.
    pub fn learned(groups: &[(u64, u64)]) -> Option<Self> {
        let tried: Vec<(f64, f64)> =
            groups.iter().filter(|(_, n)| *n > 0).map(|(k, n)| (*k as f64, *n as f64)).collect();
        let successes: f64 = tried.iter().map(|(k, _)| k).sum();
        let trials: f64 = tried.iter().map(|(_, n)| n).sum();
        let possible = groups.iter().all(|(k, n)| k <= n);
        if tried.len() < 3 || !possible || successes <= 0.0 || successes >= trials {
            return None;
        }
        let pooled = successes / trials;
        let unlikely = |at: &[f64]| Self::from_search(at).unlikelihood(&tried);
        let start = [(pooled / (1.0 - pooled)).ln(), 2.0];
        let found = Self::from_search(&lowest(unlikely, &start, 0.5)?);
        all_finite(&[found.alpha, found.beta]).then_some(found)
    }

    /// The posterior mean share of a group: (k + α)/(n + α + β).
    pub fn posterior_mean(&self, successes: u64, trials: u64) -> f64 {
        (successes as f64 + self.alpha) / (trials as f64 + self.alpha + self.beta)
    }

    /// From the log-odds of the mean and the logarithm of α + β.
    fn from_search(at: &[f64]) -> Self {
        let mean = super::normal::sigmoid(at[0]);
        let sureness = at[1].exp().min(Self::SUREST);
        Self { alpha: mean * sureness, beta: (1.0 - mean) * sureness }
    }

    fn unlikelihood(&self, groups: &[(f64, f64)]) -> f64 {
        if self.alpha <= 0.0 || self.beta <= 0.0 {
            return f64::INFINITY;
        }
        let one =
            |(k, n): &(f64, f64)| ln_beta(k + self.alpha, n - k + self.beta) - ln_beta(self.alpha, self.beta);
        -groups.iter().map(one).sum::<f64>()
    }
}

/// Several means pulled towards their grand mean.
#[derive(Debug, Clone, PartialEq)]
pub struct JamesStein {
    pub grand_mean: f64,
    /// The share of its own distance from the grand mean that each value keeps, from 0 to 1.
    pub kept: f64,
    /// In the order given.
    pub estimates: Vec<f64>,
}

/// Efron & Morris 1975: each value keeps 1 − (k − 3)·variance/Σ(value − mean)² of its distance, never less than
/// nothing. `variance` is the sampling variance each value has. `None` below four values, when they are all
/// equal, or when a number is not finite or `variance` not positive.
pub fn james_stein(values: &[f64], variance: f64) -> Option<JamesStein> {
    if values.len() < 4 || !variance.is_finite() || variance <= 0.0 {
        return None;
    }
    let grand_mean = mean(values)?;
    let spread = sum_of_squares(values)?;
    if spread <= 0.0 {
        return None;
    }
    let kept = (1.0 - (values.len() - 3) as f64 * variance / spread).max(0.0);
    let estimates = values.iter().map(|value| grand_mean + kept * (value - grand_mean)).collect();
    Some(JamesStein { grand_mean, kept, estimates })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    /// Batting averages of 18 players after 45 at-bats in 1970, to the three digits printed (Efron & Morris 1975,
    /// table 1). The unrounded hits would keep 0.2117 instead of 0.2124.
    const AVERAGES: [f64; 18] = [
        0.400, 0.378, 0.356, 0.333, 0.311, 0.311, 0.289, 0.267, 0.244, 0.244, 0.222, 0.222, 0.222, 0.222,
        0.222, 0.200, 0.178, 0.156,
    ];

    #[test]
    fn the_batters_of_efron_and_morris_come_out() {
        let grand_mean = mean(&AVERAGES).unwrap();
        let found = james_stein(&AVERAGES, grand_mean * (1.0 - grand_mean) / 45.0).unwrap();
        assert!((found.grand_mean - 0.2654).abs() < 5e-5);
        assert!((found.kept - 0.2124).abs() < 5e-5, "{}", found.kept);
        assert!((found.estimates[0] - 0.2940).abs() < 5e-5);
    }

    /// Reference: Nelder–Mead on scipy's `betaln`.
    #[test]
    fn the_beta_prior_agrees_with_scipy() {
        let groups = [(12, 20), (8, 25), (15, 30), (3, 20), (9, 15), (20, 28), (6, 22), (11, 16), (0, 0)];
        let prior = BetaPrior::learned(&groups).unwrap();
        assert_close(prior.alpha, 4.072_611_03, 1e-5);
        assert_close(prior.beta, 4.479_543_33, 1e-5);
        let pulled = prior.posterior_mean(3, 20);
        assert!(pulled > 0.15 && pulled < 0.47);
    }

    #[test]
    fn groups_that_do_not_differ_share_one_rate() {
        let prior = BetaPrior::learned(&[(10, 20), (10, 20), (10, 20), (10, 20)]).unwrap();
        assert_close(prior.posterior_mean(0, 20), 0.5, 0.01);
        assert_eq!(BetaPrior::learned(&[(0, 5), (0, 6), (0, 7)]), None);
        assert_eq!(BetaPrior::learned(&[(1, 5), (2, 6)]), None);
    }

    #[test]
    fn a_group_of_eight_meets_its_parent_half_way() {
        assert_close(towards_parent(1.0, 8, 0.0, 8.0), 0.5, 1e-12);
        assert_close(down_the_ladder(&[(0.0, 100), (1.0, 8), (9.0, 0)], 8.0).unwrap(), 0.5, 1e-12);
        assert_close(down_the_ladder(&[(0.0, 100), (1.0, 8), (1.0, 24)], 8.0).unwrap(), 0.875, 1e-12);
        assert_eq!(down_the_ladder(&[], 8.0), None);
    }

    #[test]
    fn equal_values_cannot_be_shrunk() {
        assert_eq!(james_stein(&[0.3; 6], 0.01), None);
        assert_close(james_stein(&[0.30, 0.31, 0.30, 0.31], 1.0).unwrap().kept, 0.0, 1e-12);
    }
}
