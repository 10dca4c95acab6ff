//! How many of the seats are used: now, on average, and at most so far.

use super::Reading;
use crate::{
    collect::{Collector, Usage},
    id::Feature,
    metric::{Measure, Selector},
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Users active in the window ÷ seats (`methods.md` 2, licence utilisation), in percent, over the days since day 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Licences {
    pub now: Reading,
    pub average: Reading,
    pub peak: Reading,
}

impl Licences {
    /// Of all purchased seats.
    pub fn of_all(features: &[Feature], usage: Usage<'_>, window_days: u16, on: NaiveDate) -> Self {
        let Some(seats) = usage.seats.filter(|seats| *seats > 0) else {
            return Self::unknown("the number of purchased seats is not known");
        };
        let selector = selector(features, Measure::DistinctUsersPerSeat, window_days);
        Self::told(&Collector::of(&selector, usage), usage, on, (seats, "purchased seats"))
    }

    /// Of the seats the upsell added: who is beyond the seats of before sits on a new one.
    pub fn of_new(features: &[Feature], usage: Usage<'_>, window_days: u16, on: NaiveDate) -> Self {
        let Some((seats, before)) = usage.seats.zip(usage.seats_before) else {
            return Self::unknown("the numbers of seats before and after are not both known");
        };
        let Some(added) = seats.checked_sub(before).filter(|added| *added > 0) else {
            return Self::unknown("no seats were added");
        };
        let selector = selector(features, Measure::IncrementalSeats, window_days);
        Self::told(&Collector::of(&selector, usage), usage, on, (added, "new seats"))
    }

    fn told(collector: &Collector<'_>, usage: Usage<'_>, on: NaiveDate, (seats, of): (u32, &str)) -> Self {
        let values: Vec<f64> =
            collector.values(usage.day_zero, on).into_iter().map(|(_, value)| value).collect();
        let Some(now) = values.last() else { return Self::unknown("no usage since day 0") };
        let reading = |value: f64| Reading::known(value, "%", u64::from(seats), of);
        Self {
            now: reading(*now),
            average: reading(values.iter().sum::<f64>() / values.len() as f64),
            peak: reading(values.iter().copied().fold(*now, f64::max)),
        }
    }

    pub fn unknown(why: &str) -> Self {
        let reading = || Reading::unknown(why);
        Self { now: reading(), average: reading(), peak: reading() }
    }
}

fn selector(features: &[Feature], measure: Measure, window_days: u16) -> Selector {
    Selector { features: features.to_vec(), measure, window_days: Some(window_days) }
}
