//! Quantiles: the usual one (type 7), the smooth one for small samples (Harrell–Davis), median and spread.

use statrs::function::beta::checked_beta_reg;

use super::moments::{all_finite, finite};

/// The type-7 quantile at `p`, the default of R and numpy, in the unit of the values.
/// `None` when empty, not finite, or `p` is outside 0 to 1.
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let sorted = sorted(values)?;
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = position - below as f64;
    finite(sorted[below] + share * (sorted[above] - sorted[below]))
}

/// The median, type 7. `None` when empty or not finite.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The distance between the 25 % and 75 % points. `None` when empty or not finite.
pub fn interquartile_range(values: &[f64]) -> Option<f64> {
    finite(quantile(values, 0.75)? - quantile(values, 0.25)?)
}

/// The Harrell–Davis quantile at `p`: every order statistic, weighted by a beta density around `p`
/// (Harrell & Davis 1982). Steadier than type 7 below thirty values.
/// `None` when empty, not finite, or `p` is not strictly between 0 and 1.
pub fn harrell_davis(values: &[f64], p: f64) -> Option<f64> {
    let sorted = sorted(values)?;
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let count = sorted.len() as f64;
    let (a, b) = ((count + 1.0) * p, (count + 1.0) * (1.0 - p));
    let mut total = 0.0;
    let mut reached = 0.0;
    for (index, value) in sorted.iter().enumerate() {
        let next = checked_beta_reg(a, b, ((index + 1) as f64 / count).min(1.0)).ok()?;
        total += (next - reached) * value;
        reached = next;
    }
    finite(total)
}

/// The values in rising order. `None` when empty or not finite.
fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || !all_finite(values) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::assert_close;

    const DIGITS: [f64; 8] = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];

    #[test]
    fn type_seven_gives_the_reference_points() {
        for (p, expected) in [(0.1, 1.0), (0.25, 1.75), (0.5, 3.5), (0.9, 6.9)] {
            assert_close(quantile(&DIGITS, p).unwrap(), expected, 1e-12);
        }
        assert_close(interquartile_range(&DIGITS).unwrap(), 3.5, 1e-12);
    }

    /// Reference: `scipy.stats.mstats.hdquantiles`.
    const HARRELL_DAVIS: [(f64, f64); 4] = [
        (0.1, 1.103_605_344_575_283_8),
        (0.25, 1.694_562_234_583_608),
        (0.5, 3.511_778_597_390_139_8),
        (0.9, 7.997_053_190_215_588),
    ];

    #[test]
    fn harrell_davis_agrees_with_scipy() {
        for (p, expected) in HARRELL_DAVIS {
            assert_close(harrell_davis(&DIGITS, p).unwrap(), expected, 1e-9);
        }
    }

    #[test]
    fn an_empty_or_unreal_sample_has_no_quantile() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[1.0, f64::NAN], 0.5), None);
        assert_eq!(quantile(&[1.0], 1.1), None);
        assert_eq!(harrell_davis(&[1.0], 0.0), None);
        assert_close(harrell_davis(&[7.0], 0.5).unwrap(), 7.0, 1e-12);
    }

    proptest! {
        #[test]
        fn quantiles_rise_with_p(
            values in proptest::collection::vec(-1e6..1e6, 1..40),
            p in 0.001..0.999,
            q in 0.001..0.999,
        ) {
            let (p, q): (f64, f64) = if p < q { (p, q) } else { (q, p) };
            prop_assert!(quantile(&values, p) <= quantile(&values, q));
            prop_assert!(harrell_davis(&values, p).unwrap() <= harrell_davis(&values, q).unwrap() + 1e-6);
        }
    }
}
