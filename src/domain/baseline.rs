//! The value before the upsell, against which progress is told.

use crate::statistics::{
    did::{Account, Comparison, compare},
    matching::{CALIPER, matched},
    quantile::median,
    theil_sen::{Trend, trend},
};
use chrono::{Datelike, Days, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a baseline can be trusted (`methods.md` 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum BaselineQuality {
    /// At least four usable weeks.
    Good,
    /// Fewer than four usable weeks.
    Low,
}

/// Value before the upsell, in the metric's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "basis", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Baseline {
    /// Measured over `weeks` whole weeks that ended 14 days before the close.
    Measured {
        value: f64,
        weeks: u8,
        quality: BaselineQuality,
        /// A clear trend over the window, told beside the level: it would have gone on without the upsell.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pre_trend: Option<PreTrend>,
    },
    /// The product is new to the account, so before it there was nothing: 0 by definition.
    NewProduct,
    /// Said by a person.
    Stated { value: f64, by: String },
    /// Not known. Pace and attainment are then not told.
    Absent { why: String },
}

/// A trend before the upsell whose 95 % interval excludes zero (Theil–Sen, `methods.md` 3).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct PreTrend {
    /// Change per week, in the metric's unit, with its interval.
    pub per_week: f64,
    pub low: f64,
    pub high: f64,
}

impl PreTrend {
    /// Of whole-week values, oldest first; `None` when it is not clear.
    pub fn of(weekly: &[f64]) -> Option<Self> {
        let weeks: Vec<f64> = (0..weekly.len()).map(|week| week as f64).collect();
        let trend = trend(&weeks, weekly, 0.95).filter(Trend::is_clear)?;
        Some(Self { per_week: trend.slope, low: trend.interval.low, high: trend.interval.high })
    }

    /// What the level would have become `days` after the window, had nothing been bought: the counterfactual.
    pub fn projected(&self, level: f64, days: f64) -> f64 {
        level + self.per_week * days / 7.0
    }
}

/// How each weekday compares with the rest, Monday first: median on the weekday ÷ median of all (`methods.md` 3).
/// `None` for a weekday without values, or when the median of all is zero.
pub fn weekday_factors(daily: &[(NaiveDate, f64)]) -> [Option<f64>; 7] {
    let all: Vec<f64> = daily.iter().map(|(_, value)| *value).collect();
    let of = |weekday: u32| {
        let mine = daily.iter().filter(|(day, _)| day.weekday().num_days_from_monday() == weekday);
        let mine: Vec<f64> = mine.map(|(_, value)| *value).collect();
        Some(median(&mine)? / median(&all).filter(|all| *all != 0.0)?)
    };
    std::array::from_fn(|weekday| of(weekday as u32))
}

/// The effect against accounts that did not expand: difference in differences over matched controls, or why it cannot
/// be read. Matching is nearest neighbour on the mean and slope before, within 0.2 standard deviations. `None` when
/// nothing can be matched at all.
pub fn against_controls(expanded: &[Account], controls: &[Account]) -> Option<Comparison> {
    let shape = |account: &Account| {
        let mean = account.before.iter().sum::<f64>() / account.before.len().max(1) as f64;
        let slope = match account.before.as_slice() {
            [first, .., last] => (last - first) / (account.before.len() - 1) as f64,
            _ => 0.0,
        };
        vec![mean, slope]
    };
    let of = |accounts: &[Account]| accounts.iter().map(shape).collect::<Vec<_>>();
    let pairs = matched(&of(expanded), &of(controls), CALIPER)?;
    let kept: Vec<Account> = pairs.iter().map(|(case, _)| expanded[*case].clone()).collect();
    let near: Vec<Account> = pairs.iter().map(|(_, control)| controls[*control].clone()).collect();
    compare(&kept, &near, 0.95)
}

impl Baseline {
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Measured { value, .. } | Self::Stated { value, .. } => Some(*value),
            Self::NewProduct => Some(0.0),
            Self::Absent { .. } => None,
        }
    }
}

/// Whole weeks looked at, days between the last of them and the close, and weeks from which the quality is good.
pub const WEEKS: u8 = 8;
pub const GAP_DAYS: u64 = 14;
pub const GOOD_WEEKS: u8 = 4;

/// The window's weeks as (first, last) civil day, oldest first. It ends 14 days before the close, because buyers sign at
/// a peak of usage and a baseline at the peak makes every upsell look like a loss.
pub fn weeks(close: NaiveDate) -> [(NaiveDate, NaiveDate); WEEKS as usize] {
    let end = close.checked_sub_days(Days::new(GAP_DAYS)).unwrap_or(NaiveDate::MIN);
    std::array::from_fn(|index| {
        let weeks_back = u64::from(WEEKS) - 1 - index as u64;
        let last = end.checked_sub_days(Days::new(7 * weeks_back)).unwrap_or(NaiveDate::MIN);
        (last.checked_sub_days(Days::new(6)).unwrap_or(NaiveDate::MIN), last)
    })
}

