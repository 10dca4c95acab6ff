//! Finds, for each expanded account, the control most like it before.

use super::moments::{all_finite, standard_deviation};

/// A control further away than this, in standard deviations on any trait, is no match.
pub const CALIPER: f64 = 0.2;

/// Nearest-neighbour matching without replacement: for each case, in order, the unused control with the least
/// Euclidean distance over `traits` (mean and slope before, say), each in pooled standard deviations, provided
/// every trait is within `caliper` of them. Returns (case, control) indices; cases without a match are missing.
/// `None` when the traits differ in number, are not finite, or there are fewer than two accounts in all.
pub fn matched(cases: &[Vec<f64>], controls: &[Vec<f64>], caliper: f64) -> Option<Vec<(usize, usize)>> {
    let scales = scales(cases, controls)?;
    let mut is_used = vec![false; controls.len()];
    let mut pairs = Vec::new();
    for (case, traits) in cases.iter().enumerate() {
        let nearest = controls
            .iter()
            .enumerate()
            .filter(|(control, _)| !is_used[*control])
            .filter_map(|(control, other)| Some((distance(traits, other, &scales, caliper)?, control)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, control)) = nearest {
            is_used[control] = true;
            pairs.push((case, control));
        }
    }
    Some(pairs)
}

/// The pooled standard deviation of each trait; a trait that never varies scales nothing.
fn scales(cases: &[Vec<f64>], controls: &[Vec<f64>]) -> Option<Vec<f64>> {
    let all: Vec<&Vec<f64>> = cases.iter().chain(controls).collect();
    let traits = all.first()?.len();
    if all.iter().any(|account| account.len() != traits || !all_finite(account)) {
        return None;
    }
    (0..traits)
        .map(|i| {
            let deviation = standard_deviation(&all.iter().map(|account| account[i]).collect::<Vec<_>>())?;
            Some(if deviation > 0.0 { deviation } else { 1.0 })
        })
        .collect()
}

fn distance(case: &[f64], control: &[f64], scales: &[f64], caliper: f64) -> Option<f64> {
    let gaps = || case.iter().zip(control).zip(scales).map(|((a, b), scale)| (a - b).abs() / scale);
    gaps().all(|gap| gap <= caliper).then(|| gaps().map(|gap| gap * gap).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_takes_the_nearest_control_once() {
        let cases = [vec![10.0, 1.0], vec![10.2, 1.0], vec![99.0, 1.0]];
        let controls = [vec![10.3, 1.0], vec![10.1, 1.0], vec![50.0, 1.0]];
        assert_eq!(matched(&cases, &controls, CALIPER), Some(vec![(0, 1), (1, 0)]));
    }

    #[test]
    fn outside_the_caliper_there_is_no_match() {
        let controls = [vec![10.0], vec![20.0], vec![30.0]];
        assert_eq!(matched(&[vec![15.0]], &controls, CALIPER), Some(vec![]));
        assert_eq!(matched(&[vec![15.0, 1.0]], &controls, CALIPER), None);
        assert_eq!(matched(&[], &[], CALIPER), None);
    }
}
