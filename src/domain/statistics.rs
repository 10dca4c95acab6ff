//! The statistics of the measurement engine: slices in, values out.
//!
//! Every function is pure and adds in slice order, so a replay gives the same bytes. What cannot be computed
//! is `None` or a variant that says why; NaN and infinity never come out. Confidence levels are shares (0.95).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod analog;
pub mod bootstrap;
pub mod calibration;
pub mod change_point;
pub mod conformal;
pub mod contingency;
pub mod correlation;
pub mod curves;
pub mod cusum;
pub mod did;
pub mod ewma;
pub mod fdr;
pub mod growth;
pub mod isotonic;
pub(crate) mod linear_system;
pub mod logistic_regression;
pub mod matching;
pub mod moments;
pub(crate) mod newton;
pub mod normal;
pub mod nps;
pub mod power;
pub mod quantile;
pub(crate) mod ranks;
pub mod retention;
pub mod shrinkage;
pub(crate) mod simplex;
pub mod student;
pub mod theil_sen;
pub mod wilson;
pub mod youden;

#[cfg(test)]
mod simulations;

/// A range from `low` to `high`, both included, in the unit of the figure it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// The interval `centre ± half_width`.
    pub fn around(centre: f64, half_width: f64) -> Self {
        Self { low: centre - half_width, high: centre + half_width }
    }

    /// Whether `value` lies inside, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The same interval with both ends passed through a rising function.
    #[must_use]
    pub fn map(self, rising: impl Fn(f64) -> f64) -> Self {
        Self { low: rising(self.low), high: rising(self.high) }
    }
}

/// Asserts that two figures agree within a relative tolerance (absolute below one).
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    let allowed = tolerance * expected.abs().max(1.0);
    assert!((actual - expected).abs() <= allowed, "{actual} is not {expected} within {allowed}");
}
