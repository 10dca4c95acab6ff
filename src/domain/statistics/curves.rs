//! Shapes of the way from baseline to target: straight, S-shaped, and slow at first.
//!
//! Each shape gives the share of the way done at day `day` of `duration`, 0 at day 0 and 1 from the last day on.
//! They are templates for plans, not fits to one account.

use super::moments::finite;
use super::normal::sigmoid;

/// The straight line. `None` when `duration` is not positive or a number is not finite.
pub fn linear_share(day: f64, duration: f64) -> Option<f64> {
    Some(clamped(day, duration)? / duration)
}

/// The logistic S-curve with `steepness` per day around `midpoint`, normalised to hit both ends.
/// `None` when `duration` or `steepness` is not positive, a number is not finite, or the curve is flat.
pub fn logistic_share(day: f64, duration: f64, steepness: f64, midpoint: f64) -> Option<f64> {
    let day = clamped(day, duration)?;
    if steepness <= 0.0 {
        return None;
    }
    normalised(day, duration, |d| sigmoid(steepness * (d - midpoint)))
}

/// The logistic S-curve with its usual shape: midpoint halfway, steepness 8 over the duration.
/// `None` when `duration` is not positive or a number is not finite.
pub fn usual_logistic_share(day: f64, duration: f64) -> Option<f64> {
    logistic_share(day, duration, 8.0 / duration, duration / 2.0)
}

/// The Gompertz curve exp(−`delay`·e^(−`rate`·day)), slow at first, normalised to hit both ends.
/// `None` when `duration`, `delay` or `rate` is not positive, a number is not finite, or the curve is flat.
pub fn gompertz_share(day: f64, duration: f64, delay: f64, rate: f64) -> Option<f64> {
    let day = clamped(day, duration)?;
    if delay <= 0.0 || rate <= 0.0 {
        return None;
    }
    normalised(day, duration, |d| (-delay * (-rate * d).exp()).exp())
}

/// The value when `share` of the way from `baseline` to `target` is done; exact at both ends, and right for
/// falling metrics too.
pub fn value_at(share: f64, baseline: f64, target: f64) -> f64 {
    baseline * (1.0 - share) + target * share
}

fn clamped(day: f64, duration: f64) -> Option<f64> {
    (day.is_finite() && duration.is_finite() && duration > 0.0).then(|| day.clamp(0.0, duration))
}

fn normalised(day: f64, duration: f64, curve: impl Fn(f64) -> f64) -> Option<f64> {
    let (start, end) = (curve(0.0), curve(duration));
    finite((curve(day) - start) / (end - start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_usual_s_curve_is_half_way_at_half_time() {
        assert_close(usual_logistic_share(45.0, 90.0).unwrap(), 0.5, 1e-12);
        assert!(usual_logistic_share(20.0, 90.0) < linear_share(20.0, 90.0));
    }

    #[test]
    fn after_the_last_day_the_target_is_expected() {
        assert_eq!(linear_share(120.0, 90.0), Some(1.0));
        assert_eq!(linear_share(-3.0, 90.0), Some(0.0));
    }

    #[test]
    fn a_shape_without_length_is_no_shape() {
        assert_eq!(linear_share(1.0, 0.0), None);
        assert_eq!(logistic_share(1.0, 90.0, 0.0, 45.0), None);
        assert_eq!(gompertz_share(1.0, 90.0, -1.0, 0.1), None);
        assert_eq!(usual_logistic_share(f64::NAN, 90.0), None);
    }

    #[test]
    fn a_falling_metric_goes_down_the_same_way() {
        assert_close(value_at(0.25, 80.0, 40.0), 70.0, 1e-12);
    }

    proptest! {
        #[test]
        fn every_shape_hits_both_ends_and_never_turns_back(
            duration in 10.0..400.0,
            first in 0.0..=1.0,
            second in 0.0..=1.0,
            baseline in -1e3..1e3,
            target in -1e3..1e3,
        ) {
            let shapes: [&dyn Fn(f64) -> Option<f64>; 3] = [
                &|day| linear_share(day, duration),
                &|day| usual_logistic_share(day, duration),
                &|day| gompertz_share(day, duration, 4.0, 6.0 / duration),
            ];
            let (first, second): (f64, f64) = if first < second { (first, second) } else { (second, first) };
            for shape in shapes {
                prop_assert!((value_at(shape(0.0).unwrap(), baseline, target) - baseline).abs() < 1e-9);
                prop_assert!((value_at(shape(duration).unwrap(), baseline, target) - target).abs() < 1e-9);
                prop_assert!(shape(first * duration).unwrap() <= shape(second * duration).unwrap() + 1e-12);
            }
        }
    }
}
