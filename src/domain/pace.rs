//! Where a metric should be by now, on its way from baseline to target.

use crate::{
    metric::Metric,
    statistics::curves::{gompertz_share, linear_share, logistic_share, usual_logistic_share},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shape of the expected way (`methods.md` 4). Shares run from 0 at day 0 to 1 at the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(inline)]
pub enum Curve {
    #[default]
    Linear,
    /// Slow, fast, slow: middle at half the horizon and steepness 8/horizon unless said.
    Logistic {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        middle: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steepness: Option<f64>,
    },
    /// Early slow: `exp(−a·e^{−c·d})`, normalised.
    Gompertz { a: f64, c: f64 },
    /// All at once: the whole way is expected from this day on (a survey, a go-live).
    Step { day: u16 },
}

impl Curve {
    /// Share of the way expected at `day` of `horizon` days, within 0 to 1; flat after the horizon. A shape whose
    /// numbers make no curve counts as the straight line.
    pub fn share(&self, day: f64, horizon: f64) -> f64 {
        let shaped = match *self {
            Self::Linear => None,
            Self::Logistic { middle: None, steepness: None } => usual_logistic_share(day, horizon),
            Self::Logistic { middle, steepness } => logistic_share(
                day,
                horizon,
                steepness.unwrap_or(8.0 / horizon),
                middle.unwrap_or(horizon / 2.0),
            ),
            Self::Gompertz { a, c } => gompertz_share(day, horizon, a, c),
            Self::Step { day: step } => Some(f64::from(u8::from(day >= f64::from(step)))),
        };
        shaped.or_else(|| linear_share(day, horizon)).unwrap_or(0.0).clamp(0.0, 1.0)
    }
}

/// Value the metric should have at `day`, in its unit; `None` without a baseline.
pub fn expected(metric: &Metric, day: f64, horizon: f64) -> Option<f64> {
    metric.value_at(metric.curve.share(day, horizon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_curve_starts_at_the_baseline_and_ends_at_the_target() {
        let curves = [
            Curve::Linear,
            Curve::Logistic { middle: None, steepness: None },
            Curve::Gompertz { a: 5.0, c: 0.06 },
            Curve::Step { day: 60 },
        ];
        for curve in curves {
            assert_eq!(curve.share(0.0, 90.0), 0.0, "{curve:?}");
            assert_eq!(curve.share(90.0, 90.0), 1.0, "{curve:?}");
            assert_eq!(curve.share(400.0, 90.0), 1.0, "{curve:?}");
        }
        assert_eq!(Curve::Logistic { middle: None, steepness: None }.share(45.0, 90.0), 0.5);
    }
}
