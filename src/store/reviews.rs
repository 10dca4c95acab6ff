//! Reviews recorded at checkpoints.

use crate::{
    Tx,
    at::At,
    text::{Text, body, stored},
};
use domain::{
    Result,
    id::{PlanId, UpsellId},
    review::Review,
};
use sqlx::{query, query_as};

const INSERT: &str = "insert into review (plan_id, recorded_at, id, upsell_id, checkpoint_day, body) \
     values ($1, $2, $3, $4, $5, $6)";
const REVIEWS_OF: &str = "select body from review where plan_id = $1 order by recorded_at, id";

impl Tx {
    pub async fn insert_review(&mut self, plan: PlanId, upsell: UpsellId, review: &Review) -> Result<()> {
        let body = body(review)?;
        on!(self, db => query(INSERT)
            .bind(Text::of(&plan))
            .bind(At::from(review.recorded_at))
            .bind(Text::of(&review.id))
            .bind(Text::of(&upsell))
            .bind(i64::from(review.checkpoint_day))
            .bind(body.as_str())
            .execute(db).await.map(|_| ()))
    }

    /// Oldest first.
    pub async fn reviews_of(&mut self, plan: PlanId) -> Result<Vec<Review>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(REVIEWS_OF).bind(Text::of(&plan)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }
}
