//! Upsells as an analysis sees them, read once; what only one question needs is read only for it.

use crate::Context;
use chrono::{DateTime, NaiveTime, Utc};
use domain::{
    Result,
    analysis::{Case, Goals, MilestoneSeen, first_value_day},
    checkpoint::instant,
    milestone::MilestoneState,
    outcome::Outcome,
    plan::{Goal, MeasurementPlan},
    progress::Progress,
};
use store::outcomes::{OutcomeFilter, OutcomeRow};

/// What to read beside the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    pub goals: bool,
    pub first_value: bool,
    pub first_check: bool,
}

/// The cases within a filter, oldest close first.
pub async fn cases(cx: &mut Context, filter: &OutcomeFilter, beside: Beside) -> Result<Vec<Case>> {
    let rows = cx.tx.outcome_rows(filter).await?;
    let mut cases = Vec::with_capacity(rows.len());
    for row in rows {
        cases.push(case(cx, row, beside).await?);
    }
    Ok(cases)
}

async fn case(cx: &mut Context, row: OutcomeRow, beside: Beside) -> Result<Case> {
    let now = cx.now();
    let mut case = of_row(&row, now);
    let Some(plan) = &row.plan else { return Ok(case) };
    if beside.goals && case.reached_last_day {
        case.goals = goals(cx, plan).await?;
    }
    if beside.first_value {
        let observations = cx.tx.observations_of(plan.id, now).await?;
        case.first_value_day = first_value_day(plan, &observations, now);
    }
    if let Some(first) =
        plan.checkpoints.first().filter(|first| beside.first_check && first.scheduled_date <= now)
    {
        let evaluation = cx.tx.last_evaluation(plan.id, first.scheduled_date).await?;
        let status = evaluation.and_then(|evaluation| evaluation.progress.current_status);
        case.lagged_at_first_check = status.map(|status| !status.is_well());
    }
    Ok(case)
}

fn of_row(row: &OutcomeRow, now: DateTime<Utc>) -> Case {
    let upsell = &row.upsell;
    let zone = upsell.customer.zone;
    let end_of_close = upsell.details.close_date.succ_opt().unwrap_or(upsell.details.close_date);
    let until = upsell.ended.as_ref().map_or(now.with_timezone(&zone).date_naive(), |ended| ended.on);
    let observed_days = (until - upsell.day_zero()).num_days() as i32;
    let horizon = row.plan.as_ref().map(|plan| i32::from(plan.horizon()));
    Case {
        upsell: upsell.id,
        products: upsell.details.products.iter().map(|product| product.0.clone()).collect(),
        industry: upsell.customer.industry.clone(),
        segment: upsell.customer.segment.clone(),
        template: row.plan.as_ref().map(|plan| plan.template.id.clone()),
        owner: upsell.owner.clone(),
        source: upsell.source.as_str().to_owned(),
        arr: row.arr,
        closed_at: instant(end_of_close.and_time(NaiveTime::MIN), zone),
        detected_at: upsell.detected_at,
        planned_at: row.plan.as_ref().map(|plan| plan.created_at),
        observed_days,
        is_ended: upsell.ended.is_some(),
        reached_last_day: horizon.is_some_and(|horizon| observed_days >= horizon),
        final_status: row.final_status,
        conclusion: match &row.outcome {
            Outcome::Pending => None,
            Outcome::Documented(done) => Some(done.conclusion),
        },
        goals: Goals::default(),
        milestones: row.plan.as_ref().map_or_else(Vec::new, milestones),
        lagged_at_first_check: None,
        first_value_day: None,
    }
}

fn milestones(plan: &MeasurementPlan) -> Vec<MilestoneSeen> {
    let counted = plan.milestones.iter().filter(|milestone| milestone.state != MilestoneState::Skipped);
    let seen = counted.map(|milestone| MilestoneSeen {
        name: milestone.name.to_string(),
        due_day: milestone.due_day,
        done_day: match milestone.state {
            MilestoneState::Done { on } => Some(plan.day_of(on)),
            MilestoneState::Open | MilestoneState::Skipped => None,
        },
    });
    seen.collect()
}

/// Goals as they stand, and those of the first version that were dropped.
async fn goals(cx: &mut Context, plan: &MeasurementPlan) -> Result<Goals> {
    let now = cx.now();
    let needs_metrics = plan.goals.iter().any(|goal| goal.achieved.is_none() && goal.metric.is_some());
    let progress = if needs_metrics {
        cx.tx.last_evaluation(plan.id, now).await?.map(|evaluation| evaluation.progress)
    } else {
        None
    };
    let first = if plan.version > 1 { cx.tx.plan_versions(plan.id).await?.into_iter().next() } else { None };
    let first_goals = first.map_or_else(Vec::new, |first| first.goals);
    let is_dropped = |goal: &&Goal| !plan.goals.iter().any(|stands| stands.text == goal.text);
    let mut goals =
        Goals { dropped: first_goals.iter().filter(is_dropped).count() as u64, ..Goals::default() };
    for goal in &plan.goals {
        match goal.achieved.or_else(|| attained(goal, progress.as_ref())) {
            Some(true) => goals.achieved += 1,
            Some(false) => goals.missed += 1,
            None => goals.unknown += 1,
        }
    }
    Ok(goals)
}

/// A goal shown by a metric is achieved when that metric is attained.
fn attained(goal: &Goal, progress: Option<&Progress>) -> Option<bool> {
    let key = goal.metric.as_ref()?;
    let metric = progress?.metrics_progress.iter().find(|metric| &metric.metric == key)?;
    metric.attainment.map(|attainment| attainment >= 1.0)
}
