//! The portfolio's line of each upsell, kept as it changes.

use crate::{
    Tx,
    at::At,
    portfolio::{NO_CHECKPOINT, NO_GAP},
    text::{Text, body},
    upsells::{folded, no_upsell},
};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    id::UpsellId,
    plan::MeasurementPlan,
    progress::{Evaluation, MetricProgress, Progress},
    status::Status,
    upsell::{Customer, Upsell},
};
use sqlx::{query, query_as};
use std::fmt::Display;

const INSERT: &str = "insert into standing (upsell_id, customer, customer_folded, opportunity_id, products, \
     products_folded, owner, arr_minor, arr_place, currency, close_date, detected_at, is_ended, gap_place, \
     checkpoint_place, look_at, customer_id, source) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, -$8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const UPDATE: &str = "update standing set customer = $2, customer_folded = $3, opportunity_id = $4, \
     products = $5, products_folded = $6, owner = $7, arr_minor = $8, arr_place = -$8, currency = $9, \
     close_date = $10, detected_at = $11, is_ended = $12, look_at = $13, customer_id = $14, source = $15, \
     facts_at = null where upsell_id = $1";
const RENAME: &str = "update standing set customer = $2, customer_folded = $3 \
     where upsell_id in (select id from upsell where customer_id = $1)";
/// After the outcome no checkpoint is next.
const PLANNED: &str = "update standing set plan_id = $2, final_day = $3, \
     next_checkpoint_day = case when outcome is null then $4 end, \
     next_checkpoint_at = case when outcome is null then $5 end, \
     checkpoint_place = case when outcome is null then $6 else checkpoint_place end, \
     plan_waits_for = null, look_at = $7, final_due = case when final_at is null then $8 else final_due end, \
     facts_at = null \
     where upsell_id = $1";
/// The first evaluation at or after the last checkpoint says the final status; later ones do not change it.
const EVALUATED: &str = "update standing set evaluated_at = $2, status = $3, data_state = $4, gap_points = $5, \
     gap_place = $6, attainment = $7, forecast = $8, day = $9, facts_at = null, \
     final_status = case when final_at is null and $2 >= final_due then $3 else final_status end, \
     final_at = case when final_at is null and $2 >= final_due then $2 else final_at end \
     where upsell_id = $1 and (evaluated_at is null or evaluated_at <= $2)";
/// Nothing comes after the outcome; the final status is the last one known where no evaluation came in between.
const CONCLUDED: &str = "update standing set outcome = $2, look_at = $3, forecast = null, next_checkpoint_day = null, \
     next_checkpoint_at = null, checkpoint_place = $4, \
     final_status = case when final_at is null and $5 >= final_due then status else final_status end, \
     final_at = case when final_at is null and $5 >= final_due then evaluated_at else final_at end \
     where upsell_id = $1";
/// Three letters in a row of the names of an upsell, or of all of a customer: what a text is looked for by.
macro_rules! letters_of {
    ($which:literal) => {
        [
            concat!("delete from standing_letters where upsell_id ", $which),
            concat!(
                "insert into standing_letters (letters, upsell_id) \
                 with recursive n (i, names, upsell_id) as ( \
                 select 1, customer_folded || ' ' || products_folded, upsell_id from standing where upsell_id ",
                $which,
                " union all select i + 1, names, upsell_id from n where i + 3 <= length(names)) \
                 select distinct substr(names, i, 3), upsell_id from n where length(names) >= 3"
            ),
        ]
    };
}
const LETTERS: [&str; 2] = letters_of!("= $1");
const LETTERS_OF_CUSTOMER: [&str; 2] = letters_of!("in (select id from upsell where customer_id = $1)");
const SET_WAITS: &str = "update standing set plan_waits_for = $2 where upsell_id = $1";
const EVALUATED_AT: &str = "select evaluated_at from standing where upsell_id = $1";
const WAITS: &str = "select plan_waits_for from standing where upsell_id = $1";
/// What is due since ever is looked at next: whatever the clock says, rehearsed or real.
pub(crate) const SOON: DateTime<Utc> = DateTime::UNIX_EPOCH;

impl Tx {
    pub(crate) async fn insert_standing(&mut self, upsell: &Upsell) -> Result<()> {
        let (details, owner) = (&upsell.details, upsell.owner.as_ref());
        let (products, products_folded) = products(upsell)?;
        on!(self, db => query(INSERT)
            .bind(Text::of(&upsell.id))
            .bind(Text::of(upsell.customer.name.as_str()))
            .bind(Text::of(&folded(&upsell.customer.name)))
            .bind(Text::maybe(upsell.opportunity_id.as_ref()))
            .bind(&products)
            .bind(&products_folded)
            .bind(Text::maybe(owner))
            .bind(details.arr.0.minor)
            .bind(Text::of(details.arr.0.currency.as_str()))
            .bind(Text::of(&details.close_date))
            .bind(At::from(upsell.detected_at))
            .bind(i64::from(upsell.ended.is_some()))
            .bind(NO_GAP)
            .bind(At::from(NO_CHECKPOINT))
            .bind(At::from(SOON))
            .bind(Text::of(&upsell.customer.id))
            .bind(upsell.source.as_str())
            .execute(db).await.map(|_| ()))?;
        self.write_letters(LETTERS, &upsell.id).await
    }

