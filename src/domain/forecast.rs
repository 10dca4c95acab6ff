//! Where a metric will be at a later day, how sure that is, and by which method.

use crate::id::PlanId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rung of the fallback ladder (`methods.md` 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Rung {
    /// a: at least eight comparable past upsells.
    CohortAnalogs,
    /// b: three to seven, shrunk toward the own trend.
    ShrunkBlend,
    /// c: the account's own damped trend.
    OwnTrend,
    /// d: the plan's curve from where the metric stands.
    TemplateCurve,
}

/// A range in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Band {
    pub low: f64,
    pub high: f64,
}

/// A forecast that says on what it stands, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Forecast {
    Known {
        rung: Rung,
        /// The method in words.
        method: String,
        /// Day forecast, counted from day 0.
        at_day: u16,
        /// Median expectation, in the metric's unit.
        point: f64,
        /// 80 % band; absent on rungs without a measured spread.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        band: Option<Band>,
        /// Whether the band was corrected on enough held-back upsells.
        calibrated: bool,
        /// Probability of reaching the target by then, 0..=1; absent where it cannot be told.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        probability: Option<f64>,
        /// Comparable past upsells.
        n: usize,
        /// The nearest of them, that it was read from.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        past: Vec<PlanId>,
    },
    /// Rung e: nothing to forecast from.
    Unknown { why: String },
}

impl Forecast {
    pub const fn probability(&self) -> Option<f64> {
        match self {
            Self::Known { probability, .. } => *probability,
            Self::Unknown { .. } => None,
        }
    }
    pub const fn point(&self) -> Option<f64> {
        match self {
            Self::Known { point, .. } => Some(*point),
            Self::Unknown { .. } => None,
        }
    }
}
