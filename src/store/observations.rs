//! Observations: appended, never changed.

use crate::{
    Tx,
    at::At,
    text::{Text, parsed},
};
use chrono::{DateTime, Utc};
use domain::{
    Error, Result,
    id::{MetricKey, ObservationId, PlanId},
    observation::{Observation, Quality},
};
use sqlx::{query, query_as};
use std::collections::BTreeSet;

const INSERT: &str = "insert into observation \
     (plan_id, metric, valid_on, recorded_at, id, value, source, quality, reason) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const KNOWN: &str = "select metric, valid_on, recorded_at, id, value, source, quality, reason from observation \
     where plan_id = $1 and recorded_at <= $2 order by metric, valid_on, recorded_at, id";
const ALL: &str = "select metric, valid_on, recorded_at, id, value, source, quality, reason from observation \
     where plan_id = $1 order by metric, valid_on, recorded_at, id";

type Row = (String, String, At, String, f64, String, String, Option<String>);

impl Tx {
    pub async fn insert_observations(&mut self, observations: &[Observation]) -> Result<()> {
        for observation in observations {
            self.insert_observation(observation).await?;
        }
        let plans: BTreeSet<PlanId> = observations.iter().map(|observation| observation.plan).collect();
        for plan in plans {
            self.facts_changed(plan).await?;
        }
        Ok(())
    }

    async fn insert_observation(&mut self, observation: &Observation) -> Result<()> {
        if !observation.value.is_finite() {
            return Err(Error::invalid(format!("{} is not a value that can be kept", observation.value)));
        }
        on!(self, db => query(INSERT)
            .bind(Text::of(&observation.plan))
            .bind(Text::of(&observation.metric))
            .bind(Text::of(&observation.valid_on))
            .bind(At::from(observation.recorded_at))
            .bind(Text::of(&observation.id))
            .bind(observation.value)
            .bind(Text::of(&observation.source))
            .bind(word(observation.quality))
            .bind(Text::maybe(observation.reason.as_ref()))
            .execute(db).await.map(|_| ()))
    }

    /// All recorded by `as_of`, by metric, day and recording.
    pub async fn observations_of(&mut self, plan: PlanId, as_of: DateTime<Utc>) -> Result<Vec<Observation>> {
        let rows: Vec<Row> = on!(self, db => query_as(KNOWN)
            .bind(Text::of(&plan)).bind(At::from(as_of)).fetch_all(db).await)?;
        rows.into_iter().map(|row| observation(plan, row)).collect()
    }

    /// Those of the ids that exist in this plan.
    pub async fn observations_by_id(
        &mut self,
        plan: PlanId,
        ids: &[ObservationId],
    ) -> Result<Vec<Observation>> {
        let rows: Vec<Row> = on!(self, db => query_as(ALL).bind(Text::of(&plan)).fetch_all(db).await)?;
        let all: Result<Vec<Observation>> = rows.into_iter().map(|row| observation(plan, row)).collect();
        Ok(all?.into_iter().filter(|observation| ids.contains(&observation.id)).collect())
    }
}

fn observation(
    plan: PlanId,
    (metric, valid_on, recorded_at, id, value, source, quality, reason): Row,
) -> Result<Observation> {
    Ok(Observation {
        id: parsed(&id)?,
        plan,
        metric: MetricKey(metric),
        value,
        valid_on: parsed(&valid_on)?,
        recorded_at: recorded_at.into(),
        source,
        quality: quality_of(&quality)?,
        reason,
    })
}

const fn word(quality: Quality) -> &'static str {
    match quality {
        Quality::Final => "final",
        Quality::Partial => "partial",
        Quality::Stated => "stated",
    }
}

fn quality_of(stored: &str) -> Result<Quality> {
    let all = [Quality::Final, Quality::Partial, Quality::Stated];
    let found = all.into_iter().find(|quality| word(*quality) == stored);
    found.ok_or_else(|| Error::internal(format!("stored quality `{stored}`")))
}
