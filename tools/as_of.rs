//! The moment an answer is asked for: an instant, or a civil day up to its end.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{Error, Result, checkpoint::instant, error::FieldFault};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum AsOf {
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

/// As precise as the store keeps instants.
const TICK: TimeDelta = TimeDelta::milliseconds(1);

impl AsOf {
    /// The instant meant: of a day its last one in the customer's zone, and now while the day lasts.
    pub fn moment(self, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
        let today = now.with_timezone(&zone).date_naive();
        match self {
            Self::Instant(at) if at <= now => Ok(at),
            Self::Day(day) if day == today => Ok(now),
            Self::Day(day) if day < today => {
                let next = day.succ_opt().expect("a day before today has a next one");
                Ok(instant(next.and_time(NaiveTime::MIN), zone) - TICK)
            }
            Self::Instant(at) => Err(future(at.to_rfc3339())),
            Self::Day(day) => Err(future(day.to_string())),
        }
    }
}

fn future(received: String) -> Error {
    let wanted = "an instant up to now, a day up to today, or nothing for now; predict_outcome tells what to expect later";
    Error::faults(vec![FieldFault::new("asOf", received, wanted)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::America::New_York;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> Result<DateTime<Utc>> {
        let as_of: AsOf = serde_json::from_value(text.into()).unwrap();
        as_of.moment(New_York, at("2026-03-09T03:30:00Z"))
    }

    #[test]
    fn a_day_is_meant_to_its_end_for_the_customer_and_never_after_now() {
        assert_eq!(moment("2026-03-01").unwrap(), at("2026-03-02T04:59:59.999Z"));
        assert_eq!(moment("2026-03-08").unwrap(), at("2026-03-09T03:30:00Z"), "today in New York still");
        assert_eq!(moment("2026-03-01T10:00:00+01:00").unwrap(), at("2026-03-01T09:00:00Z"));
        for ahead in ["2026-03-09", "+262142-12-31", "2026-03-09T03:30:00.001Z"] {
            assert!(moment(ahead).unwrap_err().message.contains("asOf: received"), "{ahead}");
        }
    }
}
