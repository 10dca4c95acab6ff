//! What another policy would have made of the same history: status changes, alerts, and whether they were right.

use crate::{
    assess::{Cohorts, Inputs, Occasion, assess, inputs_of},
    observation::Observation,
    outcome::Conclusion,
    plan::MeasurementPlan,
    policy::Policy,
    progress::Evaluation,
    statistics::{quantile::median, wilson::wilson},
    status::{DataState, Status},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The life of one plan as it was known.
pub struct Course {
    /// Moments at which it was evaluated, with what was similar then.
    pub moments: Vec<Moment>,
    pub versions: Vec<MeasurementPlan>,
    pub observations: Vec<Observation>,
    pub conclusion: Option<Conclusion>,
}

/// One evaluation of the past, and the cohorts as known then.
pub struct Moment {
    pub evaluation: Evaluation,
    pub cohorts: Arc<Cohorts>,
}

/// One status as it was, or would have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub day: i32,
    pub status: Option<Status>,
    pub is_lagging: bool,
}

/// What a policy made of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyScore {
    pub policy: String,
    pub plans: usize,
    pub evaluations: usize,
    pub status_changes: usize,
    /// Changes per plan and 13 weeks.
    pub changes_per_quarter: Option<f64>,
    /// Times an upsell began to lag with fresh data.
    pub alerts: usize,
    pub alerts_per_week: Option<f64>,
    /// Of the alerted plans with a documented outcome: how many did not end as a success.
    pub right: u64,
    pub judged: u64,
    /// With its 95 % Wilson interval; absent without judged plans.
    pub precision: Option<f64>,
    pub precision_interval: Option<(f64, f64)>,
    /// Median days between the first right alert and the last checkpoint.
    pub lead_days: Option<f64>,
}

/// The statuses as they were stored.
pub fn as_stored(course: &Course) -> Vec<Reading> {
    course.moments.iter().map(|moment| reading(&moment.evaluation)).collect()
}

/// The statuses another policy would have given at the same moments, each building on its own last one.
pub fn rerun(course: &Course, policy: &Policy) -> Vec<Reading> {
    let mut previous: Option<Evaluation> = None;
    let again = |moment: &Moment| {
        let then = &moment.evaluation;
        let plan = course.versions.iter().find(|plan| plan.version == then.plan_version)?;
        let progress = assess(&Inputs {
            plan,
            observations: &course.observations,
            previous: previous.as_ref(),
            cohorts: &moment.cohorts,
            policy,
            ended_on: then.progress.ended_on,
            now: then.at,
            occasion: Occasion::Scheduled,
        });
        let evaluation = Evaluation { inputs: inputs_of(&progress), progress, ..then.clone() };
        let told = reading(&evaluation);
        previous = Some(evaluation);
        Some(told)
    };
    course.moments.iter().filter_map(again).collect()
}

fn reading(evaluation: &Evaluation) -> Reading {
    let progress = &evaluation.progress;
    let is_fresh = matches!(progress.data_state, DataState::Fresh | DataState::Partial);
    let status = progress.current_status;
    Reading {
        day: progress.day,
        status,
        is_lagging: is_fresh && status.is_some_and(|status| !status.is_well()),
    }
}

/// Scores the readings of every course under the name of a policy.
pub fn score(name: &str, courses: &[(&Course, Vec<Reading>)]) -> PolicyScore {
    let readings = || courses.iter().flat_map(|(_, readings)| readings);
    let changes: usize = courses.iter().map(|(_, readings)| changes(readings)).sum();
    let alerts: usize = courses.iter().map(|(_, readings)| onsets(readings).len()).sum();
    let weeks: f64 = courses.iter().map(|(_, readings)| weeks(readings)).sum();
    let alerted = courses.iter().filter_map(|(course, readings)| {
        let first = onsets(readings).first().copied()?;
        Some((course, first, course.conclusion?))
    });
    let alerted: Vec<_> = alerted.collect();
    let right: Vec<f64> = alerted
        .iter()
        .filter(|(_, _, conclusion)| *conclusion != Conclusion::Success)
        .map(|(course, first, _)| {
            f64::from(course.versions.last().map_or(90, |plan| i32::from(plan.horizon())) - first)
        })
        .collect();
    let (hits, judged) = (right.len() as u64, alerted.len() as u64);
    PolicyScore {
        policy: name.to_owned(),
        plans: courses.len(),
        evaluations: readings().count(),
        status_changes: changes,
        changes_per_quarter: (weeks > 0.0).then(|| 13.0 * changes as f64 / weeks),
        alerts,
        alerts_per_week: (weeks > 0.0).then(|| alerts as f64 / weeks),
        right: hits,
        judged,
        precision: (judged > 0).then(|| hits as f64 / judged as f64),
        precision_interval: wilson(hits, judged, 0.95).map(|interval| (interval.low, interval.high)),
        lead_days: median(&right),
    }
}

fn changes(readings: &[Reading]) -> usize {
    let known: Vec<Status> = readings.iter().filter_map(|reading| reading.status).collect();
    known.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Days on which the plan began to lag.
pub fn onsets(readings: &[Reading]) -> Vec<i32> {
    let mut was_lagging = false;
    let mut days = Vec::new();
    for reading in readings {
        if reading.is_lagging && !was_lagging {
            days.push(reading.day);
        }
        was_lagging = reading.is_lagging;
    }
    days
}

fn weeks(readings: &[Reading]) -> f64 {
    match (readings.first(), readings.last()) {
        (Some(first), Some(last)) => f64::from(last.day - first.day) / 7.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(statuses: &[Status]) -> Vec<Reading> {
        let days = (0..).step_by(7);
        let reading = |(day, status): (i32, &Status)| Reading {
            day,
            status: Some(*status),
            is_lagging: !status.is_well(),
        };
        days.zip(statuses).map(reading).collect()
    }

    fn course(conclusion: Conclusion) -> Course {
        Course {
            moments: Vec::new(),
            versions: Vec::new(),
            observations: Vec::new(),
            conclusion: Some(conclusion),
        }
    }

    #[test]
    fn an_alert_is_right_when_the_upsell_did_not_become_a_success() {
        let (failed, saved) = (course(Conclusion::Failed), course(Conclusion::Success));
        let lagging =
            readings(&[Status::OnTrack, Status::Behind, Status::Behind, Status::OnTrack, Status::AtRisk]);
        let score = score("p", &[(&failed, lagging.clone()), (&saved, lagging)]);
        assert_eq!((score.status_changes, score.alerts), (6, 4));
        assert_eq!((score.right, score.judged, score.precision), (1, 2, Some(0.5)));
        assert_eq!(score.lead_days, Some(83.0), "day 7 of 90");
    }
}
