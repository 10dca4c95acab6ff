//! How much of the value the customer was promised came about, line by line and goal by goal.

use crate::{
    id::Feature,
    plan::{Goal, MeasurementPlan},
    progress::Progress,
    reserved::{COMMITTED, REALISED, below, line},
    usage::FeatureDay,
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One value line: what was promised and what came, in major units of the upsell's currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ValueLine {
    pub line: String,
    pub committed: f64,
    /// Measured, stated and modelled together.
    pub realised: f64,
}

/// The committed value lines, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Realisation {
    pub lines: Vec<ValueLine>,
    /// Whether any realised value came by then, on whatever line.
    is_told: bool,
}

/// Committed lines and what was realised on each from day 0 to `on`; commitments count from whenever they were made.
pub fn realisation(days: &[FeatureDay], day_zero: NaiveDate, on: NaiveDate) -> Realisation {
    let known = || days.iter().filter(|row| row.day <= on);
    let mut lines: BTreeMap<&str, ValueLine> = BTreeMap::new();
    for row in known() {
        let Some(name) = below(&row.feature, COMMITTED).filter(|name| !name.is_empty()) else { continue };
        let line = || ValueLine { line: name.to_owned(), committed: 0.0, realised: 0.0 };
        lines.entry(name).or_insert_with(line).committed += row.sum;
    }
    let mut is_told = false;
    for row in known().filter(|row| row.day >= day_zero) {
        let Some(name) = realised_line(&row.feature) else { continue };
        is_told = true;
        if let Some(line) = lines.get_mut(name) {
            line.realised += row.sum;
        }
    }
    Realisation { lines: lines.into_values().collect(), is_told }
}

fn realised_line(feature: &Feature) -> Option<&str> {
    REALISED.iter().find_map(|kind| line(feature, kind))
}

impl Realisation {
    /// `Σ min(realised, committed) / Σ committed` in percent (`methods.md` 2, every line weighing the same): no line
    /// makes up for another. `None` without a commitment, or until any value was told.
    pub fn percent(&self) -> Option<f64> {
        let committed: f64 = self.lines.iter().map(|line| line.committed).sum();
        let realised: f64 = self.lines.iter().map(|line| line.realised.clamp(0.0, line.committed)).sum();
        (self.is_told && committed > 0.0).then(|| 100.0 * realised / committed)
    }

    /// Why there is no percentage.
    pub fn why_unknown(&self) -> &'static str {
        match (self.lines.is_empty(), self.is_told) {
            (true, _) => "no value was committed: send value.committed.<line>",
            (false, false) => "no realised value was sent yet",
            (false, true) => "what was committed adds up to nothing",
        }
    }
}

/// The specification's form: goals achieved ÷ goals due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct GoalsDue {
    /// As said at a review, else as the metric that shows it stands.
    pub achieved: usize,
    /// Goals are due on the plan's last day; 0 before.
    pub due: usize,
    pub goals: usize,
    pub due_day: u16,
}

impl GoalsDue {
    pub fn of(plan: &MeasurementPlan, progress: &Progress) -> Self {
        let is_achieved = |goal: &&Goal| goal.achieved.or_else(|| attained(goal, progress)) == Some(true);
        let (goals, due_day) = (plan.goals.len(), plan.horizon());
        Self {
            achieved: plan.goals.iter().filter(is_achieved).count(),
            due: if progress.day >= i32::from(due_day) { goals } else { 0 },
            goals,
            due_day,
        }
    }
}

/// A goal shown by a metric is achieved when that metric is attained.
fn attained(goal: &Goal, progress: &Progress) -> Option<bool> {
    let metric =
        progress.metrics_progress.iter().find(|metric| Some(&metric.metric) == goal.metric.as_ref())?;
    metric.attainment.map(|attainment| attainment >= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
    }

    fn event(feature: &str, day: i64, amount: f64) -> FeatureDay {
        FeatureDay {
            feature: feature.into(),
            day: start() + TimeDelta::days(day),
            events: 1,
            sum: amount,
            latest: amount,
            latest_at: DateTime::UNIX_EPOCH,
        }
    }

    fn percent(days: &[FeatureDay], on: i64) -> Option<f64> {
        realisation(days, start(), start() + TimeDelta::days(on)).percent()
    }

    #[test]
    fn no_line_makes_up_for_another() {
        let days = [
            event("value.committed.hours", -9, 60.0),
            event("value.committed.errors", 0, 40.0),
            event("value.stated.hours", 8, 50.0),
            event("value.measured.hours", 9, 40.0),
            event("value.modelled.errors", 9, 10.0),
            event("value.measured", 9, 500.0),
            event("value.measured.other", 9, 500.0),
        ];
        // Hours 90 of 60 counts 60, errors 10 of 40; what no promise names counts for none.
        assert_eq!(percent(&days, 9), Some(70.0));
        assert_eq!(percent(&days, 8), Some(50.0));
    }

    #[test]
    fn what_was_not_told_is_unknown_and_not_nothing() {
        let committed = event("value.committed.hours", 0, 60.0);
        assert_eq!(percent(std::slice::from_ref(&committed), 9), None);
        assert_eq!(percent(&[event("value.measured.hours", 1, 60.0)], 9), None);
        assert_eq!(percent(&[committed, event("value.stated", 1, 5.0)], 9), Some(0.0));
    }
}
