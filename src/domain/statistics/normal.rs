//! The normal and logistic curves, and the tail of chi-square.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// P(Z ≤ z) for a standard normal Z.
pub fn cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// The z with P(Z ≤ z) = `p`. `None` unless 0 < p < 1.
pub fn quantile(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then(|| Normal::standard().inverse_cdf(p))
}

/// The z whose central interval ±z holds the share `level` (0.95 gives 1.96). `None` unless 0 < level < 1.
pub fn z_of_level(level: f64) -> Option<f64> {
    if level > 0.0 && level < 1.0 { quantile(f64::midpoint(1.0, level)) } else { None }
}

/// Two-sided p-value of a standard normal statistic.
pub fn two_sided_p(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

/// P(X > x) for chi-square with `degrees` of freedom. `None` when degrees is zero or x is negative or not finite.
pub fn chi_square_tail(x: f64, degrees: usize) -> Option<f64> {
    if !x.is_finite() || x < 0.0 {
        return None;
    }
    ChiSquared::new(degrees as f64).ok().map(|distribution| distribution.sf(x))
}

/// The logistic function 1/(1 + e^(−x)), from 0 to 1.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// ln(p / (1 − p)). `None` unless 0 < p < 1.
pub fn logit(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then(|| (p / (1.0 - p)).ln())
}

/// ln(1 + e^x), without overflow for large x.
pub fn log_one_plus_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_usual_z_is_the_usual_one() {
        assert_close(z_of_level(0.95).unwrap(), 1.959_963_984_540_054, 1e-10);
        assert_close(two_sided_p(1.959_963_984_540_054), 0.05, 1e-10);
        assert_eq!(z_of_level(1.0), None);
        assert_eq!(quantile(0.0), None);
    }

    #[test]
    fn chi_square_has_its_five_percent_point() {
        assert_close(chi_square_tail(3.841_458_820_694_124, 1).unwrap(), 0.05, 1e-9);
        assert_eq!(chi_square_tail(-1.0, 1), None);
    }

    #[test]
    fn sigmoid_and_logit_undo_each_other() {
        for x in [-30.0, -2.0, 0.0, 1.5] {
            assert_close(logit(sigmoid(x)).unwrap(), x, 1e-9);
            assert_close(log_one_plus_exp(x), (1.0 + f64::exp(x)).ln(), 1e-12);
        }
    }
}
