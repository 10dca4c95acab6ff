//! Who did what: one row per change, in the change's own transaction.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{Result, id::UpsellId};

#[derive(Debug, Clone)]
pub struct AuditRow {
    pub at: DateTime<Utc>,
    pub caller: String,
    pub role: String,
    pub tool: String,
    pub upsell: Option<UpsellId>,
    /// The headline of the answer.
    pub result: String,
}

impl Tx {
    pub async fn insert_audit(&mut self, _row: &AuditRow) -> Result<()> {
        todo!()
    }
    /// Newest first.
    pub async fn audit_of(&mut self, _upsell: UpsellId, _limit: u32) -> Result<Vec<AuditRow>> {
        todo!()
    }
}
