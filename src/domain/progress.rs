//! Observations against pace, now: what every face and page tells of an upsell.

use crate::{
    amount::finite,
    forecast::{Band, Forecast},
    headline::capital,
    id::{EvaluationId, MetricKey, ObservationId, PlanId, UpsellId},
    metric::MetricType,
    milestone::MilestoneState,
    status::{DataState, Status},
    text::Name,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The specification's `progress`, explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// `null` until there is data to judge by; see `dataState`.
    pub current_status: Option<Status>,
    /// Civil day the status began.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status_since: Option<NaiveDate>,
    pub data_state: DataState,
    /// Share of the metrics' weight that has data, 0..=1.
    pub coverage: f64,
    /// Days since day 0, in the customer's zone.
    pub day: i32,
    /// Gap to expected in points, weighted over the metrics with data; the reasons add up to it.
    pub gap_points: Option<f64>,
    /// Weighted attainment, each capped to 0..=1.
    pub attainment: Option<f64>,
    /// Milestones reached, by weight, 0..=1.
    pub milestones_done: Option<f64>,
    /// Civil day the expansion was cancelled or cut.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_on: Option<NaiveDate>,
    pub metrics_progress: Vec<MetricProgress>,
    /// Ranked; the points of all add up to `gapPoints`.
    pub reasons: Vec<Reason>,
    /// Differences to the evaluation before.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changed: Vec<String>,
    /// A status kept from before because too little is known now.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_last_known: bool,
    /// What a CSM would say aloud.
    pub headline: String,
    pub policy: String,
    pub last_updated: DateTime<Utc>,
}

impl Progress {
    /// The band of similar upsells round expected, in points as [`Self::gap_points`] has them; `None` unless every
    /// metric with a gap has one.
    pub fn gap_band(&self) -> Option<Band> {
        let known = || self.metrics_progress.iter().filter(|metric| metric.gap_points.is_some());
        let weight: f64 = known().map(|metric| metric.weight).sum();
        let edges: Option<Vec<(f64, Band)>> =
            known().map(|metric| Some((metric.weight, metric.gap_band()?))).collect();
        let edges = edges.filter(|edges| !edges.is_empty())?;
        let mean = |edge: fn(&Band) -> f64| {
            edges.iter().map(|(weight, band)| weight * edge(band)).sum::<f64>() / weight
        };
        Some(Band { low: mean(|band| band.low), high: mean(|band| band.high) })
    }
}

impl MetricProgress {
    /// How far the edges of the band are from expected, in points; below is negative.
    fn gap_band(&self) -> Option<Band> {
        let (expected, band) = (self.expected?, self.expected_band?);
        let way = self.target - self.baseline.unwrap_or(0.0);
        let points = |value: f64| {
            let usual = (value - expected) / self.weekday_factor.unwrap_or(1.0);
            let gap = usual * if way < 0.0 { -1.0 } else { 1.0 };
            if self.unit == "%" || way == 0.0 { gap } else { 100.0 * gap / way.abs() }
        };
        let (a, b) = (points(band.low), points(band.high));
        Some(Band { low: a.min(b), high: a.max(b) })
    }
}

impl Progress {
    /// As it was last assessed before the outcome was documented (`ended`: how and when): nothing is foreseen any more, and
    /// nothing would change a status.
    #[must_use]
    pub fn concluded(self, ended: &str) -> Self {
        let metrics = self.metrics_progress.into_iter().map(|metric| MetricProgress {
            flip: None,
            candidate: None,
            reads: None,
            forecast: Forecast::Unknown { why: "the outcome is documented".to_owned() },
            ..metric
        });
        Self {
            metrics_progress: metrics.collect(),
            changed: Vec::new(),
            headline: format!("{}. Last assessed: {}", capital(ended), self.headline),
            ..self
        }
    }
}

impl MetricProgress {
    /// The same without any number that is none: what cannot be computed is unknown, not a `NaN` that becomes a word in
    /// a sentence and a hole in JSON.
    #[must_use]
    pub(crate) fn finite(self) -> Self {
        Self {
            baseline: self.baseline.and_then(finite),
            current: self.current.and_then(finite),
            expected: self.expected.and_then(finite),
            expected_band: self.expected_band.and_then(Band::finite),
            weekday_factor: self.weekday_factor.and_then(finite),
            attainment: self.attainment.and_then(finite),
            gap_points: self.gap_points.and_then(finite),
            flip: self.flip.filter(|flip| flip.at.is_finite()),
            forecast: self.forecast.finite(),
            ..self
        }
    }
}

/// One metric against its pace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricProgress {
    pub metric: MetricKey,
    pub name: Name,
    #[serde(rename = "type")]
    pub kind: MetricType,
    pub unit: String,
    pub critical: bool,
    pub weight: f64,
    pub baseline: Option<f64>,
    pub target: f64,
    pub current: Option<f64>,
    /// Civil day of `current`.
    pub current_on: Option<NaiveDate>,
    /// The observation `current` is.
    pub observation: Option<ObservationId>,
    /// `current` was typed by hand over what usage measures: no evidence by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub manual: bool,
    /// Where it should be today, and the band of similar upsells where one is known.
    pub expected: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected_band: Option<Band>,
    /// What is usual on the weekday of `current` ÷ a usual day, when values cover less than a week: expected, band and
    /// flip are told for that weekday, gap and attainment are freed of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weekday_factor: Option<f64>,
    /// `(current − baseline)/(target − baseline)`, uncapped.
    pub attainment: Option<f64>,
    /// Current − expected: percentage points for a `%` metric, else points of the way from baseline to target.
    pub gap_points: Option<f64>,
    pub status: Option<Status>,
    /// What the latest value alone says, while the status is held until that is confirmed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reads: Option<Status>,
    /// The rule that gave the status, in words.
    pub rule: String,
    /// What would make it better, or worse when it is well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flip: Option<Flip>,
    /// A status waiting for confirmation, and on how many scheduled evaluations in a row it was seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub candidate: Option<Candidate>,
    pub data_state: DataState,
    pub forecast: Forecast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Candidate {
    pub status: Status,
    pub readings: u32,
    /// Day of the latest reading that counted.
    pub counted_on: NaiveDate,
}

/// What would change the status of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Flip {
    pub to: Status,
    /// Value from which it would, in the metric's unit.
    pub at: f64,
}

/// One contributor to the gap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<MetricKey>,
    /// Points of the plan's gap this explains; all reasons add up to it.
    pub points: f64,
    pub evidence_ids: Vec<ObservationId>,
}

/// A stored assessment: what was concluded, from what, under which policy. Recomputes byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    pub id: EvaluationId,
    pub plan: PlanId,
    pub plan_version: u32,
    pub upsell: UpsellId,
    pub at: DateTime<Utc>,
    /// [`crate::assess::METHOD`] when it was made; 0 from before it was counted.
    #[serde(default)]
    pub method: u32,
    pub previous: Option<EvaluationId>,
    /// Observations judged, in metric order.
    pub inputs: Vec<ObservationId>,
    /// Milestones ticked by hand, as they stood.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub ticked: BTreeMap<String, MilestoneState>,
    pub progress: Progress,
}
