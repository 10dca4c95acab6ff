//! Do two groups last equally long? The log-rank test, within strata where there are any.

use super::{Lifetime, in_order};
use crate::statistics::normal::chi_square_tail;

/// The result of a log-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRank {
    /// One degree of freedom.
    pub chi_square: f64,
    pub p: f64,
    /// Events in the first group, and how many equal hazards would have given it.
    pub observed: f64,
    pub expected: f64,
}

/// The log-rank test of two groups (Mantel 1966, Peto & Peto 1972; hypergeometric variance).
/// `None` when a group is empty, a time is negative or not finite, or no event can tell them apart.
pub fn log_rank(first: &[Lifetime], second: &[Lifetime]) -> Option<LogRank> {
    stratified_log_rank(&[(first.to_vec(), second.to_vec())])
}

/// The log-rank test of two groups compared only within strata, each given as (first, second): observed,
/// expected and variance are added over strata. Strata lacking a group do not count. `None` when none is left,
/// or as for [`log_rank`].
pub fn stratified_log_rank(strata: &[(Vec<Lifetime>, Vec<Lifetime>)]) -> Option<LogRank> {
    let mut sums = Sums::default();
    for (first, second) in strata.iter().filter(|(first, second)| !first.is_empty() && !second.is_empty()) {
        sums.add_stratum(&in_order(first)?, &in_order(second)?);
    }
    if sums.variance <= 0.0 {
        return None;
    }
    let chi_square = (sums.observed - sums.expected).powi(2) / sums.variance;
    let p = chi_square_tail(chi_square, 1)?;
    Some(LogRank { chi_square, p, observed: sums.observed, expected: sums.expected })
}

#[derive(Default)]
struct Sums {
    observed: f64,
    expected: f64,
    variance: f64,
}

impl Sums {
    fn add_stratum(&mut self, first: &[Lifetime], second: &[Lifetime]) {
        let mut times: Vec<f64> =
            first.iter().chain(second).filter(|life| life.is_event).map(|life| life.time).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        for time in times {
            let (events, at_risk) = (events_at(first, time), at_risk_at(first, time));
            let all_events = events + events_at(second, time);
            let all_at_risk = at_risk + at_risk_at(second, time);
            let share = at_risk / all_at_risk;
            self.observed += events;
            self.expected += all_events * share;
            if all_at_risk > 1.0 {
                let spread = (all_at_risk - all_events) / (all_at_risk - 1.0);
                self.variance += all_events * share * (1.0 - share) * spread;
            }
        }
    }
}

fn events_at(ordered: &[Lifetime], time: f64) -> f64 {
    let from = ordered.partition_point(|life| life.time < time);
    let same_time = ordered[from..].iter().take_while(|life| life.time == time);
    same_time.filter(|life| life.is_event).count() as f64
}

fn at_risk_at(ordered: &[Lifetime], time: f64) -> f64 {
    (ordered.len() - ordered.partition_point(|life| life.time < time)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use crate::survival::tests::{leukemia, waltons};

    /// Reference: lifelines `logrank_test`; 16.79 is the published figure.
    #[test]
    fn the_test_statistics_agree_with_lifelines() {
        let [_, control, mir] = waltons();
        assert_close(log_rank(&control, &mir).unwrap().chi_square, 122.249_125_573_0, 1e-10);
        let [placebo, treated] = leukemia().map(|arm| arm.iter().map(|(life, _)| *life).collect::<Vec<_>>());
        let found = log_rank(&placebo, &treated).unwrap();
        assert_close(found.chi_square, 16.792_940_99, 1e-8);
        assert_close(found.p * 1e5, 4.168_809_109, 1e-6);
        assert_close(found.observed, 21.0, 1e-12);
        assert!(found.expected < 12.0);
    }

    /// Reference: the same sums in pandas, per sex.
    #[test]
    fn strata_are_compared_within_themselves() {
        let [placebo, treated] = leukemia();
        let of_sex = |arm: &[(Lifetime, bool)], male: bool| {
            arm.iter().filter(|(_, is_male)| *is_male == male).map(|(life, _)| *life).collect::<Vec<_>>()
        };
        let strata = [false, true].map(|male| (of_sex(&placebo, male), of_sex(&treated, male)));
        assert_close(stratified_log_rank(&strata).unwrap().chi_square, 9.703_516_167_909_35, 1e-9);
    }

    #[test]
    fn without_events_or_a_second_group_there_is_no_test() {
        assert_eq!(log_rank(&[Lifetime::ended(1.0)], &[]), None);
        assert_eq!(log_rank(&[Lifetime::censored(1.0)], &[Lifetime::censored(2.0)]), None);
    }
}
