//! What analyses ask of each upsell, as columns of its portfolio line.

use crate::{
    Tx,
    at::At,
    outcomes::{OutcomeFilter, conclusion},
    text::{Text, body, parsed, stored},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    Error, Result,
    analysis::{Goals, MilestoneSeen},
    id::{PlanId, Product, UpsellId},
    money::{Currency, Money},
    outcome::Conclusion,
    status::Status,
};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type, query, query_as};

/// One upsell as the analysis sees it.
#[derive(Debug, Clone)]
pub struct CaseRow {
    pub upsell: UpsellId,
    pub products: Vec<Product>,
    pub industry: Option<String>,
    pub segment: Option<String>,
    pub zone: Tz,
    pub owner: Option<String>,
    pub source: String,
    pub arr: Money,
    pub close_date: NaiveDate,
    pub detected_at: DateTime<Utc>,
    /// The plan's last day.
    pub horizon: Option<u16>,
    /// Reported status at the last evaluation on or after the final checkpoint day; `None` if it never got there or was unknown.
    pub final_status: Option<Status>,
    pub conclusion: Option<Conclusion>,
    /// `None` when something changed since they were worked out.
    pub facts: Option<CaseFacts>,
}

/// What is worked out from bodies, observations and evaluations.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFacts {
    /// When: what was recorded later is not in them.
    pub at: DateTime<Utc>,
    pub template: Option<String>,
    pub planned_at: Option<DateTime<Utc>>,
    pub day_zero: NaiveDate,
    pub ended_on: Option<NaiveDate>,
    pub first_value_day: Option<i32>,
    pub goals: Goals,
    pub first_check_at: Option<DateTime<Utc>>,
    /// By the last evaluation up to the first checkpoint.
    pub first_check_lagged: Option<bool>,
    pub milestones: Vec<MilestoneSeen>,
}

pub(crate) const CASES: &str = "select s.upsell_id, s.products, c.industry, c.segment, c.zone, s.owner, s.source, \
     s.arr_minor, s.currency, s.close_date, s.detected_at, s.final_day, s.final_status, s.outcome, s.facts_at, \
     s.template, s.planned_at, s.day_zero, s.ended_on, s.first_value_day, s.goals_achieved, s.goals_missed, \
     s.goals_unknown, s.goals_dropped, s.first_check_at, s.first_check_lagged, s.milestones \
     from standing s join customer c on c.id = s.customer_id \
     where s.close_date >= $1 and s.close_date <= $2 order by s.close_date, s.upsell_id";
const KEEP: &str = "update standing set facts_at = $2, template = $3, planned_at = $4, day_zero = $5, ended_on = $6, \
     first_value_day = $7, goals_achieved = $8, goals_missed = $9, goals_unknown = $10, goals_dropped = $11, \
     first_check_at = $12, first_check_lagged = $13, milestones = $14 where upsell_id = $1";
const CHANGED: &str = "update standing set facts_at = null \
     where upsell_id = (select upsell_id from plan where id = $1) and facts_at is not null";
const WITHOUT: &str = "select upsell_id from standing where facts_at is null order by upsell_id limit $1";
const LOCK: &str = "select upsell_id from standing where upsell_id = $1 for update";

/// A row as read, or what does not read back.
struct Read(Result<CaseRow>);

/// By hand, for tuples end at sixteen columns.
impl<'r, R: Row> FromRow<'r, R> for Read
where
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    At: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let facts = Facts {
            at: row.try_get(14)?,
            template: row.try_get(15)?,
            planned_at: row.try_get(16)?,
            day_zero: row.try_get(17)?,
            ended_on: row.try_get(18)?,
            first_value_day: row.try_get(19)?,
            goals: [row.try_get(20)?, row.try_get(21)?, row.try_get(22)?, row.try_get(23)?],
            first_check_at: row.try_get(24)?,
            first_check_lagged: row.try_get(25)?,
            milestones: row.try_get(26)?,
        };
        let line = Line {
            upsell: row.try_get(0)?,
            products: row.try_get(1)?,
            industry: row.try_get(2)?,
            segment: row.try_get(3)?,
            zone: row.try_get(4)?,
            owner: row.try_get(5)?,
            source: row.try_get(6)?,
            arr_minor: row.try_get(7)?,
            currency: row.try_get(8)?,
            close_date: row.try_get(9)?,
            detected_at: row.try_get(10)?,
            final_day: row.try_get(11)?,
            final_status: row.try_get(12)?,
            outcome: row.try_get(13)?,
        };
        Ok(Self(line.case(facts)))
    }
}

/// The row as it is stored, and its facts.
struct Line {
    upsell: String,
    products: String,
    industry: Option<String>,
    segment: Option<String>,
    zone: String,
    owner: Option<String>,
    source: String,
    arr_minor: i64,
    currency: String,
    close_date: String,
    detected_at: At,
    final_day: Option<i64>,
    final_status: Option<String>,
    outcome: Option<String>,
}

