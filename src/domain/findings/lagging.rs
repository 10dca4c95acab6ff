//! Which critical metrics lag, each by its own data; and whether the plan does although none of those does.

use super::{Facts, Findings, said};
use crate::{
    alert::{AlertRule, Finding, Severity},
    assess::roll_up,
    cause::{self, Cause},
    headline::{capital, overdue, reason},
    milestone::Milestone,
    plan::MeasurementPlan,
    progress::{MetricProgress, Progress},
    status::{DataState, Status},
};
use chrono::NaiveDate;

const RULE: AlertRule = AlertRule::LaggingAdoption;

/// Missing data raises nothing and closes nothing.
pub(super) fn found(facts: &Facts<'_>, plan: &MeasurementPlan, progress: &Progress) -> Findings {
    let critical = progress.metrics_progress.iter().filter(|metric| metric.critical);
    critical.map(|metric| of_metric(facts, plan, metric)).chain([of_plan(facts, plan, progress)]).collect()
}

fn of_metric(facts: &Facts<'_>, plan: &MeasurementPlan, metric: &MetricProgress) -> Findings {
    let (Some(status), Some(on)) = (metric.status.filter(|_| is_fresh(metric)), metric.current_on) else {
        return Findings::unknown(RULE, Some(metric.metric.clone()));
    };
    let told = Told { status, on, why: reason(metric) };
    Findings::of(told.finding(facts).map(|finding| Finding {
        metric: Some(metric.metric.clone()),
        names: vec![metric.name.to_string()],
        next_step: format!(
            "Agree with the customer on one step for {}: get_progress(upsell={}, detail=detailed) tells why it lags",
            metric.name, plan.upsell
        ),
        ..finding
    }))
}

/// A plan lags without any of its critical metrics when a milestone is late, or when none of them can be judged.
fn of_plan(facts: &Facts<'_>, plan: &MeasurementPlan, progress: &Progress) -> Findings {
    let unknown = || Findings::unknown(RULE, None);
    let Some(status) = progress.current_status.filter(|_| !progress.is_last_known) else { return unknown() };
    if status.is_well() {
        return Findings::default();
    }
    let late = late_milestone(facts, plan, progress);
    let metrics = &progress.metrics_progress;
    let lagging: Vec<_> = metrics.iter().filter(|metric| metric.critical && lags(metric)).collect();
    if !lagging.is_empty() {
        // Told of the metric; what is told of a late milestone waits until the metric recovers.
        let is_told_of_the_metric = late.is_none() && lagging.into_iter().any(is_fresh);
        return if is_told_of_the_metric { Findings::default() } else { unknown() };
    }
    let on = plan.date_of(progress.day);
    if roll_up(metrics).is_none_or(|rolled| status > rolled) {
        let Some(late) = late else { return unknown() };
        let told = Told { status, on, why: overdue(Some(late)) };
        let names = vec![late.name.to_string()];
        return Findings::of(told.finding(facts).map(|finding| Finding { names, ..finding }));
    }
    let Some((fresh, why)) = driving(plan, progress) else { return unknown() };
    let told = Told { status: status.min(fresh), on, why: format!("all metrics weigh in, above all {why}") };
    Findings::of(told.finding(facts))
}

/// The longest overdue of the milestones that put a plan at risk; one whose metric has no fresh data may be reached.
fn late_milestone<'a>(
    facts: &Facts<'_>,
    plan: &'a MeasurementPlan,
    progress: &Progress,
) -> Option<&'a Milestone> {
    let is_known = |milestone: &&Milestone| {
        milestone.reached_when.as_ref().is_none_or(|rule| {
            progress.metrics_progress.iter().any(|metric| metric.metric == rule.metric && is_fresh(metric))
        })
    };
    let critical = plan.milestones.iter().filter(|milestone| milestone.critical).filter(is_known);
    let late = critical.filter_map(|milestone| Some((milestone.overdue_days(progress.day)?, milestone)));
    late.filter(|(days, _)| *days > facts.policy.overdue_milestone_days)
        .max_by_key(|(days, _)| *days)
        .map(|(_, milestone)| milestone)
}

/// What the metrics with fresh data come to by themselves, and why; `None` where they do not make the plan lag.
fn driving(plan: &MeasurementPlan, progress: &Progress) -> Option<(Status, String)> {
    let fresh: Vec<MetricProgress> =
        progress.metrics_progress.iter().filter(|metric| is_fresh(metric)).cloned().collect();
    let status = roll_up(&fresh).filter(|status| !status.is_well())?;
    let by_itself = Progress { current_status: Some(status), metrics_progress: fresh, ..progress.clone() };
    match cause::of(&by_itself, &plan.milestones)? {
        Cause::Metric(metric) | Cause::Cap(metric) => Some((status, reason(metric))),
        Cause::LastKnown | Cause::Ended(_) | Cause::Milestone(_) => None,
    }
}

const fn is_fresh(metric: &MetricProgress) -> bool {
    matches!(metric.data_state, DataState::Fresh)
}

fn lags(metric: &MetricProgress) -> bool {
    metric.status.is_some_and(|status| !status.is_well())
}

/// A status, the civil day it was true on, and why.
struct Told {
    status: Status,
    on: NaiveDate,
    why: String,
}

impl Told {
    /// Of the plan as a whole; `None` when it is well.
    fn finding(&self, facts: &Facts<'_>) -> Option<Finding> {
        let severity = match self.status {
            Status::Exceeding | Status::OnTrack => return None,
            Status::AtRisk => Severity::Warning,
            Status::Behind => Severity::Critical,
        };
        let (customer, word) = (&facts.upsell.customer.name, capital(self.status.words()));
        Some(Finding {
            metric: None,
            rule: RULE,
            severity,
            message: format!("{customer}: {word} on {} because {}", said(self.on), self.why),
            names: Vec::new(),
            next_step: format!(
                "See why with get_progress(upsell={}, detail=detailed), then agree with the customer on what comes first",
                facts.upsell.id
            ),
        })
    }
}
