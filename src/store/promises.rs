//! How the engine did over finished upsells: forecasts with what came of them, and first warnings.

use crate::{
    Tx,
    at::At,
    outcomes::{OutcomeFilter, conclusion},
    past::Topic,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{
    Error, Result,
    forecast::Rung,
    id::{MetricKey, PlanId},
    promise::Promise,
    self_score::Watched,
};
use sqlx::{query, query_as};
use std::collections::HashSet;

const SCORED: &str = "update outcome set scored_at = $2, warned_day = $3, last_day = $4 \
     where plan_id = $1 and scored_at is null";
const INSERT: &str = "insert into promise (plan_id, metric, day, known_at, is_review, rung, probability, \
     uncorrected, is_inside, is_calibrated, was_reached) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const UNSCORED: &str = "select plan_id from outcome where scored_at is null order by plan_id limit $1";
pub(crate) const KNOWN: &str = "select metric, day, is_review, rung, probability, uncorrected, is_inside, is_calibrated, \
     was_reached from promise where known_at < $1 and ($2 is null or plan_id <> $2) \
     order by known_at desc, plan_id, metric, day limit $3";
pub(crate) const KNOWN_OF: &str = "select distinct plan_id from (select plan_id from promise where known_at < $1 \
     order by known_at desc, plan_id, metric, day limit $2) as latest";
const WITHIN: &str = "select r.metric, r.day, r.is_review, r.rung, r.probability, r.uncorrected, r.is_inside, \
     r.is_calibrated, r.was_reached from promise r join plan p on p.id = r.plan_id \
     join upsell u on u.id = p.upsell_id where ($1 is null or u.close_date >= $1) \
     and ($2 is null or u.close_date <= $2) order by r.known_at, r.plan_id, r.metric, r.day";
const WATCHED: &str = "select o.conclusion, o.warned_day, o.last_day from outcome o \
     join upsell u on u.id = o.upsell_id where o.last_day is not null \
     and ($1 is null or u.close_date >= $1) and ($2 is null or u.close_date <= $2) order by o.scored_at, o.plan_id";

type Row = (String, i64, i64, String, Option<f64>, Option<f64>, Option<i64>, i64, i64);

impl Tx {
    /// Keeps the score of a plan whose outcome is documented, known from `now` on. `false`: it was kept before, and
    /// stays as it is.
    pub async fn keep_score(
        &mut self,
        plan: PlanId,
        promises: &[Promise],
        (warned_day, last_day): (Option<i32>, u16),
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let scored = on!(self, db => query(SCORED)
            .bind(Text::of(&plan))
            .bind(At::from(now))
            .bind(warned_day.map(i64::from))
            .bind(i64::from(last_day))
            .execute(db).await.map(|done| done.rows_affected()))?;
        if scored == 0 {
            return Ok(false);
        }
        for promise in promises {
            self.insert_promise(plan, promise, now).await?;
        }
        self.past_changed(Topic::Scores).await?;
        Ok(true)
    }

    async fn insert_promise(&mut self, plan: PlanId, promise: &Promise, now: DateTime<Utc>) -> Result<()> {
        on!(self, db => query(INSERT)
            .bind(Text::of(&plan))
            .bind(Text::of(&promise.metric))
            .bind(i64::from(promise.day))
            .bind(At::from(now))
            .bind(i64::from(promise.is_review))
            .bind(promise.rung.as_str())
            .bind(promise.probability)
            .bind(promise.uncorrected)
            .bind(promise.is_inside.map(i64::from))
            .bind(i64::from(promise.is_calibrated))
            .bind(i64::from(promise.was_reached))
            .execute(db).await.map(|_| ()))
    }

    /// Plans whose outcome is documented and whose score is not kept yet.
    pub async fn unscored_plans(&mut self, limit: u32) -> Result<Vec<PlanId>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(UNSCORED).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }

    /// The latest `most` promises known just before `at`, but those of `without`, the latest first.
    pub async fn promises_known(
        &mut self,
        at: DateTime<Utc>,
        without: Option<PlanId>,
        most: usize,
    ) -> Result<Vec<Promise>> {
        let rows: Vec<Row> = on!(self, db => query_as(KNOWN)
            .bind(At::from(at))
            .bind(Text::maybe(without.as_ref()))
            .bind(most as i64)
            .fetch_all(db).await)?;
        rows.into_iter().map(promise).collect()
    }

    /// Plans that the latest `most` promises known just before `at` are of.
    pub async fn plans_of_promises(&mut self, at: DateTime<Utc>, most: usize) -> Result<HashSet<PlanId>> {
        let rows: Vec<(String,)> = on!(self, db => query_as(KNOWN_OF)
            .bind(At::from(at)).bind(most as i64).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }

    /// The promises of upsells within the filter, the first known first.
    pub async fn promises_within(&mut self, filter: &OutcomeFilter) -> Result<Vec<Promise>> {
        let rows: Vec<Row> = on!(self, db => query_as(WITHIN)
            .bind(Text::maybe(filter.closed_from.as_ref()))
            .bind(Text::maybe(filter.closed_to.as_ref()))
            .fetch_all(db).await)?;
        rows.into_iter().map(promise).collect()
    }

    /// First warnings and endings of scored upsells within the filter.
    pub async fn watched_within(&mut self, filter: &OutcomeFilter) -> Result<Vec<Watched>> {
        let rows: Vec<(String, Option<i64>, i64)> = on!(self, db => query_as(WATCHED)
            .bind(Text::maybe(filter.closed_from.as_ref()))
            .bind(Text::maybe(filter.closed_to.as_ref()))
            .fetch_all(db).await)?;
        let watched = rows.into_iter().map(|(word, warned_day, last_day)| {
            Ok(Watched {
                warned_day: warned_day.map(|day| day as i32),
                last_day: last_day as u16,
                conclusion: conclusion(&word)?,
            })
        });
        watched.collect()
    }
}

fn promise(row: Row) -> Result<Promise> {
    let (metric, day, is_review, rung, probability, uncorrected, is_inside, is_calibrated, was_reached) = row;
    Ok(Promise {
        metric: MetricKey(metric),
        day: day as u16,
        is_review: is_review != 0,
        rung: Rung::parse(&rung).ok_or_else(|| Error::internal(format!("stored rung `{rung}`")))?,
        probability,
        uncorrected,
        is_inside: is_inside.map(|inside| inside != 0),
        is_calibrated: is_calibrated != 0,
        was_reached: was_reached != 0,
    })
}
