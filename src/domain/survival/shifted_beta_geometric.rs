//! How a cohort renews, term after term, and what that says of terms to come (Fader & Hardie 2007).
//!
//! Each customer has its own chance to leave at every renewal; the chances are beta distributed over customers.
//! So retention rises as the likely leavers go.

use crate::statistics::moments::all_finite;
use crate::statistics::simplex::lowest;

/// The fitted model; the mean chance to leave at the first renewal is α/(α + β).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftedBetaGeometric {
    pub alpha: f64,
    pub beta: f64,
    pub log_likelihood: f64,
}

impl ShiftedBetaGeometric {
    /// Maximum likelihood from how many customers there were at the start and after each renewal.
    /// `None` below two renewals, when the counts rise or are negative or not finite, when nobody or everybody
    /// left at once, or when the search does not settle (customers who do not differ: α and β without bound).
    pub fn fit(customers: &[f64]) -> Option<Self> {
        let falls = customers.windows(2).all(|pair| pair[0] >= pair[1]);
        let (first, last) = (customers.first()?, customers.last()?);
        if customers.len() < 3 || !falls || !all_finite(customers) || *last <= 0.0 || last >= first {
            return None;
        }
        let unlikely = |at: &[f64]| -log_likelihood(at[0].exp(), at[1].exp(), customers);
        let found = lowest(unlikely, &[0.0, 0.0], 0.5)?;
        let (alpha, beta) = (found[0].exp(), found[1].exp());
        let log_likelihood = log_likelihood(alpha, beta, customers);
        let settled = all_finite(&[alpha, beta, log_likelihood]) && alpha + beta < 1e6;
        settled.then_some(Self { alpha, beta, log_likelihood })
    }

    /// The share of customers still there after `renewals` renewals: Π (β + t − 1)/(α + β + t − 1).
    pub fn survival(&self, renewals: usize) -> f64 {
        (1..=renewals).map(|renewal| self.retention(renewal)).product()
    }

    /// The share of those present that renews at the `renewal`-th time (from 1).
    pub fn retention(&self, renewal: usize) -> f64 {
        let before = renewal.saturating_sub(1) as f64;
        (self.beta + before) / (self.alpha + self.beta + before)
    }
}

/// P(T = 1) = α/(α + β), P(t) = P(t − 1)·(β + t − 2)/(α + β + t − 1); whoever is left at the end survived them all.
fn log_likelihood(alpha: f64, beta: f64, customers: &[f64]) -> f64 {
    let mut leaving = alpha / (alpha + beta);
    let mut staying = 1.0;
    let mut total = 0.0;
    for (index, pair) in customers.windows(2).enumerate() {
        if index > 0 {
            leaving *= (beta + index as f64 - 1.0) / (alpha + beta + index as f64);
        }
        staying *= (beta + index as f64) / (alpha + beta + index as f64);
        total += (pair[0] - pair[1]) * leaving.ln();
    }
    total + customers[customers.len() - 1] * staying.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    const HIGH_END: [f64; 8] = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
    const REGULAR: [f64; 8] = [1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0];

    /// Reference: Fader & Hardie 2007 print 0.668, 3.806 and 0.704, 1.182; more digits by scipy.
    #[test]
    fn the_published_cohorts_come_out() {
        for (customers, alpha, beta) in
            [(HIGH_END, 0.668_088_4, 3.806_095_2), (REGULAR, 0.704_077_3, 1.182_043_0)]
        {
            let fit = ShiftedBetaGeometric::fit(&customers).unwrap();
            assert_close(fit.alpha, alpha, 1e-6);
            assert_close(fit.beta, beta, 1e-6);
        }
    }

    #[test]
    fn retention_rises_as_the_likely_leavers_go() {
        let fit = ShiftedBetaGeometric::fit(&HIGH_END).unwrap();
        assert!((1..20).all(|renewal| fit.retention(renewal) < fit.retention(renewal + 1)));
        assert_close(fit.survival(0), 1.0, 1e-12);
        assert!((fit.survival(7) - 0.491).abs() < 0.02);
        assert!(fit.survival(12) < fit.survival(7));
    }

    #[test]
    fn a_cohort_that_never_shrinks_cannot_be_projected() {
        assert_eq!(ShiftedBetaGeometric::fit(&[100.0, 100.0, 100.0]), None);
        assert_eq!(ShiftedBetaGeometric::fit(&[100.0, 90.0]), None);
        assert_eq!(ShiftedBetaGeometric::fit(&[100.0, 90.0, 95.0]), None);
    }
}
