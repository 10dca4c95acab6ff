//! Measurement plans: the current one, its versions, and when it is next due.

use crate::{
    Tx,
    at::At,
    text::{Text, body, stored},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Error, Result,
    checkpoint::{Checkpoint, CheckpointState},
    id::{CustomerId, PlanId, UpsellId},
    plan::MeasurementPlan,
    usage::{civil_day, epoch_day},
};
use sqlx::{query, query_as};

/// A plan whose assessment is due.
#[derive(Debug, Clone)]
pub struct DueAssessment {
    pub plan: MeasurementPlan,
    /// Earliest civil day whose usage changed since the last assessment.
    pub changed_from: Option<NaiveDate>,
}

const INSERT: &str = "insert into plan (id, upsell_id, customer_id, version, opens_at, body, next_assessment_at) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (upsell_id) do nothing";
/// An ended plan opens no more checkpoints.
const REWRITE: &str = "update plan set version = $2, opens_at = case when outcome is null then $3 end, body = $4 \
     where id = $1 and version = $5";
const KEEP_VERSION: &str =
    "insert into plan_version (plan_id, version, known_from, body) values ($1, $2, $3, $4)";
const BY_ID: &str = "select body from plan where id = $1";
const OF_UPSELL: &str = "select body from plan where upsell_id = $1";
const OF_UPSELL_LOCKED: &str = "select body from plan where upsell_id = $1 for update";
const VERSIONS: &str = "select body from plan_version where plan_id = $1 order by version";
const HISTORY: &str = "select known_from, body from plan_version where plan_id = $1 order by version";
const AS_OF: &str = "select body from plan_version where plan_id = $1 and known_from <= $2 \
     order by version desc limit 1";
const DUE: &str = "select body, changed_from from plan where next_assessment_at <= $1 \
     order by next_assessment_at, id limit $2";
const DUE_LOCKED: &str = "select body, changed_from from plan where next_assessment_at <= $1 \
     order by next_assessment_at, id limit $2 for update skip locked";
const POSTPONE: &str = "update plan set next_assessment_at = $2 where id = $1";
const SCHEDULE: &str = "update plan set next_assessment_at = $2, changed_from = null where id = $1";
/// Rows of customer and day: JSON on SQLite, arrays on PostgreSQL.
macro_rules! changed {
    ($rows:literal) => {
        concat!(
            "update plan set changed_from = case when changed_from < v.day then changed_from else v.day end, \
             next_assessment_at = case when next_assessment_at < $1 then next_assessment_at else $1 end from ",
            $rows,
            " where plan.customer_id = v.customer and next_assessment_at is not null"
        )
    };
}
const CHANGED_IN_SQLITE: &str = changed!(
    "(select json_extract(value, '$[0]') as customer, json_extract(value, '$[1]') as day from json_each($2)) as v"
);
const CHANGED_IN_POSTGRES: &str = changed!("unnest($2, $3) as v(customer, day)");
const OPENING: &str = "select body from plan where opens_at <= $1 order by opens_at, id limit $2";
const OPENING_LOCKED: &str =
    "select body from plan where opens_at <= $1 order by opens_at, id limit $2 for update skip locked";

impl Tx {
    /// Stores version 1 and schedules its first assessment at once. A second plan for an upsell is `conflict`.
    pub async fn insert_plan(&mut self, plan: &MeasurementPlan) -> Result<()> {
        let json = body(plan)?;
        let inserted = on!(self, db => query(INSERT)
            .bind(Text::of(&plan.id))
            .bind(Text::of(&plan.upsell))
            .bind(Text::of(&plan.customer))
            .bind(i64::from(plan.version))
            .bind(opens_at(plan))
            .bind(json.as_str())
            .bind(At::from(plan.created_at))
            .execute(db).await.map(|done| done.rows_affected()))?;
        if inserted == 0 {
            return Err(Error::conflict(format!(
                "upsell {} has a measurement plan already; update_metrics changes it",
                plan.upsell
            )));
        }
        self.stand_planned(plan).await?;
        self.keep_version(plan, plan.created_at, &json).await
    }

