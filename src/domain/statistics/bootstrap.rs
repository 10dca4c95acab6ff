//! Resampling whole accounts, the same way for the same seed.

use super::Interval;
use super::moments::all_finite;
use super::quantile::quantile;

/// A percentile interval from `rounds` resamples of the indices 0 to `count` with replacement; `figure` computes
/// the figure of one resample, or `None` to skip it. `None` when `count` or `rounds` is zero, when more than one
/// resample in ten is skipped, when a figure is not finite, or when `level` is not between 0 and 1.
pub fn interval(
    count: usize,
    rounds: usize,
    seed: u64,
    level: f64,
    figure: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    if count == 0 || rounds == 0 || level <= 0.0 || level >= 1.0 {
        return None;
    }
    let mut sequence = SplitMix { state: seed };
    let mut figures = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let drawn: Vec<usize> = (0..count).map(|_| sequence.below(count)).collect();
        figures.extend(figure(&drawn));
    }
    if 10 * figures.len() < 9 * rounds || !all_finite(&figures) {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: quantile(&figures, tail)?, high: quantile(&figures, 1.0 - tail)? })
}

/// `SplitMix64` (Steele, Lea & Flood 2014): small, seeded, the same on every machine.
struct SplitMix {
    state: u64,
}

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use crate::statistics::moments::{mean, population_standard_deviation};

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut sequence = SplitMix { state: 1_234_567 };
        assert_eq!(sequence.next(), 6_457_827_717_110_365_317);
    }

    #[test]
    fn a_mean_gets_about_its_normal_interval() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 60)).collect();
        let figure = |drawn: &[usize]| mean(&drawn.iter().map(|index| values[*index]).collect::<Vec<_>>());
        let found = interval(60, 2_000, 7, 0.95, figure).unwrap();
        let error = population_standard_deviation(&values).unwrap() / 60.0_f64.sqrt();
        assert_close(found.high - found.low, 2.0 * 1.96 * error, 0.05);
        assert_eq!(interval(60, 2_000, 7, 0.95, figure), Some(found));
        assert_eq!(interval(0, 10, 7, 0.95, |_| Some(1.0)), None);
        assert_eq!(interval(5, 10, 7, 0.95, |_| None), None);
    }
}
