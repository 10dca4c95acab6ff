//! Many rows in one statement: rows of values on SQLite, arrays on PostgreSQL.

use crate::{
    at::At,
    rollup::{DayRow, UserRow, WeekRow},
    text::Text,
};
use chrono::{DateTime, Utc};
use domain::usage::{UsageEvent, epoch_day};
use sqlx::{PgConnection, SqliteConnection, query, query_as};
use std::{collections::HashSet, sync::LazyLock};

/// Rows in one statement on SQLite. Few sizes make few statement texts, which stay prepared.
const SIZES: [usize; 5] = [500, 100, 20, 4, 1];

/// One statement text for each size, made once. Plain `?`, for the driver looks every named parameter up.
struct Texts([String; SIZES.len()]);

impl Texts {
    fn of(insert: &str, columns: usize, then: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        Self(SIZES.map(|size| format!("{insert}values {}{then}", vec![row.as_str(); size].join(","))))
    }

    /// The rows in pieces, each with the text for its size.
    fn pieces<'a, T>(&'static self, mut rows: &'a [T]) -> Vec<(&'static str, &'a [T])> {
        let mut pieces = Vec::new();
        for (size, text) in SIZES.into_iter().zip(&self.0) {
            while rows.len() >= size {
                let (piece, rest) = rows.split_at(size);
                pieces.push((text.as_str(), piece));
                rows = rest;
            }
        }
        pieces
    }
}

const KEEP: &str = "insert into usage_event (customer_id, utc_day, event_id, feature, user_id, at, amount) ";
const EVENTS: &str = "insert into usage_event (customer_id, utc_day, event_id, feature, user_id, at, amount) \
     select * from unnest($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning customer_id, utc_day, event_id";
pub(crate) const ONE_EVENT: &str = "insert into usage_event (customer_id, utc_day, event_id, feature, user_id, at, amount) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing";
static KEEP_ALL: LazyLock<Texts> = LazyLock::new(|| Texts::of(KEEP, 7, " on conflict do nothing"));
static KEEP_NEW: LazyLock<Texts> =
    LazyLock::new(|| Texts::of(KEEP, 7, " on conflict do nothing returning customer_id, utc_day, event_id"));

/// Binds the seven columns of each event.
macro_rules! bind_events {
    ($query:expr, $events:expr) => {{
        let mut query = $query;
        for event in $events {
            query = query
                .bind(Text::of(&event.customer.0))
                .bind(utc_day(event))
                .bind(Text::of(&event.event_id))
                .bind(Text::of(&event.feature.0))
                .bind(event.user.as_ref().map(|user| Text::of(&user.0)))
                .bind(At::from(event.at))
                .bind(event.count);
        }
        query
    }};
}

/// The UTC day of an event, by which raw events are kept.
pub(crate) fn utc_day(event: &UsageEvent) -> i64 {
    i64::from(epoch_day(event.at.date_naive()))
}

/// What tells one event from another: customer and day first, so that inserts touch few pages.
pub(crate) fn key(event: &UsageEvent) -> (&str, i64, &str) {
    (&event.customer.0, utc_day(event), &event.event_id)
}

/// Keeps events; returns those that were not there before.
pub(crate) async fn events_in_sqlite<'a>(
    db: &mut SqliteConnection,
    events: &[&'a UsageEvent],
) -> sqlx::Result<Vec<&'a UsageEvent>> {
    let mut fresh = Vec::with_capacity(events.len());
    for (text, piece) in KEEP_ALL.pieces(events) {
        query("savepoint piece").execute(&mut *db).await?;
        let kept = bind_events!(query(text), piece).execute(&mut *db).await?.rows_affected();
        if kept == piece.len() as u64 {
            fresh.extend(piece);
        } else {
            query("rollback to piece").execute(&mut *db).await?;
            fresh.extend(new_in_sqlite(db, piece).await?);
        }
        query("release piece").execute(&mut *db).await?;
    }
    Ok(fresh)
}

