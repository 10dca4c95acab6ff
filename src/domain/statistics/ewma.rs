//! Slow drift seen early: an exponentially weighted mean of residuals against its limits (Roberts 1959).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moments::all_finite;

/// How fast the chart forgets (`weight` of the newest residual) and how wide its limits are, in deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EwmaChart {
    pub weight: f64,
    pub limit: f64,
}

impl EwmaChart {
    /// Weight 0.2 and limit 2.7 deviations.
    pub const USUAL: Self = Self { weight: 0.2, limit: 2.7 };

    /// One point per residual. Residuals are value minus expected, in the metric's unit; `deviation` is their
    /// standard deviation when nothing is wrong. `None` when `deviation` is not positive, the weight is not in
    /// (0, 1], or a number is not finite.
    pub fn points(&self, residuals: &[f64], deviation: f64) -> Option<Vec<EwmaPoint>> {
        let chart_fits = self.weight > 0.0 && self.weight <= 1.0 && self.limit.is_finite();
        if !chart_fits || !all_finite(residuals) || !deviation.is_finite() || deviation <= 0.0 {
            return None;
        }
        let mut mean = 0.0;
        let mut forgotten = 1.0;
        let points = residuals.iter().map(|residual| {
            mean += self.weight * (residual - mean);
            forgotten *= (1.0 - self.weight).powi(2);
            let spread = (self.weight / (2.0 - self.weight) * (1.0 - forgotten)).sqrt();
            EwmaPoint { mean, limit: self.limit * deviation * spread }
        });
        Some(points.collect())
    }
}

/// The weighted mean so far and how far from zero it may be, both in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EwmaPoint {
    pub mean: f64,
    pub limit: f64,
}

impl EwmaPoint {
    /// Whether the mean has left its limits, on either side.
    pub fn is_drifting(&self) -> bool {
        self.mean.abs() > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_limits_widen_to_their_asymptote() {
        let points = EwmaChart::USUAL.points(&[0.0; 60], 2.0).unwrap();
        assert_close(points[0].limit, 2.7 * 2.0 * 0.2, 1e-12);
        assert_close(points[59].limit, 2.7 * 2.0 / 3.0, 1e-9);
    }

    #[test]
    fn a_small_steady_shift_is_found() {
        let quiet = EwmaChart::USUAL.points(&[0.5, -0.5, 0.4, -0.6, 0.1, 0.2], 1.0).unwrap();
        assert!(!quiet.iter().any(EwmaPoint::is_drifting));
        let shifted = EwmaChart::USUAL.points(&[-1.2; 10], 1.0).unwrap();
        assert_eq!(shifted.iter().position(EwmaPoint::is_drifting), Some(5));
    }

    #[test]
    fn without_a_deviation_there_is_no_chart() {
        assert_eq!(EwmaChart::USUAL.points(&[1.0], 0.0), None);
        assert_eq!(EwmaChart { weight: 0.0, limit: 3.0 }.points(&[1.0], 1.0), None);
    }
}
