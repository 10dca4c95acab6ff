//! How good the engine's chances and warnings were, from what was known when they were told.

use crate::{Context, Host};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use domain::{
    Result,
    checkpoint::instant,
    history::{Reading, onsets},
    observation::Observation,
    plan::MeasurementPlan,
    progress::Evaluation,
    promise,
    self_score::SelfScore,
};
use store::{Tx, days::StandingDay, outcomes::OutcomeFilter};

/// Over the finished upsells within a filter.
pub async fn self_score(cx: &mut Context, filter: &OutcomeFilter) -> Result<SelfScore> {
    let promises = cx.tx.promises_within(filter).await?;
    let watched = cx.tx.watched_within(filter).await?;
    Ok(SelfScore::of(&promises, &watched, &cx.host.policy))
}

/// Keeps what came of a documented plan's forecasts and when it was first warned of. `false`: that was kept before.
pub async fn keep(
    tx: &mut Tx,
    host: &Host,
    plan: &MeasurementPlan,
    observations: &[Observation],
    now: DateTime<Utc>,
) -> Result<bool> {
    let told = told_on(tx, plan, &promise::days(plan, &host.policy), now).await?;
    let promises = promise::kept(plan, &told, observations, &host.policy, now);
    let readings: Vec<Reading> = tx.days_of(plan.id).await?.iter().map(reading).collect();
    let warned_day = onsets(&readings).first().copied();
    tx.keep_score(plan.id, &promises, (warned_day, plan.horizon()), now).await
}

/// What stood at the end of each of the days, where something did.
async fn told_on(
    tx: &mut Tx,
    plan: &MeasurementPlan,
    days: &[u16],
    now: DateTime<Utc>,
) -> Result<Vec<(u16, Evaluation)>> {
    let mut told = Vec::new();
    for &day in days {
        let midnight = plan.date_of(i32::from(day) + 1).and_time(NaiveTime::MIN);
        let end_of_day = instant(midnight, plan.zone) - TimeDelta::milliseconds(1);
        let stood = tx.last_evaluation(plan.id, end_of_day.min(now)).await?;
        told.extend(stood.map(|evaluation| (day, evaluation)));
    }
    Ok(told)
}

/// A status does not change while data is silent, so a day on which one begins to lag had data.
fn reading(day: &StandingDay) -> Reading {
    Reading {
        day: day.day,
        status: day.status,
        is_lagging: day.status.is_some_and(|status| !status.is_well()),
    }
}
