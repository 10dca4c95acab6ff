//! What somebody should look at now, by rule.

mod lagging;
mod silence;

use crate::{
    alert::{AlertRule, Finding, Severity, Topic},
    id::MetricKey,
    milestone::Milestone,
    plan::MeasurementPlan,
    policy::Policy,
    progress::Progress,
    upsell::Upsell,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// What is known of an upsell when its alerts are looked over.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub upsell: &'a Upsell,
    pub plan: Option<&'a MeasurementPlan>,
    pub progress: Option<&'a Progress>,
    /// Why there is no plan yet.
    pub plan_waits_for: Option<&'a str>,
    /// The outcome is documented: nothing is left to look after.
    pub is_documented: bool,
    pub policy: &'a Policy,
    pub now: DateTime<Utc>,
}

/// What is wrong, and of what nothing can be told: an alert of that neither fires nor closes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    pub found: Vec<Finding>,
    pub unknown: Vec<Topic>,
}

impl Findings {
    fn of(found: impl IntoIterator<Item = Finding>) -> Self {
        Self { found: found.into_iter().collect(), unknown: Vec::new() }
    }

    fn unknown(rule: AlertRule, metric: Option<MetricKey>) -> Self {
        Self { found: Vec::new(), unknown: vec![Topic { rule, metric }] }
    }
}

impl FromIterator<Self> for Findings {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.found.extend(part.found);
            all.unknown.extend(part.unknown);
        }
        all
    }
}

/// Applies every rule.
pub fn findings(facts: &Facts<'_>) -> Findings {
    if facts.is_documented || facts.upsell.ended.is_some() {
        return Findings::default();
    }
    let Some(plan) = facts.plan else {
        return Findings::of(plan_missing(facts));
    };
    let measured = facts.progress.map_or_else(
        || not_assessed(plan),
        |progress| {
            [lagging::found(facts, plan, progress), silence::found(facts, plan, progress)]
                .into_iter()
                .collect()
        },
    );
    let overdue =
        Findings::of(overdue_review(facts, plan).into_iter().chain(overdue_milestones(facts, plan)));
    [measured, overdue].into_iter().collect()
}

/// Nothing is known of any metric yet.
fn not_assessed(plan: &MeasurementPlan) -> Findings {
    let whole = std::iter::once(None);
    let metrics = || whole.clone().chain(plan.metrics.iter().map(|metric| Some(metric.key.clone())));
    let rules = [AlertRule::LaggingAdoption, AlertRule::DataStale, AlertRule::TrackingSilent];
    rules.into_iter().flat_map(|rule| metrics().map(move |metric| Findings::unknown(rule, metric))).collect()
}

/// The moments at which the absence of a plan changes what is found.
pub fn plan_missing_moments(detected_at: DateTime<Utc>, policy: &Policy) -> [DateTime<Utc>; 2] {
    [policy.plan_warning_hours, policy.plan_promise_hours].map(|hours| detected_at + TimeDelta::hours(hours))
}

fn plan_missing(facts: &Facts<'_>) -> Option<Finding> {
    let (upsell, promise) = (facts.upsell, facts.policy.plan_promise_hours);
    let [warning, broken] = plan_missing_moments(upsell.detected_at, facts.policy);
    let why = facts.plan_waits_for.map_or(String::new(), |why| format!(": {why}"));
    (facts.now >= warning).then(|| Finding {
        metric: None,
        rule: AlertRule::PlanMissing,
        severity: if facts.now < broken { Severity::Warning } else { Severity::Critical },
        message: format!(
            "{} has had no measurement plan since the upsell was detected on {}, closed on {}{why}",
            upsell.customer.name,
            said(upsell.detected_at.with_timezone(&upsell.customer.zone).date_naive()),
            said(upsell.details.close_date)
        ),
        names: Vec::new(),
        next_step: format!(
            "Choose a template with the account team and create_measurement_plan(upsell={}, template=…); \
             a plan is promised within {promise} hours",
            upsell.id
        ),
    })
}

fn overdue_review(facts: &Facts<'_>, plan: &MeasurementPlan) -> Option<Finding> {
    let open = plan.next_open()?;
    let late = plan.day(facts.now) - plan.day(open.scheduled_date);
    (late > facts.policy.review_grace_days).then(|| Finding {
        metric: None,
        rule: AlertRule::ReviewOverdue,
        severity: Severity::Warning,
        message: format!(
            "{}: the {} is overdue since {}",
            facts.upsell.customer.name,
            open.title(),
            said(plan.date_of(plan.day(open.scheduled_date)))
        ),
        names: vec![open.title()],
        next_step: format!(
            "prepare_review(upsell={}, checkpointDay={}), talk it over with the customer, then record_review",
            plan.upsell, open.day
        ),
    })
}

/// One alert for all of them: a milestone that joins is news, and opens the alert again.
fn overdue_milestones(facts: &Facts<'_>, plan: &MeasurementPlan) -> Option<Finding> {
    let day = plan.day(facts.now);
    let metrics = facts.progress.map_or(&[][..], |progress| &progress.metrics_progress);
    let is_overdue = |one: &&Milestone| one.critical && one.known_overdue_days(day, plan, metrics).is_some();
    let overdue = plan.milestones.iter().filter(is_overdue);
    let named = |milestone: &Milestone| {
        format!("{} (due {})", milestone.name, said(plan.date_of(i32::from(milestone.due_day))))
    };
    let names: Vec<String> = overdue.map(named).collect();
    (!names.is_empty()).then(|| Finding {
        metric: None,
        rule: AlertRule::MilestoneOverdue,
        severity: Severity::Warning,
        message: format!("{}: not reached yet: {}", facts.upsell.customer.name, names.join(", ")),
        names,
        next_step: format!(
            "Ask the customer what holds the step up; update_metrics(upsell={}, milestones=…) ticks what usage does not \
             reach by itself, and skips what no longer applies",
            plan.upsell
        ),
    })
}

/// A civil day as sentences write it, `5 Dec 2026`: it stays true however long the alert stays open.
fn said(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests;