    async fn write_letters(&mut self, sql: [&'static str; 2], of: &impl Display) -> Result<()> {
        for sql in sql {
            on!(self, db => query(sql).bind(Text::of(of)).execute(db).await.map(|_| ()))?;
        }
        Ok(())
    }

    pub(crate) async fn update_standing(&mut self, upsell: &Upsell) -> Result<()> {
        let (details, owner) = (&upsell.details, upsell.owner.as_ref());
        let (products, products_folded) = products(upsell)?;
        on!(self, db => query(UPDATE)
            .bind(Text::of(&upsell.id))
            .bind(Text::of(upsell.customer.name.as_str()))
            .bind(Text::of(&folded(&upsell.customer.name)))
            .bind(Text::maybe(upsell.opportunity_id.as_ref()))
            .bind(&products)
            .bind(&products_folded)
            .bind(Text::maybe(owner))
            .bind(details.arr.0.minor)
            .bind(Text::of(details.arr.0.currency.as_str()))
            .bind(Text::of(&details.close_date))
            .bind(At::from(upsell.detected_at))
            .bind(i64::from(upsell.ended.is_some()))
            .bind(At::from(SOON))
            .bind(Text::of(&upsell.customer.id))
            .bind(upsell.source.as_str())
            .execute(db).await.map(|_| ()))?;
        self.write_letters(LETTERS, &upsell.id).await
    }

    /// All upsells of a customer show the name it goes by now.
    pub(crate) async fn rename_standings(&mut self, customer: &Customer) -> Result<()> {
        on!(self, db => query(RENAME)
            .bind(Text::of(&customer.id))
            .bind(Text::of(customer.name.as_str()))
            .bind(Text::of(&folded(&customer.name)))
            .execute(db).await.map(|_| ()))?;
        self.write_letters(LETTERS_OF_CUSTOMER, &customer.id).await
    }

    pub(crate) async fn stand_planned(&mut self, plan: &MeasurementPlan) -> Result<()> {
        let next = plan.next_open();
        let next_at = next.map(|checkpoint| checkpoint.scheduled_date);
        on!(self, db => query(PLANNED)
            .bind(Text::of(&plan.upsell))
            .bind(Text::of(&plan.id))
            .bind(i64::from(plan.horizon()))
            .bind(next.map(|checkpoint| i64::from(checkpoint.day)))
            .bind(next_at.map(At::from))
            .bind(At::from(next_at.unwrap_or(NO_CHECKPOINT)))
            .bind(At::from(SOON))
            .bind(plan.checkpoints.last().map(|last| At::from(last.scheduled_date)))
            .execute(db).await.map(|_| ()))
    }

    /// An evaluation older than the one shown changes nothing.
    pub(crate) async fn stand_evaluated(&mut self, evaluation: &Evaluation) -> Result<()> {
        let progress = &evaluation.progress;
        on!(self, db => query(EVALUATED)
            .bind(Text::of(&evaluation.upsell))
            .bind(At::from(evaluation.at))
            .bind(progress.current_status.map(Status::as_str))
            .bind(progress.data_state.as_str())
            .bind(progress.gap_points)
            .bind(progress.gap_points.unwrap_or(NO_GAP))
            .bind(progress.attainment)
            .bind(forecast_percent(progress))
            .bind(i64::from(progress.day))
            .execute(db).await.map(|_| ()))
    }

    /// When an upsell was last evaluated, by whatever clock.
    pub async fn last_evaluated_at(&mut self, upsell: UpsellId) -> Result<Option<DateTime<Utc>>> {
        let row: Option<(Option<At>,)> =
            on!(self, db => query_as(EVALUATED_AT).bind(Text::of(&upsell)).fetch_optional(db).await)?;
        Ok(row.ok_or_else(|| no_upsell(upsell))?.0.map(DateTime::from))
    }

    pub(crate) async fn stand_concluded(
        &mut self,
        upsell: UpsellId,
        conclusion: &'static str,
        at: DateTime<Utc>,
    ) -> Result<()> {
        on!(self, db => query(CONCLUDED)
            .bind(Text::of(&upsell))
            .bind(conclusion)
            .bind(At::from(SOON))
            .bind(At::from(NO_CHECKPOINT))
            .bind(At::from(at))
            .execute(db).await.map(|_| ()))
    }

    /// Why the plan of an upsell waits; told in lists. `None` clears it.
    pub async fn set_plan_waits_for(&mut self, upsell: UpsellId, why: Option<&str>) -> Result<()> {
        on!(self, db => query(SET_WAITS)
            .bind(Text::of(&upsell)).bind(Text::maybe(why.as_ref())).execute(db).await.map(|_| ()))
    }

    pub async fn plan_waits_for(&mut self, upsell: UpsellId) -> Result<Option<String>> {
        let row: Option<(Option<String>,)> =
            on!(self, db => query_as(WAITS).bind(Text::of(&upsell)).fetch_optional(db).await)?;
        Ok(row.ok_or_else(|| no_upsell(upsell))?.0)
    }
}

/// As JSON, and as text to search in.
fn products(upsell: &Upsell) -> Result<(String, String)> {
    let products = &upsell.details.products;
    let names: Vec<&str> = products.iter().map(|product| product.0.as_str()).collect();
    Ok((body(products)?, folded(&names.join("\n"))))
}

/// Attainment the metrics' forecasts come to, by weight and each capped to 0..=100, in percent of the way.
fn forecast_percent(progress: &Progress) -> Option<f64> {
    let known = || progress.metrics_progress.iter().filter_map(|m| Some((m.weight, forecast_share(m)?)));
    let weight: f64 = known().map(|(weight, _)| weight).sum();
    (weight > 0.0).then(|| 100.0 * known().map(|(weight, share)| weight * share).sum::<f64>() / weight)
}

fn forecast_share(metric: &MetricProgress) -> Option<f64> {
    let baseline = metric.baseline?;
    let share = (metric.forecast.point()? - baseline) / (metric.target - baseline);
    share.is_finite().then(|| share.clamp(0.0, 1.0))
}
