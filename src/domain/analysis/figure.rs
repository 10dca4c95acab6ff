//! A figure with the cases it stands on, or the answer that there are too few.

use crate::{
    amount::amount,
    statistics::wilson::wilson,
    survival::{Lifetime, kaplan_meier::SurvivalCurve},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Level of every interval told.
pub const LEVEL: f64 = 0.95;
/// Year-one churn is told at this day.
pub const YEAR_DAYS: f64 = 365.0;

/// What an analysis answers. Percentages run from 0 to 100; low and high are the 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Figure {
    /// `count` of `of`, with its Wilson interval.
    Share {
        count: u64,
        of: u64,
        percent: f64,
        low: f64,
        high: f64,
    },
    /// Days by which a quarter, half and three quarters got there; absent where not reached yet.
    Days {
        of: u64,
        reached: u64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        quarter: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        median: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        three_quarters: Option<f64>,
    },
    /// 1 − S(365): ended within a year of day 0, those still going censored.
    YearOne {
        ended: u64,
        of: u64,
        percent: f64,
        low: f64,
        high: f64,
    },
    NotEnoughData {
        of: u64,
        needed: u64,
        why: String,
    },
}

impl Figure {
    pub const fn is_known(&self) -> bool {
        !matches!(self, Self::NotEnoughData { .. })
    }

    /// `count` of `of`; told from `needed` cases on.
    pub fn share(count: u64, of: u64, needed: usize) -> Self {
        let needed = needed.max(1) as u64;
        match wilson(count, of, LEVEL).filter(|_| of >= needed) {
            None => Self::too_few(of, needed, "cases"),
            Some(interval) => Self::Share {
                count,
                of,
                percent: 100.0 * count as f64 / of as f64,
                low: 100.0 * interval.low,
                high: 100.0 * interval.high,
            },
        }
    }

    /// Time to an event that some have not had yet.
    pub fn days(lifetimes: &[Lifetime], needed: usize) -> Self {
        let (of, needed) = (lifetimes.len() as u64, needed.max(1) as u64);
        match SurvivalCurve::of(lifetimes).filter(|_| of >= needed) {
            None => Self::too_few(of, needed, "measured upsells"),
            Some(curve) => Self::Days {
                of,
                reached: lifetimes.iter().filter(|lifetime| lifetime.is_event).count() as u64,
                quarter: curve.quantile(0.25),
                median: curve.median(),
                three_quarters: curve.quantile(0.75),
            },
        }
    }

    /// Share that ended within a year; told once `needed` were seen to their end or for a year.
    pub fn year_one(lifetimes: &[Lifetime], needed: usize) -> Self {
        let needed = needed.max(1) as u64;
        let ended = lifetimes.iter().filter(|lifetime| lifetime.is_event).count() as u64;
        let of = lifetimes.len() as u64;
        let seen = lifetimes.iter().filter(|one| one.is_event || one.time >= YEAR_DAYS).count() as u64;
        let curve = SurvivalCurve::of(lifetimes).filter(|_| seen >= needed);
        let known =
            curve.and_then(|curve| curve.survival_at(YEAR_DAYS).zip(curve.interval_at(YEAR_DAYS, LEVEL)));
        match known {
            None => Self::too_few(seen, needed, "upsells followed for a year or to their end"),
            Some((survival, interval)) => Self::YearOne {
                ended,
                of,
                percent: 100.0 * (1.0 - survival),
                low: 100.0 * (1.0 - interval.high),
                high: 100.0 * (1.0 - interval.low),
            },
        }
    }

    pub fn too_few(of: u64, needed: u64, what: &str) -> Self {
        Self::NotEnoughData { of, needed, why: format!("{}, {needed} needed", amount(of as f64, what)) }
    }

    /// `80 % (55 to 93), 12 of 15`
    pub fn words(&self) -> String {
        let day = |day: &Option<f64>| day.map_or("not yet".to_owned(), |day| format!("day {day:.0}"));
        match self {
            Self::Share { count, of, percent, low, high } => {
                format!("{percent:.0} % ({low:.0} to {high:.0}), {count} of {of}")
            }
            Self::Days { of, reached, quarter, median, three_quarters } => format!(
                "a quarter: {}, half: {}, three quarters: {}; {reached} of {of} reached",
                day(quarter),
                day(median),
                day(three_quarters)
            ),
            Self::YearOne { ended, of, percent, low, high } => {
                format!("{percent:.0} % in year one ({low:.0} to {high:.0}), {ended} of {of} ended so far")
            }
            Self::NotEnoughData { why, .. } => format!("not enough data: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_too_few_is_an_answer_without_a_number() {
        assert_eq!(
            Figure::share(3, 4, 8),
            Figure::NotEnoughData { of: 4, needed: 8, why: "4 cases, 8 needed".to_owned() }
        );
    }

    #[test]
    fn a_share_carries_its_wilson_interval() {
        let Figure::Share { percent, low, high, .. } = Figure::share(8, 10, 8) else { panic!("known") };
        assert_eq!((percent, low.round(), high.round()), (80.0, 49.0, 94.0));
    }

    #[test]
    fn churn_is_not_told_before_anybody_was_followed_for_a_year() {
        let young = vec![Lifetime::censored(120.0); 50];
        assert!(!Figure::year_one(&young, 8).is_known());
    }

    #[test]
    fn churn_counts_those_still_going_as_censored() {
        let ended = (0..10).map(|i| Lifetime::ended(100.0 + f64::from(i)));
        let going = (0..30).map(|_| Lifetime::censored(400.0));
        let all: Vec<Lifetime> = ended.chain(going).collect();
        let Figure::YearOne { percent, ended, of, .. } = Figure::year_one(&all, 8) else { panic!("known") };
        assert_eq!((percent.round(), ended, of), (25.0, 10, 40));
    }
}
