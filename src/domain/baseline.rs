//! The value before the upsell, against which progress is told.

use chrono::{Days, NaiveDate};
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
    Measured { value: f64, weeks: u8, quality: BaselineQuality },
    /// The product is new to the account, so before it there was nothing: 0 by definition.
    NewProduct,
    /// Said by a person.
    Stated { value: f64, by: String },
    /// Not known. Pace and attainment are then not told.
    Absent { why: String },
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
    Baseline::Measured { value: values.iter().sum::<f64>() / values.len() as f64, weeks, quality }
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
            matches!(of(4), Baseline::Measured { weeks: 4, quality: BaselineQuality::Good, value } if value == 12.0)
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
}
