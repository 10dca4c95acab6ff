//! Student's t: how far a mean of few may be off.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The t whose central interval ±t holds the share `level`, at `degrees` of freedom (not always whole). `None` unless
/// 0 < level < 1 and there are degrees at all.
pub fn t_of_level(level: f64, degrees: f64) -> Option<f64> {
    if !(level > 0.0 && level < 1.0 && degrees.is_finite()) {
        return None;
    }
    let distribution = StudentsT::new(0.0, 1.0, degrees).ok()?;
    Some(distribution.inverse_cdf(f64::midpoint(1.0, level))).filter(|t| t.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    /// Reference: `scipy.stats.t.ppf(0.975, df)`.
    #[test]
    fn few_degrees_reach_further() {
        let told = [
            (1.0, 12.706_204_736_174_698),
            (3.0, 3.182_446_305_284_263),
            (7.0, 2.364_624_251_592_785),
            (9.5, 2.244_137_461_492_296),
            (120.0, 1.979_930_405_052_777),
        ];
        for (degrees, t) in told {
            assert_close(t_of_level(0.95, degrees).unwrap(), t, 1e-9);
        }
        assert_eq!(t_of_level(1.0, 5.0), None);
        assert_eq!(t_of_level(0.95, 0.0), None);
    }
}
