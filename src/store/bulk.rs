//! Many rows in one statement: rows of values on SQLite, arrays on PostgreSQL.

use crate::{
    at::At,
    rollup::{DayKey, Sums, UserKey},
    text::Text,
};
use domain::usage::{UsageEvent, epoch_day};
use sqlx::{PgConnection, QueryBuilder, SqliteConnection, query, query_as};

/// Rows in one statement on SQLite. Few sizes make few statement texts, which stay prepared.
const PIECES: [usize; 5] = [500, 100, 20, 4, 1];

fn pieces<T>(mut rows: &[T]) -> Vec<&[T]> {
    let mut pieces = Vec::new();
    for size in PIECES {
        while rows.len() >= size {
            let (piece, rest) = rows.split_at(size);
            pieces.push(piece);
            rows = rest;
        }
    }
    pieces
}

macro_rules! insert_events {
    ($rows:literal) => {
        concat!(
            "insert into usage_event (customer_id, utc_day, event_id, feature, user_id, at, amount) ",
            $rows
        )
    };
}

pub(crate) const ONE_EVENT: &str =
    insert_events!("values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing");
const NEW_ONES: &str = " on conflict do nothing returning event_id";
const EVENTS: &str = insert_events!(
    "select * from unnest($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning event_id"
);

/// The UTC day of an event, by which raw events are kept.
pub(crate) fn utc_day(event: &UsageEvent) -> i64 {
    i64::from(epoch_day(event.at.date_naive()))
}

/// Keeps events; returns the ids of those that were not there before.
pub(crate) async fn events_in_sqlite(
    db: &mut SqliteConnection,
    events: &[&UsageEvent],
) -> sqlx::Result<Vec<(String,)>> {
    let mut fresh = Vec::with_capacity(events.len());
    for piece in pieces(events) {
        let mut insert = QueryBuilder::new(insert_events!(""));
        insert.push_values(piece, |mut row, event| {
            row.push_bind(Text::of(&event.customer))
                .push_bind(utc_day(event))
                .push_bind(Text::of(&event.event_id))
                .push_bind(Text::of(&event.feature))
                .push_bind(Text::maybe(event.user.as_ref()))
                .push_bind(At::from(event.at))
                .push_bind(event.count);
        });
        fresh.extend(insert.push(NEW_ONES).build_query_as().fetch_all(&mut *db).await?);
    }
    Ok(fresh)
}

pub(crate) async fn events_in_postgres(
    db: &mut PgConnection,
    events: &[&UsageEvent],
) -> sqlx::Result<Vec<(String,)>> {
    query_as(EVENTS)
        .bind(column(events, |event| Text::of(&event.customer)))
        .bind(column(events, |event| utc_day(event)))
        .bind(column(events, |event| Text::of(&event.event_id)))
        .bind(column(events, |event| Text::of(&event.feature)))
        .bind(column(events, |event| Text::maybe(event.user.as_ref())))
        .bind(column(events, |event| At::from(event.at)))
        .bind(column(events, |event| event.count))
        .fetch_all(db)
        .await
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

const MERGE_DAYS: &str = merge_days!();
const DAYS: &str =
    concat!(insert_days!("select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)"), merge_days!());

pub(crate) async fn days_in_sqlite(db: &mut SqliteConnection, days: &[(&DayKey, &Sums)]) -> sqlx::Result<()> {
    for piece in pieces(days) {
        let mut insert = QueryBuilder::new(insert_days!(""));
        insert.push_values(piece, |mut row, ((customer, day, feature), sums)| {
            row.push_bind(Text::of(customer))
                .push_bind(i64::from(*day))
                .push_bind(Text::of(feature))
                .push_bind(sums.events)
                .push_bind(sums.whole)
                .push_bind(sums.billionths)
                .push_bind(sums.latest)
                .push_bind(At::from(sums.latest_at))
                .push_bind(Text::of(&sums.latest_id));
        });
        insert.push(MERGE_DAYS).build().execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn days_in_postgres(db: &mut PgConnection, days: &[(&DayKey, &Sums)]) -> sqlx::Result<()> {
    let done = query(DAYS)
        .bind(column(days, |((customer, _, _), _)| Text::of(customer)))
        .bind(column(days, |((_, day, _), _)| i64::from(*day)))
        .bind(column(days, |((_, _, feature), _)| Text::of(feature)))
        .bind(column(days, |(_, sums)| sums.events))
        .bind(column(days, |(_, sums)| sums.whole))
        .bind(column(days, |(_, sums)| sums.billionths))
        .bind(column(days, |(_, sums)| sums.latest))
        .bind(column(days, |(_, sums)| At::from(sums.latest_at)))
        .bind(column(days, |(_, sums)| Text::of(&sums.latest_id)))
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

const MERGE_USERS: &str = merge_users!();
const USERS: &str = concat!(insert_users!("select * from unnest($1, $2, $3, $4, $5)"), merge_users!());

pub(crate) const ONE_USER: &str = concat!(insert_users!("values ($1, $2, $3, $4, $5)"), merge_users!());

pub(crate) async fn users_in_sqlite(
    db: &mut SqliteConnection,
    users: &[(&UserKey, &u64)],
) -> sqlx::Result<()> {
    for piece in pieces(users) {
        let mut insert = QueryBuilder::new(insert_users!(""));
        insert.push_values(piece, |mut row, ((customer, block, feature, user), bits)| {
            row.push_bind(Text::of(customer))
                .push_bind(i64::from(*block))
                .push_bind(Text::of(feature))
                .push_bind(Text::of(user))
                .push_bind(**bits as i64);
        });
        insert.push(MERGE_USERS).build().execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn users_in_postgres(db: &mut PgConnection, users: &[(&UserKey, &u64)]) -> sqlx::Result<()> {
    let done = query(USERS)
        .bind(column(users, |((customer, _, _, _), _)| Text::of(customer)))
        .bind(column(users, |((_, block, _, _), _)| i64::from(*block)))
        .bind(column(users, |((_, _, feature, _), _)| Text::of(feature)))
        .bind(column(users, |((_, _, _, user), _)| Text::of(user)))
        .bind(column(users, |(_, bits)| **bits as i64))
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
        let cut = pieces(&rows);
        assert_eq!(cut.concat(), rows);
        assert!(cut.iter().all(|piece| PIECES.contains(&piece.len())));
        assert!(pieces::<u8>(&[]).is_empty());
    }
}
