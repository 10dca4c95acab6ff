//! The ways of finished upsells: written with the outcome, read as the cohort of those still under way.

use crate::{
    Tx,
    at::At,
    text::{Text, body, parsed, stored},
};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    cohort::PastWay,
    id::{MetricKey, PlanId},
};
use sqlx::{query, query_as};

const INSERT: &str = "insert into past_way (plan_id, metric, template, known_at, is_success, attainment) \
     values ($1, $2, $3, $4, $5, $6) on conflict (plan_id, metric) do nothing";
/// What became known at the very moment of a question is not known to it: an evaluation of that moment may have come
/// first, and must recompute alike.
const WAYS: &str = "select plan_id, metric, known_at, is_success, attainment from past_way \
     where template = $1 and known_at < $2 order by known_at, plan_id, metric";
/// Counts apart, so that those over all stay within their index.
const COUNT: &str = "select (select count(*) from past_way where template = $1 and known_at < $2), \
     (select count(*) from past_way where plan_id = $3 and template = $1 and known_at < $2), \
     (select count(*) from outcome where scored_at < $2), \
     (select count(*) from outcome where plan_id = $3 and scored_at < $2)";

type Row = (String, String, At, i64, String);

/// How much of the past was known, beside that of the plan asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Ways of its template.
    pub ways: u64,
    /// Upsells whose forecasts were scored.
    pub scored: u64,
    /// The plan asked for is finished itself.
    pub is_itself_past: bool,
}

impl Tx {
    /// Stores the ways of a finished plan; those stored before stay as they are.
    pub async fn insert_past_ways(&mut self, ways: &[PastWay]) -> Result<()> {
        for way in ways {
            let attainment = body(&way.attainment)?;
            on!(self, db => query(INSERT)
                .bind(Text::of(&way.plan))
                .bind(Text::of(&way.metric))
                .bind(Text::of(&way.template))
                .bind(At::from(way.known_at))
                .bind(i64::from(way.is_success))
                .bind(&attainment)
                .execute(db).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Ways of a template's finished upsells as known just before `at`, oldest first.
    pub async fn past_ways(&mut self, template: &str, at: DateTime<Utc>) -> Result<Vec<PastWay>> {
        let rows: Vec<Row> = on!(self, db => query_as(WAYS)
            .bind(template).bind(At::from(at)).fetch_all(db).await)?;
        rows.into_iter().map(|row| way(template, row)).collect()
    }

    /// How much there is beside `plan`'s own.
    pub async fn count_past(&mut self, template: &str, at: DateTime<Utc>, plan: PlanId) -> Result<Known> {
        let (ways, own_ways, scored, own_scored): (i64, i64, i64, i64) = on!(self, db => query_as(COUNT)
            .bind(template).bind(At::from(at)).bind(Text::of(&plan)).fetch_one(db).await)?;
        Ok(Known {
            ways: (ways - own_ways) as u64,
            scored: (scored - own_scored) as u64,
            is_itself_past: own_ways + own_scored > 0,
        })
    }
}

fn way(template: &str, (plan, metric, known_at, is_success, attainment): Row) -> Result<PastWay> {
    Ok(PastWay {
        plan: parsed(&plan)?,
        template: template.to_owned(),
        metric: MetricKey(metric),
        known_at: known_at.into(),
        attainment: stored(&attainment)?,
        is_success: is_success != 0,
    })
}
