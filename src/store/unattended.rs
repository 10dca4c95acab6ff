//! Upsells that no due plan leads to.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{Result, id::UpsellId};

impl Tx {
    /// Upsells that have no plan, did not end, and do not wait for anything, oldest close first.
    pub async fn upsells_to_draft(&mut self, _limit: u32) -> Result<Vec<UpsellId>> {
        todo!()
    }
    /// Lets every waiting upsell try for its plan again: templates may have changed.
    pub async fn retry_drafts(&mut self) -> Result<()> {
        todo!()
    }
    /// Upsells with an alert that is not closed although their plan rests or is absent, or whose snooze ended by `now`.
    pub async fn upsells_with_unattended_alerts(
        &mut self,
        _now: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<UpsellId>> {
        todo!()
    }
}
