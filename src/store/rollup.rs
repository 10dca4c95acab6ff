//! Roll-ups of usage: added up in memory, then one upsert per row touched.

use crate::{Tx, at::At, bulk, text::Text};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    Error, Result,
    id::{CustomerId, Feature, UserId},
    reserved,
    usage::{UsageEvent, UserDays, civil_day, epoch_day, week_of},
};
use sqlx::{query, query_as};
use std::collections::BTreeMap;

/// What events add up to. Adding is commutative and associative: sums are integers, `latest` is a maximum, days of
/// users are sets; so the order of events and batches leaves no trace.
#[derive(Debug, Default)]
pub(crate) struct Rollup<'a> {
    days: BTreeMap<DayKey<'a>, Sums<'a>>,
    users: BTreeMap<UserKey<'a>, u64>,
    weeks: BTreeMap<WeekKey<'a>, i64>,
    spans: BTreeMap<&'a CustomerId, (i32, i32)>,
    fed: BTreeMap<&'a CustomerId, (i32, i32)>,
}

/// Civil day and feature of a customer.
type DayKey<'a> = (&'a CustomerId, i32, &'a Feature);
/// 64-day block, feature and user of a customer.
type UserKey<'a> = (&'a CustomerId, i32, &'a Feature, &'a UserId);
/// Week, feature and user (no text for nobody) of a customer.
pub(crate) type WeekKey<'a> = (&'a CustomerId, i32, &'a Feature, &'a str);
pub(crate) type DayRow<'a> = (&'a DayKey<'a>, &'a Sums<'a>);
pub(crate) type UserRow<'a> = (&'a UserKey<'a>, &'a u64);
pub(crate) type WeekRow<'a> = (&'a WeekKey<'a>, &'a i64);

#[derive(Debug)]
pub(crate) struct Sums<'a> {
    pub(crate) events: i64,
    pub(crate) whole: i64,
    pub(crate) billionths: i64,
    pub(crate) latest: f64,
    pub(crate) latest_at: DateTime<Utc>,
    pub(crate) latest_id: &'a str,
}

impl<'a> Rollup<'a> {
    pub(crate) fn add(&mut self, event: &'a UsageEvent, zone: Tz) {
        let civil = event.at.with_timezone(&zone).date_naive();
        let (day, (block, bit)) = (epoch_day(civil), UserDays::place(civil));
        let (customer, feature) = (&event.customer, &event.feature);
        self.days.entry((customer, day, feature)).or_insert_with(Sums::none).add(event);
        if let Some(user) = &event.user {
            *self.users.entry((customer, block, feature, user)).or_default() |= 1 << bit;
        }
        let user = event.user.as_ref().map_or("", |user| user.0.as_str());
        *self.weeks.entry((customer, week_of(day), feature, user)).or_default() += 1;
        widen(&mut self.spans, customer, day);
        if !reserved::is_aside(feature) {
            widen(&mut self.fed, customer, day);
        }
    }

    /// First and last civil day touched of each customer.
    pub(crate) fn spans(&self) -> &BTreeMap<&'a CustomerId, (i32, i32)> {
        &self.spans
    }

    /// The same of product usage: answers of surveys and lines of value do not keep a usage feed alive.
    pub(crate) fn fed(&self) -> &BTreeMap<&'a CustomerId, (i32, i32)> {
        &self.fed
    }

    /// Events of each user in each week and feature.
    pub(crate) fn weeks(&self) -> &BTreeMap<WeekKey<'a>, i64> {
        &self.weeks
    }
}

fn widen<'a>(spans: &mut BTreeMap<&'a CustomerId, (i32, i32)>, customer: &'a CustomerId, day: i32) {
    let span = spans.entry(customer).or_insert((day, day));
    *span = (span.0.min(day), span.1.max(day));
}

impl<'a> Sums<'a> {
    const fn none() -> Self {
        Self {
            events: 0,
            whole: 0,
            billionths: 0,
            latest: 0.0,
            latest_at: DateTime::<Utc>::MIN_UTC,
            latest_id: "",
        }
    }

    fn add(&mut self, event: &'a UsageEvent) {
        let whole = event.count.floor();
        self.events += 1;
        self.whole += whole as i64;
        self.billionths += ((event.count - whole) * 1e9).round() as i64;
        // As the database compares them: to the millisecond, then by id.
        let at = DateTime::from(At::from(event.at));
        if (at, event.event_id.as_str()) > (self.latest_at, self.latest_id) {
            (self.latest, self.latest_at, self.latest_id) = (event.count, at, &event.event_id);
        }
    }
}

const WIDEN: &str = "update usage_customer set \
     first_day = case when first_day < $2 then first_day else $2 end, \
     last_day = case when last_day > $3 then last_day else $3 end where customer_id = $1";
const ENTER: &str = "insert into usage_customer (customer_id, zone) values ($1, $2) on conflict do nothing";
const ZONE: &str = "select zone from usage_customer where customer_id = $1";
const ZONE_LOCKED: &str = "select zone from usage_customer where customer_id = $1 for update";
const MOVE: &str =
    "update usage_customer set zone = $2, first_day = null, last_day = null where customer_id = $1";