/// The mean of the usable weeks' values, each told on its week's last day. Weeks without data are left out of `weekly`:
/// nothing known is not zero.
pub fn measured(weekly: &[(NaiveDate, f64)]) -> Baseline {
    let values: Vec<f64> = weekly.iter().map(|(_, value)| *value).filter(|value| value.is_finite()).collect();
    if values.is_empty() {
        return Baseline::Absent {
            why: format!("no usage in the {WEEKS} weeks that end {GAP_DAYS} days before the close"),
        };
    }
    let weeks = values.len() as u8;
    let quality = if weeks >= GOOD_WEEKS { BaselineQuality::Good } else { BaselineQuality::Low };
    let pre_trend = PreTrend::of(&values);
    Baseline::Measured { value: values.iter().sum::<f64>() / values.len() as f64, weeks, quality, pre_trend }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_window_is_eight_whole_weeks_that_end_fourteen_days_before_the_close() {
        let weeks = weeks(day("2026-03-01"));
        assert_eq!(weeks[7], (day("2026-02-09"), day("2026-02-15")));
        assert_eq!(weeks[0], (day("2025-12-22"), day("2025-12-28")));
        assert!(weeks.windows(2).all(|pair| pair[0].1.succ_opt() == Some(pair[1].0)), "{weeks:?}");
    }

    #[test]
    fn fewer_than_four_usable_weeks_are_of_low_quality_and_none_is_absent() {
        let ends = weeks(day("2026-03-01")).map(|(_, last)| last);
        let of = |count: usize| measured(&ends[..count].iter().map(|end| (*end, 12.0)).collect::<Vec<_>>());
        assert!(
            matches!(of(4), Baseline::Measured { weeks: 4, quality: BaselineQuality::Good, value, .. } if value == 12.0)
        );
        assert!(matches!(of(3), Baseline::Measured { weeks: 3, quality: BaselineQuality::Low, .. }));
        assert_eq!(of(0).value(), None);
    }

    /// `methods.md` 3: accounts bought at a peak of usage that has no lasting effect. A baseline at the peak sees a loss.
    #[test]
    fn a_usage_peak_before_the_close_does_not_reach_the_baseline() {
        let close = day("2026-03-01");
        let usage = |on: NaiveDate| if (close - on).num_days() < 14 { 130.0 } else { 100.0 };
        let weekly: Vec<_> = weeks(close).iter().map(|(_, last)| (*last, usage(*last))).collect();
        assert_eq!(measured(&weekly).value(), Some(100.0));
    }

    #[test]
    fn a_clear_trend_before_the_close_is_told_and_noise_is_not() {
        let rising: Vec<f64> = (0..8).map(|week| 100.0 + 5.0 * f64::from(week)).collect();
        let trend = PreTrend::of(&rising).unwrap();
        assert_eq!((trend.per_week, trend.projected(100.0, 14.0)), (5.0, 110.0));
        assert_eq!(PreTrend::of(&[100.0, 104.0, 99.0, 103.0, 98.0, 102.0, 101.0, 100.0]), None);
    }

    #[test]
    fn weekday_factors_compare_a_weekday_with_the_rest() {
        let monday = day("2026-01-05");
        let daily: Vec<(NaiveDate, f64)> = (0..28)
            .map(|index| monday + Days::new(index))
            .map(|on| (on, if on.weekday().num_days_from_monday() >= 5 { 20.0 } else { 100.0 }))
            .collect();
        let factors = weekday_factors(&daily);
        assert_eq!((factors[0], factors[6]), (Some(1.0), Some(0.2)));
    }

    fn accounts(count: u32, before_slope: f64, lift: f64) -> Vec<Account> {
        let account = |index: u32| {
            let level = 100.0 + f64::from(index % 5);
            let wobble = |week: i32| f64::from((index as i32 * 7 + week * 3) % 5) - 2.0;
            Account {
                before: (0..8).map(|week| level + before_slope * f64::from(week) + wobble(week)).collect(),
                after: (8..12)
                    .map(|week| level + before_slope * f64::from(week) + lift + wobble(week))
                    .collect(),
            }
        };
        (0..count).map(account).collect()
    }

    #[test]
    fn a_lift_is_read_against_matched_controls() {
        let effect = against_controls(&accounts(12, 0.0, 20.0), &accounts(40, 0.0, 0.0));
        assert!(
            matches!(effect, Some(Comparison::Identified { effect, .. }) if (effect.effect - 20.0).abs() < 2.0),
            "{effect:?}"
        );
        let few = against_controls(&accounts(12, 0.0, 20.0), &accounts(4, 0.0, 0.0));
        assert!(!matches!(few, Some(Comparison::Identified { .. })), "{few:?}");
    }
}
