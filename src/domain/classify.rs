//! Which outcome the rules propose, and what is missing when they cannot tell (`methods.md` 7).

use crate::{
    amount,
    id::MetricKey,
    metric::{Frequency, Metric, MetricType},
    observation::{Observation, known},
    outcome::Conclusion,
    plan::MeasurementPlan,
    policy::Policy,
    progress::{MetricProgress, Progress},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All that a proposal looks at.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub plan: &'a MeasurementPlan,
    pub progress: &'a Progress,
    pub observations: &'a [Observation],
    /// The expansion was cancelled or cut.
    pub ended: bool,
    pub policy: &'a Policy,
    pub now: DateTime<Utc>,
}

/// What the rules say of the outcome; pending while something is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum Proposal {
    Proposed { conclusion: Conclusion, because: Vec<String> },
    Pending { missing: Vec<String> },
}

impl Proposal {
    pub const fn conclusion(&self) -> Option<Conclusion> {
        match self {
            Self::Proposed { conclusion, .. } => Some(*conclusion),
            Self::Pending { .. } => None,
        }
    }
}

/// The outcome by rule.
pub fn propose(sources: &Sources<'_>) -> Proposal {
    if sources.ended {
        return proposed(Conclusion::Failed, vec!["the expansion was cancelled or cut".to_owned()]);
    }
    let missing = missing(sources);
    if !missing.is_empty() {
        return Proposal::Pending { missing };
    }
    let Some(attainment) = sources.progress.attainment else {
        return Proposal::Pending {
            missing: vec!["a metric with a baseline, to tell attainment by".to_owned()],
        };
    };
    let told = format!("weighted attainment is {:.0} %", 100.0 * attainment);
    if attainment < sources.policy.partial_attainment {
        return missed(sources, told);
    }
    let lacking = lacking(sources, attainment);
    if lacking.is_empty() {
        return proposed(Conclusion::Success, [vec![told], held(sources)].concat());
    }
    proposed(Conclusion::Partial, [vec![told], lacking].concat())
}

fn proposed(conclusion: Conclusion, because: Vec<String>) -> Proposal {
    Proposal::Proposed { conclusion, because }
}

fn missing(sources: &Sources<'_>) -> Vec<String> {
    let Sources { plan, progress, policy, .. } = sources;
    let mut missing = Vec::new();
    if progress.coverage < policy.min_coverage {
        missing.push(format!(
            "data: {:.0} % of the plan's weight has some, {:.0} % is needed",
            100.0 * progress.coverage,
            100.0 * policy.min_coverage
        ));
    }
    if let Some(last) = plan.checkpoints.last().filter(|last| last.is_open()) {
        missing.push(format!("the {}: its review is not recorded", last.title()));
    }
    missing
}

/// Below half the way: at risk if it may still arrive within the extension, failed if not.
fn missed(sources: &Sources<'_>, told: String) -> Proposal {
    let Sources { plan, progress, policy, .. } = sources;
    let decisive =
        |metric: &&MetricProgress| metric.critical || plan.metrics.iter().all(|metric| !metric.critical);
    let chances: Vec<Option<f64>> = progress
        .metrics_progress
        .iter()
        .filter(decisive)
        .map(|metric| metric.forecast.probability())
        .collect();
    let Some(least) = chances
        .iter()
        .copied()
        .collect::<Option<Vec<f64>>>()
        .and_then(|all| all.into_iter().reduce(f64::min))
    else {
        let wanted = format!(
            "the chance of arriving within {} more days, which tells at risk from failed ({told}); no similar past \
             upsells give it yet, so a person decides",
            policy.extension_days
        );
        return Proposal::Pending { missing: vec![wanted] };
    };
    let chance = format!("the chance of arriving is {}", amount::chance(least));
    let conclusion = if least >= policy.rescue_probability { Conclusion::AtRisk } else { Conclusion::Failed };
    proposed(conclusion, vec![told, chance])
}

/// How the critical metrics of a success held, as far as can be shown.
fn held(sources: &Sources<'_>) -> Vec<String> {
    let critical = || sources.plan.metrics.iter().filter(|metric| metric.critical);
    let (shown, read): (Vec<&Metric>, Vec<&Metric>) =
        critical().partition(|metric| held_days(sources, metric).is_some());
    let days = sources.policy.held_days;
    let mut because = Vec::new();
    if !shown.is_empty() {
        let which =
            if read.is_empty() { "every critical metric" } else { "each critical metric taken from usage" };
        because.push(format!("{which} is attained and held for {days} days"));
    }
    because.extend(read.iter().map(|metric| {
        format!("{} is attained at its last reading, which cannot show that it held", metric.name)
    }));
    because
}

/// What a success still lacks.
fn lacking(sources: &Sources<'_>, attainment: f64) -> Vec<String> {
    let Sources { plan, progress, policy, .. } = sources;
    let mut lacking = Vec::new();
    if attainment < policy.success_attainment {
        lacking.push(format!("success takes {:.0} %", 100.0 * policy.success_attainment));
    }
    for metric in plan.metrics.iter().filter(|metric| metric.critical) {
        if !is_attained(progress, &metric.key) {
            lacking.push(format!("the critical metric {} is not attained", metric.name));
        } else if is_typed(progress, &metric.key) {
            lacking.push(format!(
                "{} is attained by a value typed by hand, which is no evidence by itself",
                metric.name
            ));
        } else if let Some(held) =
            held_days(sources, metric).filter(|held| *held < i64::from(policy.held_days))
        {
            lacking.push(format!(
                "{} is held for {} of {}",
                metric.name,
                amount::days(held),
                policy.held_days
            ));
        }
    }
    if !has_value_item(plan, progress) {
        lacking.push("no value or satisfaction metric is attained and no goal is confirmed".to_owned());
    }
    lacking
}

