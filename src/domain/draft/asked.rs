//! A metric as somebody asks for it when a plan is made.

use crate::{
    error::FieldFault,
    id::{Feature, MetricKey},
    metric::{
        Authority, Collection, Direction, Measure, Measurement, Metric, MetricType, Selector, TargetOffer,
    },
    money::{Currency, too_fine},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Days an asked automatic metric looks back.
const WINDOW_DAYS: u16 = 28;
/// Targets beyond this are typing errors.
const LARGEST: f64 = 1e12;

/// A new metric, or another target for one the template has (same `name` or key).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct AskedMetric {
    #[schemars(length(max = 200))]
    pub name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<MetricType>,
    pub target: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// Usage features that feed an automatic metric.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<AskedHow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// The customer committed to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub committed: bool,
}

/// The plain measures; the others come with templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AskedHow {
    Count,
    DistinctUsers,
    DistinctUsersPerSeat,
    Sum,
    Mean,
    Latest,
}

impl From<AskedHow> for Measure {
    fn from(how: AskedHow) -> Self {
        match how {
            AskedHow::Count => Self::Count,
            AskedHow::DistinctUsers => Self::DistinctUsers,
            AskedHow::DistinctUsersPerSeat => Self::DistinctUsersPerSeat,
            AskedHow::Sum => Self::Sum,
            AskedHow::Mean => Self::Mean,
            AskedHow::Latest => Self::Latest,
        }
    }
}

impl AskedMetric {
    /// `seats_in_use` of `Seats in use`.
    pub fn key(&self) -> MetricKey {
        let letters = self.name.to_lowercase();
        let words = letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        MetricKey(words.collect::<Vec<_>>().join("_"))
    }

    /// Does it speak of the metric with this key and name?
    pub fn means(&self, key: &MetricKey, name: &str) -> bool {
        self.key() == *key || self.name.to_lowercase() == name.to_lowercase()
    }

    pub fn offer(&self, by: &str) -> TargetOffer {
        let (authority, because) = if self.committed {
            (Authority::CustomerCommitment, format!("the customer committed to it, says {by}"))
        } else {
            (Authority::CsmOverride, format!("set by {by} when the plan was made"))
        };
        TargetOffer { authority, target: self.target, because }
    }

    /// What the new metric collects, or every fault of how it is asked.
    pub fn collection(&self, index: usize, has_seats: bool) -> Result<Collection, Vec<FieldFault>> {
        let missing = |field: &str, wanted: &str| FieldFault {
            field: format!("metrics[{index}].{field}"),
            received: "nothing".to_owned(),
            wanted: wanted.to_owned(),
        };
        let mut faults = Vec::new();
        if self.kind.is_none() {
            faults.push(missing(
                "type",
                "usage, adoption, roi or satisfaction: the template has no such metric",
            ));
        }
        if self.unit.is_none() {
            faults.push(missing("unit", "%, users, calls, points or the like"));
        }
        let is_automatic =
            self.measurement.map_or(!self.features.is_empty(), |m| m == Measurement::Automatic);
        if is_automatic && self.features.is_empty() {
            faults.push(missing("features", "the usage features that feed it, or measurement manual"));
        }
        if self.how == Some(AskedHow::DistinctUsersPerSeat) && !has_seats {
            faults.push(missing("how", "another measure, or send seats too"));
        }
        if self.measurement == Some(Measurement::Manual) && !self.features.is_empty() {
            faults.push(FieldFault {
                field: format!("metrics[{index}].features"),
                received: "features of a manual metric".to_owned(),
                wanted: "no features, or measurement automatic".to_owned(),
            });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if !is_automatic {
            return Ok(Collection::Manual);
        }
        let measure = self.how.map_or(Measure::Count, Measure::from);
        Ok(Collection::Automatic(Selector {
            features: self.features.clone(),
            measure,
            window_days: Some(WINDOW_DAYS),
        }))
    }

    /// Faults that hold for any asked metric.
    pub fn faults(&self, index: usize) -> Option<FieldFault> {
        let fault = |field: &str, received: String, wanted: &str| FieldFault {
            field: format!("metrics[{index}].{field}"),
            received,
            wanted: wanted.to_owned(),
        };
        if self.key().0.is_empty() {
            return Some(fault("name", format!("{:?}", self.name), "a name with letters or digits"));
        }
        let numbers = [("target", Some(self.target)), ("baseline", self.baseline)];
        let wild = numbers.into_iter().find_map(|(field, number)| {
            number.filter(|number| number.is_nan() || number.abs() > LARGEST).map(|number| (field, number))
        });
        if let Some((field, number)) = wild {
            return Some(fault(field, number.to_string(), "a number between −1e12 and 1e12"));
        }
        let currency = Currency::current(self.unit.as_deref()?)?;
        numbers.into_iter().find_map(|(field, number)| {
            let wanted = too_fine(number?, currency)?;
            Some(fault(field, number?.to_string(), &wanted))
        })
    }

    /// Falling when the target lies below the stated baseline.
    pub fn direction(&self) -> Direction {
        match self.baseline {
            Some(baseline) if self.target < baseline => Direction::Falling,
            _ => Direction::Rising,
        }
    }

    /// Where what is asked contradicts the metric that stands.
    pub fn contradictions(&self, index: usize, standing: &Metric) -> Vec<FieldFault> {
        let fault = |field: &str, received: String, wanted: String| FieldFault {
            field: format!("metrics[{index}].{field}"),
            received,
            wanted: format!("{wanted}, as “{}” has it, or another name", standing.name),
        };
        let unit = self.unit.as_ref().filter(|unit| **unit != standing.unit);
        let unit = unit.map(|unit| fault("unit", unit.clone(), standing.unit.clone()));
        let kind = self.kind.filter(|kind| *kind != standing.kind);
        let kind = kind.map(|kind| fault("type", format!("{kind:?}"), format!("{:?}", standing.kind)));
        let is_automatic = standing.selector().is_some();
        let measurement = self.measurement.filter(|m| (*m == Measurement::Automatic) != is_automatic);
        let measurement = measurement.map(|m| {
            let wanted = if is_automatic { "Automatic" } else { "Manual" };
            fault("measurement", format!("{m:?}"), wanted.to_owned())
        });
        let features = (!self.features.is_empty() || self.how.is_some())
            .then(|| fault("features", "a selector".to_owned(), "none".to_owned()));
        [unit, kind, measurement, features].into_iter().flatten().collect()
    }
}
