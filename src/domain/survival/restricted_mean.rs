//! The mean time still going within a horizon: the area under the survival curve.

use super::kaplan_meier::SurvivalCurve;
use crate::statistics::Interval;
use crate::statistics::moments::finite;
use crate::statistics::normal::z_of_level;

/// Mean time within the horizon, in the unit of the times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestrictedMean {
    pub mean: f64,
    pub standard_error: f64,
    pub interval: Interval,
}

/// The area under `curve` from 0 to `horizon` with Greenwood's standard error (Royston & Parmar 2013; Klein &
/// Moeschberger 4.5). `None` when `horizon` is not positive, lies beyond all observation while some were still
/// going, or when `level` is not between 0 and 1.
pub fn restricted_mean(curve: &SurvivalCurve, horizon: f64, level: f64) -> Option<RestrictedMean> {
    if finite(horizon)? <= 0.0 {
        return None;
    }
    curve.survival_at(horizon)?;
    let mean = area(curve, 0.0, horizon);
    let within = curve.steps.iter().filter(|step| step.time < horizon && step.events < step.at_risk);
    let variance: f64 = within
        .map(|step| {
            let (d, n) = (step.events as f64, step.at_risk as f64);
            area(curve, step.time, horizon).powi(2) * d / (n * (n - d))
        })
        .sum();
    let standard_error = variance.sqrt();
    let interval =
        Interval::around(mean, z_of_level(level)? * standard_error).map(|end| end.clamp(0.0, horizon));
    Some(RestrictedMean { mean, standard_error, interval })
}

fn area(curve: &SurvivalCurve, from: f64, to: f64) -> f64 {
    let (mut total, mut height, mut reached) = (0.0, 1.0, from);
    for step in curve.steps.iter().take_while(|step| step.time < to) {
        if step.time > reached {
            total += height * (step.time - reached);
            reached = step.time;
        }
        height = step.survival;
    }
    total + height * (to - reached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use crate::survival::Lifetime;
    use crate::survival::tests::waltons;

    /// Reference: lifelines `restricted_mean_survival_time`; the standard error by the same sum in numpy.
    #[test]
    fn the_waltons_means_agree_with_lifelines() {
        let expected = [48.277_494_82, 54.303_556_82, 25.588_235_29];
        let found =
            waltons().map(|group| restricted_mean(&SurvivalCurve::of(&group).unwrap(), 60.0, 0.95).unwrap());
        for (found, expected) in found.iter().zip(expected) {
            assert_close(found.mean, expected, 1e-9);
        }
        assert_close(found[0].standard_error, 1.193_727_657_267_389_6, 1e-9);
    }

    #[test]
    fn beyond_observation_there_is_no_mean() {
        let curve = SurvivalCurve::of(&[Lifetime::ended(3.0), Lifetime::censored(5.0)]).unwrap();
        assert_eq!(restricted_mean(&curve, 6.0, 0.95), None);
        assert_close(restricted_mean(&curve, 5.0, 0.95).unwrap().mean, 4.0, 1e-12);
        assert_eq!(restricted_mean(&curve, 0.0, 0.95), None);
    }
}
