//! What the reconcilers have ahead of them, and the upsells that no due plan leads to.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{Result, id::UpsellId};
use sqlx::{query, query_as};

/// What there is to do, seen in one look that changes nothing.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one for each kind of work that has no moment of its own")]
pub struct Ahead {
    /// An upsell has no plan and does not wait for anything.
    pub drafts: bool,
    /// A documented outcome has no score yet.
    pub scores: bool,
    /// What analyses ask of an upsell changed since it was worked out.
    pub facts: bool,
    /// The earliest assessment or checkpoint that is or falls due.
    pub due: Option<DateTime<Utc>>,
    /// The earliest moment at which alerts are looked over beside assessments.
    pub look: Option<DateTime<Utc>>,
    /// The earliest moment at which time alone may change what was told of a plan's health.
    pub health: Option<DateTime<Utc>>,
    /// An alert changed since its owner's week was shared out.
    pub shares: bool,
}

impl Ahead {
    /// The earliest of all that has a moment.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.due.into_iter().chain(self.look).chain(self.health).min()
    }
}

const AHEAD: &str = "select \
     (select count(*) from (select 1 from standing \
         where plan_id is null and is_ended = 0 and plan_waits_for is null limit 1) as drafts), \
     (select count(*) from (select 1 from outcome where scored_at is null limit 1) as scores), \
     (select min(due) from \
         (select min(next_assessment_at) as due from plan where next_assessment_at is not null \
         union all select min(opens_at) from plan where opens_at is not null) as dues), \
     (select min(look) from \
         (select min(look_at) as look from standing where look_at is not null \
         union all select min(snoozed_until) from alert where snoozed_until is not null) as looks), \
     (select min(changes_at) from health_told where changes_at is not null), \
     (select count(*) from (select 1 from alert where to_share = 1 limit 1) as shares), \
     (select count(*) from (select 1 from standing where facts_at is null limit 1) as facts)";
const TO_DRAFT: &str = "select upsell_id from standing \
     where plan_id is null and is_ended = 0 and plan_waits_for is null order by close_date, upsell_id limit $1";
const RETRY: &str = "update standing set plan_waits_for = null \
     where plan_id is null and is_ended = 0 and plan_waits_for is not null";
const TO_LOOK_AT: &str = "select upsell_id from standing where look_at <= $1 \
     union select upsell_id from alert where snoozed_until <= $1 order by 1 limit $2";
const LOOK_AT: &str = "update standing set look_at = $2 where upsell_id = $1";

impl Tx {
    pub async fn ahead(&mut self) -> Result<Ahead> {
        type Row = (i64, i64, Option<At>, Option<At>, Option<At>, i64, i64);
        let (drafts, scores, due, look, health, shares, facts): Row =
            on!(self, db => query_as(AHEAD).fetch_one(db).await)?;
        Ok(Ahead {
            drafts: drafts > 0,
            scores: scores > 0,
            facts: facts > 0,
            due: due.map(DateTime::from),
            look: look.map(DateTime::from),
            health: health.map(DateTime::from),
            shares: shares > 0,
        })
    }

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

    /// Upsells whose alerts are due to be looked over by `now`, or have one whose snooze ended.
    pub async fn upsells_to_look_at(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<UpsellId>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(TO_LOOK_AT)
            .bind(At::from(now)).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }

    /// When to look at the alerts of an upsell again; `None` when only an assessment or a change leads to them.
    pub async fn look_again(&mut self, upsell: UpsellId, at: Option<DateTime<Utc>>) -> Result<()> {
        on!(self, db => query(LOOK_AT)
            .bind(Text::of(&upsell)).bind(at.map(At::from)).execute(db).await.map(|_| ()))
    }
}