    /// Stores the next version (plan.version must be the stored one + 1, else `conflict`: read again), known from `now`.
    pub async fn save_plan(&mut self, plan: &MeasurementPlan, now: DateTime<Utc>) -> Result<()> {
        let json = body(plan)?;
        let before = i64::from(plan.version) - 1;
        if self.rewrite_plan(plan, &json, before).await? == 0 {
            return Err(self.moved_on(plan.id).await?);
        }
        self.keep_version(plan, now, &json).await
    }

    /// Rewrites state that is no new version: checkpoint states, milestones reached.
    pub async fn touch_plan(&mut self, plan: &MeasurementPlan) -> Result<()> {
        let json = body(plan)?;
        if self.rewrite_plan(plan, &json, i64::from(plan.version)).await? == 0 {
            return Err(self.moved_on(plan.id).await?);
        }
        Ok(())
    }

    async fn rewrite_plan(&mut self, plan: &MeasurementPlan, json: &str, before: i64) -> Result<u64> {
        let rewritten = on!(self, db => query(REWRITE)
            .bind(Text::of(&plan.id))
            .bind(i64::from(plan.version))
            .bind(opens_at(plan))
            .bind(json)
            .bind(before)
            .execute(db).await.map(|done| done.rows_affected()))?;
        if rewritten > 0 {
            self.stand_planned(plan).await?;
        }
        Ok(rewritten)
    }

    async fn keep_version(&mut self, plan: &MeasurementPlan, from: DateTime<Utc>, json: &str) -> Result<()> {
        on!(self, db => query(KEEP_VERSION)
            .bind(Text::of(&plan.id))
            .bind(i64::from(plan.version))
            .bind(At::from(from))
            .bind(json)
            .execute(db).await.map(|_| ()))
    }

    /// Why no row had the version expected.
    async fn moved_on(&mut self, id: PlanId) -> Result<Error> {
        let stored = self.plan(id).await?;
        Ok(Error::conflict(format!(
            "the plan {id} is at version {} by now; read it again with get_progress, then decide",
            stored.version
        )))
    }

    pub async fn plan(&mut self, id: PlanId) -> Result<MeasurementPlan> {
        let row: Option<(String,)> =
            on!(self, db => query_as(BY_ID).bind(Text::of(&id)).fetch_optional(db).await)?;
        stored(&row.ok_or_else(|| no_plan(id))?.0)
    }

    pub async fn find_plan_of(&mut self, upsell: UpsellId) -> Result<Option<MeasurementPlan>> {
        self.plan_by_upsell(OF_UPSELL, upsell).await
    }

    /// The plan of an upsell, or `not_found` that names `create_measurement_plan`.
    pub async fn plan_of(&mut self, upsell: UpsellId) -> Result<MeasurementPlan> {
        self.plan_by_upsell(OF_UPSELL, upsell).await?.ok_or_else(|| no_plan_of(upsell))
    }

    /// The same, its row locked until commit.
    pub async fn plan_for_update(&mut self, upsell: UpsellId) -> Result<MeasurementPlan> {
        let sql = self.locking(OF_UPSELL, OF_UPSELL_LOCKED);
        self.plan_by_upsell(sql, upsell).await?.ok_or_else(|| no_plan_of(upsell))
    }

    async fn plan_by_upsell(
        &mut self,
        sql: &'static str,
        upsell: UpsellId,
    ) -> Result<Option<MeasurementPlan>> {
        let row: Option<(String,)> =
            on!(self, db => query_as(sql).bind(Text::of(&upsell)).fetch_optional(db).await)?;
        row.map(|row| stored(&row.0)).transpose()
    }

    /// All versions, oldest first.
    pub async fn plan_versions(&mut self, id: PlanId) -> Result<Vec<MeasurementPlan>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(VERSIONS).bind(Text::of(&id)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }

    /// All versions with the moment from which each stood, oldest first.
    pub async fn plan_history(&mut self, id: PlanId) -> Result<Vec<(DateTime<Utc>, MeasurementPlan)>> {
        let rows: Vec<(At, String)> =
            on!(self, db => query_as(HISTORY).bind(Text::of(&id)).fetch_all(db).await)?;
        rows.into_iter().map(|(from, json)| Ok((from.into(), stored(&json)?))).collect()
    }

