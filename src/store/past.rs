//! The ways of finished upsells: written with the outcome, read as the cohort of those still under way.

use crate::{
    Tx,
    at::At,
    text::{Text, body, parsed, stored},
};
use chrono::{DateTime, Utc};
use domain::{Result, cohort::PastWay, id::MetricKey};
use sqlx::{query, query_as};

const INSERT: &str = "insert into past_way (plan_id, metric, template, known_at, is_success, attainment, last_day) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (plan_id, metric) do nothing";
/// Metric after metric straight off the index, however many ways each has.
pub(crate) const METRICS: &str = "with recursive m (metric) as ( \
     select min(w.metric) from past_way w where w.template = $1 \
     union all select (select min(w.metric) from past_way w where w.template = $1 and w.metric > m.metric) \
     from m where m.metric is not null) select metric from m where metric is not null";
/// What became known at the very moment of a question is not known to it: an evaluation of that moment may have come
/// first, and must recompute alike.
pub(crate) const NEWEST: &str = "select plan_id, known_at, is_success, attainment from past_way \
     where template = $1 and metric = $2 and known_at < $3 and last_day >= $4 \
     order by known_at desc, plan_id limit $5";
pub(crate) const MARKS: &str = "select (select changes from past_mark where topic = $1), \
     (select max(known_at) from past_way where template = $2 and known_at < $3), \
     (select changes from past_mark where topic = $4), \
     (select max(scored_at) from outcome where scored_at < $3)";
const CHANGED: &str = "insert into past_mark (topic, changes) values ($1, 1) \
     on conflict (topic) do update set changes = past_mark.changes + 1";

type Row = (String, At, i64, String);

/// How much of the past was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Ways of the template.
    pub ways: Mark,
    /// Upsells whose forecasts were scored.
    pub scored: Mark,
}

/// Names a set that is only ever added to, as known before a moment: after so many changes, those up to the newest of
/// then. Unlike a count it is read without visiting the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    pub changes: u64,
    pub newest: Option<DateTime<Utc>>,
}

/// What a mark is of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic<'a> {
    WaysOf(&'a str),
    Scores,
}

impl Topic<'_> {
    fn text(self) -> String {
        match self {
            Self::WaysOf(template) => format!("ways:{template}"),
            Self::Scores => "scores".to_owned(),
        }
    }
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
                .bind(way.attainment.len() as i64 - 1)
                .execute(db).await.map(|_| ()))?;
        }
        match ways.first() {
            Some(way) => self.past_changed(Topic::WaysOf(&way.template)).await,
            None => Ok(()),
        }
    }

    /// One after another: the row is locked until commit, so that whoever sees a mark sees all that it counts.
    pub(crate) async fn past_changed(&mut self, topic: Topic<'_>) -> Result<()> {
        on!(self, db => query(CHANGED).bind(Text::of(&topic.text())).execute(db).await.map(|_| ()))
    }

    /// The newest `most` ways of each metric of a template that reach `horizon`, as known just before `at`.
    pub async fn newest_ways(
        &mut self,
        template: &str,
        at: DateTime<Utc>,
        horizon: u16,
        most: usize,
    ) -> Result<Vec<PastWay>> {
        let metrics: Vec<(String,)> = on!(self, db => query_as(METRICS).bind(template).fetch_all(db).await)?;
        let mut ways = Vec::new();
        for (metric,) in metrics {
            let rows: Vec<Row> = on!(self, db => query_as(NEWEST)
                .bind(template)
                .bind(&metric)
                .bind(At::from(at))
                .bind(i64::from(horizon))
                .bind(most as i64)
                .fetch_all(db).await)?;
            for row in rows {
                ways.push(way(template, &metric, row)?);
            }
        }
        Ok(ways)
    }

    /// How much of the past was known just before `at`.
    pub async fn known_past(&mut self, template: &str, at: DateTime<Utc>) -> Result<Known> {
        let (ways, newest_way, scored, newest_score): (Option<i64>, Option<At>, Option<i64>, Option<At>) = on!(self, db => query_as(MARKS)
            .bind(Text::of(&Topic::WaysOf(template).text()))
            .bind(template)
            .bind(At::from(at))
            .bind(Text::of(&Topic::Scores.text()))
            .fetch_one(db).await)?;
        Ok(Known { ways: mark(ways, newest_way), scored: mark(scored, newest_score) })
    }
}

fn mark(changes: Option<i64>, newest: Option<At>) -> Mark {
    Mark { changes: changes.unwrap_or_default() as u64, newest: newest.map(DateTime::from) }
}

fn way(template: &str, metric: &str, (plan, known_at, is_success, attainment): Row) -> Result<PastWay> {
    Ok(PastWay {
        plan: parsed(&plan)?,
        template: template.to_owned(),
        metric: MetricKey(metric.to_owned()),
        known_at: known_at.into(),
        attainment: stored(&attainment)?,
        is_success: is_success != 0,
    })
}
