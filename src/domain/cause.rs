//! What decided a status: one metric, a late milestone, or too little data to judge anew.

use crate::{
    assess::{roll_up, uncapped},
    milestone::Milestone,
    progress::{MetricProgress, Progress},
    status::Status,
};
use chrono::NaiveDate;

/// What a status rests on.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'a> {
    /// Kept from before: too little is known now.
    LastKnown,
    /// The expansion was cancelled or cut on that day.
    Ended(NaiveDate),
    /// A critical milestone overdue for longer than the policy bears. `None` where it is no longer to be seen.
    Milestone(Option<&'a Milestone>),
    /// The metric that decides or, where all weigh in, the one that shows it best.
    Metric(&'a MetricProgress),
    /// A metric so far behind that the status cannot be better, however well the others do.
    Cap(&'a MetricProgress),
}

/// `None` without a status.
pub fn of<'a>(progress: &'a Progress, milestones: &'a [Milestone]) -> Option<Cause<'a>> {
    let status = progress.current_status?;
    let metrics = &progress.metrics_progress;
    let Some((rolled, uncapped)) =
        roll_up(metrics).zip(uncapped(metrics)).filter(|_| !progress.is_last_known)
    else {
        return Some(Cause::LastKnown);
    };
    if let Some(on) = progress.ended_on.filter(|_| status > rolled) {
        return Some(Cause::Ended(on));
    }
    if status > rolled {
        let late = milestones.iter().filter(|milestone| milestone.critical);
        let late = late.filter_map(|one| Some((one.overdue_days(progress.day)?, one)));
        return Some(Cause::Milestone(late.max_by_key(|(days, _)| *days).map(|(_, one)| one)));
    }
    if rolled > uncapped {
        return judged(metrics).max_by(|a, b| a.status.cmp(&b.status).then(shortfall(a, b))).map(Cause::Cap);
    }
    lead(metrics, status).map(Cause::Metric)
}

/// What the latest value says of a metric whose status is kept although that value speaks against it.
pub fn held(metric: &MetricProgress) -> Option<Status> {
    let (status, gap) = (metric.status?, metric.gap_points.unwrap_or(0.0));
    let agrees = match status {
        Status::Exceeding => gap >= 0.5,
        Status::OnTrack => gap > -0.5,
        Status::AtRisk | Status::Behind => gap <= -0.5,
    };
    metric.reads.filter(|reads| !agrees || reads.is_well() != status.is_well())
}

fn judged(metrics: &[MetricProgress]) -> impl Iterator<Item = &MetricProgress> {
    metrics.iter().filter(|metric| metric.status.is_some())
}

/// Of the metrics that decide, the critical ones if there are any: the worst when the status is bad; when it is good,
/// one whose status is only held, else the one furthest ahead.
fn lead(metrics: &[MetricProgress], status: Status) -> Option<&MetricProgress> {
    let has_critical = judged(metrics).any(|metric| metric.critical);
    let deciding = || judged(metrics).filter(|metric| metric.critical || !has_critical);
    if status.is_well() {
        let held = deciding().filter(|metric| held(metric).is_some()).max_by(|a, b| shortfall(a, b));
        return held.or_else(|| deciding().min_by(|a, b| shortfall(a, b)));
    }
    let worst = deciding().filter_map(|metric| metric.status).max();
    let is_held = |metric: &MetricProgress| held(metric).is_some();
    let worst = deciding().filter(|metric| metric.status == worst);
    worst.max_by(|a, b| is_held(b).cmp(&is_held(a)).then(shortfall(a, b)))
}

/// The greater the more it takes from the plan's gap.
fn shortfall(one: &MetricProgress, other: &MetricProgress) -> std::cmp::Ordering {
    let short = |metric: &MetricProgress| -metric.weight * metric.gap_points.unwrap_or(0.0);
    short(one).total_cmp(&short(other))
}
