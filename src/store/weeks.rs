//! How often users used features, by week: the roll-up where it is whole, else the events themselves.

use crate::{
    Tx,
    rollup::{EventKey, Rollup, zone_of},
    text::Text,
};
use domain::{
    Result,
    id::{CustomerId, Feature, UserId},
    usage::{UserWeek, monday_of},
};
use sqlx::query_as;
use std::{collections::BTreeMap, ops::RangeInclusive};

const WEEKS: &str = "select week, feature, user_id, events from usage_week \
     where customer_id = $1 and week >= $2 and week <= $3 order by week, feature, user_id";
/// Three days, for 1970-01-01 was a Thursday.
const DAYS_BY_WEEK: &str = "select (day + 3) / 7, feature, cast(sum(events) as bigint) from usage_day \
     where customer_id = $1 and day >= $2 and day <= $3 group by (day + 3) / 7, feature";
const ZONE: &str = "select zone from usage_customer where customer_id = $1";

/// Events by week, feature and user; of nobody, by no text.
type Weeks = BTreeMap<(i32, String, String), i64>;

impl Tx {
    /// Events of each user in `weeks`, by week, feature and user. What the roll-up of weeks does not have whole (older
    /// than its table, or written by a program of before) is counted from the events, so an upgrade loses nothing.
    pub async fn user_weeks(
        &mut self,
        customer: &CustomerId,
        weeks: RangeInclusive<i32>,
    ) -> Result<Vec<UserWeek>> {
        let rows: Vec<(i64, String, String, i64)> = on!(self, db => query_as(WEEKS)
            .bind(Text::of(customer)).bind(i64::from(*weeks.start())).bind(i64::from(*weeks.end()))
            .fetch_all(db).await)?;
        let mut kept: Weeks = rows
            .into_iter()
            .map(|(week, feature, user, events)| ((week as i32, feature, user), events))
            .collect();
        let by_day = self.events_by_week(customer, &weeks).await?;
        let (Some(first), Some(last)) = bounds(&by_day, &kept) else { return Ok(told(kept)) };
        kept.retain(|(week, _, _), _| !(first..=last).contains(week));
        kept.extend(self.weeks_of_events(customer, first..=last).await?);
        Ok(told(kept))
    }

    /// Events of each week and feature, as the days have them.
    async fn events_by_week(
        &mut self,
        customer: &CustomerId,
        weeks: &RangeInclusive<i32>,
    ) -> Result<BTreeMap<(i32, String), i64>> {
        let (from, to) = (monday_of(*weeks.start()), monday_of(*weeks.end()) + 6);
        let rows: Vec<(i64, String, i64)> = on!(self, db => query_as(DAYS_BY_WEEK)
            .bind(Text::of(customer)).bind(i64::from(from)).bind(i64::from(to)).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(week, feature, events)| ((week as i32, feature), events)).collect())
    }

    async fn weeks_of_events(&mut self, customer: &CustomerId, weeks: RangeInclusive<i32>) -> Result<Weeks> {
        let row: Option<(String,)> =
            on!(self, db => query_as(ZONE).bind(Text::of(customer)).fetch_optional(db).await)?;
        let Some((zone,)) = row else { return Ok(Weeks::new()) };
        let zone = zone_of(&zone)?;
        // A civil day reaches into the UTC days beside it.
        let mut after = EventKey::before(i64::from(monday_of(*weeks.start()) - 1));
        let last = i64::from(monday_of(*weeks.end()) + 7);
        let mut counted = Weeks::new();
        while after.utc_day <= last
            && let Some(events) = self.events_after(customer, &mut after).await?
        {
            let mut rollup = Rollup::default();
            for event in &events {
                rollup.add(event, zone);
            }
            for ((_, week, feature, user), events) in rollup.weeks() {
                if weeks.contains(week) {
                    *counted.entry((*week, feature.0.clone(), (*user).to_owned())).or_default() += events;
                }
            }
        }
        Ok(counted)
    }
}

/// First and last week of which the roll-up of weeks and that of days do not have the same events.
fn bounds(by_day: &BTreeMap<(i32, String), i64>, kept: &Weeks) -> (Option<i32>, Option<i32>) {
    let mut missing = by_day.clone();
    for ((week, feature, _), events) in kept {
        *missing.entry((*week, feature.clone())).or_default() -= events;
    }
    let differing: Vec<i32> =
        missing.into_iter().filter(|(_, events)| *events != 0).map(|((week, _), _)| week).collect();
    (differing.first().copied(), differing.last().copied())
}

/// Events of nobody are nobody's depth.
fn told(weeks: Weeks) -> Vec<UserWeek> {
    let of_somebody = weeks.into_iter().filter(|((_, _, user), _)| !user.is_empty());
    of_somebody
        .map(|((week, feature, user), events)| UserWeek {
            feature: Feature(feature),
            user: UserId(user),
            week,
            events,
        })
        .collect()
}