/// The slower way, once some of the piece turned out to be there already: it asks which ones are new.
async fn new_in_sqlite<'a>(
    db: &mut SqliteConnection,
    events: &[&'a UsageEvent],
) -> sqlx::Result<Vec<&'a UsageEvent>> {
    let mut kept: Vec<Key> = Vec::new();
    for (text, piece) in KEEP_NEW.pieces(events) {
        kept.extend(bind_events!(query_as(text), piece).fetch_all(&mut *db).await?);
    }
    Ok(those_kept(events, &kept))
}

type Key = (String, i64, String);

fn those_kept<'a>(events: &[&'a UsageEvent], kept: &[Key]) -> Vec<&'a UsageEvent> {
    let kept: HashSet<_> =
        kept.iter().map(|(customer, day, id)| (customer.as_str(), *day, id.as_str())).collect();
    events.iter().copied().filter(|event| kept.contains(&key(event))).collect()
}

/// An event as it was kept: customer, id, feature, user, moment and the bits of its count.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeptEvent(String, String, String, Option<String>, DateTime<Utc>, u64);

impl KeptEvent {
    pub(crate) fn of(event: &UsageEvent) -> Self {
        let user = event.user.as_ref().map(|user| user.0.clone());
        let (customer, feature) = (event.customer.0.clone(), event.feature.0.clone());
        let at = DateTime::from(At::from(event.at));
        Self(customer, event.event_id.clone(), feature, user, at, event.count.to_bits())
    }
}

type KeptRow = (String, String, String, Option<String>, At, f64);

fn kept_event((customer, id, feature, user, at, count): KeptRow) -> KeptEvent {
    KeptEvent(customer, id, feature, user, at.into(), count.to_bits())
}

const KEPT_IN_SQLITE: &str = "select customer_id, event_id, feature, user_id, at, amount from usage_event \
     where (customer_id, utc_day, event_id) in (select json_extract(value, '$[0]'), \
     json_extract(value, '$[1]'), json_extract(value, '$[2]') from json_each($1))";
const KEPT_IN_POSTGRES: &str = "select customer_id, event_id, feature, user_id, at, amount from usage_event \
     where (customer_id, utc_day, event_id) in (select * from unnest($1, $2, $3))";

pub(crate) async fn kept_in_sqlite(
    db: &mut SqliteConnection,
    events: &[&UsageEvent],
) -> sqlx::Result<Vec<KeptEvent>> {
    let keys: Vec<_> = events.iter().map(|event| key(event)).collect();
    let keys = serde_json::to_string(&keys).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let rows: Vec<KeptRow> = query_as(KEPT_IN_SQLITE).bind(keys).fetch_all(db).await?;
    Ok(rows.into_iter().map(kept_event).collect())
}

pub(crate) async fn kept_in_postgres(
    db: &mut PgConnection,
    events: &[&UsageEvent],
) -> sqlx::Result<Vec<KeptEvent>> {
    let rows: Vec<KeptRow> = query_as(KEPT_IN_POSTGRES)
        .bind(column(events, |event| Text::of(&event.customer.0)))
        .bind(column(events, |event| utc_day(event)))
        .bind(column(events, |event| Text::of(&event.event_id)))
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(kept_event).collect())
}

pub(crate) async fn events_in_postgres<'a>(
    db: &mut PgConnection,
    events: &[&'a UsageEvent],
) -> sqlx::Result<Vec<&'a UsageEvent>> {
    let kept: Vec<Key> = query_as(EVENTS)
        .bind(column(events, |event| Text::of(&event.customer.0)))
        .bind(column(events, |event| utc_day(event)))
        .bind(column(events, |event| Text::of(&event.event_id)))
        .bind(column(events, |event| Text::of(&event.feature.0)))
        .bind(column(events, |event| event.user.as_ref().map(|user| Text::of(&user.0))))
        .bind(column(events, |event| At::from(event.at)))
        .bind(column(events, |event| event.count))
        .fetch_all(db)
        .await?;
    Ok(if kept.len() == events.len() { events.to_vec() } else { those_kept(events, &kept) })
}

