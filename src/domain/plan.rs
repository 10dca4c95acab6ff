//! Metrics, thresholds, checkpoints and milestones of one upsell.

use crate::{
    Error, Result,
    checkpoint::{Checkpoint, CheckpointState, day_index, due},
    id::{CustomerId, MetricKey, PlanId, UpsellId},
    metric::Metric,
    milestone::Milestone,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The measurement plan of one upsell, at one version. Old versions are kept by the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeasurementPlan {
    pub id: PlanId,
    pub upsell: UpsellId,
    pub customer: CustomerId,
    /// 1 when made; each change makes the next.
    pub version: u32,
    /// Day 0, a civil day in `zone`.
    pub tracking_start: NaiveDate,
    #[schemars(with = "String")]
    pub zone: Tz,
    pub seats: Option<u32>,
    pub seats_before: Option<u32>,
    pub template: TemplateChoice,
    pub metrics: Vec<Metric>,
    pub milestones: Vec<Milestone>,
    pub goals: Vec<Goal>,
    /// Benchmark values by metric key.
    pub benchmarks: BTreeMap<String, f64>,
    pub checkpoints: Vec<Checkpoint>,
    /// Who made this version: a caller's name, or `uptake` when drafted by itself.
    pub drafted_by: String,
    pub created_at: DateTime<Utc>,
}

/// Which template a plan came from, and why it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct TemplateChoice {
    pub id: String,
    pub version: u32,
    pub why: String,
}

/// A customer's goal in their words, and whether it was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Goal {
    pub text: String,
    /// The metric that shows it, if one does; then it is achieved when that metric is attained.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<MetricKey>,
    /// Said by a person at a review; `None` while nobody has said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub achieved: Option<bool>,
}

impl MeasurementPlan {
    /// Days from day 0 to the last checkpoint.
    pub fn horizon(&self) -> u16 {
        self.checkpoints.last().map_or(90, |checkpoint| checkpoint.day)
    }

    /// Civil day index at `now` in the customer's zone.
    pub fn day(&self, now: DateTime<Utc>) -> i32 {
        day_index(now, self.tracking_start, self.zone)
    }

    /// Day index of a civil day.
    pub fn day_of(&self, date: NaiveDate) -> i32 {
        (date - self.tracking_start).num_days() as i32
    }

    pub fn date_of(&self, day: i32) -> NaiveDate {
        self.tracking_start + chrono::TimeDelta::days(i64::from(day))
    }

    pub fn metric(&self, key: &MetricKey) -> Result<&Metric> {
        self.metrics.iter().find(|metric| &metric.key == key).ok_or_else(|| self.no_metric(key))
    }

    pub fn metric_mut(&mut self, key: &MetricKey) -> Result<&mut Metric> {
        let absent = self.no_metric(key);
        self.metrics.iter_mut().find(|metric| &metric.key == key).ok_or(absent)
    }

    fn no_metric(&self, key: &MetricKey) -> Error {
        let known: Vec<&str> = self.metrics.iter().map(|metric| metric.key.0.as_str()).collect();
        Error::not_found(format!("the plan has no metric `{key}`; it measures {}", known.join(", ")))
    }

    /// Place of a goal named by its text, ignoring case, or by its number from 1.
    pub fn goal(&self, name: &str) -> Option<usize> {
        let wanted = name.trim().to_lowercase();
        let by_text = self.goals.iter().position(|goal| goal.text.trim().to_lowercase() == wanted);
        let number = wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        by_text.or_else(|| number.filter(|place| *place < self.goals.len()))
    }

    /// Keeps what the customer said of a goal; a name that means no goal changes nothing.
    pub fn confirm_goal(&mut self, name: &str, achieved: bool) {
        if let Some(place) = self.goal(name) {
            self.goals[place].achieved = Some(achieved);
        }
    }

    /// The earliest checkpoint not yet closed.
    pub fn next_open(&self) -> Option<&Checkpoint> {
        self.checkpoints.iter().find(|checkpoint| checkpoint.is_open())
    }

    /// Closes the checkpoint of `day` as completed or skipped. Earlier ones must be closed first.
    pub fn close(&mut self, day: u16, state: CheckpointState) -> Result<&Checkpoint> {
        let checkpoint = self.next_to_close(day)?;
        checkpoint.state = state;
        Ok(checkpoint)
    }

    /// Moves the next open checkpoint to 09:00 of another civil day, after today and before the one that follows.
    pub fn reschedule(&mut self, day: u16, to: NaiveDate, now: DateTime<Utc>) -> Result<&Checkpoint> {
        let zone = self.zone;
        let today = now.with_timezone(&zone).date_naive();
        let follows = self.checkpoints.iter().find(|checkpoint| checkpoint.day > day);
        let before = follows.map(|checkpoint| checkpoint.scheduled_date.with_timezone(&zone).date_naive());
        if let Some((before, follows)) =
            before.zip(follows).filter(|(before, _)| today.succ_opt() >= Some(*before))
        {
            let has = if before > today { "is on" } else { "came on" };
            return Err(Error::invalid(format!(
                "rescheduleTo {to} does not work: no day is left for the checkpoint of day {day}, the {} that follows \
                 {has} {before}. Send decision=\"completed\" with what is known now, or decision=\"skipped\" with the \
                 reason; then the {} is next",
                follows.title(),
                follows.title()
            )));
        }
        if to <= today || before.is_some_and(|before| to >= before) {
            let until = before
                .map_or(String::new(), |before| format!(" and before {before}, the checkpoint that follows"));
            return Err(Error::invalid(format!(
                "rescheduleTo {to} does not work: send a day after {today}{until}"
            )));
        }
        let checkpoint = self.next_to_close(day)?;
        checkpoint.scheduled_date = due(to, 0, zone);
        checkpoint.state = CheckpointState::Pending { opened: None };
        Ok(checkpoint)
    }

    fn next_to_close(&mut self, day: u16) -> Result<&mut Checkpoint> {
        let days: Vec<String> = self.checkpoints.iter().map(|c| c.day.to_string()).collect();
        let next = self.checkpoints.iter_mut().find(|checkpoint| checkpoint.is_open());
        match next {
            None => Err(Error::conflict("every checkpoint of this plan is closed; document_outcome ends it")),
            Some(checkpoint) if checkpoint.day == day => Ok(checkpoint),
            Some(checkpoint) => Err(Error::conflict(format!(
                "checkpointDay {day} is not the next one to close: this plan has {}, and day {} comes next",
                days.join(", "),
                checkpoint.day
            ))),
        }
    }

    /// Total weight of the metrics.
    pub fn weight(&self) -> f64 {
        self.metrics.iter().map(|metric| metric.weight).sum()
    }
}
