//! The value before the upsell, against which progress is told.

use crate::{
    policy::Policy,
    statistics::{
        moments::mean,
        quantile::median,
        theil_sen::{Trend, trend_of_overlapping},
    },
    weekday::Weekdays,
    weeks::{self, Week},
};
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
    /// Measured over `weeks` whole weeks that ended some days before the close.
    Measured {
        value: f64,
        weeks: u8,
        quality: BaselineQuality,
        /// A clear trend over the window, told beside the level: it would have gone on without the upsell.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pre_trend: Option<PreTrend>,
        /// Of a metric whose values cover less than a week: `value` is that of a usual day.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        weekdays: Option<Weekdays>,
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
    /// Of weekly values, oldest first, each of which covers `window_days`; `None` when it is not clear at that confidence.
    pub fn of(weekly: &[f64], window_days: u16, level: f64) -> Option<Self> {
        let weeks: Vec<f64> = (0..weekly.len()).map(|week| week as f64).collect();
        let covered = usize::from(window_days.div_ceil(7).max(1));
        let trend = trend_of_overlapping(&weeks, weekly, level, covered).filter(Trend::is_clear)?;
        Some(Self { per_week: trend.slope, low: trend.interval.low, high: trend.interval.high })
    }

    /// What the level, which is that of the middle of the window, would have become `days` after that middle, had
    /// nothing been bought: the counterfactual.
    pub fn projected(&self, level: f64, days: f64) -> f64 {
        level + self.per_week * days / 7.0
    }
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

/// The window's weeks, oldest first. It ends some days before the close, because buyers sign at a peak of usage and a
/// baseline at the peak makes every upsell look like a loss.
pub fn window(close: NaiveDate, policy: &Policy) -> Vec<Week> {
    let end = close.checked_sub_days(Days::new(policy.baseline_gap_days.into())).unwrap_or(NaiveDate::MIN);
    weeks::until(end, policy.baseline_weeks)
}

/// The mean of the usable weeks' values, oldest first, each of which covers `window_days`. Weeks without data are left
/// out: nothing known is not zero.
pub fn measured(weekly: &[f64], window_days: u16, policy: &Policy) -> Baseline {
    let values: Vec<f64> = weekly.iter().copied().filter(|value| value.is_finite()).collect();
    let Some(value) = mean(&values) else {
        return Baseline::Absent {
            why: format!(
                "no usage in the {} weeks that end {} days before the close",
                policy.baseline_weeks, policy.baseline_gap_days
            ),
        };
    };
    let weeks = values.len() as u8;
    let quality =
        if weeks >= policy.baseline_good_weeks { BaselineQuality::Good } else { BaselineQuality::Low };
    let pre_trend = PreTrend::of(&values, window_days, policy.effect_level);
    Baseline::Measured { value, weeks, quality, pre_trend, weekdays: None }
}

/// The same of a metric whose values cover less than a week: the level is the median of all days of those weeks, which
/// is what the factors of the weekdays refer to.
pub fn measured_by_day(weekly: &[f64], daily: &[(NaiveDate, f64)], policy: &Policy) -> Baseline {
    let all: Vec<f64> = daily.iter().map(|(_, value)| *value).collect();
    match (measured(weekly, 7, policy), median(&all)) {
        (Baseline::Measured { weeks, quality, pre_trend, .. }, Some(value)) => {
            let weekdays = Weekdays::of(daily, policy.weekday_factor_min);
            Baseline::Measured { value, weeks, quality, pre_trend, weekdays }
        }
        (measured, _) => measured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_window_is_eight_whole_weeks_that_end_fourteen_days_before_the_close() {
        let weeks = window(day("2026-03-01"), &Policy::default());
        assert_eq!(weeks.len(), 8);
        assert_eq!(weeks[7], Week { first: day("2026-02-09"), last: day("2026-02-15") });
        assert_eq!(weeks[0], Week { first: day("2025-12-22"), last: day("2025-12-28") });
        assert!(weeks.windows(2).all(|pair| pair[0].last.succ_opt() == Some(pair[1].first)), "{weeks:?}");
    }

    #[test]
    fn fewer_than_four_usable_weeks_are_of_low_quality_and_none_is_absent() {
        let of = |count: usize| measured(&vec![12.0; count], 28, &Policy::default());
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
        let policy = Policy::default();
        let weekly: Vec<f64> = window(close, &policy).iter().map(|week| usage(week.last)).collect();
        assert_eq!(measured(&weekly, 28, &policy).value(), Some(100.0));
    }

    #[test]
    fn a_clear_trend_before_the_close_is_told_and_noise_is_not() {
        let rising: Vec<f64> = (0..8).map(|week| 100.0 + 5.0 * f64::from(week)).collect();
        let trend = PreTrend::of(&rising, 28, 0.95).unwrap();
        assert_eq!((trend.per_week, trend.projected(100.0, 14.0)), (5.0, 110.0));
        assert_eq!(PreTrend::of(&[100.0, 104.0, 99.0, 103.0, 98.0, 102.0, 101.0, 100.0], 7, 0.95), None);
    }
}
