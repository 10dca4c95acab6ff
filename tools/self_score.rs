//! How good the engine's chances and warnings were, from what was known when they were told.

use crate::Context;
use chrono::{NaiveTime, TimeDelta};
use domain::{
    Result,
    calibration::{Promise, promises},
    checkpoint::instant,
    history::Reading,
    outcome::Outcome,
    plan::MeasurementPlan,
    progress::Evaluation,
    self_score::{SelfScore, Watched},
};
use store::{days::StandingDay, outcomes::OutcomeFilter};

/// Over the finished upsells within a filter.
pub async fn self_score(cx: &mut Context, filter: &OutcomeFilter) -> Result<SelfScore> {
    let (mut told, mut watched) = (Vec::new(), Vec::new());
    for row in cx.tx.outcome_rows(filter).await? {
        let (Some(plan), Outcome::Documented(done)) = (&row.plan, &row.outcome) else { continue };
        told.extend(told_at_checkpoints(cx, plan).await?);
        let readings = cx.tx.days_of(plan.id).await?.iter().map(reading).collect();
        watched.push(Watched { readings, horizon: plan.horizon(), conclusion: done.conclusion });
    }
    Ok(SelfScore::of(&told, &watched, &cx.host.policy))
}

/// The forecasts as they were stored at the end of each checkpoint's day, with what came.
async fn told_at_checkpoints(cx: &mut Context, plan: &MeasurementPlan) -> Result<Vec<Promise>> {
    let now = cx.now();
    let Some(last) = cx.tx.last_evaluation(plan.id, now).await? else { return Ok(Vec::new()) };
    let mut made: Vec<Evaluation> = Vec::new();
    for checkpoint in &plan.checkpoints {
        let midnight = plan.date_of(i32::from(checkpoint.day) + 1).and_time(NaiveTime::MIN);
        let end_of_day = instant(midnight, plan.zone) - TimeDelta::milliseconds(1);
        made.extend(cx.tx.last_evaluation(plan.id, end_of_day.min(now)).await?);
    }
    Ok(promises(plan, &made, &last))
}

/// A status does not change while data is silent, so a day on which one begins to lag had data.
fn reading(day: &StandingDay) -> Reading {
    Reading {
        day: day.day,
        status: day.status,
        is_lagging: day.status.is_some_and(|status| !status.is_well()),
    }
}
