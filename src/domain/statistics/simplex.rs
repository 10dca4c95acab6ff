//! Finds the lowest point of a smooth function of a few variables without derivatives (Nelder & Mead 1965).

const MOST_STEPS: usize = 2_000;

/// The point where `function` is lowest, searched from `start` with first steps of `step`, then once more from
/// there. Values that are not finite count as infinitely high. `None` when the search does not settle.
pub fn lowest(function: impl Fn(&[f64]) -> f64, start: &[f64], step: f64) -> Option<Vec<f64>> {
    let height = |point: &[f64]| {
        let value = function(point);
        if value.is_finite() { value } else { f64::MAX }
    };
    let first = descend(&height, start, step)?;
    let second = descend(&height, &first, step / 10.0)?;
    (height(&second) < f64::MAX).then_some(second)
}

type Corner = (f64, Vec<f64>);

fn descend(height: &impl Fn(&[f64]) -> f64, start: &[f64], step: f64) -> Option<Vec<f64>> {
    let mut corners: Vec<Corner> = vec![(height(start), start.to_vec())];
    for axis in 0..start.len() {
        let mut point = start.to_vec();
        point[axis] += step;
        corners.push((height(&point), point));
    }
    for _ in 0..MOST_STEPS {
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        if has_settled(&corners) {
            return corners.into_iter().next().map(|(_, point)| point);
        }
        take_step(height, &mut corners);
    }
    None
}

fn has_settled(corners: &[Corner]) -> bool {
    let best = &corners[0].1;
    let far = |point: &[f64]| {
        point.iter().zip(best).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f64::max)
    };
    corners.iter().all(|(_, point)| far(point) < 1e-9)
}

/// Replaces the highest corner by its mirror image, stretched or shortened as pays, or shrinks everything.
fn take_step(height: &impl Fn(&[f64]) -> f64, corners: &mut [Corner]) {
    let last = corners.len() - 1;
    let at = |reach: f64| {
        let point = beyond_centre(corners, reach);
        (height(&point), point)
    };
    let mirrored = at(1.0);
    let better = if mirrored.0 < corners[0].0 {
        let stretched = at(2.0);
        Some(if stretched.0 < mirrored.0 { stretched } else { mirrored })
    } else if mirrored.0 < corners[last - 1].0 {
        Some(mirrored)
    } else {
        let shortened = if mirrored.0 < corners[last].0 { at(0.5) } else { at(-0.5) };
        (shortened.0 < mirrored.0.min(corners[last].0)).then_some(shortened)
    };
    match better {
        Some(corner) => corners[last] = corner,
        None => shrink(height, corners),
    }
}

fn beyond_centre(corners: &[Corner], reach: f64) -> Vec<f64> {
    let last = corners.len() - 1;
    let worst = &corners[last].1;
    (0..worst.len())
        .map(|axis| {
            let centre = corners[..last].iter().map(|(_, point)| point[axis]).sum::<f64>() / last as f64;
            centre + reach * (centre - worst[axis])
        })
        .collect()
}

fn shrink(height: &impl Fn(&[f64]) -> f64, corners: &mut [Corner]) {
    let best = corners[0].1.clone();
    for (value, point) in &mut corners[1..] {
        for (coordinate, towards) in point.iter_mut().zip(&best) {
            *coordinate = f64::midpoint(*coordinate, *towards);
        }
        *value = height(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn the_bottom_of_rosenbrocks_valley_is_found() {
        let valley = |p: &[f64]| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2);
        let bottom = lowest(valley, &[-1.2, 1.0], 0.5).unwrap();
        assert_close(bottom[0], 1.0, 1e-6);
        assert_close(bottom[1], 1.0, 1e-6);
    }

    #[test]
    fn a_function_that_is_never_a_number_has_no_bottom() {
        assert_eq!(lowest(|_| f64::NAN, &[0.0, 0.0], 0.5), None);
    }
}
