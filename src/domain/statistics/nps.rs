//! What people answered: net promoter score, customer satisfaction, and how many answered at all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::moments::finite;
use super::normal::z_of_level;
use super::wilson::wilson;

/// Below this many answers a score says more about chance than about customers.
pub const FEWEST_ANSWERS_FOR_A_SCORE: u64 = 10;

/// How many people answered 9–10, 7–8 and 0–6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NpsCounts {
    pub promoters: u64,
    pub passives: u64,
    pub detractors: u64,
}

impl NpsCounts {
    /// Sorts answers from 0 to 10 into the three groups. `None` when an answer is above 10.
    pub fn of_answers(answers: &[u8]) -> Option<Self> {
        let mut counts = Self { promoters: 0, passives: 0, detractors: 0 };
        for answer in answers {
            match answer {
                0..=6 => counts.detractors += 1,
                7..=8 => counts.passives += 1,
                9..=10 => counts.promoters += 1,
                11.. => return None,
            }
        }
        Some(counts)
    }

    /// Everyone who answered.
    pub fn answered(&self) -> u64 {
        self.promoters + self.passives + self.detractors
    }
}

/// A net promoter score, or only its counts when there are too few.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Nps {
    /// Fewer than ten answers: show the counts, no score.
    CountsOnly { counts: NpsCounts },
    /// `score` and `interval` in points from −100 to 100; `standard_error` as a share (0.078 is 7.8 points).
    Score { counts: NpsCounts, score: f64, standard_error: f64, interval: Interval },
}

/// The net promoter score 100·(P − D)/n with its normal interval (Reichheld 2003; the variance of a mean on
/// {−1, 0, 1}). `population`, when known, is everyone who could have answered: it narrows the interval by
/// sqrt((N − n)/(N − 1)). `None` when `level` is not between 0 and 1 or more answered than could.
pub fn nps(counts: NpsCounts, population: Option<u64>, level: f64) -> Option<Nps> {
    let z = z_of_level(level)?;
    let answered = counts.answered();
    if population.is_some_and(|population| population < answered) {
        return None;
    }
    if answered < FEWEST_ANSWERS_FOR_A_SCORE {
        return Some(Nps::CountsOnly { counts });
    }
    let n = answered as f64;
    let (promoters, detractors) = (counts.promoters as f64 / n, counts.detractors as f64 / n);
    let share = promoters - detractors;
    let variance = (promoters + detractors - share * share).max(0.0);
    let standard_error =
        (variance / n).sqrt() * population.map_or(1.0, |all| finite_correction(answered, all));
    let interval = Interval::around(share, z * standard_error).map(|end| 100.0 * end.clamp(-1.0, 1.0));
    Some(Nps::Score { counts, score: 100.0 * share, standard_error, interval })
}

/// How much a sample of `answered` out of `population` narrows a standard error: sqrt((N − n)/(N − 1)).
pub fn finite_correction(answered: u64, population: u64) -> f64 {
    if population <= answered.max(1) {
        return 0.0;
    }
    ((population - answered) as f64 / (population - 1) as f64).sqrt()
}

/// A share of people with its Wilson interval, both from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    pub count: u64,
    pub of: u64,
    pub share: f64,
    pub interval: Interval,
}

impl Share {
    /// `count` of `of`. `None` when `of` is zero, count exceeds it, or `level` is not between 0 and 1.
    pub fn of(count: u64, of: u64, level: f64) -> Option<Self> {
        let interval = wilson(count, of, level)?;
        Some(Self { count, of, share: finite(count as f64 / of as f64)?, interval })
    }
}

/// Customer satisfaction: the share of answers, from 1 to 5, that are 4 or 5.
/// `None` when there are none, one is outside 1 to 5, or `level` is not between 0 and 1.
pub fn csat(answers: &[u8], level: f64) -> Option<Share> {
    if answers.iter().any(|answer| !(1..=5).contains(answer)) {
        return None;
    }
    let satisfied = answers.iter().filter(|answer| **answer >= 4).count();
    Share::of(satisfied as u64, answers.len() as u64, level)
}

/// The share of those invited who answered, from 0 to 1. `None` when nobody was invited or more answered.
pub fn response_rate(answered: u64, invited: u64) -> Option<f64> {
    if invited == 0 || answered > invited { None } else { finite(answered as f64 / invited as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    const COUNTS: NpsCounts = NpsCounts { promoters: 50, passives: 30, detractors: 20 };

    #[test]
    fn fifty_thirty_twenty_scores_thirty() {
        let Some(Nps::Score { score, standard_error, interval, .. }) = nps(COUNTS, None, 0.95) else {
            panic!("a hundred answers have a score");
        };
        assert_close(score, 30.0, 1e-12);
        assert_close(standard_error, 0.078_102_496_8, 1e-9);
        assert_close(interval.low, 14.692, 1e-4);
        assert_close(interval.high, 45.308, 1e-4);
    }

    #[test]
    fn asking_everyone_leaves_no_doubt() {
        let Some(Nps::Score { standard_error, .. }) = nps(COUNTS, Some(100), 0.95) else {
            panic!("a hundred answers have a score");
        };
        assert_close(standard_error, 0.0, 1e-12);
        assert_close(finite_correction(100, 400), (300.0_f64 / 399.0).sqrt(), 1e-12);
        assert_eq!(nps(COUNTS, Some(99), 0.95), None);
    }

    #[test]
    fn nine_answers_are_only_counted() {
        let counts = NpsCounts::of_answers(&[10, 9, 9, 8, 7, 6, 0, 10, 10]).unwrap();
        assert_eq!(counts, NpsCounts { promoters: 5, passives: 2, detractors: 2 });
        assert_eq!(nps(counts, None, 0.95), Some(Nps::CountsOnly { counts }));
        assert_eq!(NpsCounts::of_answers(&[11]), None);
    }

    #[test]
    fn satisfaction_counts_fours_and_fives() {
        let answers = [5, 4, 4, 5, 5, 4, 5, 4, 3, 1];
        let share = csat(&answers, 0.95).unwrap();
        assert_eq!((share.count, share.of), (8, 10));
        assert_close(share.interval.low, 0.490_162_47, 1e-8);
        assert_eq!(csat(&[0], 0.95), None);
        assert_eq!(csat(&[], 0.95), None);
    }

    #[test]
    fn the_response_rate_needs_someone_invited() {
        assert_eq!(response_rate(3, 4), Some(0.75));
        assert_eq!(response_rate(0, 0), None);
        assert_eq!(response_rate(5, 4), None);
    }
}
