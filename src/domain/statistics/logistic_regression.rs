//! Logistic regression: which signs go with a yes/no outcome, plain or with a weak prior.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moments::{all_finite, mean, population_standard_deviation};
use super::newton::Newton;
use super::normal::sigmoid;

/// Log-odds = intercept + Σ coefficient·(input − centre)/scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogisticModel {
    pub intercept: f64,
    pub coefficients: Vec<f64>,
    /// Of the intercept first, then of each coefficient; from the (penalised) information matrix.
    pub standard_errors: Vec<f64>,
    /// Of the data, without the prior.
    pub log_likelihood: f64,
    /// Subtracted from each input before use; zero for a plain fit.
    pub centres: Vec<f64>,
    /// What each input is divided by after centring; one for a plain fit.
    pub scales: Vec<f64>,
}

impl LogisticModel {
    /// The chance of the outcome, from 0 to 1. `None` when the inputs are not as many as the coefficients.
    pub fn chance(&self, inputs: &[f64]) -> Option<f64> {
        if inputs.len() != self.coefficients.len() {
            return None;
        }
        let terms = self.coefficients.iter().enumerate();
        let sum: f64 = terms.map(|(i, c)| c * (inputs[i] - self.centres[i]) / self.scales[i]).sum();
        Some(sigmoid(self.intercept + sum)).filter(|chance| !chance.is_nan())
    }
}

/// Maximum likelihood by Newton's method (iteratively reweighted least squares), on the inputs as they are.
/// One row of inputs per outcome. `None` when rows differ in length from each other or in number from the
/// outcomes, when inputs are not finite or depend on one another, when only one outcome occurs, or when the
/// outcomes can be told apart perfectly (the estimate is then infinite: use [`with_weak_prior`]).
pub fn maximum_likelihood(rows: &[Vec<f64>], outcomes: &[bool]) -> Option<LogisticModel> {
    let inputs = rows.first()?.len();
    fit(rows, outcomes, vec![0.0; inputs], vec![1.0; inputs], 0.0)
}

/// Maximum a posteriori: inputs standardised (population deviation), independent N(0, 1) priors on their
/// coefficients, a flat one on the intercept (after Gelman et al. 2008). Coefficients are per standard deviation;
/// a constant input gets 0. `None` as for [`maximum_likelihood`], except that dependent inputs and perfect
/// separation are no trouble.
pub fn with_weak_prior(rows: &[Vec<f64>], outcomes: &[bool]) -> Option<LogisticModel> {
    let inputs = rows.first()?.len();
    if rows.iter().any(|row| row.len() != inputs) {
        return None;
    }
    let column = |i: usize| rows.iter().map(|row| row[i]).collect::<Vec<f64>>();
    let centres: Option<Vec<f64>> = (0..inputs).map(|i| mean(&column(i))).collect();
    let scales: Option<Vec<f64>> = (0..inputs)
        .map(|i| population_standard_deviation(&column(i)).map(|scale| if scale > 0.0 { scale } else { 1.0 }))
        .collect();
    fit(rows, outcomes, centres?, scales?, 1.0)
}

fn fit(
    rows: &[Vec<f64>],
    outcomes: &[bool],
    centres: Vec<f64>,
    scales: Vec<f64>,
    precision: f64,
) -> Option<LogisticModel> {
    let fits = rows.len() == outcomes.len() && rows.iter().all(|row| row.len() == centres.len());
    let both = outcomes.contains(&true) && outcomes.contains(&false);
    if !fits || !both || !rows.iter().all(|row| all_finite(row)) {
        return None;
    }
    let design: Vec<Vec<f64>> = rows.iter().map(|row| with_intercept(row, &centres, &scales)).collect();
    let targets: Vec<f64> = outcomes.iter().map(|outcome| if *outcome { 1.0 } else { 0.0 }).collect();
    let mut precisions = vec![precision; centres.len() + 1];
    precisions[0] = 0.0;
    let problem = Newton { design: &design, targets: &targets, offsets: None, precisions: &precisions };
    let solved = problem.solve()?;
    Some(LogisticModel {
        intercept: solved.weights[0],
        coefficients: solved.weights[1..].to_vec(),
        standard_errors: solved.standard_errors,
        log_likelihood: solved.log_likelihood,
        centres,
        scales,
    })
}

fn with_intercept(row: &[f64], centres: &[f64], scales: &[f64]) -> Vec<f64> {
    let scaled = row.iter().zip(centres.iter().zip(scales)).map(|(x, (centre, scale))| (x - centre) / scale);
    std::iter::once(1.0).chain(scaled).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::statistics::assert_close;

    /// GPA, TUCE, PSI and whether the grade improved (Spector & Mazzeo 1980, from statsmodels).
    pub(in crate::statistics) fn spector() -> (Vec<Vec<f64>>, Vec<bool>) {
        let lines = include_str!("reference/spector.csv").lines().skip(2);
        let numbers =
            lines.map(|line| line.split(',').map(|cell| cell.parse::<f64>().unwrap()).collect::<Vec<_>>());
        numbers.map(|row| (row[..3].to_vec(), row[3] > 0.5)).unzip()
    }

    /// Reference: `statsmodels.Logit`.
    #[test]
    fn spector_and_mazzeo_come_out_by_maximum_likelihood() {
        let (rows, outcomes) = spector();
        assert_eq!(rows.len(), 32);
        let model = maximum_likelihood(&rows, &outcomes).unwrap();
        assert_close(model.intercept, -13.021_347, 1e-6);
        for (coefficient, expected) in model.coefficients.iter().zip([2.826_113, 0.095_158, 2.378_688]) {
            assert_close(*coefficient, expected, 1e-6);
        }
        assert_close(model.log_likelihood, -12.889_634_222_1, 1e-10);
        for (error, expected) in
            model.standard_errors.iter().zip([4.931_324, 1.262_941, 0.141_554, 1.064_564])
        {
            assert_close(*error, expected, 1e-5);
        }
    }

    /// Reference: penalised Newton in numpy.
    #[test]
    fn spector_and_mazzeo_come_out_with_a_weak_prior() {
        let (rows, outcomes) = spector();
        let model = with_weak_prior(&rows, &outcomes).unwrap();
        assert_close(model.intercept, -0.926_459_67, 1e-7);
        for (coefficient, expected) in
            model.coefficients.iter().zip([0.977_498_01, 0.327_084_22, 0.893_014_87])
        {
            assert_close(*coefficient, expected, 1e-7);
        }
        let chance = model.chance(&rows[0]).unwrap();
        assert!(chance > 0.0 && chance < 0.3);
        assert_eq!(model.chance(&[1.0]), None);
    }

    #[test]
    fn perfect_separation_needs_the_prior() {
        let rows: Vec<Vec<f64>> = (0..8).map(|i| vec![f64::from(i), 1.0]).collect();
        let outcomes: Vec<bool> = (0..8).map(|i| i >= 4).collect();
        let single: Vec<Vec<f64>> = rows.iter().map(|row| row[..1].to_vec()).collect();
        assert_eq!(maximum_likelihood(&single, &outcomes), None);
        let model = with_weak_prior(&rows, &outcomes).unwrap();
        assert!(model.coefficients[0] > 0.5);
        assert_close(model.coefficients[1], 0.0, 1e-12);
    }

    #[test]
    fn one_outcome_or_dependent_inputs_teach_nothing() {
        let rows: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
        assert_eq!(maximum_likelihood(&rows, &[true, false, true, false, true, false]), None);
        assert_eq!(with_weak_prior(&rows, &[true; 6]), None);
        assert_eq!(maximum_likelihood(&[], &[]), None);
    }
}
