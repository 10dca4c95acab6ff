//! Mean, variance and standard deviation, summed in slice order.

/// The value if it is a finite number.
pub fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Whether every value is a finite number.
pub fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

/// Arithmetic mean, in the unit of the values. `None` when empty or not finite.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    finite(values.iter().sum::<f64>() / values.len() as f64)
}

/// Sum of squared deviations from the mean; exactly zero when all values are equal, whatever the rounding.
/// `None` when empty or not finite.
pub fn sum_of_squares(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    if values.iter().all(|value| *value == values[0]) {
        return Some(0.0);
    }
    finite(values.iter().map(|value| (value - centre).powi(2)).sum())
}

/// Sample variance (divisor n − 1), in squared units. `None` below two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    finite(sum_of_squares(values)? / (values.len() - 1) as f64)
}

/// Sample standard deviation (divisor n − 1), in the unit of the values. `None` below two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    variance(values).map(f64::sqrt)
}

/// Population standard deviation (divisor n), in the unit of the values. `None` when empty.
pub fn population_standard_deviation(values: &[f64]) -> Option<f64> {
    finite((sum_of_squares(values)? / values.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_two_standard_deviations_differ_by_their_divisor() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_close(mean(&values).unwrap(), 5.0, 1e-12);
        assert_close(population_standard_deviation(&values).unwrap(), 2.0, 1e-12);
        assert_close(variance(&values).unwrap(), 32.0 / 7.0, 1e-12);
    }

    #[test]
    fn equal_values_do_not_vary_even_by_rounding() {
        assert_eq!(sum_of_squares(&[0.1; 7]), Some(0.0));
        assert_eq!(standard_deviation(&[0.3; 6]), Some(0.0));
    }

    #[test]
    fn nothing_or_not_a_number_gives_nothing() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[1.0, f64::NAN]), None);
        assert_eq!(standard_deviation(&[1.0]), None);
    }
}
