//! The value before the upsell, against which progress is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a baseline can be trusted (`methods.md` 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum BaselineQuality {
    /// At least four usable weeks.
    Good,
    /// Fewer than four usable weeks.
    Low,
}

/// Value before the upsell, in the metric's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "basis", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Baseline {
    /// Measured over `weeks` whole weeks that ended 14 days before the close.
    Measured { value: f64, weeks: u8, quality: BaselineQuality },
    /// The product is new to the account, so before it there was nothing: 0 by definition.
    NewProduct,
    /// Said by a person.
    Stated { value: f64, by: String },
    /// Not known. Pace and attainment are then not told.
    Absent { why: String },
}

impl Baseline {
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Measured { value, .. } | Self::Stated { value, .. } => Some(*value),
            Self::NewProduct => Some(0.0),
            Self::Absent { .. } => None,
        }
    }
}
