//! SQLite's ingest as a loop over prepared statements of our own driver: another one would have SQLite built twice.

use super::{Bound, PRAGMAS};
use crate::bulk::{ONE_DAY, ONE_EVENT, ONE_USER, ONE_WEEK};
use domain::{Error, Result, usage::UsageEvent};
use sqlx::{Connection, SqliteConnection, query, raw_sql, sqlite::SqliteConnectOptions};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// What the floor is.
pub const PREPARED: &str =
    "prepared statements in a loop by sqlx: event, day, week, user; one commit a batch";

/// Writes each batch and tells how long it took. The database has its schema already.
pub async fn ingest_prepared(path: &Path, batches: &[Vec<UsageEvent>]) -> Result<Vec<Duration>> {
    ingest(path, batches).await.map_err(Error::internal)
}

async fn ingest(path: &Path, batches: &[Vec<UsageEvent>]) -> sqlx::Result<Vec<Duration>> {
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await?;
    raw_sql(PRAGMAS).execute(&mut connection).await?;
    let mut times = Vec::with_capacity(batches.len());
    for batch in batches {
        let started = Instant::now();
        let mut tx = connection.begin().await?;
        for event in batch {
            keep(&mut tx, &Bound::of(event)).await?;
        }
        tx.commit().await?;
        times.push(started.elapsed());
    }
    connection.close().await?;
    Ok(times)
}

async fn keep(db: &mut SqliteConnection, bound: &Bound<'_>) -> sqlx::Result<()> {
    let event = bound.event;
    let kept = query(ONE_EVENT)
        .bind(&event.customer.0)
        .bind(bound.day)
        .bind(&event.event_id)
        .bind(&event.feature.0)
        .bind(event.user.as_ref().map(|user| &user.0))
        .bind(&bound.at)
        .bind(event.count)
        .execute(&mut *db)
        .await?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    query(ONE_DAY)
        .bind(&event.customer.0)
        .bind(bound.day)
        .bind(&event.feature.0)
        .bind(bound.whole)
        .bind(bound.billionths)
        .bind(event.count)
        .bind(&bound.at)
        .bind(&event.event_id)
        .execute(&mut *db)
        .await?;
    query(ONE_WEEK)
        .bind(&event.customer.0)
        .bind(bound.week)
        .bind(&event.feature.0)
        .bind(event.user.as_ref().map_or("", |user| &user.0))
        .execute(&mut *db)
        .await?;
    let Some(user) = &event.user else { return Ok(()) };
    query(ONE_USER)
        .bind(&event.customer.0)
        .bind(bound.block)
        .bind(&event.feature.0)
        .bind(&user.0)
        .bind(bound.bits)
        .execute(db)
        .await?;
    Ok(())
}
