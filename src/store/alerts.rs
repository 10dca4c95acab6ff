//! Alerts, one per episode.

use crate::Tx;
use chrono::{DateTime, Utc};
use domain::{
    Result,
    alert::Alert,
    id::{AlertId, UpsellId},
};

#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    pub upsell: Option<UpsellId>,
    pub owner: Option<String>,
    /// `open`, `acknowledged`, `snoozed`, `closed`; all when `None`.
    pub state: Option<String>,
    /// Raised at or after.
    pub since: Option<DateTime<Utc>>,
    pub limit: u32,
    /// Continues after this alert (newest first order).
    pub after: Option<AlertId>,
}

impl Tx {
    /// Stores a new alert; `false` when an alert of the same upsell, metric, rule and episode stands already.
    pub async fn insert_alert(&mut self, _alert: &Alert) -> Result<bool> {
        todo!()
    }
    pub async fn save_alert(&mut self, _alert: &Alert) -> Result<()> {
        todo!()
    }
    /// Locked until commit.
    pub async fn alert(&mut self, _id: AlertId) -> Result<Alert> {
        todo!()
    }
    /// The latest episode of each (metric, rule) of an upsell.
    pub async fn latest_alerts_of(&mut self, _upsell: UpsellId) -> Result<Vec<Alert>> {
        todo!()
    }
    /// Newest first.
    pub async fn list_alerts(&mut self, _filter: &AlertFilter) -> Result<Vec<Alert>> {
        todo!()
    }
    pub async fn count_alerts(&mut self, _filter: &AlertFilter) -> Result<u64> {
        todo!()
    }
}
