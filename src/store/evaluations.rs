//! Stored evaluations: what was concluded, from what, and when.

use crate::{
    Tx,
    at::At,
    text::{Text, body, parsed, stored},
};
use chrono::{DateTime, Utc};
use domain::{Result, id::PlanId, progress::Evaluation};
use sqlx::{query, query_as};

const INSERT: &str = "insert into evaluation (plan_id, at, id, body) values ($1, $2, $3, $4) \
     on conflict (plan_id, at) do update set id = excluded.id, body = excluded.body";
const LAST: &str = "select body from evaluation where plan_id = $1 and at <= $2 order by at desc limit 1";
const WITHIN: &str = "select body from evaluation where plan_id = $1 and at >= $2 and at <= $3 order by at";
const PLANS: &str = "select distinct plan_id from evaluation where at >= $1 and at <= $2 order by plan_id";

impl Tx {
    /// Stores an evaluation in place of one of the same moment (what was known then is all of it), and shows it in the
    /// portfolio.
    pub async fn insert_evaluation(&mut self, evaluation: &Evaluation) -> Result<()> {
        let json = body(evaluation)?;
        on!(self, db => query(INSERT)
            .bind(Text::of(&evaluation.plan))
            .bind(At::from(evaluation.at))
            .bind(Text::of(&evaluation.id))
            .bind(json.as_str())
            .execute(db).await.map(|_| ()))?;
        self.keep_day(evaluation).await?;
        self.stand_evaluated(evaluation).await
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
