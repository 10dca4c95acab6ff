//! The line that best tells coming successes from the rest, when there are enough of both.

use super::moments::all_finite;

/// Fewer cases than this give no line.
pub const FEWEST_CASES: usize = 40;

/// Fewer than this of either outcome give no line.
pub const FEWEST_OF_EACH: usize = 10;

/// The value at or above which to expect success, and how well it tells (sensitivity + specificity − 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cutoff {
    pub value: f64,
    pub youden: f64,
}

/// The cutoff with the greatest sensitivity + specificity − 1 among the observed values, the lowest when several
/// are equal (Youden 1950). `None` below forty cases or ten of either outcome, or when values are not finite.
pub fn cutoff(successes: &[f64], others: &[f64]) -> Option<Cutoff> {
    let enough = successes.len().min(others.len()) >= FEWEST_OF_EACH;
    if !enough
        || successes.len() + others.len() < FEWEST_CASES
        || !all_finite(successes)
        || !all_finite(others)
    {
        return None;
    }
    let mut candidates: Vec<f64> = successes.iter().chain(others).copied().collect();
    candidates.sort_by(f64::total_cmp);
    let mut best: Option<Cutoff> = None;
    for value in candidates {
        let youden = share_at_or_above(successes, value) - share_at_or_above(others, value);
        if best.is_none_or(|best| youden > best.youden) {
            best = Some(Cutoff { value, youden });
        }
    }
    best
}

fn share_at_or_above(values: &[f64], bar: f64) -> f64 {
    values.iter().filter(|value| **value >= bar).count() as f64 / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_cutoff_lies_where_the_groups_part() {
        let successes: Vec<f64> = (50..80).map(f64::from).collect();
        let others: Vec<f64> = (30..60).map(f64::from).collect();
        let found = cutoff(&successes, &others).unwrap();
        assert_close(found.value, 50.0, 1e-12);
        assert_close(found.youden, 2.0 / 3.0, 1e-12);
    }

    #[test]
    fn few_cases_give_no_line() {
        assert_eq!(cutoff(&[1.0; 30], &[0.0; 9]), None);
        assert_eq!(cutoff(&[1.0; 19], &[0.0; 20]), None);
    }
}