fn is_attained(progress: &Progress, key: &MetricKey) -> bool {
    let metric = progress.metrics_progress.iter().find(|metric| &metric.metric == key);
    metric.and_then(|metric| metric.attainment).is_some_and(|attainment| attainment >= 1.0)
}

fn is_typed(progress: &Progress, key: &MetricKey) -> bool {
    progress.metrics_progress.iter().any(|metric| &metric.metric == key && metric.manual)
}

fn has_value_item(plan: &MeasurementPlan, progress: &Progress) -> bool {
    let counts = |metric: &MetricProgress| {
        matches!(metric.kind, MetricType::Roi | MetricType::Satisfaction) && !metric.manual
    };
    progress.metrics_progress.iter().any(|metric| counts(metric) && is_attained(progress, &metric.metric))
        || plan.goals.iter().any(|goal| goal.achieved == Some(true))
}

/// Days for which the metric has been attained without a break, to its newest value. `None` for metrics read only at
/// checkpoints or by hand: a single reading cannot show that it held.
fn held_days(sources: &Sources<'_>, metric: &Metric) -> Option<i64> {
    if metric.selector().is_none() || metric.frequency == Frequency::AtCheckpoint {
        return None;
    }
    let values = known(sources.observations, &metric.key, sources.now);
    let attained = |seen: &&&Observation| {
        // A weekday that tells too little breaks nothing.
        metric.weekday_factor(seen.valid_on).is_none()
            || metric.attainment_on(seen.value, seen.valid_on).is_some_and(|a| a >= 1.0)
    };
    let first = values.iter().rev().take_while(attained).last()?;
    let last = values.last()?;
    Some((last.valid_on - first.valid_on).num_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assess::{Cohorts, Inputs, Occasion, assess},
        checkpoint::CheckpointState,
        example::{noon_of, observation, plan},
        forecast::{Forecast, Rung},
        plan::Goal,
    };

    const LAST: i32 = 91;

    /// A plan whose every checkpoint is closed and whose customer confirmed a goal.
    fn reviewed() -> MeasurementPlan {
        let mut plan = plan();
        let at = noon_of(&plan, LAST);
        plan.checkpoints
            .iter_mut()
            .for_each(|checkpoint| checkpoint.state = CheckpointState::Completed { at });
        plan.goals = vec![Goal { text: "Faster".to_owned(), metric: None, achieved: Some(true) }];
        plan
    }

    fn proposal(plan: &MeasurementPlan, observations: &[Observation], chance: Option<f64>) -> Proposal {
        let (policy, now) = (Policy::default(), noon_of(plan, LAST));
        let mut progress = assess(&Inputs {
            plan,
            observations,
            previous: None,
            cohorts: &Cohorts::default(),
            policy: &policy,
            ended_on: None,
            now,
            occasion: Occasion::Look,
        });
        for metric in &mut progress.metrics_progress {
            metric.forecast = Forecast::Known {
                rung: Rung::CohortAnalogs,
                method: "given".to_owned(),
                at_day: 90,
                point: 0.0,
                band: None,
                calibrated: false,
                probability: chance,
                recalibrated: None,
                n: 8,
                past: Vec::new(),
            };
        }
        propose(&Sources { plan, progress: &progress, observations, ended: false, policy: &policy, now })
    }

    fn values(plan: &MeasurementPlan, days: std::ops::RangeInclusive<i32>, value: f64) -> Vec<Observation> {
        days.map(|day| observation(plan, day, value)).collect()
    }

    #[test]
    fn attained_held_and_confirmed_is_a_success() {
        let plan = reviewed();
        assert_eq!(
            proposal(&plan, &values(&plan, 76..=90, 95.0), None).conclusion(),
            Some(Conclusion::Success)
        );
    }

    #[test]
    fn held_for_too_short_is_partial_and_says_so() {
        let plan = reviewed();
        let Proposal::Proposed { conclusion, because } = proposal(&plan, &values(&plan, 77..=90, 95.0), None)
        else {
            panic!("there is enough to tell")
        };
        assert_eq!(conclusion, Conclusion::Partial);
        assert!(because.contains(&"Active users is held for 13 days of 14".to_owned()), "{because:?}");
    }

    #[test]
    fn without_a_value_item_it_is_no_success() {
        let mut plan = reviewed();
        plan.goals.clear();
        assert_eq!(
            proposal(&plan, &values(&plan, 70..=90, 95.0), None).conclusion(),
            Some(Conclusion::Partial)
        );
    }

    #[test]
    fn half_the_way_is_partial_and_less_depends_on_the_chance_to_arrive() {
        let plan = reviewed();
        let at = |value: f64, chance: Option<f64>| proposal(&plan, &values(&plan, 70..=90, value), chance);
        assert_eq!(at(45.0, None).conclusion(), Some(Conclusion::Partial));
        assert_eq!(at(44.0, Some(0.25)).conclusion(), Some(Conclusion::AtRisk));
        assert_eq!(at(44.0, Some(0.24)).conclusion(), Some(Conclusion::Failed));
        assert!(matches!(at(44.0, None), Proposal::Pending { .. }), "no chance known, so a person decides");
    }

    #[test]
    fn without_data_or_a_held_review_it_is_pending_and_both_are_named() {
        let Proposal::Pending { missing } = proposal(&plan(), &[], None) else {
            panic!("nothing to tell by")
        };
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(missing[1].contains("90-day assessment"), "{missing:?}");
    }
}
