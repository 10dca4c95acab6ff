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
    money::Money,
    outcome::{Conclusion, Documented, Outcome},
    plan::MeasurementPlan,
    status::Status,
    upsell::Upsell,
};
use sqlx::{query, query_as};

/// One upsell as the analysis sees it.
#[derive(Debug, Clone)]
pub struct OutcomeRow {
    pub upsell: Upsell,
    pub plan: Option<MeasurementPlan>,
    pub outcome: Outcome,
    /// Reported status at the last evaluation on or after the final checkpoint day; `None` if it never got there or was unknown.
    pub final_status: Option<Status>,
    /// At the last evaluation.
    pub attainment: Option<f64>,
    pub arr: Money,
}

/// Which upsells an analysis looks at, by close date.
#[derive(Debug, Clone, Default)]
pub struct OutcomeFilter {
    pub closed_from: Option<NaiveDate>,
    pub closed_to: Option<NaiveDate>,
}

const INSERT: &str = "insert into outcome (plan_id, upsell_id, conclusion, documented_at, body) \
     values ($1, $2, $3, $4, $5)";
const END_PLAN: &str = "update plan set outcome = $2, next_assessment_at = null, changed_from = null, \
     opens_at = null where id = $1";
const OUTCOME_OF: &str = "select body from outcome where plan_id = $1";
const ROWS: &str = "select u.body, c.name, c.zone, c.industry, c.segment, \
     p.body, o.body, s.final_status, s.attainment \
     from upsell u join customer c on c.id = u.customer_id join standing s on s.upsell_id = u.id \
     left join plan p on p.upsell_id = u.id left join outcome o on o.plan_id = p.id \
     where ($1 is null or u.close_date >= $1) and ($2 is null or u.close_date <= $2) \
     order by u.close_date, u.id";
const COUNT: &str = "select conclusion, count(*) from outcome group by conclusion";

type Row = (
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<f64>,
);

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

    /// Every upsell within the filter, oldest close first.
    pub async fn outcome_rows(&mut self, filter: &OutcomeFilter) -> Result<Vec<OutcomeRow>> {
        let rows: Vec<Row> = on!(self, db => query_as(ROWS)
            .bind(Text::maybe(filter.closed_from.as_ref()))
            .bind(Text::maybe(filter.closed_to.as_ref()))
            .fetch_all(db).await)?;
        rows.into_iter().map(outcome_row).collect()
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

fn outcome_row(row: Row) -> Result<OutcomeRow> {
    let (upsell, name, zone, industry, segment, plan, outcome, final_status, attainment) = row;
    let upsell = upsells::upsell((upsell, name, zone, industry, segment))?;
    Ok(OutcomeRow {
        arr: upsell.details.arr.0,
        upsell,
        plan: plan.as_deref().map(stored).transpose()?,
        outcome: outcome.as_deref().map(stored).transpose()?.unwrap_or_default(),
        final_status: final_status.as_deref().and_then(Status::parse),
        attainment,
    })
}

pub(crate) fn conclusion(stored: &str) -> Result<Conclusion> {
    Conclusion::parse(stored).ok_or_else(|| Error::internal(format!("stored conclusion `{stored}`")))
}
