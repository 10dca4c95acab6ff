//! Money kept and grown: net and gross revenue retention, as ratios (1.0 is everything kept).
//!
//! Amounts are minor units of one currency over one window and cohort; the caller states which.

/// Recurring revenue of a cohort at the start of a window, and what happened to it inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    pub start: i64,
    pub expansion: i64,
    pub contraction: i64,
    pub churn: i64,
}

impl Movement {
    /// Adds up accounts given as (at start, at end). A positive start that ends at nothing is churn; growth and
    /// shrinkage are told apart per account. Accounts that start at nothing are new business and left out.
    pub fn of_accounts(accounts: &[(i64, i64)]) -> Self {
        let mut movement = Self { start: 0, expansion: 0, contraction: 0, churn: 0 };
        for (start, end) in accounts.iter().filter(|(start, _)| *start > 0) {
            movement.start += start;
            match *end {
                ..=0 => movement.churn += start,
                end if end > *start => movement.expansion += end - start,
                end => movement.contraction += start - end,
            }
        }
        movement
    }

    /// (start + expansion − contraction − churn) / start. `None` when start is not positive.
    pub fn net_retention(&self) -> Option<f64> {
        ratio(self.start + self.expansion - self.contraction - self.churn, self.start)
    }

    /// (start − contraction − churn) / start: growth never hides loss. `None` when start is not positive.
    pub fn gross_retention(&self) -> Option<f64> {
        ratio(self.start - self.contraction - self.churn, self.start)
    }
}

/// Expansion revenue still there (at month 12) over expansion revenue closed, each expansion given as
/// (closed, retained) and capped at what was closed. `None` when nothing was closed.
pub fn expansion_retention(expansions: &[(i64, i64)]) -> Option<f64> {
    let closed: i64 = expansions.iter().map(|(closed, _)| closed).sum();
    let retained: i64 = expansions.iter().map(|(closed, retained)| *retained.clamp(&0, closed)).sum();
    ratio(retained, closed)
}

fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    #[test]
    fn growth_shows_in_net_and_not_in_gross() {
        let accounts = [(10_000, 15_000), (10_000, 8_000), (10_000, 0), (0, 4_000), (10_000, 10_000)];
        let movement = Movement::of_accounts(&accounts);
        assert_eq!(movement, Movement { start: 40_000, expansion: 5_000, contraction: 2_000, churn: 10_000 });
        assert_close(movement.net_retention().unwrap(), 0.825, 1e-12);
        assert_close(movement.gross_retention().unwrap(), 0.7, 1e-12);
    }

    #[test]
    fn an_expansion_cannot_be_retained_more_than_once() {
        assert_close(expansion_retention(&[(100, 140), (100, 60), (50, -5)]).unwrap(), 0.64, 1e-12);
        assert_eq!(expansion_retention(&[]), None);
        assert_eq!(Movement::of_accounts(&[(0, 5)]).net_retention(), None);
    }
}
