//! Survival of money rather than of accounts: each account weighs what it pays.

use super::Lifetime;
use crate::statistics::moments::{all_finite, finite};
use crate::statistics::{Interval, bootstrap};

/// A lifetime and its weight, such as annual recurring revenue in minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedLifetime {
    pub lifetime: Lifetime,
    pub weight: f64,
}

/// The weighted share still going at `time`: Kaplan–Meier with weights for counts. Accounts without weight do
/// not count. `None` when nothing has weight, when a weight is negative or a number not finite, or when `time`
/// lies beyond all observation while some were still going.
pub fn weighted_survival(lifetimes: &[WeightedLifetime], time: f64) -> Option<f64> {
    let mut counted: Vec<&WeightedLifetime> = lifetimes.iter().filter(|life| life.weight != 0.0).collect();
    let is_valid = |life: &&WeightedLifetime| {
        life.weight > 0.0 && life.lifetime.is_valid() && all_finite(&[life.weight, time])
    };
    if counted.is_empty() || !counted.iter().all(is_valid) {
        return None;
    }
    counted.sort_by(|a, b| a.lifetime.time.total_cmp(&b.lifetime.time));
    let mut survival = 1.0;
    for (index, same_time) in groups(&counted) {
        if same_time[0].lifetime.time > time {
            return finite(survival);
        }
        let at_risk: f64 = counted[index..].iter().map(|life| life.weight).sum();
        let ended: f64 = same_time.iter().filter(|life| life.lifetime.is_event).map(|life| life.weight).sum();
        let goes_on =
            index + same_time.len() < counted.len() || same_time.iter().any(|life| !life.lifetime.is_event);
        survival *= if goes_on { (1.0 - ended / at_risk).max(0.0) } else { 0.0 };
    }
    let last = counted[counted.len() - 1].lifetime.time;
    (time <= last || survival <= 0.0).then_some(survival)
}

fn groups<'a>(
    ordered: &'a [&'a WeightedLifetime],
) -> impl Iterator<Item = (usize, &'a [&'a WeightedLifetime])> {
    let mut index = 0;
    ordered.chunk_by(|a, b| a.lifetime.time == b.lifetime.time).map(move |group| {
        index += group.len();
        (index - group.len(), group)
    })
}

/// The interval of [`weighted_survival`] at `time`, by resampling accounts `rounds` times (1,000 is plenty) from
/// `seed`: a few large accounts make it as wide as it should be. `None` as for the figure itself, or when more
/// than one resample in ten cannot be computed.
pub fn weighted_survival_interval(
    lifetimes: &[WeightedLifetime],
    time: f64,
    level: f64,
    rounds: usize,
    seed: u64,
) -> Option<Interval> {
    weighted_survival(lifetimes, time)?;
    bootstrap::interval(lifetimes.len(), rounds, seed, level, |drawn| {
        let resample: Vec<WeightedLifetime> = drawn.iter().map(|index| lifetimes[*index]).collect();
        weighted_survival(&resample, time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use crate::survival::kaplan_meier::SurvivalCurve;
    use crate::survival::tests::waltons;

    fn weigh(lifetimes: &[Lifetime], weight: f64) -> Vec<WeightedLifetime> {
        lifetimes.iter().map(|lifetime| WeightedLifetime { lifetime: *lifetime, weight }).collect()
    }

    /// Reference: lifelines `KaplanMeierFitter` with weights 1, 5, 2, 4, 1.
    #[test]
    fn weights_count_like_so_many_accounts() {
        let lives = [
            (Lifetime::ended(1.0), 1.0),
            (Lifetime::censored(2.0), 5.0),
            (Lifetime::ended(3.0), 2.0),
            (Lifetime::ended(4.0), 4.0),
            (Lifetime::censored(5.0), 1.0),
        ];
        let weighted = lives.map(|(lifetime, weight)| WeightedLifetime { lifetime, weight });
        for (time, expected) in [(1.0, 0.923_076_9), (3.0, 0.659_340_7), (5.0, 0.131_868_1)] {
            assert_close(weighted_survival(&weighted, time).unwrap(), expected, 1e-7);
        }
        assert_eq!(weighted_survival(&weighted, 6.0), None);
    }

    #[test]
    fn equal_weights_give_the_plain_curve() {
        let all = &waltons()[0];
        let plain = SurvivalCurve::of(all).unwrap();
        for time in [0.0, 26.0, 50.0, 80.0] {
            let weighted = weighted_survival(&weigh(all, 250.0), time).unwrap();
            assert_close(weighted, plain.survival_at(time).unwrap(), 1e-12);
        }
    }

    #[test]
    fn resampling_accounts_gives_about_greenwoods_width() {
        let all = &waltons()[0];
        let plain = SurvivalCurve::of(all).unwrap().interval_at(50.0, 0.95).unwrap();
        let drawn = weighted_survival_interval(&weigh(all, 1.0), 50.0, 0.95, 500, 11).unwrap();
        assert_close(drawn.low, plain.low, 0.03);
        assert_close(drawn.high, plain.high, 0.03);
        assert_eq!(weighted_survival(&weigh(all, 0.0), 10.0), None);
        assert_eq!(weighted_survival(&weigh(all, -1.0), 10.0), None);
    }
}
