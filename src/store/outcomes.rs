//! Documented outcomes and the rows analysis reads.

use crate::{
    Tx,
    at::At,
    text::{Text, body, stored},
    upsells,
};
use chrono::NaiveDate;
use domain::{
    Error, Result,
    id::{PlanId, UpsellId},
    outcome::{Conclusion, Documented, Outcome},
    plan::MeasurementPlan,
    upsell::Upsell,
};
use sqlx::{query, query_as};

/// Which upsells an analysis looks at, by close date.
#[derive(Debug, Clone, Default)]
pub struct OutcomeFilter {
    pub closed_from: Option<NaiveDate>,
    pub closed_to: Option<NaiveDate>,
}

impl OutcomeFilter {
    /// From its first day to its last; where it has none, of those the store can keep.
    pub(crate) fn days(&self) -> (NaiveDate, NaiveDate) {
        (self.closed_from.unwrap_or(FIRST_DAY), self.closed_to.unwrap_or(LAST_DAY))
    }
}

const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(0, 1, 1).expect("a date");
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a date");

const INSERT: &str = "insert into outcome (plan_id, upsell_id, conclusion, documented_at, body) \
     values ($1, $2, $3, $4, $5)";
const END_PLAN: &str = "update plan set outcome = $2, next_assessment_at = null, changed_from = null, \
     opens_at = null where id = $1";
const OUTCOME_OF: &str = "select body from outcome where plan_id = $1";
pub(crate) const LATEST: &str = "select u.body, c.name, c.zone, c.industry, c.segment, p.body \
     from upsell u join customer c on c.id = u.customer_id join plan p on p.upsell_id = u.id \
     where u.close_date >= $1 and u.close_date <= $2 and (u.close_date, u.id) < ($3, $4) \
     order by u.close_date desc, u.id desc limit $5";
const COUNT: &str = "select conclusion, count(*) from outcome group by conclusion";

type Row = (String, String, String, Option<String>, Option<String>, String);

impl Tx {
    /// Stores the outcome and ends the plan's assessments. A second, different one is for the caller to refuse.
    pub async fn insert_outcome(
        &mut self,
        plan: PlanId,
        upsell: UpsellId,
        outcome: &Documented,
    ) -> Result<()> {
        let body = body(&Outcome::Documented(Box::new(outcome.clone())))?;
        let conclusion = outcome.conclusion.as_str();
        on!(self, db => query(INSERT)
            .bind(Text::of(&plan))
            .bind(Text::of(&upsell))
            .bind(conclusion)
            .bind(At::from(outcome.documented_at))
            .bind(body.as_str())
            .execute(db).await.map(|_| ()))?;
        on!(self, db => query(END_PLAN)
            .bind(Text::of(&plan)).bind(conclusion).execute(db).await.map(|_| ()))?;
        self.stand_concluded(upsell, conclusion, outcome.documented_at).await
    }

    pub async fn outcome_of(&mut self, plan: PlanId) -> Result<Outcome> {
        let row: Option<(String,)> =
            on!(self, db => query_as(OUTCOME_OF).bind(Text::of(&plan)).fetch_optional(db).await)?;
        row.map_or(Ok(Outcome::Pending), |row| stored(&row.0))
    }

    /// Upsells within the filter that have a plan, the latest close first, at most `limit` of those before `before`.
    pub async fn latest_planned(
        &mut self,
        filter: &OutcomeFilter,
        before: Option<&Upsell>,
        limit: u32,
    ) -> Result<Vec<(Upsell, MeasurementPlan)>> {
        let (from, to) = filter.days();
        let place = before.map(|upsell| (upsell.details.close_date, upsell.id.to_string()));
        // A tilde sorts after every id.
        let (day, id) = place.unwrap_or((LAST_DAY, "~".to_owned()));
        let rows: Vec<Row> = on!(self, db => query_as(LATEST)
            .bind(Text::of(&from))
            .bind(Text::of(&to))
            .bind(Text::of(&day))
            .bind(&id)
            .bind(i64::from(limit))
            .fetch_all(db).await)?;
        let planned = rows.into_iter().map(|(json, name, zone, industry, segment, plan)| {
            Ok((upsells::upsell((json, name, zone, industry, segment))?, stored(&plan)?))
        });
        planned.collect()
    }

    /// How many ended each way; those with none are left out.
    pub async fn count_outcomes(&mut self) -> Result<Vec<(Conclusion, u64)>> {
        let rows: Vec<(String, i64)> = on!(self, db => query_as(COUNT).fetch_all(db).await)?;
        let counts: Result<Vec<_>> =
            rows.iter().map(|(word, count)| Ok((conclusion(word)?, *count as u64))).collect();
        let mut counts = counts?;
        counts.sort_unstable();
        Ok(counts)
    }
}

pub(crate) fn conclusion(stored: &str) -> Result<Conclusion> {
    Conclusion::parse(stored).ok_or_else(|| Error::internal(format!("stored conclusion `{stored}`")))
}
