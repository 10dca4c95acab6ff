//! Targets set anew, and milestones ticked.

use super::{TargetChange, Tick, TickState, UpdateMetrics};
use crate::stated::{known_metrics, metric_named, money};
use chrono::{DateTime, Utc};
use domain::{
    draft::retarget,
    error::FieldFault,
    headline::amount,
    metric::{Authority, Metric, TargetOffer},
    milestone::MilestoneState,
    plan::MeasurementPlan,
};

pub fn line(change: &TargetChange) -> String {
    format!(
        "{}: target {} → {}, originally {}",
        change.metric,
        amount(change.from, &change.unit),
        amount(change.to, &change.unit),
        amount(change.original, &change.unit)
    )
}

/// Puts the targets into the plan; what changed, and every fault.
pub fn set(
    request: &UpdateMetrics,
    plan: &mut MeasurementPlan,
    by: &str,
) -> (Vec<TargetChange>, Vec<FieldFault>) {
    let (mut changes, mut faults): (Vec<TargetChange>, Vec<FieldFault>) = (Vec::new(), Vec::new());
    for (index, asked) in request.set_targets.iter().enumerate() {
        let fault = |field: &str, received: String, wanted: String| {
            FieldFault::new(format!("setTargets[{index}].{field}"), received, wanted)
        };
        let Some(standing) = metric_named(plan, &asked.metric).cloned() else {
            faults.push(fault("metric", format!("{:?}", asked.metric), known_metrics(plan)));
            continue;
        };
        if asked.target == standing.target {
            continue;
        }
        let wrong = if changes.iter().any(|change| change.metric == standing.name) {
            Some("one target for each metric".to_owned())
        } else if !standing.range().contains(asked.target) {
            Some(standing.range().to_string())
        } else {
            let too_fine = money("target", asked.target, &standing.unit).map(|fault| fault.wanted);
            too_fine.or_else(|| committed(&standing))
        };
        if let Some(wanted) = wrong {
            faults.push(fault("target", asked.target.to_string(), wanted));
            continue;
        }
        let reason = request.reason.as_deref().unwrap_or_default();
        let offer = TargetOffer {
            authority: Authority::CsmOverride,
            target: asked.target,
            because: format!("{reason} (by {by})"),
        };
        let metric = plan.metric_mut(&standing.key).expect("it was found a moment ago");
        match retarget(metric, offer) {
            Ok(()) => changes.push(TargetChange {
                metric: standing.name,
                from: standing.target,
                to: metric.target,
                original: metric.original_target,
                unit: standing.unit,
            }),
            Err(error) => faults.push(fault("target", asked.target.to_string(), error.message)),
        }
    }
    (changes, faults)
}

/// What a customer committed to is changed by another commitment only.
fn committed(metric: &Metric) -> Option<String> {
    let won = &metric.target_basis.won;
    (won.authority == Authority::CustomerCommitment).then(|| {
        format!(
            "no target here: the customer committed to {}; a new commitment goes into create_measurement_plan with \
             metrics [{{name, target, committed: true}}]",
            amount(won.target, &metric.unit)
        )
    })
}

/// Ticks milestones; keys of those whose state changed, and every fault.
pub fn tick(
    ticks: &[Tick],
    plan: &mut MeasurementPlan,
    now: DateTime<Utc>,
) -> (Vec<String>, Vec<FieldFault>) {
    let (mut changed, mut faults) = (Vec::new(), Vec::new());
    let today = now.with_timezone(&plan.zone).date_naive();
    for (index, tick) in ticks.iter().enumerate() {
        let date = tick.date.unwrap_or(today);
        if date > today {
            let wanted = format!("a day up to {today}, today for the customer");
            faults.push(FieldFault::new(format!("milestones[{index}].date"), date.to_string(), wanted));
        }
        let keys: Vec<&str> = plan.milestones.iter().map(|milestone| milestone.key.as_str()).collect();
        let keys = format!("one of {}", keys.join(", "));
        let wanted = tick.milestone.trim().to_lowercase();
        let found = plan.milestones.iter_mut().find(|m| m.key == wanted || m.name.to_lowercase() == wanted);
        let Some(milestone) = found else {
            let received = format!("{:?}", tick.milestone);
            faults.push(FieldFault::new(format!("milestones[{index}].milestone"), received, keys));
            continue;
        };
        if let (TickState::Done, Some(rule)) = (tick.state, &milestone.reached_when) {
            let wanted = format!(
                "skipped, if it no longer applies: usage reaches it, once {} is at least {}",
                rule.metric, rule.at_least
            );
            faults.push(FieldFault::new(format!("milestones[{index}].state"), "done", wanted));
            continue;
        }
        let state = match (tick.state, &milestone.state) {
            // Without a date, done stays done on its day.
            (TickState::Done, MilestoneState::Done { on }) if tick.date.is_none() => {
                MilestoneState::Done { on: *on }
            }
            (TickState::Done, _) => MilestoneState::Done { on: date },
            (TickState::Skipped, _) => MilestoneState::Skipped,
            (TickState::Open, _) => MilestoneState::Open,
        };
        if milestone.state != state {
            milestone.state = state;
            changed.push(milestone.key.clone());
        }
    }
    (changed, faults)
}