struct Facts {
    at: Option<At>,
    template: Option<String>,
    planned_at: Option<At>,
    day_zero: Option<String>,
    ended_on: Option<String>,
    first_value_day: Option<i64>,
    goals: [Option<i64>; 4],
    first_check_at: Option<At>,
    first_check_lagged: Option<i64>,
    milestones: Option<String>,
}

impl Tx {
    /// Every upsell within the filter, oldest close first.
    pub async fn case_rows(&mut self, filter: &OutcomeFilter) -> Result<Vec<CaseRow>> {
        let (from, to) = filter.days();
        let rows: Vec<Read> = on!(self, db => query_as(CASES)
            .bind(Text::of(&from))
            .bind(Text::of(&to))
            .fetch_all(db).await)?;
        rows.into_iter().map(|row| row.0).collect()
    }

    /// Until commit nobody else changes what the facts of an upsell are worked out from without a trace. SQLite's
    /// writer is alone anyway.
    pub async fn lock_facts(&mut self, upsell: UpsellId) -> Result<()> {
        on!(self, sqlite _db => Ok(()),
            postgres db => query(LOCK).bind(Text::of(&upsell)).execute(db).await.map(|_| ()))
    }

    /// Keeps what was worked out, until something changes.
    pub async fn keep_facts(&mut self, upsell: UpsellId, facts: &CaseFacts) -> Result<()> {
        let milestones = body(&facts.milestones)?;
        let Goals { achieved, missed, unknown, dropped } = facts.goals;
        on!(self, db => query(KEEP)
            .bind(Text::of(&upsell))
            .bind(At::from(facts.at))
            .bind(Text::maybe(facts.template.as_ref()))
            .bind(facts.planned_at.map(At::from))
            .bind(Text::of(&facts.day_zero))
            .bind(Text::maybe(facts.ended_on.as_ref()))
            .bind(facts.first_value_day.map(i64::from))
            .bind(achieved as i64)
            .bind(missed as i64)
            .bind(unknown as i64)
            .bind(dropped as i64)
            .bind(facts.first_check_at.map(At::from))
            .bind(facts.first_check_lagged.map(i64::from))
            .bind(&milestones)
            .execute(db).await.map(|_| ()))
    }

    pub(crate) async fn facts_changed(&mut self, plan: PlanId) -> Result<()> {
        on!(self, db => query(CHANGED).bind(Text::of(&plan)).execute(db).await.map(|_| ()))
    }

    /// Upsells whose facts are to be worked out.
    pub async fn upsells_without_facts(&mut self, limit: u32) -> Result<Vec<UpsellId>> {
        let rows: Vec<(String,)> =
            on!(self, db => query_as(WITHOUT).bind(i64::from(limit)).fetch_all(db).await)?;
        rows.iter().map(|row| parsed(&row.0)).collect()
    }
}

impl Line {
    fn case(self, facts: Facts) -> Result<CaseRow> {
        let currency = Currency::try_from(self.currency).map_err(Error::internal)?;
        Ok(CaseRow {
            upsell: parsed(&self.upsell)?,
            products: stored(&self.products)?,
            industry: self.industry,
            segment: self.segment,
            zone: parsed(&self.zone)?,
            owner: self.owner,
            source: self.source,
            arr: Money { minor: self.arr_minor, currency },
            close_date: parsed(&self.close_date)?,
            detected_at: self.detected_at.into(),
            horizon: self.final_day.map(|day| day as u16),
            final_status: self.final_status.as_deref().and_then(Status::parse),
            conclusion: self.outcome.as_deref().map(conclusion).transpose()?,
            facts: facts.read()?,
        })
    }
}

impl Facts {
    /// `None` where none are kept.
    fn read(self) -> Result<Option<CaseFacts>> {
        let (Some(at), Some(day_zero), Some(milestones)) = (self.at, &self.day_zero, &self.milestones) else {
            return Ok(None);
        };
        let [achieved, missed, unknown, dropped] = self.goals.map(|count| count.unwrap_or_default() as u64);
        Ok(Some(CaseFacts {
            at: at.into(),
            template: self.template,
            planned_at: self.planned_at.map(DateTime::from),
            day_zero: parsed(day_zero)?,
            ended_on: self.ended_on.as_deref().map(parsed).transpose()?,
            first_value_day: self.first_value_day.map(|day| day as i32),
            goals: Goals { achieved, missed, unknown, dropped },
            first_check_at: self.first_check_at.map(DateTime::from),
            first_check_lagged: self.first_check_lagged.map(|lagged| lagged != 0),
            milestones: stored(milestones)?,
        }))
    }
}
