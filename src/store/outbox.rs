//! Effects to deliver to other systems, written in the transaction that asked for them.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{Result, id::UpsellId};

/// Something another system should get.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// `review_document`, `review_invitation`, `health_factor`, `notification`.
    pub kind: &'static str,
    /// The same key is delivered once.
    pub key: String,
    pub upsell: Option<UpsellId>,
    pub body: serde_json::Value,
}

impl Tx {
    /// `false` when the key was enqueued before.
    pub async fn enqueue(&mut self, _delivery: &Delivery, _now: DateTime<Utc>) -> Result<bool> {
        todo!()
    }
    pub async fn count_undelivered(&mut self) -> Result<u64> {
        todo!()
    }
    /// Kind and key of deliveries of an upsell, newest first.
    pub async fn deliveries_of(&mut self, _upsell: UpsellId) -> Result<Vec<(String, String)>> {
        todo!()
    }
}
