//! How long things last when some are still going: survival curves, comparisons and projections.
//!
//! Times are in any one unit (days, weeks, contract terms). Who has not had the event by the end of observation
//! is censored, not missing: the time counts, the event does not.

use super::statistics::moments::finite;

pub mod aalen_johansen;
pub mod kaplan_meier;
pub mod log_rank;
pub mod restricted_mean;
pub mod shifted_beta_geometric;
pub mod weighted;

/// How long one account was observed, and whether the event (churn, first value, …) ended that time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifetime {
    pub time: f64,
    pub is_event: bool,
}

impl Lifetime {
    /// Ended by the event at `time`.
    pub fn ended(time: f64) -> Self {
        Self { time, is_event: true }
    }

    /// Still going when observation stopped at `time`.
    pub fn censored(time: f64) -> Self {
        Self { time, is_event: false }
    }

    fn is_valid(&self) -> bool {
        finite(self.time).is_some_and(|time| time >= 0.0)
    }
}

/// The given lifetimes from shortest to longest. `None` when empty, or when a time is negative or not finite.
fn in_order(lifetimes: &[Lifetime]) -> Option<Vec<Lifetime>> {
    if lifetimes.is_empty() || !lifetimes.iter().all(Lifetime::is_valid) {
        return None;
    }
    let mut ordered = lifetimes.to_vec();
    ordered.sort_by(|a, b| a.time.total_cmp(&b.time));
    Some(ordered)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Lifetime;

    /// Drosophila lifetimes in days by group (lifelines `load_waltons`): all, control, miR-137.
    pub(crate) fn waltons() -> [Vec<Lifetime>; 3] {
        let rows = rows(include_str!("statistics/reference/waltons.csv"));
        let of = |group: &str| rows.iter().filter(|(_, name)| name == group).map(|(life, _)| *life).collect();
        [rows.iter().map(|(life, _)| *life).collect(), of("control"), of("miR-137")]
    }

    /// Weeks of remission under placebo and 6-MP, each as (lifetime, is male) (lifelines `load_leukemia`).
    pub(crate) fn leukemia() -> [Vec<(Lifetime, bool)>; 2] {
        let rows = rows(include_str!("statistics/reference/leukemia.csv"));
        let of = |arm: &str| {
            let arm = rows.iter().filter(|(_, rest)| rest.starts_with(arm));
            arm.map(|(life, rest)| (*life, rest.ends_with('1'))).collect()
        };
        [of("1"), of("0")]
    }

    fn rows(csv: &str) -> Vec<(Lifetime, String)> {
        let row = |line: &str| {
            let mut cells = line.splitn(3, ',');
            let time = cells.next().unwrap().parse().unwrap();
            let is_event = cells.next().unwrap() == "1";
            (Lifetime { time, is_event }, cells.next().unwrap().to_string())
        };
        csv.lines().skip(2).map(row).collect()
    }
}
