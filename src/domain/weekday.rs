//! How the days of a week compare, for values that cover less than one.

use crate::statistics::quantile::median;
use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A usual day's value times this is what is usual on the weekday, Monday first (`methods.md` 3); `None` on a weekday
/// that tells too little.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Weekdays([Option<f64>; 7]);

impl Weekdays {
    /// Median on the weekday ÷ median of all days. Weekdays without values or with a factor below `least` are told as
    /// `None`: the few events of a Sunday, blown up to a usual day, would be luck. `None` when the median of all is 0.
    pub fn of(daily: &[(NaiveDate, f64)], least: f64) -> Option<Self> {
        let all: Vec<f64> = daily.iter().map(|(_, value)| *value).collect();
        let usual = median(&all).filter(|usual| *usual > 0.0)?;
        let factor = |weekday: u32| {
            let mine = daily.iter().filter(|(day, _)| day.weekday().num_days_from_monday() == weekday);
            let mine: Vec<f64> = mine.map(|(_, value)| *value).collect();
            median(&mine).map(|median| median / usual).filter(|factor| *factor >= least && *factor > 0.0)
        };
        Some(Self(std::array::from_fn(|weekday| factor(weekday as u32))))
    }

    pub fn on(&self, day: NaiveDate) -> Option<f64> {
        self.0[day.weekday().num_days_from_monday() as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;

    fn four_weeks(saturday: f64, sunday: f64) -> Vec<(NaiveDate, f64)> {
        let monday: NaiveDate = "2026-01-05".parse().unwrap();
        let value = |index: u64| match index % 7 {
            5 => saturday,
            6 => sunday,
            _ => 100.0,
        };
        (0..28).map(|index| (monday + Days::new(index), value(index))).collect()
    }

    #[test]
    fn weekdays_compare_with_the_usual_day_and_silent_ones_tell_nothing() {
        let factors = Weekdays::of(&four_weeks(40.0, 2.0), 0.33).unwrap();
        assert_eq!(factors.0, [Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(0.4), None]);
    }

    #[test]
    fn without_a_usual_day_nothing_compares() {
        let silent: Vec<_> = four_weeks(0.0, 0.0).into_iter().map(|(day, _)| (day, 0.0)).collect();
        assert_eq!(Weekdays::of(&silent, 0.33), None);
        assert_eq!(Weekdays::of(&[], 0.33), None);
    }
}
