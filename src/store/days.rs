//! How a plan stood at the end of each day: what graphics and timelines are drawn from.

use crate::{Tx, text::Text};
use domain::{Result, forecast::Band, id::PlanId, progress::Evaluation, status::Status};
use sqlx::{query, query_as};

/// The last evaluation of a day, of which only the outline is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingDay {
    /// Counted from day 0, in the customer's zone.
    pub day: i32,
    pub status: Option<Status>,
    /// Gap to expected, and the band of similar upsells round expected, both in points.
    pub gap_points: Option<f64>,
    pub gap_band: Option<Band>,
}

const KEEP: &str = "insert into standing_day (plan_id, day, status, gap_points, band_low, band_high) \
     values ($1, $2, $3, $4, $5, $6) on conflict (plan_id, day) do update set status = excluded.status, \
     gap_points = excluded.gap_points, band_low = excluded.band_low, band_high = excluded.band_high";
const DAYS: &str =
    "select day, status, gap_points, band_low, band_high from standing_day where plan_id = $1 order by day";

type Row = (i64, Option<String>, Option<f64>, Option<f64>, Option<f64>);

impl Tx {
    /// Keeps the outline of an evaluation as its day's, until a later one of that day.
    pub(crate) async fn keep_day(&mut self, evaluation: &Evaluation) -> Result<()> {
        let progress = &evaluation.progress;
        let band = progress.gap_band();
        on!(self, db => query(KEEP)
            .bind(Text::of(&evaluation.plan))
            .bind(i64::from(progress.day))
            .bind(progress.current_status.map(Status::as_str))
            .bind(progress.gap_points)
            .bind(band.map(|band| band.low))
            .bind(band.map(|band| band.high))
            .execute(db).await.map(|_| ()))
    }

    /// The days a plan was judged on, oldest first.
    pub async fn days_of(&mut self, plan: PlanId) -> Result<Vec<StandingDay>> {
        let rows: Vec<Row> = on!(self, db => query_as(DAYS).bind(Text::of(&plan)).fetch_all(db).await)?;
        Ok(rows.into_iter().map(standing_day).collect())
    }
}

fn standing_day((day, status, gap_points, low, high): Row) -> StandingDay {
    StandingDay {
        day: day as i32,
        status: status.as_deref().and_then(Status::parse),
        gap_points,
        gap_band: low.zip(high).map(|(low, high)| Band { low, high }),
    }
}
