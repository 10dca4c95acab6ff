//! What the upsells so far teach: shares, times and patterns, each with the cases it stands on.

#[cfg(test)]
mod example;
pub mod figure;
pub mod measures;
pub mod patterns;

use crate::{
    id::UpsellId,
    metric::Metric,
    money::Money,
    observation::{Observation, known},
    outcome::Conclusion,
    plan::MeasurementPlan,
    status::Status,
    survival::Lifetime,
    text::Name,
};
use chrono::{DateTime, NaiveDate, Utc};
use figure::Figure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of a group of cases that lack what they are grouped by.
const NOT_SAID: &str = "(not said)";

/// One upsell as an analysis sees it.
#[derive(Debug, Clone)]
pub struct Case {
    pub upsell: UpsellId,
    pub products: Vec<String>,
    pub industry: Option<String>,
    pub segment: Option<String>,
    pub template: Option<String>,
    pub owner: Option<String>,
    pub source: String,
    pub arr: Money,
    /// End of the close date in the customer's zone.
    pub closed_at: DateTime<Utc>,
    pub detected_at: DateTime<Utc>,
    pub planned_at: Option<DateTime<Utc>>,
    /// Days from day 0 to now, or to the end of the expansion.
    pub observed_days: i32,
    /// The expansion was cancelled or cut.
    pub is_ended: bool,
    /// The plan's last day has come while the expansion went on.
    pub reached_last_day: bool,
    /// Status at the evaluation of the last day; `None` when unknown.
    pub final_status: Option<Status>,
    pub conclusion: Option<Conclusion>,
    pub goals: Goals,
    pub milestones: Vec<MilestoneSeen>,
    /// Whether the upsell was at risk or behind at its first checkpoint; `None` when unknown or not read.
    pub lagged_at_first_check: Option<bool>,
    /// Day on which a critical metric first attained its target; `None` when not yet, or not read.
    pub first_value_day: Option<i32>,
}

/// Goals of a plan that reached its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Goals {
    pub achieved: u64,
    pub missed: u64,
    pub unknown: u64,
    /// Of the first version, dropped later: due all the same in the strict figure.
    pub dropped: u64,
}

/// A milestone of a case, and when it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MilestoneSeen {
    pub name: String,
    pub due_day: u16,
    pub done_day: Option<i32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum GroupBy {
    #[default]
    Product,
    Industry,
    Segment,
    Template,
    Owner,
    Source,
}

/// A figure for one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct GroupFigure {
    pub group: Name,
    pub figure: Figure,
}

impl Case {
    /// The groups a case belongs to: one, but one for each product.
    pub fn groups(&self, by: GroupBy) -> Vec<String> {
        let one = |label: &Option<String>| vec![label.clone().unwrap_or_else(|| NOT_SAID.to_owned())];
        match by {
            GroupBy::Product if self.products.is_empty() => vec![NOT_SAID.to_owned()],
            GroupBy::Product => self.products.clone(),
            GroupBy::Industry => one(&self.industry),
            GroupBy::Segment => one(&self.segment),
            GroupBy::Template => one(&self.template),
            GroupBy::Owner => one(&self.owner),
            GroupBy::Source => vec![self.source.clone()],
        }
    }

    /// How long the expansion has lasted, and whether it ended.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime { time: f64::from(self.observed_days.max(0)), is_event: self.is_ended }
    }

    fn time_to_value(&self) -> Lifetime {
        match self.first_value_day {
            Some(day) => Lifetime::ended(f64::from(day.max(0))),
            None => Lifetime::censored(f64::from(self.observed_days.max(0))),
        }
    }
}

/// One figure over the cases that count for it, and the same for each group: known ones first, by group name.
pub fn by_group(
    cases: &[Case],
    by: GroupBy,
    figure: impl Fn(&[&Case]) -> Figure,
) -> (Figure, Vec<GroupFigure>) {
    let mut groups: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        for group in case.groups(by) {
            groups.entry(group).or_default().push(case);
        }
    }
    let told =
        groups.into_iter().map(|(group, cases)| GroupFigure { group: group.into(), figure: figure(&cases) });
    let (known, unknown): (Vec<_>, Vec<_>) = told.partition(|told| told.figure.is_known());
    let all: Vec<&Case> = cases.iter().collect();
    (figure(&all), known.into_iter().chain(unknown).collect())
}

