//! The bare work a benchmark holds the store against: the same rows in the same tables, with nothing in between.

mod prepared;
mod unnest;

pub use prepared::{PREPARED, ingest_prepared};
pub use unnest::{Scratch, ingest_unnest};

use crate::{Tx, text::Text};
use domain::{Result, id::PlanId};
use sqlx::query_as;

const VISIT: &str = "select count(*), sum(value) from observation where plan_id = $1";
const PAGE: &str = "select u.body from standing s join upsell u on u.id = s.upsell_id \
     order by s.arr_place, s.upsell_id limit $1";
const MARK: &str = "update plan set opens_at = null where id in \
     (select id from plan where opens_at is not null order by opens_at, id limit $1) returning id";

impl Tx {
    /// Has the database visit the rows [`Tx::observations_of`] reads, and hand none over.
    pub async fn visit_observations(&mut self, plan: PlanId) -> Result<u64> {
        let (rows, _): (i64, f64) =
            on!(self, db => query_as(VISIT).bind(Text::of(&plan)).fetch_one(db).await)?;
        Ok(rows as u64)
    }

    /// A page straight off an index: nothing joined, filtered or counted.
    pub async fn bare_page(&mut self, limit: u32) -> Result<usize> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(PAGE).bind(i64::from(limit)).fetch_all(db).await)?;
        Ok(rows.len())
    }

    /// Claims due checkpoints in one statement, with no effects.
    pub async fn mark_opened(&mut self, limit: u32) -> Result<usize> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(MARK).bind(i64::from(limit)).fetch_all(db).await)?;
        Ok(rows.len())
    }
}

const PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -65536; \
     pragma busy_timeout = 5000";

/// An event as the prepared loops bind it; days are of UTC.
struct Bound<'a> {
    event: &'a domain::usage::UsageEvent,
    day: i64,
    week: i64,
    at: String,
    whole: i64,
    billionths: i64,
    block: i64,
    bits: i64,
}

impl<'a> Bound<'a> {
    fn of(event: &'a domain::usage::UsageEvent) -> Self {
        use domain::usage::{UserDays, epoch_day, week_of};
        let date = event.at.date_naive();
        let (block, bit) = UserDays::place(date);
        let whole = event.count.floor();
        Self {
            event,
            day: i64::from(epoch_day(date)),
            week: i64::from(week_of(epoch_day(date))),
            at: crate::at::At::from(event.at).text(),
            whole: whole as i64,
            billionths: ((event.count - whole) * 1e9).round() as i64,
            block: i64::from(block),
            bits: (1_u64 << bit) as i64,
        }
    }
}
