//! A value against the trend before the sale, as if that had gone on: a counterfactual that needs no controls.

use crate::{
    baseline::{self, Baseline},
    metric::{Measure, Metric},
    policy::Policy,
};
use chrono::{NaiveDate, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the trend before the sale would be by now (`methods.md` 3).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct AgainstTrend {
    /// Change per week before the sale, with its 95 % interval.
    pub per_week: f64,
    pub low: f64,
    pub high: f64,
    /// Where it would be on the day of the current value; not below 0 for what cannot be.
    pub projected: f64,
    /// Current − projected.
    pub gap: f64,
}

/// `value` on a day, freed of its weekday, against the trend before the close; `None` when there was no clear one.
pub fn against_trend(
    metric: &Metric,
    value: f64,
    on: NaiveDate,
    close: NaiveDate,
    policy: &Policy,
) -> Option<AgainstTrend> {
    let Baseline::Measured { value: level, weeks, pre_trend: Some(trend), .. } = &metric.baseline else {
        return None;
    };
    // The usable weeks are the last ones: a feed begins once.
    let end = baseline::window(close, policy).last()?.last;
    let half_hours = 84 * (i64::from(*weeks) - 1);
    let since_middle = (on - end) + TimeDelta::hours(half_hours);
    let reached = trend.projected(*level, since_middle.num_hours() as f64 / 24.0);
    let projected = if can_be_negative(metric) { reached } else { reached.max(0.0) };
    Some(AgainstTrend {
        per_week: trend.per_week,
        low: trend.low,
        high: trend.high,
        projected,
        gap: value - projected,
    })
}

fn can_be_negative(metric: &Metric) -> bool {
    metric.baseline.value().is_some_and(|level| level < 0.0)
        || metric.selector().is_some_and(|selector| matches!(selector.measure, Measure::Nps | Measure::Roi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    const CLOSE: &str = "2026-03-01";

    fn measured(weekly: &[f64]) -> Metric {
        let baseline = baseline::measured(weekly, 7, &Policy::default());
        Metric { baseline, ..example::metric() }
    }

    fn told(weekly: &[f64], value: f64) -> Option<AgainstTrend> {
        let on = "2026-03-29".parse().unwrap();
        against_trend(&measured(weekly), value, on, CLOSE.parse().unwrap(), &Policy::default())
    }

    /// Eight weeks of 100, 105 … 135 end on 15 February; six weeks later the trend is at 135 + 6 · 5.
    #[test]
    fn the_trend_goes_on_from_where_it_was() {
        let weekly: Vec<f64> = (0..8).map(|week| 100.0 + 5.0 * f64::from(week)).collect();
        let told = told(&weekly, 150.0).unwrap();
        assert_eq!((told.per_week, told.projected, told.gap), (5.0, 165.0, -15.0));
    }

    #[test]
    fn the_last_weeks_alone_have_their_own_middle() {
        let told = told(&[120.0, 125.0, 130.0, 135.0, 140.0], 170.0).unwrap();
        assert_eq!((told.projected, told.gap), (170.0, 0.0));
    }

    #[test]
    fn what_is_counted_does_not_fall_below_nothing() {
        let weekly: Vec<f64> = (0..8).map(|week| 40.0 - 5.0 * f64::from(week)).collect();
        assert_eq!(told(&weekly, 2.0).map(|told| (told.projected, told.gap)), Some((0.0, 2.0)));
        assert_eq!(
            told(&[100.0, 104.0, 99.0, 103.0, 98.0, 102.0, 101.0, 100.0], 9.0),
            None,
            "no clear trend"
        );
    }
}
