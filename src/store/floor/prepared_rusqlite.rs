//! SQLite's ingest as a loop over prepared statements of rusqlite, the nearest to SQLite itself.

use super::{Bound, PRAGMAS};
use crate::bulk::{ONE_DAY, ONE_EVENT, ONE_USER};
use domain::{Error, Result, usage::UsageEvent};
use rusqlite::{Connection, Statement, params};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// What the floor is.
pub const PREPARED: &str = "prepared statements in a loop by rusqlite: event, day, user; one commit a batch";

/// Writes each batch and tells how long it took. The database has its schema already.
pub async fn ingest_prepared(path: &Path, batches: &[Vec<UsageEvent>]) -> Result<Vec<Duration>> {
    tokio::task::block_in_place(|| ingest(path, batches)).map_err(Error::internal)
}

fn ingest(path: &Path, batches: &[Vec<UsageEvent>]) -> rusqlite::Result<Vec<Duration>> {
    let connection = Connection::open(path)?;
    connection.execute_batch(PRAGMAS)?;
    let mut event = connection.prepare(ONE_EVENT)?;
    let mut day = connection.prepare(ONE_DAY)?;
    let mut user = connection.prepare(ONE_USER)?;
    let mut times = Vec::with_capacity(batches.len());
    for batch in batches {
        let started = Instant::now();
        connection.execute_batch("begin immediate")?;
        for one in batch {
            keep(&mut event, &mut day, &mut user, &Bound::of(one))?;
        }
        connection.execute_batch("commit")?;
        times.push(started.elapsed());
    }
    Ok(times)
}

fn keep(
    keeps: &mut Statement<'_>,
    adds_day: &mut Statement<'_>,
    marks_user: &mut Statement<'_>,
    bound: &Bound<'_>,
) -> rusqlite::Result<()> {
    let (event, at) = (bound.event, &bound.at);
    let (customer, feature, id) = (&event.customer.0, &event.feature.0, &event.event_id);
    let user = event.user.as_ref().map(|user| &user.0);
    if keeps.execute(params![customer, bound.day, id, feature, user, at, event.count])? == 0 {
        return Ok(());
    }
    adds_day.execute(params![
        customer,
        bound.day,
        feature,
        bound.whole,
        bound.billionths,
        event.count,
        at,
        id
    ])?;
    if let Some(user) = user {
        marks_user.execute(params![customer, bound.block, feature, user, bound.bits])?;
    }
    Ok(())
}