const FORGET_DAYS: &str = "delete from usage_day where customer_id = $1";
const FORGET_USERS: &str = "delete from usage_user where customer_id = $1";
const FORGET_WEEKS: &str = "delete from usage_week where customer_id = $1";
const EVENTS: &str = "select utc_day, event_id, feature, user_id, at, amount from usage_event \
     where customer_id = $1 and (utc_day, event_id) > ($2, $3) order by utc_day, event_id limit $4";
/// Events read at a time when roll-ups are made anew.
const PAGE: i64 = 10_000;

type EventRow = (i64, String, String, Option<String>, At, f64);

impl Tx {
    pub(crate) async fn add_rollup(&mut self, rollup: &Rollup<'_>) -> Result<()> {
        let days: Vec<_> = rollup.days.iter().collect();
        on!(self,
            sqlite db => bulk::days_in_sqlite(db, &days).await,
            postgres db => bulk::days_in_postgres(db, &days).await)?;
        let users: Vec<_> = rollup.users.iter().collect();
        on!(self,
            sqlite db => bulk::users_in_sqlite(db, &users).await,
            postgres db => bulk::users_in_postgres(db, &users).await)?;
        let weeks: Vec<_> = rollup.weeks.iter().collect();
        on!(self,
            sqlite db => bulk::weeks_in_sqlite(db, &weeks).await,
            postgres db => bulk::weeks_in_postgres(db, &weeks).await)
    }

    /// Makes a customer's span of days hold these too.
    pub(crate) async fn widen_span(
        &mut self,
        customer: &CustomerId,
        (first, last): (i32, i32),
    ) -> Result<()> {
        on!(self, db => query(WIDEN)
            .bind(Text::of(customer)).bind(i64::from(first)).bind(i64::from(last))
            .execute(db).await.map(|_| ()))
    }

    /// Rolls a customer's usage up by civil days of `zone` from now on, and anew from the raw events if it was another.
    pub(crate) async fn count_usage_in(
        &mut self,
        customer: &CustomerId,
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Result<()> {
        on!(self, db => query(ENTER)
            .bind(Text::of(customer)).bind(Text::of(&zone)).execute(db).await.map(|_| ()))?;
        let sql = self.locking(ZONE, ZONE_LOCKED);
        let (before,): (String,) =
            on!(self, db => query_as(sql).bind(Text::of(customer)).fetch_one(db).await)?;
        if zone_of(&before)? == zone {
            return Ok(());
        }
        self.forget_rollup(customer, zone).await?;
        self.roll_up_again(customer, zone, now).await
    }

    async fn forget_rollup(&mut self, customer: &CustomerId, zone: Tz) -> Result<()> {
        on!(self, db => query(MOVE)
            .bind(Text::of(customer)).bind(Text::of(&zone)).execute(db).await.map(|_| ()))?;
        on!(self, db => query(FORGET_DAYS).bind(Text::of(customer)).execute(db).await.map(|_| ()))?;
        on!(self, db => query(FORGET_USERS).bind(Text::of(customer)).execute(db).await.map(|_| ()))?;
        on!(self, db => query(FORGET_WEEKS).bind(Text::of(customer)).execute(db).await.map(|_| ()))
    }

    async fn roll_up_again(&mut self, customer: &CustomerId, zone: Tz, now: DateTime<Utc>) -> Result<()> {
        let mut after = EventKey::first();
        while let Some(events) = self.events_after(customer, &mut after).await? {
            let mut rollup = Rollup::default();
            for event in &events {
                rollup.add(event, zone);
            }
            self.add_rollup(&rollup).await?;
            for span in rollup.fed.values() {
                self.widen_span(customer, *span).await?;
            }
            for span in rollup.spans.values() {
                self.usage_changed(customer, civil_day(span.0), now).await?;
            }
        }
        Ok(())
    }

    /// The next page of a customer's events in the order they are kept in; `None` after the last.
    pub(crate) async fn events_after(
        &mut self,
        customer: &CustomerId,
        after: &mut EventKey,
    ) -> Result<Option<Vec<UsageEvent>>> {
        let rows: Vec<EventRow> = on!(self, db => query_as(EVENTS)
            .bind(Text::of(customer)).bind(after.utc_day).bind(Text::of(&after.id)).bind(PAGE)
            .fetch_all(db).await)?;
        let Some(last) = rows.last() else { return Ok(None) };
        *after = EventKey { utc_day: last.0, id: last.1.clone() };
        Ok(Some(rows.into_iter().map(|row| event(customer, row)).collect()))
    }
}

/// Where a page of a customer's events ended.
pub(crate) struct EventKey {
    pub(crate) utc_day: i64,
    id: String,
}

impl EventKey {
    const fn first() -> Self {
        Self::before(i64::MIN)
    }

    /// Ahead of the events of a UTC day: no id is as short as none.
    pub(crate) const fn before(utc_day: i64) -> Self {
        Self { utc_day, id: String::new() }
    }
}

fn event(customer: &CustomerId, (_, event_id, feature, user, at, count): EventRow) -> UsageEvent {
    UsageEvent {
        event_id,
        customer: customer.clone(),
        feature: Feature(feature),
        user: user.map(UserId),
        at: at.into(),
        count,
    }
}

pub(crate) fn zone_of(stored: &str) -> Result<Tz> {
    stored.parse().map_err(|_| Error::internal(format!("stored zone `{stored}`")))
}
