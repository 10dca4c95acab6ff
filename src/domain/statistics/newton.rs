//! The highest point of a logistic likelihood, plain or with normal priors, by Newton's method.

use super::linear_system::Factored;
use super::moments::all_finite;
use super::normal::{log_one_plus_exp, sigmoid};

const MOST_STEPS: usize = 100;

/// A penalised logistic likelihood: rows of the design, targets from 0 to 1, fixed parts of the log-odds, and
/// the prior precision of each weight.
pub struct Newton<'a> {
    pub design: &'a [Vec<f64>],
    pub targets: &'a [f64],
    pub offsets: Option<&'a [f64]>,
    pub precisions: &'a [f64],
}

pub struct Solved {
    pub weights: Vec<f64>,
    pub standard_errors: Vec<f64>,
    pub log_likelihood: f64,
}

impl Newton<'_> {
    /// Newton steps, halved while they lead down. `None` when they do not settle on a finite point.
    pub fn solve(&self) -> Option<Solved> {
        let mut weights = vec![0.0; self.precisions.len()];
        for _ in 0..MOST_STEPS {
            let (gradient, information) = self.slope_and_curvature(&weights);
            let factored = Factored::of(&information)?;
            let step = factored.solve(&gradient);
            if step.iter().zip(&weights).all(|(step, weight)| step.abs() <= 1e-9 * (1.0 + weight.abs())) {
                return self.solved(weights, &factored);
            }
            weights = self.uphill(&weights, &step)?;
        }
        None
    }

    fn solved(&self, weights: Vec<f64>, factored: &Factored) -> Option<Solved> {
        let standard_errors: Vec<f64> = factored.inverse_diagonal().into_iter().map(f64::sqrt).collect();
        let log_likelihood = self.log_likelihood(&weights);
        let told_apart = self.precisions.iter().all(|precision| *precision == 0.0) && log_likelihood > -1e-6;
        let finite = all_finite(&weights) && all_finite(&standard_errors) && log_likelihood.is_finite();
        (finite && !told_apart).then_some(Solved { weights, standard_errors, log_likelihood })
    }

    fn uphill(&self, weights: &[f64], step: &[f64]) -> Option<Vec<f64>> {
        let here = self.height(weights);
        let mut share = 1.0;
        for _ in 0..40 {
            let next: Vec<f64> =
                weights.iter().zip(step).map(|(weight, step)| weight + share * step).collect();
            if self.height(&next) >= here - 1e-12 * here.abs() {
                return Some(next);
            }
            share /= 2.0;
        }
        None
    }

    fn log_odds(&self, row: usize, weights: &[f64]) -> f64 {
        let offset = self.offsets.map_or(0.0, |offsets| offsets[row]);
        offset + self.design[row].iter().zip(weights).map(|(x, weight)| x * weight).sum::<f64>()
    }

    fn log_likelihood(&self, weights: &[f64]) -> f64 {
        (0..self.design.len())
            .map(|row| {
                let log_odds = self.log_odds(row, weights);
                self.targets[row] * log_odds - log_one_plus_exp(log_odds)
            })
            .sum()
    }

    fn height(&self, weights: &[f64]) -> f64 {
        let penalty: f64 =
            weights.iter().zip(self.precisions).map(|(w, precision)| precision * w * w / 2.0).sum();
        self.log_likelihood(weights) - penalty
    }

    fn slope_and_curvature(&self, weights: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let size = weights.len();
        let mut gradient: Vec<f64> = weights.iter().zip(self.precisions).map(|(w, p)| -p * w).collect();
        let mut information = vec![vec![0.0; size]; size];
        for (row, x) in self.design.iter().enumerate() {
            let chance = sigmoid(self.log_odds(row, weights));
            for i in 0..size {
                gradient[i] += x[i] * (self.targets[row] - chance);
                for j in 0..=i {
                    information[i][j] += x[i] * x[j] * chance * (1.0 - chance);
                }
            }
        }
        for (i, precision) in self.precisions.iter().enumerate() {
            information[i][i] += precision;
        }
        (gradient, information)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn an_intercept_alone_is_the_logit_of_the_share() {
        let design = vec![vec![1.0]; 4];
        let targets = [1.0, 1.0, 1.0, 0.0];
        let plain = Newton { design: &design, targets: &targets, offsets: None, precisions: &[0.0] };
        let solved = plain.solve().unwrap();
        assert_close(solved.weights[0], 3.0_f64.ln(), 1e-9);
        assert_close(solved.standard_errors[0], (1.0_f64 / (4.0 * 0.75 * 0.25)).sqrt(), 1e-9);
        let held = Newton { offsets: Some(&[1.0; 4]), ..plain };
        assert_close(held.solve().unwrap().weights[0], 3.0_f64.ln() - 1.0, 1e-9);
    }

    #[test]
    fn without_a_prior_a_sure_thing_has_no_highest_point() {
        let design = vec![vec![1.0]; 3];
        let problem = Newton { design: &design, targets: &[1.0; 3], offsets: None, precisions: &[0.0] };
        assert!(problem.solve().is_none());
        assert!(Newton { precisions: &[1.0], ..problem }.solve().is_some());
    }
}
