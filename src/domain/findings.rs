//! What somebody should look at now, by rule.

use crate::{
    alert::{AlertRule, Finding, Severity},
    milestone::Milestone,
    plan::MeasurementPlan,
    policy::Policy,
    progress::{MetricProgress, Progress},
    status::{DataState, Status},
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

/// What is wrong, and which rules cannot tell: an alert of those neither fires nor closes.
#[derive(Debug, Default, PartialEq)]
pub struct Findings {
    pub found: Vec<Finding>,
    pub unknown: Vec<AlertRule>,
}

/// Applies every rule.
pub fn findings(facts: &Facts<'_>) -> Findings {
    if facts.is_documented || facts.upsell.ended.is_some() {
        return Findings::default();
    }
    let Some(plan) = facts.plan else {
        return Findings { found: plan_missing(facts).into_iter().collect(), unknown: Vec::new() };
    };
    let day = plan.day(facts.now);
    let progress = facts.progress;
    let found = [
        progress.and_then(|progress| lagging(facts, progress)),
        progress.and_then(|progress| stale(facts, plan, progress)),
        progress.and_then(|progress| silent(facts, plan, progress, day)),
        overdue_review(facts, plan),
        overdue_milestones(facts, plan, day),
    ];
    let cannot_judge = progress.is_none_or(|progress| !can_judge(progress));
    let unknown = if cannot_judge { vec![AlertRule::LaggingAdoption] } else { Vec::new() };
    Findings { found: found.into_iter().flatten().collect(), unknown }
}

/// Hours after detection from which a missing plan is worth a word, and from which the promise is broken.
const PLAN_WARNING_HOURS: i64 = 24;
const PLAN_PROMISE_HOURS: i64 = 48;

/// The moments at which the absence of a plan changes what is found.
pub fn plan_missing_moments(detected_at: DateTime<Utc>) -> [DateTime<Utc>; 2] {
    [PLAN_WARNING_HOURS, PLAN_PROMISE_HOURS].map(|hours| detected_at + TimeDelta::hours(hours))
}

fn plan_missing(facts: &Facts<'_>) -> Option<Finding> {
    let upsell = facts.upsell;
    let hours = (facts.now - upsell.detected_at).num_hours();
    let why = facts.plan_waits_for.map_or(String::new(), |why| format!(": {why}"));
    (hours >= PLAN_WARNING_HOURS).then(|| Finding {
        metric: None,
        rule: AlertRule::PlanMissing,
        severity: if hours < PLAN_PROMISE_HOURS { Severity::Warning } else { Severity::Critical },
        message: format!(
            "{} has had no measurement plan since the upsell was detected on {}, closed on {}{why}",
            upsell.customer.name,
            said(upsell.detected_at.with_timezone(&upsell.customer.zone).date_naive()),
            said(upsell.details.close_date)
        ),
        next_step: format!("create_measurement_plan(upsell={}, template=…) within 48 hours", upsell.id),
    })
}

/// Stale or absent data says nothing about adoption.
const fn can_judge(progress: &Progress) -> bool {
    matches!(progress.data_state, DataState::Fresh | DataState::Partial) && progress.current_status.is_some()
}

fn lagging(facts: &Facts<'_>, progress: &Progress) -> Option<Finding> {
    let severity = match progress.current_status? {
        Status::Exceeding | Status::OnTrack => return None,
        Status::AtRisk => Severity::Warning,
        Status::Behind => Severity::Critical,
    };
    can_judge(progress).then(|| Finding {
        metric: None,
        rule: AlertRule::LaggingAdoption,
        severity,
        message: format!("{}: {}", facts.upsell.customer.name, progress.headline),
        next_step: format!(
            "See why with get_progress(upsell={}, detail=detailed), then talk to the customer",
            facts.upsell.id
        ),
    })
}

fn stale(facts: &Facts<'_>, plan: &MeasurementPlan, progress: &Progress) -> Option<Finding> {
    let stopped = named(progress, |metric| metric.data_state == DataState::Stale);
    let last = progress.metrics_progress.iter().filter(|metric| metric.data_state == DataState::Stale);
    let last = last.filter_map(|metric| metric.current_on).max()?;
    Some(Finding {
        metric: None,
        rule: AlertRule::DataStale,
        severity: Severity::Warning,
        message: format!(
            "{}: no usage data since {} for {stopped}; the status is the last one known",
            facts.upsell.customer.name,
            said(last)
        ),
        next_step: format!(
            "Ask the pipeline's owner why usage of customer {} stopped arriving",
            plan.customer
        ),
    })
}

fn silent(facts: &Facts<'_>, plan: &MeasurementPlan, progress: &Progress, day: i32) -> Option<Finding> {
    let first_review = plan.checkpoints.first().map(|checkpoint| i32::from(checkpoint.day))?;
    let is_automatic =
        |metric: &MetricProgress| plan.metric(&metric.metric).is_ok_and(|m| m.selector().is_some());
    let names = named(progress, |metric| metric.data_state == DataState::None && is_automatic(metric));
    (day >= first_review && !names.is_empty()).then(|| Finding {
        metric: None,
        rule: AlertRule::TrackingSilent,
        severity: Severity::Warning,
        message: format!(
            "{}: no data at all since day 0, {}, for {names}: either nothing is used or nothing is sent",
            facts.upsell.customer.name,
            said(plan.tracking_start)
        ),
        next_step: format!(
            "Check that usage of customer {} is sent, that the features are named as in the plan, and that seats are known",
            plan.customer
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
        next_step: format!(
            "prepare_review(upsell={}, checkpointDay={}), then record_review",
            plan.upsell, open.day
        ),
    })
}

fn overdue_milestones(facts: &Facts<'_>, plan: &MeasurementPlan, day: i32) -> Option<Finding> {
    let overdue = || {
        plan.milestones.iter().filter(|milestone| milestone.critical && milestone.overdue_days(day).is_some())
    };
    let named = |milestone: &Milestone| {
        format!("{} (due {})", milestone.name, said(plan.date_of(i32::from(milestone.due_day))))
    };
    let names: Vec<String> = overdue().map(named).collect();
    (!names.is_empty()).then(|| Finding {
        metric: None,
        rule: AlertRule::MilestoneOverdue,
        severity: Severity::Warning,
        message: format!("{}: not reached yet: {}", facts.upsell.customer.name, names.join(", ")),
        next_step: "Find out with the customer what holds the step up".to_owned(),
    })
}

/// A civil day as sentences write it, `5 Dec 2026`: it stays true however long the alert stays open.
fn said(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

fn named(progress: &Progress, keep: impl Fn(&MetricProgress) -> bool) -> String {
    let kept = progress.metrics_progress.iter().filter(|metric| keep(metric));
    kept.map(|metric| metric.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assess::{Cohorts, Inputs, Occasion, assess},
        example,
        observation::Observation,
    };

    /// What is found on a day of the example, with `value` seen on the days given.
    fn found(day: i32, seen: &[(i32, f64)]) -> (Vec<(AlertRule, Severity)>, Vec<AlertRule>) {
        let Findings { found, unknown } = all(day, seen);
        (found.into_iter().map(|finding| (finding.rule, finding.severity)).collect(), unknown)
    }

    fn all(day: i32, seen: &[(i32, f64)]) -> Findings {
        let (upsell, plan, policy) = (example::upsell(), example::plan(), Policy::default());
        let now = example::noon_of(&plan, day);
        let observations: Vec<Observation> =
            seen.iter().map(|(day, value)| example::observation(&plan, *day, *value)).collect();
        let progress = assess(&Inputs {
            plan: &plan,
            observations: &observations,
            previous: None,
            cohorts: &Cohorts::new(),
            policy: &policy,
            ended_on: None,
            now,
            occasion: Occasion::Look,
        });
        let facts = Facts {
            upsell: &upsell,
            plan: Some(&plan),
            progress: Some(&progress),
            plan_waits_for: None,
            is_documented: false,
            policy: &policy,
            now,
        };
        findings(&facts)
    }

    #[test]
    fn lagging_is_told_of_fresh_data_only() {
        let behind = (AlertRule::LaggingAdoption, Severity::Critical);
        assert_eq!(found(20, &[(10, 8.0), (20, 9.0)]), (vec![behind], vec![]));
        assert_eq!(found(20, &[(20, 30.0)]), (vec![], vec![]));
        let (rules, unknown) = found(20, &[(10, 1.0)]);
        assert_eq!(rules, [(AlertRule::DataStale, Severity::Warning)]);
        assert_eq!(unknown, [AlertRule::LaggingAdoption], "an open lagging alert stays as it is");
    }

    #[test]
    fn what_is_overdue_or_silent_is_told_with_the_customer_and_stays_true() {
        let told = |day: i32, seen: &[(i32, f64)]| {
            let lasting = all(day, seen).found.into_iter().filter(|f| f.rule != AlertRule::LaggingAdoption);
            lasting.map(|finding| finding.message).collect::<Vec<_>>()
        };
        let seen = [(45, 45.0)];
        assert_eq!(told(46, &seen), told(47, &seen), "a count of days would go stale");
        assert_eq!(
            told(46, &seen),
            [
                "Northwind: the 30-day check is overdue since 31 Mar 2026",
                "Northwind: not reached yet: Rolled out (due 15 Apr 2026)"
            ]
        );
        let silent = "Northwind: no data at all since day 0, 1 Mar 2026, for Active users";
        assert!(told(31, &[])[0].starts_with(silent), "{:?}", told(31, &[]));
        assert!(told(60, &[(40, 40.0)])[0].starts_with("Northwind: no usage data since 10 Apr 2026"));
    }

    #[test]
    fn silence_is_told_at_the_first_review_and_not_before() {
        assert_eq!(found(29, &[]).0, []);
        assert_eq!(found(30, &[]).0, [(AlertRule::TrackingSilent, Severity::Warning)]);
    }

    #[test]
    fn a_review_and_a_critical_milestone_become_overdue() {
        let on_pace = |day: i32| found(day, &[(day, f64::from(day))]).0;
        assert_eq!(on_pace(37), []);
        assert_eq!(on_pace(38), [(AlertRule::ReviewOverdue, Severity::Warning)]);
        let later = on_pace(46);
        assert_eq!(
            later.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(),
            [AlertRule::ReviewOverdue, AlertRule::MilestoneOverdue]
        );
    }

    #[test]
    fn a_missing_plan_is_told_before_the_promise_breaks_and_when_it_is_broken() {
        let (upsell, policy) = (example::upsell(), Policy::default());
        let after = |hours: i64| {
            let facts = Facts {
                upsell: &upsell,
                plan: None,
                progress: None,
                plan_waits_for: Some("no template fits"),
                is_documented: false,
                policy: &policy,
                now: upsell.detected_at + TimeDelta::hours(hours),
            };
            findings(&facts).found.pop()
        };
        assert_eq!(after(23), None);
        assert_eq!(after(24).map(|finding| finding.severity), Some(Severity::Warning));
        let broken = after(48).unwrap();
        assert_eq!(broken.severity, Severity::Critical);
        assert!(broken.message.ends_with("no template fits"), "{}", broken.message);
    }
}
