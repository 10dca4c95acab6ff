//! Scores people said of health factors, and what of a plan's health was told last.

use crate::{
    Tx,
    at::At,
    standing::SOON,
    text::{Text, body, parsed, stored},
};
use chrono::{DateTime, Utc};
use domain::{
    Error, Result,
    health::{Health, Override},
    id::{PlanId, UpsellId},
};
use sqlx::{query, query_as};

/// What was told last of a plan's health.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// How often something was told, this time included.
    pub times: u32,
    pub at: DateTime<Utc>,
    /// When time alone may change it; never later than it does.
    pub changes_at: Option<DateTime<Utc>>,
    pub health: Health,
}

const SAY: &str = "insert into health_override (plan_id, place, said_at, body) \
     select $1, count(*), $2, $3 from health_override where plan_id = $1";
const OVERRIDES: &str =
    "select body from health_override where plan_id = $1 and said_at <= $2 order by place";
const TOLD: &str = "select told, told_at, changes_at, body from health_told where plan_id = $1";
/// Changes nothing when somebody else told in between.
const TELL: &str = "insert into health_told (plan_id, told, told_at, changes_at, body) \
     values ($1, $2, $3, $4, $5) on conflict (plan_id) do update set told = excluded.told, \
     told_at = excluded.told_at, changes_at = excluded.changes_at, body = excluded.body \
     where health_told.told = excluded.told - 1";
const LOOK: &str = "update health_told set changes_at = $2 where plan_id = $1";
const CHANGING: &str = "select p.upsell_id from health_told h join plan p on p.id = h.plan_id \
     where h.changes_at <= $1 order by h.changes_at, h.plan_id limit $2";
const LOOK_SOON: &str =
    "update health_told set changes_at = $2 where plan_id in (select id from plan where upsell_id = $1)";
const ASSESS_SOON: &str =
    "update plan set next_assessment_at = $2 where upsell_id = $1 and next_assessment_at is not null";

impl Tx {
    /// Keeps a person's score beside those said before. The plan must be locked.
    pub async fn insert_override(&mut self, plan: PlanId, said: &Override) -> Result<()> {
        let body = body(said)?;
        on!(self, db => query(SAY)
            .bind(Text::of(&plan))
            .bind(At::from(said.said_at))
            .bind(body.as_str())
            .execute(db).await.map(|_| ()))
    }

    /// All said by `as_of`, in the order they were said.
    pub async fn overrides_of(&mut self, plan: PlanId, as_of: DateTime<Utc>) -> Result<Vec<Override>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(OVERRIDES)
            .bind(Text::of(&plan)).bind(At::from(as_of)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }

    pub async fn told_health(&mut self, plan: PlanId) -> Result<Option<Told>> {
        let row: Option<(i64, At, Option<At>, String)> =
            on!(self, db => query_as(TOLD).bind(Text::of(&plan)).fetch_optional(db).await)?;
        let told = row.map(|(times, at, changes_at, body)| {
            let (at, changes_at) = (at.into(), changes_at.map(DateTime::from));
            Ok(Told { times: times as u32, at, changes_at, health: stored(&body)? })
        });
        told.transpose()
    }

    /// Keeps what is told now, the time after `told.times - 1`; an error that is [`Error::raced`] when somebody else told
    /// it meanwhile.
    pub async fn save_told_health(&mut self, plan: PlanId, told: &Told) -> Result<()> {
        let body = body(&told.health)?;
        let kept = on!(self, db => query(TELL)
            .bind(Text::of(&plan))
            .bind(i64::from(told.times))
            .bind(At::from(told.at))
            .bind(told.changes_at.map(At::from))
            .bind(body.as_str())
            .execute(db).await.map(|done| done.rows_affected()))?;
        if kept == 1 { Ok(()) } else { Err(Error::raced()) }
    }

    /// When to look at the health of a plan again although nothing happened.
    pub async fn look_at_health(&mut self, plan: PlanId, at: Option<DateTime<Utc>>) -> Result<()> {
        on!(self, db => query(LOOK)
            .bind(Text::of(&plan)).bind(at.map(At::from)).execute(db).await.map(|_| ()))
    }

    /// Upsells whose health time may have changed by `now`, the longest changed first.
    pub async fn upsells_with_changed_health(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UpsellId>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(CHANGING)
            .bind(At::from(now)).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }

    /// A hard event: the plan is assessed and its health looked at as soon as may be.
    pub(crate) async fn look_soon(&mut self, upsell: UpsellId) -> Result<()> {
        for sql in [ASSESS_SOON, LOOK_SOON] {
            on!(self, db => query(sql)
                .bind(Text::of(&upsell)).bind(At::from(SOON)).execute(db).await.map(|_| ()))?;
        }
        Ok(())
    }
}
