//! Two groups, two outcomes: lift, odds, and whether it may be luck.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::function::factorial::ln_binomial;

use super::Interval;
use super::moments::finite;
use super::normal::z_of_level;

/// How many with and without the event, among those exposed (milestone done, risk present) and the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    pub exposed_with: u64,
    pub exposed_without: u64,
    pub others_with: u64,
    pub others_without: u64,
}

/// A ratio (1 means no difference) with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    pub ratio: f64,
    pub interval: Interval,
}

impl Table {
    /// Everyone exposed.
    pub fn exposed(&self) -> u64 {
        self.exposed_with + self.exposed_without
    }

    /// Everyone not exposed.
    pub fn others(&self) -> u64 {
        self.others_with + self.others_without
    }

    /// Share of events among the exposed over the share among the others ("lift"), with the log-normal interval
    /// (Katz et al. 1978). `None` when a group has no event or `level` is not between 0 and 1.
    pub fn risk_ratio(&self, level: f64) -> Option<Ratio> {
        if self.exposed_with == 0 || self.others_with == 0 {
            return None;
        }
        let (a, c) = (self.exposed_with as f64, self.others_with as f64);
        let (exposed, others) = (self.exposed() as f64, self.others() as f64);
        let log = (a / exposed / (c / others)).ln();
        let error = (1.0 / a - 1.0 / exposed + 1.0 / c - 1.0 / others).max(0.0).sqrt();
        ratio_of_log(log, z_of_level(level)? * error)
    }

    /// Odds of the event among the exposed over the odds among the others, with the log-normal interval
    /// (Woolf 1955). `None` when a cell is empty (use [`Table::shrunk_odds_ratio`]) or `level` is not between 0
    /// and 1.
    pub fn odds_ratio(&self, level: f64) -> Option<Ratio> {
        if self.cells().contains(&0) {
            return None;
        }
        let (log, variance) = self.log_odds(0.0);
        ratio_of_log(log, z_of_level(level)? * variance.sqrt())
    }

    /// The odds ratio pulled towards 1 by a normal prior on its logarithm with mean 0 and deviation
    /// `prior_deviation` (0.5), the data entering as a normal likelihood with half a case added to each cell
    /// (Haldane–Anscombe). Always there, so empty cells do no harm. `None` when a group is empty, the deviation
    /// is not positive, or `level` is not between 0 and 1.
    pub fn shrunk_odds_ratio(&self, prior_deviation: f64, level: f64) -> Option<Ratio> {
        if self.exposed() == 0 || self.others() == 0 || prior_deviation <= 0.0 {
            return None;
        }
        let (log, variance) = self.log_odds(0.5);
        let prior = prior_deviation * prior_deviation;
        let kept = prior / (prior + variance);
        ratio_of_log(log * kept, z_of_level(level)? * (variance * kept).sqrt())
    }

    /// Two-sided p-value of Fisher's exact test: the total chance, margins fixed, of every table no likelier
    /// than this one (Fisher 1935; the rule of R and scipy). 1 when a margin is empty.
    pub fn fisher_p(&self) -> f64 {
        let chances = Margins::of(self).chances();
        let observed = chances[(self.exposed_with - Margins::of(self).fewest()) as usize];
        let bar = observed * (1.0 + 1e-7);
        chances.iter().filter(|chance| **chance <= bar).sum::<f64>().min(1.0)
    }

    fn cells(&self) -> [u64; 4] {
        [self.exposed_with, self.exposed_without, self.others_with, self.others_without]
    }

    fn log_odds(&self, added: f64) -> (f64, f64) {
        let [a, b, c, d] = self.cells().map(|cell| cell as f64 + added);
        ((a * d / (b * c)).ln(), 1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)
    }
}

fn ratio_of_log(log: f64, reach: f64) -> Option<Ratio> {
    let interval = Interval::around(finite(log)?, finite(reach)?).map(f64::exp);
    Some(Ratio { ratio: finite(log.exp())?, interval: Interval { high: finite(interval.high)?, ..interval } })
}

/// The margins of a table: the two group sizes and how many had the event.
#[derive(Debug, Clone, Copy)]
pub struct Margins {
    pub exposed: u64,
    pub others: u64,
    pub with: u64,
}

impl Margins {
    fn of(table: &Table) -> Self {
        Self {
            exposed: table.exposed(),
            others: table.others(),
            with: table.exposed_with + table.others_with,
        }
    }

    /// The fewest events the exposed can have under these margins.
    pub fn fewest(&self) -> u64 {
        self.with.saturating_sub(self.others)
    }

    /// The chance of each possible number of events among the exposed, from `fewest` up (hypergeometric).
    pub fn chances(&self) -> Vec<f64> {
        let all = ln_binomial(self.exposed + self.others, self.with);
        (self.fewest()..=self.with.min(self.exposed))
            .map(|hits| {
                (ln_binomial(self.exposed, hits) + ln_binomial(self.others, self.with - hits) - all).exp()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    fn table(cells: [u64; 4]) -> Table {
        let [exposed_with, exposed_without, others_with, others_without] = cells;
        Table { exposed_with, exposed_without, others_with, others_without }
    }

    /// Reference: `scipy.stats.fisher_exact`.
    #[test]
    fn fisher_agrees_with_scipy() {
        assert_close(table([8, 2, 1, 5]).fisher_p(), 0.034_965_034_965, 1e-10);
        assert_close(table([3, 5, 4, 50]).fisher_p(), 0.039_707_492_465, 1e-10);
        assert_close(table([10, 10, 15, 5]).fisher_p(), 0.190_792_572_327_6, 1e-10);
        assert_close(table([0, 5, 5, 0]).fisher_p(), 0.007_936_507_937, 1e-10);
        assert_close(table([0, 0, 3, 4]).fisher_p(), 1.0, 1e-12);
    }

    /// Reference: `scipy.stats.contingency.relative_risk` and `odds_ratio(kind="sample")`.
    #[test]
    fn lift_and_odds_agree_with_scipy() {
        let lift = table([27, 95, 44, 443]).risk_ratio(0.95).unwrap();
        assert_close(lift.ratio, 2.449_515_648_286_139_8, 1e-12);
        assert_close(lift.interval.low, 1.583_699_092_670_011_6, 1e-9);
        assert_close(lift.interval.high, 3.788_678_631_546_635_4, 1e-9);
        let odds = table([27, 95, 44, 443]).odds_ratio(0.95).unwrap();
        assert_close(odds.ratio, 2.861_483_253_588_516_6, 1e-12);
        assert_close(odds.interval.low, 1.687_805_434_258_925_3, 1e-9);
        assert_close(odds.interval.high, 4.851_321_274_577_311, 1e-9);
    }

    #[test]
    fn an_empty_cell_leaves_only_the_shrunk_ratio() {
        let none_without = table([6, 0, 3, 3]);
        assert_eq!(none_without.odds_ratio(0.95), None);
        let shrunk = none_without.shrunk_odds_ratio(0.5, 0.95).unwrap();
        assert!(shrunk.ratio > 1.0 && shrunk.ratio < 2.0 && shrunk.interval.contains(1.0));
        assert_eq!(table([0, 4, 2, 3]).risk_ratio(0.95), None);
        assert_eq!(table([0, 0, 2, 3]).shrunk_odds_ratio(0.5, 0.95), None);
    }

    #[test]
    fn much_data_outweighs_the_prior() {
        let large = table([6_000, 4_000, 4_000, 6_000]).shrunk_odds_ratio(0.5, 0.95).unwrap();
        assert_close(large.ratio, 2.25, 0.01);
    }
}
