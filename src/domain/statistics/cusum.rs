//! A small lasting shift, added up until it can no longer be chance (Page 1954, two-sided tabular form).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moments::all_finite;

/// How much of each residual is forgiven (`slack`) and when the sum raises an alarm (`alarm`), in deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CusumChart {
    pub slack: f64,
    pub alarm: f64,
}

/// The upward and downward sums so far, in deviations, both at least zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CusumPoint {
    pub up: f64,
    pub down: f64,
}

/// Which way the residuals have shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    Up,
    Down,
}

impl CusumChart {
    /// Slack ½ and alarm at 5 deviations: finds a shift of one deviation in about ten steps.
    pub const USUAL: Self = Self { slack: 0.5, alarm: 5.0 };

    /// One point per residual. Residuals are value minus expected; `deviation` is their standard deviation when
    /// nothing is wrong. `None` when `deviation` is not positive or a number is not finite.
    pub fn points(&self, residuals: &[f64], deviation: f64) -> Option<Vec<CusumPoint>> {
        if !all_finite(residuals) || !deviation.is_finite() || deviation <= 0.0 {
            return None;
        }
        let mut point = CusumPoint { up: 0.0, down: 0.0 };
        let points = residuals.iter().map(|residual| {
            let scaled = residual / deviation;
            point.up = (point.up + scaled - self.slack).max(0.0);
            point.down = (point.down - scaled - self.slack).max(0.0);
            point
        });
        Some(points.collect())
    }

    /// The first alarm, as (index of the residual, direction). `None` when there is none, or as for `points`.
    pub fn first_alarm(&self, residuals: &[f64], deviation: f64) -> Option<(usize, Shift)> {
        let points = self.points(residuals, deviation)?;
        points.iter().enumerate().find_map(|(index, point)| {
            let up = (point.up > self.alarm).then_some(Shift::Up);
            let down = (point.down > self.alarm).then_some(Shift::Down);
            up.or(down).map(|shift| (index, shift))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn a_shift_of_one_deviation_alarms_at_the_eleventh_step() {
        let mut residuals = vec![0.3, -0.2, 0.1];
        residuals.extend([-2.0; 11]);
        assert_eq!(CusumChart::USUAL.first_alarm(&residuals, 2.0), Some((13, Shift::Down)));
        assert_eq!(CusumChart::USUAL.first_alarm(&[3.0, 3.0, 3.0], 1.0), Some((2, Shift::Up)));
    }

    #[test]
    fn noise_around_zero_adds_up_to_nothing() {
        let points = CusumChart::USUAL.points(&[0.4, -0.4, 0.4, -0.4], 1.0).unwrap();
        assert_close(points[3].up + points[3].down, 0.0, 1e-12);
        assert_eq!(CusumChart::USUAL.points(&[1.0], -1.0), None);
    }
}
