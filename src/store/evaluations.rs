//! Stored evaluations, and what of the latest one the portfolio shows.

use crate::{
    Tx,
    at::At,
    text::{Text, body, parsed, stored},
};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    id::PlanId,
    progress::{Evaluation, MetricProgress, Progress},
    status::Status,
};
use sqlx::{query, query_as};

const REPLACED: &str = "delete from evaluation where plan_id = $1 and at = $2";
const INSERT: &str = "insert into evaluation (plan_id, at, id, body) values ($1, $2, $3, $4)";
const REFRESH: &str = "update plan set evaluated_at = $2, status = $3, data_state = $4, gap_points = $5, \
     attainment = $6, forecast = $7, day = $8, \
     final_status = case when $8 >= final_day then $3 else final_status end \
     where id = $1 and (evaluated_at is null or evaluated_at <= $2)";
const LAST: &str =
    "select body from evaluation where plan_id = $1 and at <= $2 order by at desc, id desc limit 1";
const WITHIN: &str =
    "select body from evaluation where plan_id = $1 and at >= $2 and at <= $3 order by at, id";
const PLANS: &str = "select distinct plan_id from evaluation where at >= $1 and at <= $2 order by plan_id";

impl Tx {
    /// Stores an evaluation in place of one of the same moment (what was known then is all of it), and refreshes the plan's columns the portfolio sorts and filters by.
    pub async fn insert_evaluation(&mut self, evaluation: &Evaluation) -> Result<()> {
        let json = body(evaluation)?;
        let (plan, at) = (Text::of(&evaluation.plan), At::from(evaluation.at));
        on!(self, db => query(REPLACED).bind(plan.clone()).bind(at).execute(db).await.map(|_| ()))?;
        on!(self, db => query(INSERT)
            .bind(plan.clone()).bind(at).bind(Text::of(&evaluation.id)).bind(json.as_str())
            .execute(db).await.map(|_| ()))?;
        let progress = &evaluation.progress;
        on!(self, db => query(REFRESH)
            .bind(plan.clone())
            .bind(at)
            .bind(progress.current_status.map(Status::as_str))
            .bind(progress.data_state.as_str())
            .bind(progress.gap_points)
            .bind(progress.attainment)
            .bind(forecast_percent(progress))
            .bind(i64::from(progress.day))
            .execute(db).await.map(|_| ()))
    }

    /// The last evaluation made at or before `at`.
    pub async fn last_evaluation(&mut self, plan: PlanId, at: DateTime<Utc>) -> Result<Option<Evaluation>> {
        let row: Option<(String,)> = on!(self, db => query_as(LAST)
            .bind(Text::of(&plan)).bind(At::from(at)).fetch_optional(db).await)?;
        row.map(|row| stored(&row.0)).transpose()
    }

    /// Evaluations made within `from..=to`, oldest first.
    pub async fn evaluations_of(
        &mut self,
        plan: PlanId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Evaluation>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(WITHIN)
            .bind(Text::of(&plan)).bind(At::from(from)).bind(At::from(to)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }

    /// Plans that have an evaluation within `from..=to`.
    pub async fn evaluated_plans(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<PlanId>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(PLANS)
            .bind(At::from(from)).bind(At::from(to)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }
}

/// Attainment the metrics' forecasts come to, by weight and each capped to 0..=100, in percent of the way.
fn forecast_percent(progress: &Progress) -> Option<f64> {
    let known = || progress.metrics_progress.iter().filter_map(|m| Some((m.weight, forecast_share(m)?)));
    let weight: f64 = known().map(|(weight, _)| weight).sum();
    (weight > 0.0).then(|| 100.0 * known().map(|(weight, share)| weight * share).sum::<f64>() / weight)
}

fn forecast_share(metric: &MetricProgress) -> Option<f64> {
    let baseline = metric.baseline?;
    let share = (metric.forecast.point()? - baseline) / (metric.target - baseline);
    share.is_finite().then(|| share.clamp(0.0, 1.0))
}
