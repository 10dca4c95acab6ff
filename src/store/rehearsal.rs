//! Where a rehearsal stands: the clock it moves is of no machine, so its hand is kept here.

use crate::{Tx, at::At, standing::SOON, text::parsed};
use chrono::{DateTime, NaiveDate, Utc};
use domain::Result;
use sqlx::{query, query_as};

/// A database that only servers wrote to stands where it was last assessed.
const REACHED: &str =
    "select coalesce((select at from rehearsal), (select max(at) from evaluation where at <= $1))";
/// Without a plan, and never looked at since they came.
const NEW: &str =
    "select detected_at, close_date from standing where plan_id is null and is_ended = 0 and look_at = $1";
const REACH: &str =
    "insert into rehearsal (id, at) values (1, $1) on conflict (id) do update set at = excluded.at";

impl Tx {
    /// The instant a rehearsal that is to reach `at` goes on from; `None` when nothing was ever assessed.
    pub async fn rehearsed_to(&mut self, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let (reached,): (Option<At>,) =
            on!(self, db => query_as(REACHED).bind(At::from(at)).fetch_one(db).await)?;
        Ok(reached.map(DateTime::from))
    }

    /// Of upsells that nothing was done about yet: when each was detected, and the day it closed.
    pub async fn new_upsells(&mut self) -> Result<Vec<(DateTime<Utc>, NaiveDate)>> {
        let rows: Vec<(At, String)> =
            on!(self, db => query_as(NEW).bind(At::from(SOON)).fetch_all(db).await)?;
        rows.into_iter().map(|(detected, closed)| Ok((detected.into(), parsed(&closed)?))).collect()
    }

    pub async fn save_rehearsed_to(&mut self, at: DateTime<Utc>) -> Result<()> {
        on!(self, db => query(REACH).bind(At::from(at)).execute(db).await.map(|_| ()))
    }
}
