//! One value of a metric for a day, from a source, with both clocks.

use crate::{
    id::{MetricKey, ObservationId, PlanId},
    metric::Metric,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value that was true on `valid_on` (customer's civil day) and that we learned at `recorded_at`.
/// Never changed: a later one for the same day and source restates it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    pub id: ObservationId,
    pub plan: PlanId,
    pub metric: MetricKey,
    pub value: f64,
    pub valid_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    /// `usage` for rolled-up events; else who read it, such as `crm` or `survey`.
    pub source: String,
    pub quality: Quality,
    /// Why a person typed it, where one said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl Observation {
    /// A person typed it over what is measured from usage.
    pub fn is_typed_over(&self, metric: &Metric) -> bool {
        self.quality == Quality::Stated && metric.selector().is_some()
    }

    /// The same with an id that sorts after every standing one of its metric, day and moment: of two values recorded
    /// in the same millisecond the one said last counts, as [`known`] reads them.
    #[must_use]
    pub fn after(self, standing: &[Self]) -> Self {
        let moment = self.recorded_at.timestamp_millis();
        let beside = standing.iter().filter(|other| {
            other.recorded_at.timestamp_millis() == moment
                && other.valid_on == self.valid_on
                && other.metric == self.metric
        });
        let id = beside.map(|other| other.id.successor()).fold(self.id, Ord::max);
        Self { id, ..self }
    }
}

/// How complete the day was when the value was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Quality {
    /// The civil day was over.
    Final,
    /// Taken during the day.
    Partial,
    /// Read by a person.
    #[serde(rename = "manual", alias = "stated")]
    Stated,
}

/// Source name of observations rolled up from usage events.
pub const USAGE: &str = "usage";

/// The values known at `as_of`, one per day: the latest recorded of each day, ordered by day.
pub fn known<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
    metric: &MetricKey,
    as_of: DateTime<Utc>,
) -> Vec<&'a Observation> {
    let mut latest: std::collections::BTreeMap<NaiveDate, &Observation> = std::collections::BTreeMap::new();
    for observation in observations.into_iter().filter(|o| &o.metric == metric && o.recorded_at <= as_of) {
        let entry = latest.entry(observation.valid_on).or_insert(observation);
        if (observation.recorded_at, observation.id) >= (entry.recorded_at, entry.id) {
            *entry = observation;
        }
    }
    latest.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn of_one_moment_the_last_said_counts_whatever_the_ids() {
        let (plan, metric) = (example::plan(), example::metric().key);
        let said = |bits: u64, value: f64| Observation {
            id: ObservationId::from_bits(bits),
            ..example::observation(&plan, 3, value)
        };
        let mut standing = vec![said(900, 1.0)];
        for (bits, value) in [(7, 2.0), (950, 3.0), (1, 4.0)] {
            let next = said(bits, value).after(&standing);
            standing.push(next);
            let known = known(&standing, &metric, standing[0].recorded_at);
            assert_eq!(known.iter().map(|one| one.value).collect::<Vec<_>>(), [value]);
        }
        let other_day = Observation { valid_on: plan.date_of(4), ..said(7, 5.0) };
        assert_eq!(other_day.clone().after(&standing), other_day);
    }
}
