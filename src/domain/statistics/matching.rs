//! Finds the accounts that are like a given one.

use super::moments::{all_finite, standard_deviation};

/// The controls like `case`, nearest first: all whose every trait (mean and slope before, say) is within `caliper`
/// standard deviations of the case's, over the case and the controls, or within the trait's `floor` where these are
/// more alike than that (radius matching, Dehejia & Wahba 2002). Distance is Euclidean over what is allowed.
/// A caliper rather than coarsened exact matching: with a few dozen controls cells over two traits are mostly empty,
/// and their borders may cut between an account and its twin; a caliper has the account in its middle.
/// `None` when the traits differ in number, are not finite, or there are no controls.
pub fn alike(case: &[f64], controls: &[Vec<f64>], caliper: f64, floors: &[f64]) -> Option<Vec<usize>> {
    let reach = reach(case, controls, caliper, floors)?;
    let mut near: Vec<(f64, usize)> = controls
        .iter()
        .enumerate()
        .filter_map(|(index, control)| Some((distance(case, control, &reach)?, index)))
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(near.into_iter().map(|(_, index)| index).collect())
}

/// How far each trait may be from the case's.
fn reach(case: &[f64], controls: &[Vec<f64>], caliper: f64, floors: &[f64]) -> Option<Vec<f64>> {
    let all = || std::iter::once(case).chain(controls.iter().map(Vec::as_slice));
    if floors.len() != case.len() || all().any(|one| one.len() != case.len() || !all_finite(one)) {
        return None;
    }
    let of_trait = |index: usize| {
        let deviation = standard_deviation(&all().map(|one| one[index]).collect::<Vec<_>>())?;
        Some((caliper * deviation).max(floors[index]))
    };
    (0..case.len()).map(of_trait).collect()
}

fn distance(case: &[f64], control: &[f64], reach: &[f64]) -> Option<f64> {
    let gaps = || case.iter().zip(control).zip(reach).map(|((a, b), reach)| ((a - b).abs(), *reach));
    let share = |(gap, reach): (f64, f64)| if gap == 0.0 { 0.0 } else { gap / reach };
    gaps().all(|(gap, reach)| gap <= reach).then(|| gaps().map(|gap| share(gap).powi(2)).sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard deviation of 10, 11, 9, 12 and 48 is 16.8: a fifth of it reaches 3.4.
    #[test]
    fn those_within_the_caliper_are_alike_nearest_first() {
        let controls = [vec![12.0], vec![11.0], vec![48.0], vec![9.0]];
        assert_eq!(alike(&[10.0], &controls, 0.2, &[0.0]), Some(vec![1, 3, 0]));
        assert_eq!(alike(&[48.0], &controls[..2], 0.2, &[0.0]), Some(vec![]));
    }

    #[test]
    fn every_trait_must_be_near() {
        let controls = [vec![10.0, 1.0], vec![10.0, 5.0], vec![30.0, 1.0]];
        assert_eq!(alike(&[10.0, 1.0], &controls, 0.2, &[0.0, 0.0]), Some(vec![0]));
    }

    #[test]
    fn among_accounts_that_are_all_alike_the_floor_holds() {
        let controls = [vec![10.4], vec![9.8], vec![10.1]];
        assert_eq!(alike(&[10.0], &controls, 0.2, &[0.0]), Some(vec![]));
        assert_eq!(alike(&[10.0], &controls, 0.2, &[1.0]), Some(vec![2, 1, 0]));
    }

    #[test]
    fn traits_that_do_not_compare_are_no_match() {
        assert_eq!(alike(&[1.0, 2.0], &[vec![1.0]], 0.2, &[0.0, 0.0]), None);
        assert_eq!(alike(&[f64::NAN], &[vec![1.0]], 0.2, &[0.0]), None);
        assert_eq!(alike(&[1.0], &[], 0.2, &[0.0]), None);
    }
}
