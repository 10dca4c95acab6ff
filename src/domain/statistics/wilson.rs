//! Intervals for a share: k successes of n.

use statrs::distribution::{Beta, ContinuousCDF};

use super::Interval;
use super::moments::finite;
use super::normal::z_of_level;

/// The Wilson score interval for `successes` of `of`, as shares from 0 to 1 (Wilson 1927).
/// `None` when `of` is zero, successes exceed it, or `level` is not between 0 and 1.
pub fn wilson(successes: u64, of: u64, level: f64) -> Option<Interval> {
    let z = z_of_level(level)?;
    if of == 0 || successes > of {
        return None;
    }
    let n = of as f64;
    let share = successes as f64 / n;
    let shrink = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / shrink;
    let half_width = z / shrink * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let low = if successes == 0 { 0.0 } else { (centre - half_width).max(0.0) };
    let high = if successes == of { 1.0 } else { (centre + half_width).min(1.0) };
    Some(Interval { low, high })
}

/// The Jeffreys interval for `successes` of `of`, as shares: equal tails of Beta(k + ½, n − k + ½), with the
/// lower end at 0 when nothing succeeded and the upper at 1 when everything did (Brown, Cai & `DasGupta` 2001).
/// `None` when `of` is zero, successes exceed it, or `level` is not between 0 and 1.
pub fn jeffreys(successes: u64, of: u64, level: f64) -> Option<Interval> {
    if of == 0 || successes > of || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let posterior = Beta::new(successes as f64 + 0.5, (of - successes) as f64 + 0.5).ok()?;
    let low = if successes == 0 { 0.0 } else { posterior.inverse_cdf(tail) };
    let high = if successes == of { 1.0 } else { posterior.inverse_cdf(1.0 - tail) };
    Some(Interval { low: finite(low)?, high: finite(high)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn wilson_gives_the_reference_intervals() {
        let expected = [
            (8, 10, 0.490_162_47, 0.943_317_85),
            (0, 12, 0.0, 0.242_494_01),
            (27, 42, 0.491_663_66, 0.770_108_12),
            (1, 3, 0.061_491_94, 0.792_340_40),
        ];
        for (successes, of, low, high) in expected {
            let interval = wilson(successes, of, 0.95).unwrap();
            assert_close(interval.low, low, 1e-8);
            assert_close(interval.high, high, 1e-8);
        }
    }

    /// Reference: `scipy.stats.beta.ppf`, with the end fixed at 0 when nothing succeeded.
    const JEFFREYS: [(u64, u64, f64, f64); 4] = [
        (8, 10, 0.497_225_50, 0.955_940_59),
        (0, 12, 0.0, 0.185_305_938),
        (27, 42, 0.492_340_78, 0.774_431_44),
        (1, 3, 0.038_747_62, 0.823_263_90),
    ];

    #[test]
    fn jeffreys_agrees_with_scipy() {
        for (successes, of, low, high) in JEFFREYS {
            let interval = jeffreys(successes, of, 0.95).unwrap();
            assert_close(interval.low, low, 1e-7);
            assert_close(interval.high, high, 1e-7);
        }
    }

    #[test]
    fn no_trials_give_no_interval() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(3, 2, 0.95), None);
        assert_eq!(jeffreys(1, 2, 1.0), None);
    }

    proptest! {
        #[test]
        fn both_intervals_stay_inside_zero_and_one(of in 1_u64..500, part in 0.0..=1.0_f64, level in 0.5..0.999) {
            let successes = (part * of as f64) as u64;
            for interval in [wilson(successes, of, level).unwrap(), jeffreys(successes, of, level).unwrap()] {
                prop_assert!(0.0 <= interval.low && interval.low <= interval.high && interval.high <= 1.0);
                prop_assert!(interval.contains(successes as f64 / of as f64));
            }
        }
    }
}
