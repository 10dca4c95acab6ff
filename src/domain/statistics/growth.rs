//! Fits a logistic growth curve to what was observed (many accounts together, never one alone).

use super::linear_system::Factored;
use super::moments::all_finite;

const MOST_STEPS: usize = 500;

/// `ceiling / (1 + e^(offset − rate·x))`, with the residual sum of squares of its fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticGrowth {
    pub ceiling: f64,
    pub offset: f64,
    pub rate: f64,
    pub residual_squares: f64,
}

impl LogisticGrowth {
    /// The curve's value at `x`.
    pub fn at(&self, x: f64) -> f64 {
        curve([self.ceiling, self.offset, self.rate], x)
    }
}

/// The least-squares logistic growth curve through `y` over `x`, by Levenberg–Marquardt (Marquardt 1963; model
/// and certified values NIST `StRD` Rat42). `None` below four points, when lengths differ, when a number is not
/// finite, when nothing grows, or when the search does not settle.
pub fn logistic_fit(x: &[f64], y: &[f64]) -> Option<LogisticGrowth> {
    if x.len() != y.len() || x.len() < 4 || !all_finite(x) || !all_finite(y) {
        return None;
    }
    let mut at = starting_point(x, y)?;
    let mut squares = residual_squares(at, x, y);
    let mut caution = 1e-3;
    for _ in 0..MOST_STEPS {
        let next = damped_step(at, x, y, caution)?;
        let next_squares = residual_squares(next, x, y);
        if !next_squares.is_finite() || next_squares > squares {
            caution *= 10.0;
            if caution > 1e12 {
                return settled(at, squares);
            }
            continue;
        }
        let moved = (0..3).map(|i| (next[i] - at[i]).abs() / (1e-9 + at[i].abs())).fold(0.0, f64::max);
        (at, squares) = (next, next_squares);
        caution = (caution / 10.0).max(1e-12);
        if moved < 1e-11 {
            return settled(at, squares);
        }
    }
    None
}

fn settled([ceiling, offset, rate]: [f64; 3], residual_squares: f64) -> Option<LogisticGrowth> {
    all_finite(&[ceiling, offset, rate, residual_squares]).then_some(LogisticGrowth {
        ceiling,
        offset,
        rate,
        residual_squares,
    })
}

fn curve([ceiling, offset, rate]: [f64; 3], x: f64) -> f64 {
    ceiling / (1.0 + (offset - rate * x).exp())
}

fn residual_squares(at: [f64; 3], x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (y - curve(at, *x)).powi(2)).sum()
}

/// A ceiling just above the highest value, then the straight line through the logits.
fn starting_point(x: &[f64], y: &[f64]) -> Option<[f64; 3]> {
    let highest = y.iter().copied().fold(f64::MIN, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let ceiling = 1.1 * highest;
    let turned: Vec<f64> = y.iter().map(|y| (ceiling / y.max(0.01 * highest) - 1.0).ln()).collect();
    let count = x.len() as f64;
    let (mean_x, mean_t) = (x.iter().sum::<f64>() / count, turned.iter().sum::<f64>() / count);
    let spread: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    let slope = x.iter().zip(&turned).map(|(x, t)| (x - mean_x) * (t - mean_t)).sum::<f64>() / spread;
    let start = [ceiling, mean_t - slope * mean_x, -slope];
    (all_finite(&start) && slope != 0.0).then_some(start)
}

/// One Gauss–Newton step, its diagonal raised by `caution`.
fn damped_step(at: [f64; 3], x: &[f64], y: &[f64], caution: f64) -> Option<[f64; 3]> {
    let mut normal = vec![vec![0.0; 3]; 3];
    let mut right = [0.0; 3];
    for (x, y) in x.iter().zip(y) {
        let tail = (at[1] - at[2] * x).exp();
        let slope = at[0] * tail / (1.0 + tail).powi(2);
        let gradient = [1.0 / (1.0 + tail), -slope, slope * x];
        let residual = y - curve(at, *x);
        for i in 0..3 {
            right[i] += gradient[i] * residual;
            for j in 0..3 {
                normal[i][j] += gradient[i] * gradient[j];
            }
        }
    }
    for (i, row) in normal.iter_mut().enumerate() {
        row[i] *= 1.0 + caution;
    }
    let step = Factored::of(&normal)?.solve(&right);
    Some([at[0] + step[0], at[1] + step[1], at[2] + step[2]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    /// NIST `StRD` Rat42: pasture yield over growing time (Ratkowsky 1983).
    const TIME: [f64; 9] = [9.0, 14.0, 21.0, 28.0, 42.0, 57.0, 63.0, 70.0, 79.0];
    const YIELD: [f64; 9] = [8.93, 10.80, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08];

    #[test]
    fn the_certified_values_of_rat42_come_out() {
        let fit = logistic_fit(&TIME, &YIELD).unwrap();
        assert_close(fit.ceiling, 72.462_237_576, 1e-8);
        assert_close(fit.offset, 2.618_076_840_2, 1e-8);
        assert_close(fit.rate / 0.067_359_200_066, 1.0, 1e-8);
        assert_close(fit.residual_squares, 8.056_522_933_8, 1e-8);
        assert!((fit.at(42.0) - 39.35).abs() < 3.0);
    }

    #[test]
    fn too_little_or_nothing_growing_gives_no_curve() {
        assert_eq!(logistic_fit(&TIME[..3], &YIELD[..3]), None);
        assert_eq!(logistic_fit(&TIME, &[0.0; 9]), None);
        assert_eq!(logistic_fit(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0]), None);
    }
}