    /// The version that stood at `at`.
    pub async fn plan_as_of(&mut self, id: PlanId, at: DateTime<Utc>) -> Result<MeasurementPlan> {
        let row: Option<(String,)> = on!(self, db => query_as(AS_OF)
            .bind(Text::of(&id)).bind(At::from(at)).fetch_optional(db).await)?;
        let row = row.ok_or_else(|| {
            Error::not_found(format!(
                "the plan {id} did not exist yet at {}; send a later asOf",
                At::from(at).text()
            ))
        })?;
        stored(&row.0)
    }

    /// Claims plans whose assessment is due by `now` (`for update skip locked` on PostgreSQL), oldest due first.
    pub async fn claim_due_assessments(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<DueAssessment>> {
        let sql = self.locking(DUE, DUE_LOCKED);
        let rows: Vec<(String, Option<i64>)> = on!(self, db => query_as(sql)
            .bind(At::from(now)).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|(json, from)| due_assessment(json, *from)).collect()
    }

    /// When the plan is next assessed; `None` for never (ended). Clears `changed_from`.
    pub async fn schedule_assessment(&mut self, plan: PlanId, at: Option<DateTime<Utc>>) -> Result<()> {
        on!(self, db => query(SCHEDULE)
            .bind(Text::of(&plan)).bind(at.map(At::from)).execute(db).await.map(|_| ()))
    }

    /// The plan stays due, from `at` on.
    pub async fn postpone_assessment(&mut self, plan: PlanId, at: DateTime<Utc>) -> Result<()> {
        on!(self, db => query(POSTPONE)
            .bind(Text::of(&plan)).bind(At::from(at)).execute(db).await.map(|_| ()))
    }

    /// Makes the plans of customers due at `now` because usage of `from` on arrived; keeps the earliest `from`.
    pub async fn usage_changed(
        &mut self,
        customer: &CustomerId,
        from: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.usages_changed(&[(customer, epoch_day(from))], now).await
    }

    /// The same for many customers, each with its first day changed.
    pub(crate) async fn usages_changed(
        &mut self,
        from: &[(&CustomerId, i32)],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let json = body(&from)?;
        let (customers, days): (Vec<Text>, Vec<i64>) =
            from.iter().map(|(customer, day)| (Text::of(customer), i64::from(*day))).unzip();
        on!(self,
            sqlite db => query(CHANGED_IN_SQLITE).bind(At::from(now)).bind(&json).execute(db).await.map(|_| ()),
            postgres db => query(CHANGED_IN_POSTGRES)
                .bind(At::from(now)).bind(customers).bind(days).execute(db).await.map(|_| ()))
    }

    /// Claims plans that have a pending, not yet opened checkpoint scheduled by `now`.
    pub async fn claim_due_checkpoints(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<MeasurementPlan>> {
        let sql = self.locking(OPENING, OPENING_LOCKED);
        let rows: Vec<(String,)> = on!(self, db => query_as(sql)
            .bind(At::from(now)).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| stored(&row.0)).collect()
    }
}

fn due_assessment(json: &str, from: Option<i64>) -> Result<DueAssessment> {
    Ok(DueAssessment { plan: stored(json)?, changed_from: from.map(|day| civil_day(day as i32)) })
}

/// When the next checkpoint that was not announced yet is to be.
fn opens_at(plan: &MeasurementPlan) -> Option<At> {
    let waits = |checkpoint: &&Checkpoint| checkpoint.state == CheckpointState::Pending { opened: None };
    plan.checkpoints.iter().filter(waits).map(|checkpoint| At::from(checkpoint.scheduled_date)).min()
}

fn no_plan(id: PlanId) -> Error {
    Error::not_found(format!("there is no measurement {id}; list_measurements names those there are"))
}

fn no_plan_of(upsell: UpsellId) -> Error {
    Error::not_found(format!(
        "upsell {upsell} has no measurement plan yet; create_measurement_plan makes one"
    ))
}
