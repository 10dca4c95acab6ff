//! Where a series most likely changed its level: the split with the least squares left over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moments::{all_finite, mean, sum_of_squares};

/// A series split in two: `index` is the first point after the change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Split {
    pub index: usize,
    pub mean_before: f64,
    pub mean_after: f64,
    /// The share of the squared spread that the change of level explains, from 0 to 1.
    pub explained: f64,
}

/// The split with the least squared deviation from the two means, each side holding at least `fewest` points;
/// the earliest when several are equal. For review notes, not for alerts. `None` when the series is too short,
/// constant, or not finite, or when `fewest` is zero.
pub fn split(values: &[f64], fewest: usize) -> Option<Split> {
    if fewest == 0 || values.len() < 2 * fewest || !all_finite(values) {
        return None;
    }
    let whole = sum_of_squares(values)?;
    let mut best: Option<(f64, usize)> = None;
    for index in fewest..=values.len() - fewest {
        let left_over = sum_of_squares(&values[..index])? + sum_of_squares(&values[index..])?;
        if best.is_none_or(|(least, _)| left_over < least) {
            best = Some((left_over, index));
        }
    }
    let (left_over, index) = best?;
    if whole <= 0.0 {
        return None;
    }
    Some(Split {
        index,
        mean_before: mean(&values[..index])?,
        mean_after: mean(&values[index..])?,
        explained: (1.0 - left_over / whole).clamp(0.0, 1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_step_is_found_where_it_is() {
        let values = [10.0, 11.0, 9.0, 10.0, 20.0, 21.0, 19.0];
        let found = split(&values, 2).unwrap();
        assert_eq!(found.index, 4);
        assert_close(found.mean_before, 10.0, 1e-12);
        assert_close(found.mean_after, 20.0, 1e-12);
        assert!(found.explained > 0.95);
    }

    #[test]
    fn a_flat_or_short_series_has_no_change() {
        assert_eq!(split(&[0.1; 8], 3), None);
        assert_eq!(split(&[1.0, 2.0, 3.0], 2), None);
        assert_eq!(split(&[1.0, 2.0], 0), None);
    }
}
