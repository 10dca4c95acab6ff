//! What a chance is worth: how the chances told before came true, by rung of the ladder and by age.

use crate::{
    forecast::{Recalibrated, Rung},
    policy::Policy,
    promise::Promise,
    statistics::calibration::{Platt, calibration},
};
use std::collections::BTreeMap;

/// Corrections learned from finished forecasts, where these turned out to need one.
#[derive(Debug, Clone, Default)]
pub struct Chances {
    /// Days of one age.
    every_days: usize,
    corrections: BTreeMap<(Rung, usize), (Platt, usize)>,
}

/// Level of the interval of the calibration's slope.
const LEVEL: f64 = 0.95;

impl Chances {
    /// Learns from finished forecasts, the latest known first. Once enough of a rung and age ended either way, its chances
    /// are rescaled (Platt) when the interval of their calibration slope excludes 1, else moved alike when that of the
    /// intercept excludes 0, else they stand (`methods.md` 8).
    pub fn learned<'a>(promises: impl IntoIterator<Item = &'a Promise>, policy: &Policy) -> Self {
        let every_days = usize::from(policy.promise_every_days.max(1));
        let mut told: BTreeMap<(Rung, usize), (Vec<f64>, Vec<bool>)> = BTreeMap::new();
        for promise in promises {
            let Some(chance) = promise.uncorrected else { continue };
            let (chances, came) =
                told.entry((promise.rung, usize::from(promise.day) / every_days)).or_default();
            if chances.len() < policy.recalibrate_max {
                chances.push(chance);
                came.push(promise.was_reached);
            }
        }
        let learned = told.into_iter().filter_map(|(kind, (chances, came))| {
            Some((kind, (correction(&chances, &came, policy)?, chances.len())))
        });
        Self { every_days, corrections: learned.collect() }
    }

    /// The chance as such chances came true, with what it was corrected by; `None` when it stands as it is.
    pub(crate) fn corrected(&self, rung: Rung, day: usize, chance: f64) -> Option<(f64, Recalibrated)> {
        let (platt, n) = self.corrections.get(&(rung, day.checked_div(self.every_days)?))?;
        Some((platt.recalibrated(chance)?, Recalibrated { uncorrected: chance, n: *n }))
    }
}

fn correction(chances: &[f64], came: &[bool], policy: &Policy) -> Option<Platt> {
    let reached = came.iter().filter(|came| **came).count();
    let fewest = reached.min(came.len() - reached);
    if fewest < policy.recalibrate_events_min {
        return None;
    }
    let found = calibration(chances, came, LEVEL)?;
    if found.needs_recalibration() { Platt::fit(chances, came) } else { found.in_the_large() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::normal;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn promise(day: u16, chance: f64, was_reached: bool) -> Promise {
        Promise {
            metric: "seats".into(),
            day,
            is_review: true,
            rung: Rung::OwnTrend,
            probability: Some(chance),
            uncorrected: Some(chance),
            is_inside: None,
            is_calibrated: false,
            was_reached,
        }
    }

    /// `n` chances spread over 0.1 to 0.9 that come true as `truth` says.
    fn told(n: usize, day: u16, truth: impl Fn(f64) -> f64) -> Vec<Promise> {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let one = |random: &mut ChaCha8Rng| {
            let chance = random.random_range(0.1..0.9);
            promise(day, chance, random.random_bool(truth(chance)))
        };
        (0..n).map(|_| one(&mut random)).collect()
    }

    #[test]
    fn chances_that_told_nothing_become_the_share_that_came_true() {
        let chances = Chances::learned(&told(400, 30, |_| 0.7), &Policy::default());
        for chance in [0.2, 0.8] {
            let (corrected, by) = chances.corrected(Rung::OwnTrend, 33, chance).unwrap();
            assert!((corrected - 0.7).abs() < 0.08, "{chance} became {corrected}");
            assert_eq!((by.uncorrected, by.n), (chance, 300));
        }
        assert_eq!(chances.corrected(Rung::OwnTrend, 60, 0.2), None, "another age");
        assert_eq!(chances.corrected(Rung::ShrunkBlend, 30, 0.2), None, "another rung");
    }

    #[test]
    fn chances_that_came_true_as_told_stand_as_they_are() {
        let chances = Chances::learned(&told(400, 30, |chance| chance), &Policy::default());
        assert_eq!(chances.corrected(Rung::OwnTrend, 30, 0.4), None);
    }

    #[test]
    fn chances_that_were_all_too_low_are_moved_up_alike() {
        let low = |chance: f64| normal::sigmoid(normal::logit(chance).unwrap() + 1.5);
        let chances = Chances::learned(&told(400, 30, low), &Policy::default());
        for chance in [0.2, 0.5] {
            let (corrected, _) = chances.corrected(Rung::OwnTrend, 30, chance).unwrap();
            assert!(
                (corrected - low(chance)).abs() < 0.06,
                "{chance} became {corrected}, is {}",
                low(chance)
            );
        }
    }

    #[test]
    fn nine_of_one_ending_are_too_few() {
        let mut few = told(200, 30, |_| 1.0);
        few.iter_mut().take(9).for_each(|promise| promise.was_reached = false);
        assert_eq!(Chances::learned(&few, &Policy::default()).corrected(Rung::OwnTrend, 30, 0.4), None);
    }

    #[test]
    fn only_the_latest_count() {
        let mut promises = told(300, 30, |chance| chance);
        promises.extend(told(5_000, 30, |_| 0.9));
        let chances = Chances::learned(&promises, &Policy::default());
        assert_eq!(chances.corrected(Rung::OwnTrend, 30, 0.4), None, "the first of them need no correction");
    }
}
