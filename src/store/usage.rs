//! Usage events: kept once by event id, rolled up per feature and civil day as they arrive.

use crate::Tx;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Result,
    id::CustomerId,
    usage::{FeatureDay, UsageEvent, UserDays},
};

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ingested {
    pub accepted: usize,
    /// Event ids seen before: nothing changed.
    pub duplicates: usize,
}

impl Tx {
    /// Stores a batch, updates roll-ups, and makes the touched customers' plans due ([`Tx::usage_changed`]).
    pub async fn ingest(&mut self, _events: &[UsageEvent], _now: DateTime<Utc>) -> Result<Ingested> {
        todo!()
    }
    /// Roll-ups of a customer within civil days `from..=to`, by feature and day.
    pub async fn feature_days(
        &mut self,
        _customer: &CustomerId,
        _from: NaiveDate,
        _to: NaiveDate,
    ) -> Result<Vec<FeatureDay>> {
        todo!()
    }
    /// User bitmaps of a customer touching civil days `from..=to`.
    pub async fn user_days(
        &mut self,
        _customer: &CustomerId,
        _from: NaiveDate,
        _to: NaiveDate,
    ) -> Result<Vec<UserDays>> {
        todo!()
    }
    /// First and last civil day with any usage of a customer.
    pub async fn usage_span(&mut self, _customer: &CustomerId) -> Result<Option<(NaiveDate, NaiveDate)>> {
        todo!()
    }
    pub async fn count_usage_events(&mut self) -> Result<u64> {
        todo!()
    }
    /// How far an import of a file (by content digest) got, in bytes of its uncompressed text.
    pub async fn import_position(&mut self, _digest: &str) -> Result<u64> {
        todo!()
    }
    pub async fn save_import_position(
        &mut self,
        _digest: &str,
        _position: u64,
        _now: DateTime<Utc>,
    ) -> Result<()> {
        todo!()
    }
}