/// Successes of the documented outcomes.
pub fn success(cases: &[&Case], needed: usize) -> Figure {
    let documented: Vec<Conclusion> = cases.iter().filter_map(|case| case.conclusion).collect();
    let successes = documented.iter().filter(|conclusion| **conclusion == Conclusion::Success).count();
    Figure::share(successes as u64, documented.len() as u64, needed)
}

/// Days from day 0 to first value, those without it so far censored (Kaplan–Meier).
pub fn time_to_value(cases: &[&Case], needed: usize) -> Figure {
    let planned = cases.iter().filter(|case| case.planned_at.is_some());
    let lifetimes: Vec<Lifetime> = planned.map(|case| case.time_to_value()).collect();
    Figure::days(&lifetimes, needed)
}

/// Share of expansions that ended within a year of day 0 (Kaplan–Meier).
pub fn churn(cases: &[&Case], needed: usize) -> Figure {
    let lifetimes: Vec<Lifetime> = cases.iter().map(|case| case.lifetime()).collect();
    Figure::year_one(&lifetimes, needed)
}

/// Day on which a critical metric (any metric, when none is critical) first attained its target, as known at `now`.
pub fn first_value_day(
    plan: &MeasurementPlan,
    observations: &[Observation],
    now: DateTime<Utc>,
) -> Option<i32> {
    let has_critical = plan.metrics.iter().any(|metric| metric.critical);
    let decisive = plan.metrics.iter().filter(|metric| metric.critical || !has_critical);
    let first = |metric: &Metric| -> Option<NaiveDate> {
        let attained = |o: &Observation| metric.attainment_on(o.value, o.valid_on).is_some_and(|a| a >= 1.0);
        known(observations, &metric.key, now).into_iter().find(|o| attained(o)).map(|o| o.valid_on)
    };
    decisive.filter_map(first).min().map(|date| plan.day_of(date))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::example::case,
        example::{noon_of, observation, plan},
    };

    #[test]
    fn an_upsell_of_two_products_counts_in_both_groups_and_once_overall() {
        let cases: Vec<Case> = (0..8)
            .map(|_| Case {
                products: vec!["API".to_owned(), "Seats".to_owned()],
                conclusion: Some(Conclusion::Success),
                ..case()
            })
            .collect();
        let (overall, groups) = by_group(&cases, GroupBy::Product, |cases| success(cases, 8));
        assert!(matches!(overall, Figure::Share { count: 8, of: 8, .. }), "{overall:?}");
        assert_eq!(groups.iter().map(|told| told.group.as_str()).collect::<Vec<_>>(), ["API", "Seats"]);
    }

    #[test]
    fn who_does_not_say_is_a_group_and_groups_of_too_few_come_last() {
        let said = Case { industry: Some("Retail".to_owned()), ..case() };
        let cases: Vec<Case> = std::iter::repeat_n(case(), 8)
            .chain([said])
            .map(|case| Case { conclusion: Some(Conclusion::Partial), ..case })
            .collect();
        let (_, groups) = by_group(&cases, GroupBy::Industry, |cases| success(cases, 8));
        assert_eq!((groups[0].group.as_str(), groups[0].figure.is_known()), (NOT_SAID, true));
        assert_eq!((groups[1].group.as_str(), groups[1].figure.is_known()), ("Retail", false));
    }

    #[test]
    fn first_value_is_the_day_a_critical_metric_first_attained_its_target_as_known_then() {
        let plan = plan();
        let seen: Vec<Observation> =
            [(20, 89.0), (30, 90.0), (40, 95.0)].map(|(day, value)| observation(&plan, day, value)).into();
        assert_eq!(first_value_day(&plan, &seen, noon_of(&plan, 60)), Some(30));
        assert_eq!(first_value_day(&plan, &seen, noon_of(&plan, 25)), None, "not known yet");
    }
}
