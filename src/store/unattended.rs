//! Upsells that no due plan leads to.

use crate::{Tx, at::At, text::parsed};
use chrono::{DateTime, Utc};
use domain::{Result, id::UpsellId};
use sqlx::{query, query_as};

const TO_DRAFT: &str = "select upsell_id from standing \
     where plan_id is null and is_ended = 0 and plan_waits_for is null order by close_date, upsell_id limit $1";
const RETRY: &str = "update standing set plan_waits_for = null \
     where plan_id is null and is_ended = 0 and plan_waits_for is not null";
const UNATTENDED: &str = "select distinct a.upsell_id from alert a left join plan p on p.upsell_id = a.upsell_id \
     where a.state <> 'closed' \
     and (p.next_assessment_at is null or (a.state = 'snoozed' and a.snoozed_until <= $1)) \
     order by a.upsell_id limit $2";

impl Tx {
    /// Upsells that have no plan, did not end, and do not wait for anything, oldest close first.
    pub async fn upsells_to_draft(&mut self, limit: u32) -> Result<Vec<UpsellId>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(TO_DRAFT).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }

    /// Lets every waiting upsell try for its plan again: templates may have changed.
    pub async fn retry_drafts(&mut self) -> Result<()> {
        on!(self, db => query(RETRY).execute(db).await.map(|_| ()))
    }

    /// Upsells with an alert that is not closed although their plan rests or is absent, or whose snooze ended by `now`.
    pub async fn upsells_with_unattended_alerts(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UpsellId>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(UNATTENDED)
            .bind(At::from(now)).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }
}
