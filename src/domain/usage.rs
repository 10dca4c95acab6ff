//! One thing a user did, as a pipeline sent it.

use crate::{
    id::{CustomerId, Feature, UserId},
    text::Name,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, ops::RangeInclusive};

/// A usage event. `event_id` makes it idempotent: the same id again changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct UsageEvent {
    pub event_id: String,
    pub customer: CustomerId,
    pub feature: Feature,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    pub at: DateTime<Utc>,
    /// Amount, 1 when absent.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: f64,
}

const fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_one(count: &f64) -> bool {
    *count == 1.0
}

/// Customers named before the rest are only counted.
const CUSTOMERS_NAMED: usize = 5;

/// Events of customers no upsell is registered for: stored, and counted once one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct OfUnknownCustomers {
    pub events: usize,
    pub customers: usize,
    /// The first five.
    pub named: Vec<CustomerId>,
}

impl OfUnknownCustomers {
    /// `None` when every customer is known. `unknown` are those that are not.
    pub fn among<'a>(events: impl Iterator<Item = &'a UsageEvent>, unknown: &[CustomerId]) -> Option<Self> {
        let unknown_ids: BTreeSet<&CustomerId> = unknown.iter().collect();
        let events = events.filter(|event| unknown_ids.contains(&event.customer)).count();
        Self::of(events, unknown)
    }

    pub fn of(events: usize, unknown: &[CustomerId]) -> Option<Self> {
        let named = unknown.iter().take(CUSTOMERS_NAMED).cloned().collect();
        (events > 0).then_some(Self { events, customers: unknown.len(), named })
    }

    /// `3 events are of customers without an upsell here: acme, initech. They are stored, and count once …`
    pub fn sentence(&self) -> String {
        let named: Vec<String> =
            self.named.iter().map(|customer| Name::from(customer.0.as_str()).to_string()).collect();
        let more = self.customers - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (events, they) = match self.events {
            1 => ("1 event is".to_owned(), "It is stored, and counts"),
            many => (format!("{many} events are"), "They are stored, and count"),
        };
        format!(
            "{events} of {} without an upsell here: {}{more}. {they} once an upsell is registered with that \
             customerId.",
            if self.customers == 1 { "a customer" } else { "customers" },
            named.join(", ")
        )
    }
}

/// What one (feature, civil day) of a customer adds up to: the roll-up kept as events arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDay {
    pub feature: Feature,
    pub day: NaiveDate,
    pub events: i64,
    pub sum: f64,
    /// `count` of the latest event of the day, for [`crate::metric::Measure::Latest`].
    pub latest: f64,
    pub latest_at: DateTime<Utc>,
}

/// The days on which one user used one feature, as 64-day bitmaps; bit `i` of block `b` is day `64·b + i` since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDays {
    pub feature: Feature,
    pub user: UserId,
    pub block: i32,
    pub bits: u64,
}

impl UserDays {
    /// Block and bit of a civil day.
    pub fn place(day: NaiveDate) -> (i32, u32) {
        let since_1970 = epoch_day(day);
        (since_1970.div_euclid(64), since_1970.rem_euclid(64) as u32)
    }

    /// The last day of use within `window`, in days since 1970.
    pub fn last_day(&self, window: &RangeInclusive<i32>) -> Option<i32> {
        let days = (0..64).rev().filter(|bit| self.bits >> bit & 1 == 1).map(|bit| self.block * 64 + bit);
        days.into_iter().find(|day| window.contains(day))
    }
}

/// How often one user used one feature in a week of the customer's civil days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWeek {
    pub feature: Feature,
    pub user: UserId,
    /// See [`week_of`].
    pub week: i32,
    pub events: i64,
}

/// 1970-01-01 was a Thursday: three days after its week began.
const THURSDAY: i32 = 3;

/// The week of a day since 1970, Monday to Sunday, counted from that of 1970-01-01.
pub const fn week_of(epoch_day: i32) -> i32 {
    (epoch_day + THURSDAY).div_euclid(7)
}

/// The Monday a week begins on, in days since 1970.
pub const fn monday_of(week: i32) -> i32 {
    7 * week - THURSDAY
}

/// 0 for Monday to 6 for Sunday.
pub const fn weekday(epoch_day: i32) -> i32 {
    (epoch_day + THURSDAY).rem_euclid(7)
}

/// Whole days since 1970-01-01.
pub fn epoch_day(day: NaiveDate) -> i32 {
    (day - NaiveDate::default()).num_days() as i32
}

/// The civil day a number of days after 1970-01-01.
pub fn civil_day(epoch_day: i32) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(i64::from(epoch_day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;

    #[test]
    fn unknown_customers_are_named_up_to_five_and_then_counted() {
        let ids = |n: usize| (0..n).map(|n| CustomerId(format!("c{n}"))).collect::<Vec<_>>();
        assert_eq!(OfUnknownCustomers::of(0, &[]), None);
        let one = OfUnknownCustomers::of(1, &ids(1)).unwrap().sentence();
        assert!(
            one.starts_with("1 event is of a customer without an upsell here: c0. It is stored"),
            "{one}"
        );
        let many = OfUnknownCustomers::of(9, &ids(8)).unwrap().sentence();
        assert!(many.contains("here: c0, c1, c2, c3, c4 and 3 more. They are stored"), "{many}");
    }

    #[test]
    fn weeks_and_weekdays_agree_with_the_calendar() {
        for day in ["1969-12-28", "1970-01-01", "2026-11-23", "2027-01-03", "2028-02-29"] {
            let date: NaiveDate = day.parse().unwrap();
            let (number, monday) = (epoch_day(date), civil_day(monday_of(week_of(epoch_day(date)))));
            assert_eq!(weekday(number), date.weekday().num_days_from_monday() as i32, "{day}");
            assert_eq!(
                (monday.weekday(), monday.iso_week()),
                (chrono::Weekday::Mon, date.iso_week()),
                "{day}"
            );
        }
    }
}
