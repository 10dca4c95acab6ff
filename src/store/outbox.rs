//! Effects to deliver to other systems, written in the transaction that asked for them.

use crate::{
    Tx,
    at::At,
    text::{Text, body},
};
use chrono::{DateTime, Utc};
use domain::{Result, id::UpsellId};
use sqlx::{query, query_as};

/// Something another system should get.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// `review_document`, `review_invitation`, `health_factor`, `notification`.
    pub kind: &'static str,
    /// The same key of a kind is delivered once.
    pub key: String,
    pub upsell: Option<UpsellId>,
    pub body: serde_json::Value,
}

const INSERT: &str = "insert into delivery (kind, delivery_key, upsell_id, body, enqueued_at) \
     values ($1, $2, $3, $4, $5) on conflict do nothing";
const COUNT: &str = "select count(*) from delivery where delivered_at is null";
const DELIVERIES_OF: &str = "select kind, delivery_key from delivery where upsell_id = $1 order by seq desc";

impl Tx {
    /// `false` when the key was enqueued before.
    pub async fn enqueue(&mut self, delivery: &Delivery, now: DateTime<Utc>) -> Result<bool> {
        let body = body(&delivery.body)?;
        let inserted = on!(self, db => query(INSERT)
            .bind(delivery.kind)
            .bind(Text::of(&delivery.key))
            .bind(Text::maybe(delivery.upsell.as_ref()))
            .bind(body.as_str())
            .bind(At::from(now))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(inserted == 1)
    }

    pub async fn count_undelivered(&mut self) -> Result<u64> {
        let (count,): (i64,) = on!(self, db => query_as(COUNT).fetch_one(db).await)?;
        Ok(count as u64)
    }

    /// Kind and key of deliveries of an upsell, newest first.
    pub async fn deliveries_of(&mut self, upsell: UpsellId) -> Result<Vec<(String, String)>> {
        on!(self, db => query_as(DELIVERIES_OF).bind(Text::of(&upsell)).fetch_all(db).await)
    }
}