macro_rules! insert_days {
    ($rows:literal) => {
        concat!(
            "insert into usage_day \
             (customer_id, day, feature, events, whole, billionths, latest, latest_at, latest_id) ",
            $rows
        )
    };
}

macro_rules! merge_days {
    () => {
        " on conflict (customer_id, day, feature) do update set \
         events = usage_day.events + excluded.events, whole = usage_day.whole + excluded.whole, \
         billionths = usage_day.billionths + excluded.billionths, \
         latest = case when (excluded.latest_at, excluded.latest_id) > (usage_day.latest_at, usage_day.latest_id) \
             then excluded.latest else usage_day.latest end, \
         latest_at = case when (excluded.latest_at, excluded.latest_id) > \
             (usage_day.latest_at, usage_day.latest_id) then excluded.latest_at else usage_day.latest_at end, \
         latest_id = case when (excluded.latest_at, excluded.latest_id) > \
             (usage_day.latest_at, usage_day.latest_id) then excluded.latest_id else usage_day.latest_id end"
    };
}

const DAYS: &str =
    concat!(insert_days!("select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)"), merge_days!());
static ADD_DAYS: LazyLock<Texts> = LazyLock::new(|| Texts::of(insert_days!(""), 9, merge_days!()));

pub(crate) async fn days_in_sqlite(db: &mut SqliteConnection, days: &[DayRow<'_>]) -> sqlx::Result<()> {
    for (text, piece) in ADD_DAYS.pieces(days) {
        let mut insert = query(text);
        for ((customer, day, feature), sums) in piece {
            insert = insert
                .bind(Text::of(&customer.0))
                .bind(i64::from(*day))
                .bind(Text::of(&feature.0))
                .bind(sums.events)
                .bind(sums.whole)
                .bind(sums.billionths)
                .bind(sums.latest)
                .bind(At::from(sums.latest_at))
                .bind(Text::of(sums.latest_id));
        }
        insert.execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn days_in_postgres(db: &mut PgConnection, days: &[DayRow<'_>]) -> sqlx::Result<()> {
    let done = query(DAYS)
        .bind(column(days, |((customer, _, _), _)| Text::of(&customer.0)))
        .bind(column(days, |((_, day, _), _)| i64::from(*day)))
        .bind(column(days, |((_, _, feature), _)| Text::of(&feature.0)))
        .bind(column(days, |(_, sums)| sums.events))
        .bind(column(days, |(_, sums)| sums.whole))
        .bind(column(days, |(_, sums)| sums.billionths))
        .bind(column(days, |(_, sums)| sums.latest))
        .bind(column(days, |(_, sums)| At::from(sums.latest_at)))
        .bind(column(days, |(_, sums)| Text::of(sums.latest_id)))
        .execute(db)
        .await;
    done.map(|_| ())
}

/// An event's share of its day, added by one prepared statement: `$4` whole, `$5` billionths.
pub(crate) const ONE_DAY: &str =
    concat!(insert_days!("values ($1, $2, $3, 1, $4, $5, $6, $7, $8)"), merge_days!());

macro_rules! insert_users {
    ($rows:literal) => {
        concat!("insert into usage_user (customer_id, block, feature, user_id, bits) ", $rows)
    };
}

macro_rules! merge_users {
    () => {
        " on conflict (customer_id, block, feature, user_id) do update set bits = usage_user.bits | excluded.bits"
    };
}

const USERS: &str = concat!(insert_users!("select * from unnest($1, $2, $3, $4, $5)"), merge_users!());
pub(crate) const ONE_USER: &str = concat!(insert_users!("values ($1, $2, $3, $4, $5)"), merge_users!());
static ADD_USERS: LazyLock<Texts> = LazyLock::new(|| Texts::of(insert_users!(""), 5, merge_users!()));

pub(crate) async fn users_in_sqlite(db: &mut SqliteConnection, users: &[UserRow<'_>]) -> sqlx::Result<()> {
    for (text, piece) in ADD_USERS.pieces(users) {
        let mut insert = query(text);
        for ((customer, block, feature, user), bits) in piece {
            insert = insert
                .bind(Text::of(&customer.0))
                .bind(i64::from(*block))
                .bind(Text::of(&feature.0))
                .bind(Text::of(&user.0))
                .bind(**bits as i64);
        }
        insert.execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn users_in_postgres(db: &mut PgConnection, users: &[UserRow<'_>]) -> sqlx::Result<()> {
    let done = query(USERS)
        .bind(column(users, |((customer, _, _, _), _)| Text::of(&customer.0)))
        .bind(column(users, |((_, block, _, _), _)| i64::from(*block)))
        .bind(column(users, |((_, _, feature, _), _)| Text::of(&feature.0)))
        .bind(column(users, |((_, _, _, user), _)| Text::of(&user.0)))
        .bind(column(users, |(_, bits)| **bits as i64))
        .execute(db)
        .await;
    done.map(|_| ())
}

macro_rules! insert_weeks {
    ($rows:literal) => {
        concat!("insert into usage_week (customer_id, week, feature, user_id, events) ", $rows)
    };
}

macro_rules! merge_weeks {
    () => {
        " on conflict (customer_id, week, feature, user_id) do update set \
         events = usage_week.events + excluded.events"
    };
}

const WEEKS: &str = concat!(insert_weeks!("select * from unnest($1, $2, $3, $4, $5)"), merge_weeks!());
/// An event's share of its week, added by one prepared statement.
pub(crate) const ONE_WEEK: &str = concat!(insert_weeks!("values ($1, $2, $3, $4, 1)"), merge_weeks!());
static ADD_WEEKS: LazyLock<Texts> = LazyLock::new(|| Texts::of(insert_weeks!(""), 5, merge_weeks!()));

pub(crate) async fn weeks_in_sqlite(db: &mut SqliteConnection, weeks: &[WeekRow<'_>]) -> sqlx::Result<()> {
    for (text, piece) in ADD_WEEKS.pieces(weeks) {
        let mut insert = query(text);
        for ((customer, week, feature, user), events) in piece {
            insert = insert
                .bind(Text::of(&customer.0))
                .bind(i64::from(*week))
                .bind(Text::of(&feature.0))
                .bind(Text::of(user))
                .bind(**events);
        }
        insert.execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn weeks_in_postgres(db: &mut PgConnection, weeks: &[WeekRow<'_>]) -> sqlx::Result<()> {
    let done = query(WEEKS)
        .bind(column(weeks, |((customer, _, _, _), _)| Text::of(&customer.0)))
        .bind(column(weeks, |((_, week, _, _), _)| i64::from(*week)))
        .bind(column(weeks, |((_, _, feature, _), _)| Text::of(&feature.0)))
        .bind(column(weeks, |((_, _, _, user), _)| Text::of(user)))
        .bind(column(weeks, |(_, events)| **events))
        .execute(db)
        .await;
    done.map(|_| ())
}

fn column<Row, Value>(rows: &[Row], value: impl Fn(&Row) -> Value) -> Vec<Value> {
    rows.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_every_row_in_order_in_few_sizes() {
        let rows: Vec<usize> = (0..1_387).collect();
        let pieces = ADD_USERS.pieces(&rows);
        assert_eq!(pieces.iter().flat_map(|(_, piece)| piece.to_vec()).collect::<Vec<_>>(), rows);
        for (text, piece) in pieces {
            assert_eq!(text.matches('?').count(), 5 * piece.len());
        }
        assert!(ADD_USERS.pieces::<u8>(&[]).is_empty());
    }
}
