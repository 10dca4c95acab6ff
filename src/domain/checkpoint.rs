//! A day on which to look: 30 check, 60 review, 90 assessment.

use crate::{Error, Result};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the zone rules a due instant was computed with.
pub const ZONE_RULES: &str = chrono_tz::IANA_TZDB_VERSION;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CheckpointType {
    Check,
    Review,
    Assessment,
}

/// Where a checkpoint stands. `opened` is when the scheduler announced it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StateWire", into = "StateWire")]
pub enum CheckpointState {
    Pending { opened: Option<DateTime<Utc>> },
    Completed { at: DateTime<Utc> },
    Skipped { at: DateTime<Utc> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CheckpointStatus {
    Pending,
    Completed,
    Skipped,
}

/// The specification's `Checkpoint`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    pub day: u16,
    #[serde(rename = "type")]
    pub kind: CheckpointType,
    #[serde(flatten)]
    #[schemars(with = "StateWire")]
    pub state: CheckpointState,
    /// 09:00 of the customer's civil day, as an instant.
    pub scheduled_date: DateTime<Utc>,
    /// Version of the time zone rules `scheduledDate` was computed with.
    pub zone_rules: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StateWire {
    status: CheckpointStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    opened_date: Option<DateTime<Utc>>,
    completed_date: Option<DateTime<Utc>>,
}

impl From<CheckpointState> for StateWire {
    fn from(state: CheckpointState) -> Self {
        let (status, opened_date, completed_date) = match state {
            CheckpointState::Pending { opened } => (CheckpointStatus::Pending, opened, None),
            CheckpointState::Completed { at } => (CheckpointStatus::Completed, None, Some(at)),
            CheckpointState::Skipped { at } => (CheckpointStatus::Skipped, None, Some(at)),
        };
        Self { status, opened_date, completed_date }
    }
}

impl TryFrom<StateWire> for CheckpointState {
    type Error = Error;
    fn try_from(wire: StateWire) -> Result<Self> {
        match (wire.status, wire.completed_date) {
            (CheckpointStatus::Pending, None) => Ok(Self::Pending { opened: wire.opened_date }),
            (CheckpointStatus::Completed, Some(at)) => Ok(Self::Completed { at }),
            (CheckpointStatus::Skipped, Some(at)) => Ok(Self::Skipped { at }),
            _ => Err(Error::invalid(
                "completedDate belongs to a completed or skipped checkpoint, and only there",
            )),
        }
    }
}

impl Checkpoint {
    /// A pending checkpoint `day` days after `day_zero`; `last` is the plan's final one.
    pub fn on(day: u16, day_zero: NaiveDate, zone: Tz, position: usize, count: usize) -> Self {
        let kind = match (position + 1 == count, position) {
            (true, _) => CheckpointType::Assessment,
            (false, 0) => CheckpointType::Check,
            (false, _) => CheckpointType::Review,
        };
        Self {
            day,
            kind,
            state: CheckpointState::Pending { opened: None },
            scheduled_date: due(day_zero, day, zone),
            zone_rules: ZONE_RULES.to_owned(),
        }
    }

    pub const fn is_open(&self) -> bool {
        matches!(self.state, CheckpointState::Pending { .. })
    }

    pub const fn status(&self) -> CheckpointStatus {
        match self.state {
            CheckpointState::Pending { .. } => CheckpointStatus::Pending,
            CheckpointState::Completed { .. } => CheckpointStatus::Completed,
            CheckpointState::Skipped { .. } => CheckpointStatus::Skipped,
        }
    }

    /// `30-day check`, as pages and sentences call it.
    pub fn title(&self) -> String {
        let kind = match self.kind {
            CheckpointType::Check => "check",
            CheckpointType::Review => "review",
            CheckpointType::Assessment => "assessment",
        };
        format!("{}-day {kind}", self.day)
    }
}

/// 09:00 on civil day `day_zero + day` in `zone`. In a gap the first instant after it; in an overlap the earlier one.
pub fn due(day_zero: NaiveDate, day: u16, zone: Tz) -> DateTime<Utc> {
    let date = day_zero.checked_add_days(Days::new(u64::from(day))).unwrap_or(NaiveDate::MAX);
    let nine = NaiveTime::from_hms_opt(9, 0, 0).expect("a time of day");
    instant(date.and_time(nine), zone)
}

/// A civil time in `zone` as an instant: the earlier of two in an overlap, the first after a gap (zones that skip a
/// whole day included).
pub fn instant(civil: chrono::NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let mut quarter_hours = 0..=4 * 48;
    quarter_hours
        .find_map(|step| {
            zone.from_local_datetime(&(civil + chrono::TimeDelta::minutes(15 * step))).earliest()
        })
        .map_or_else(|| civil.and_utc(), |local| local.with_timezone(&Utc))
}

/// Civil day index of `at` in `zone`, counted from `day_zero`; negative before it.
pub fn day_index(at: DateTime<Utc>, day_zero: NaiveDate, zone: Tz) -> i32 {
    (at.with_timezone(&zone).date_naive() - day_zero).num_days() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_opens_at_nine_of_the_customers_day() {
        let close = NaiveDate::from_ymd_opt(2026, 2, 20).unwrap();
        let at = due(close, 30, chrono_tz::America::New_York);
        assert_eq!(at.to_rfc3339(), "2026-03-22T13:00:00+00:00", "summer time began on 8 March");
    }

    #[test]
    fn a_skipped_civil_day_opens_at_its_end() {
        let close = NaiveDate::from_ymd_opt(2011, 11, 30).unwrap();
        let at = due(close, 30, chrono_tz::Pacific::Apia);
        assert_eq!(at.with_timezone(&chrono_tz::Pacific::Apia).date_naive().to_string(), "2011-12-31");
    }
}
