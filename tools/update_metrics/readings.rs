//! Readings taken by hand: which are new, which restate, which are wrong.

use super::{Reading, ReadingChange, UpdateMetrics};
use crate::stated;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    error::FieldFault,
    headline::amount,
    id::ObservationId,
    metric::Metric,
    observation::{Observation, Quality, USAGE},
    plan::MeasurementPlan,
    text::Name,
};

/// How long before day 0 a reading may lie.
const BEFORE: TimeDelta = TimeDelta::days(365);
const MANUAL: &str = "manual";

/// A reading to record.
pub struct Taken {
    pub observation: Observation,
    name: Name,
    unit: String,
    restates: Option<f64>,
    is_typed_over: bool,
}

impl Taken {
    pub fn line(&self) -> String {
        let Observation { value, valid_on, source, .. } = &self.observation;
        let before =
            self.restates.map_or(String::new(), |before| format!(", was {}", amount(before, &self.unit)));
        let typed =
            if self.is_typed_over { "; manual, over what usage measures: no evidence by itself" } else { "" };
        format!(
            "{}: {} on {valid_on} by {}{before}{typed}",
            self.name,
            amount(*value, &self.unit),
            Name::from(source.as_str())
        )
    }

    pub fn into_change(self) -> ReadingChange {
        ReadingChange {
            observation: self.observation.id,
            metric: self.observation.metric.0,
            value: self.observation.value,
            date: self.observation.valid_on,
            source: self.observation.source,
            manual: self.is_typed_over,
            restates: self.restates,
        }
    }
}

/// Readings that say something new, and every fault.
pub fn read(
    request: &UpdateMetrics,
    plan: &MeasurementPlan,
    known: &[Observation],
    new_id: impl Fn() -> ObservationId,
    now: DateTime<Utc>,
) -> (Vec<Taken>, Vec<FieldFault>) {
    let (mut taken, mut faults): (Vec<Taken>, Vec<FieldFault>) = (Vec::new(), Vec::new());
    for (index, reading) in request.add_readings.iter().enumerate() {
        let reason = reading.reason.as_ref().or(request.reason.as_ref());
        match observation(index, reading, reason, plan, new_id(), now) {
            Err(found) => faults.extend(found),
            Ok((observation, metric)) => {
                if let Some(twin) =
                    taken.iter().find(|earlier| is_same_slot(&earlier.observation, &observation))
                {
                    faults.extend(contradiction(index, &twin.observation, &observation));
                    continue;
                }
                let standing = latest(known, &observation).map(|standing| standing.value);
                if standing == Some(observation.value) {
                    continue;
                }
                let is_typed_over = observation.is_typed_over(metric);
                let unexplained = observation.reason.is_none();
                if let Some(standing) = standing.filter(|_| unexplained) {
                    faults.push(needs_reason(index, standing, &observation, metric));
                } else if is_typed_over && unexplained {
                    faults.push(typed_without_reason(index, metric));
                }
                let (name, unit) = (metric.name.clone(), metric.unit.clone());
                let observation = observation.after(known);
                taken.push(Taken { observation, name, unit, restates: standing, is_typed_over });
            }
        }
    }
    (taken, faults)
}

fn observation<'a>(
    index: usize,
    reading: &Reading,
    reason: Option<&String>,
    plan: &'a MeasurementPlan,
    id: ObservationId,
    now: DateTime<Utc>,
) -> Result<(Observation, &'a Metric), Vec<FieldFault>> {
    let fault = |field: &str, received: String, wanted: String| {
        FieldFault::new(format!("addReadings[{index}].{field}"), received, wanted)
    };
    let mut faults = Vec::new();
    let metric = stated::metric_named(plan, &reading.metric);
    if metric.is_none() {
        faults.push(fault("metric", format!("{:?}", reading.metric), stated::known_metrics(plan)));
    }
    if let Some(range) = metric.map(Metric::range).filter(|range| !range.contains(reading.value)) {
        faults.push(fault("value", reading.value.to_string(), range.to_string()));
    }
    let unit = metric.map_or("", |metric| metric.unit.as_str());
    faults.extend(stated::money(format!("addReadings[{index}].value"), reading.value, unit));
    let today = now.with_timezone(&plan.zone).date_naive();
    let date = reading.date.unwrap_or(today);
    let days = earliest(plan)..=today;
    if !days.contains(&date) {
        let wanted = format!("a day from {} to {today}, today for the customer", days.start());
        faults.push(fault("date", date.to_string(), wanted));
    }
    let source = reading.source.as_deref().unwrap_or(MANUAL).trim().to_lowercase();
    if source.is_empty() || source.len() > 60 || source == USAGE || source.contains('\0') {
        let wanted = "a word for where it was read, such as crm or survey; `usage` is ours".to_owned();
        faults.push(fault("source", format!("{source:?}"), wanted));
    }
    let wanted = "why it is typed by hand, in a sentence";
    faults.extend(stated::blank(format!("addReadings[{index}].reason"), reading.reason.as_deref(), wanted));
    match metric {
        Some(metric) if faults.is_empty() => {
            let (value, key) = (reading.value, metric.key.clone());
            let quality = Quality::Stated;
            let observation = Observation {
                id,
                plan: plan.id,
                metric: key,
                value,
                valid_on: date,
                recorded_at: now,
                source,
                quality,
                reason: reason.cloned(),
            };
            Ok((observation, metric))
        }
        _ => Err(faults),
    }
}

fn earliest(plan: &MeasurementPlan) -> NaiveDate {
    plan.tracking_start.checked_sub_signed(BEFORE).unwrap_or(plan.tracking_start)
}

/// Same metric, day and source: the natural key of a reading.
fn is_same_slot(one: &Observation, other: &Observation) -> bool {
    one.metric == other.metric && one.valid_on == other.valid_on && one.source == other.source
}

fn latest<'a>(known: &'a [Observation], new: &Observation) -> Option<&'a Observation> {
    let same = known.iter().filter(|standing| is_same_slot(standing, new));
    same.max_by_key(|standing| (standing.recorded_at, standing.id))
}

fn contradiction(index: usize, twin: &Observation, new: &Observation) -> Option<FieldFault> {
    (twin.value != new.value).then(|| {
        let wanted = format!(
            "one value for {} on {} by {}, not also {}",
            new.metric, new.valid_on, new.source, twin.value
        );
        FieldFault::new(format!("addReadings[{index}].value"), new.value.to_string(), wanted)
    })
}

fn typed_without_reason(index: usize, metric: &Metric) -> FieldFault {
    let wanted = format!(
        "why it is typed by hand: usage measures {}, so the reading is marked manual and is no evidence by itself",
        metric.name
    );
    FieldFault::new(format!("addReadings[{index}].reason"), "nothing", wanted)
}

fn needs_reason(index: usize, standing: f64, new: &Observation, metric: &Metric) -> FieldFault {
    let wanted = format!(
        "a `reason` to restate it: {} stands at {} for {} by {}",
        metric.name,
        amount(standing, &metric.unit),
        new.valid_on,
        new.source
    );
    FieldFault::new(format!("addReadings[{index}].value"), new.value.to_string(), wanted)
}
