//! What a comparison of two groups could have seen: the power of Fisher's exact test, computed exactly.

use statrs::distribution::{Binomial, Discrete};

use super::contingency::Margins;

/// The largest group this is computed for; beyond it the answer takes longer than it is worth.
pub const LARGEST_GROUP: u64 = 500;

/// Which outcomes of two groups make Fisher's exact test (two-sided) significant.
#[derive(Debug, Clone)]
pub struct RejectionRegion {
    first: u64,
    second: u64,
    is_rejected: Vec<Vec<bool>>,
}

impl RejectionRegion {
    /// The region at level `alpha` for groups of `first` and `second` cases. `None` when a group is empty or
    /// larger than [`LARGEST_GROUP`].
    pub fn of(first: u64, second: u64, alpha: f64) -> Option<Self> {
        let fits = |group: u64| (1..=LARGEST_GROUP).contains(&group);
        if !fits(first) || !fits(second) {
            return None;
        }
        let mut is_rejected = vec![vec![false; second as usize + 1]; first as usize + 1];
        for with in 0..=first + second {
            let margins = Margins { exposed: first, others: second, with };
            for (offset, p) in fisher_ps(&margins.chances()).into_iter().enumerate() {
                let hits = margins.fewest() as usize + offset;
                is_rejected[hits][with as usize - hits] = p <= alpha;
            }
        }
        Some(Self { first, second, is_rejected })
    }

    /// The chance of a significant result when the true shares are `p` in the first group and `q` in the second.
    /// `None` when a share is outside 0 to 1.
    pub fn power(&self, p: f64, q: f64) -> Option<f64> {
        let first = probabilities(self.first, p)?;
        let second = probabilities(self.second, q)?;
        let rows = self.is_rejected.iter().zip(&first).map(|(row, chance)| {
            let rejected = row.iter().zip(&second).filter(|(is_rejected, _)| **is_rejected);
            chance * rejected.map(|(_, chance)| chance).sum::<f64>()
        });
        Some(rows.sum::<f64>().clamp(0.0, 1.0))
    }
}

/// The chance that Fisher's exact test at level `alpha` finds shares `p` and `q` different in groups of `first`
/// and `second` cases. `None` as for [`RejectionRegion::of`] and [`RejectionRegion::power`].
pub fn fisher_power(p: f64, q: f64, first: u64, second: u64, alpha: f64) -> Option<f64> {
    RejectionRegion::of(first, second, alpha)?.power(p, q)
}

/// The smallest rise over the share `base` (of the second group) that would have been found with chance `power`
/// (0.8) at level `alpha`, in share points from 0 to 1. `None` when even a rise to 100 % would not, when `base`
/// is outside 0 to 1, or as for [`RejectionRegion::of`].
pub fn smallest_detectable_rise(base: f64, first: u64, second: u64, alpha: f64, power: f64) -> Option<f64> {
    let region = RejectionRegion::of(first, second, alpha)?;
    if region.power(1.0, base)? < power {
        return None;
    }
    let (mut low, mut high) = (base, 1.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if region.power(middle, base)? < power {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high - base)
}

fn probabilities(of: u64, p: f64) -> Option<Vec<f64>> {
    let distribution = Binomial::new(p, of).ok()?;
    Some((0..=of).map(|hits| distribution.pmf(hits)).collect())
}

/// The two-sided p-value of each outcome: the sum of all chances no larger than its own.
fn fisher_ps(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let mut ps = vec![0.0; chances.len()];
    let mut total = 0.0;
    let mut reached = 0;
    for index in &order {
        let bar = chances[*index] * (1.0 + 1e-7);
        while reached < order.len() && chances[order[reached]] <= bar {
            total += chances[order[reached]];
            reached += 1;
        }
        ps[*index] = total;
    }
    ps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    /// 60 % against 80 % success, two equal arms; the exact figures by scipy's `fisher_exact` and `binom.pmf`.
    #[test]
    fn forty_eighty_and_a_hundred_and_fifty_cases_see_this_much() {
        let expected = [
            (20, 0.20, 0.192_225_467_944_297_9),
            (40, 0.40, 0.408_113_346_768_290_9),
            (75, 0.70, 0.713_570_928_595_663),
        ];
        for (arm, rounded, exact) in expected {
            let power = fisher_power(0.6, 0.8, arm, arm, 0.05).unwrap();
            assert_close(power, exact, 1e-9);
            assert!((power - rounded).abs() < 0.015, "{power} is not near {rounded}");
        }
    }

    #[test]
    fn what_could_have_been_seen_shrinks_with_cases() {
        let small = smallest_detectable_rise(0.6, 20, 20, 0.05, 0.8).unwrap();
        let large = smallest_detectable_rise(0.6, 75, 75, 0.05, 0.8).unwrap();
        assert!(large < small, "{large} {small}");
        let power = fisher_power(0.6 + large, 0.6, 75, 75, 0.05).unwrap();
        assert_close(power, 0.8, 1e-6);
        assert_eq!(smallest_detectable_rise(0.9, 10, 10, 0.05, 0.8), None);
    }

    #[test]
    fn empty_groups_have_no_power() {
        assert_eq!(fisher_power(0.5, 0.5, 0, 10, 0.05), None);
        assert_eq!(fisher_power(1.5, 0.5, 10, 10, 0.05), None);
    }
}
