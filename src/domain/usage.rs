//! One thing a user did, as a pipeline sent it.

use crate::id::{CustomerId, Feature, UserId};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

/// Whole days since 1970-01-01.
pub fn epoch_day(day: NaiveDate) -> i32 {
    (day - NaiveDate::default()).num_days() as i32
}

/// The civil day a number of days after 1970-01-01.
pub fn civil_day(epoch_day: i32) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(i64::from(epoch_day))
}
