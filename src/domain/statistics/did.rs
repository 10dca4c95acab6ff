//! Did expanding accounts change more than the others? Difference in differences, with its honesty check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::moments::{all_finite, finite, mean, variance};
use super::normal::z_of_level;

/// Fewer controls than this give no comparison.
pub const FEWEST_CONTROLS: usize = 8;

/// A pre-trend further from zero than this many standard errors makes the effect unreadable.
pub const LARGEST_PRE_TREND: f64 = 2.0;

/// One account's values before and after the expansion, per equal period, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub before: Vec<f64>,
    pub after: Vec<f64>,
}

/// A difference of differences in the metric's unit, its standard error clustered by account.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    pub effect: f64,
    pub standard_error: f64,
    pub interval: Interval,
}

impl Effect {
    /// Whether the effect is further from zero than `standard_errors` of its own.
    pub fn is_beyond(&self, standard_errors: f64) -> bool {
        self.effect.abs() > standard_errors * self.standard_error
    }
}

/// What the comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Comparison {
    /// The groups moved alike before, so the difference after can be read.
    Identified { effect: Effect, pre_trend: Effect },
    /// The groups already moved apart before: no effect can be read.
    NotIdentifiable { pre_trend: Effect },
    /// Fewer than two expanded accounts or fewer than eight controls can be used.
    TooFew { expanded: usize, controls: usize },
}

/// (Ȳ expanded, after − before) − (Ȳ controls, after − before), each account first reduced to its own difference
/// so that its periods count once (clustering by account; Bertrand, Duflo & Mullainathan 2004), unequal
/// variances. The same formula on the two halves of the time before is the check: beyond two standard errors
/// nothing is identifiable. Accounts with fewer than two periods before, none after, or values that are not
/// finite are left out. `None` when `level` is not between 0 and 1.
pub fn compare(expanded: &[Account], controls: &[Account], level: f64) -> Option<Comparison> {
    let z = z_of_level(level)?;
    let expanded: Vec<Change> = expanded.iter().filter_map(Change::of).collect();
    let controls: Vec<Change> = controls.iter().filter_map(Change::of).collect();
    if expanded.len() < 2 || controls.len() < FEWEST_CONTROLS {
        return Some(Comparison::TooFew { expanded: expanded.len(), controls: controls.len() });
    }
    let between = |change: fn(&Change) -> f64| {
        let changes = |group: &[Change]| group.iter().map(change).collect::<Vec<f64>>();
        difference(&changes(&expanded), &changes(&controls), z)
    };
    let pre_trend = between(|change| change.within_before)?;
    if pre_trend.is_beyond(LARGEST_PRE_TREND) {
        return Some(Comparison::NotIdentifiable { pre_trend });
    }
    Some(Comparison::Identified { effect: between(|change| change.to_after)?, pre_trend })
}

/// What one account contributes.
struct Change {
    within_before: f64,
    to_after: f64,
}

impl Change {
    fn of(account: &Account) -> Option<Self> {
        if account.before.len() < 2 || !all_finite(&account.before) || !all_finite(&account.after) {
            return None;
        }
        let (early, late) = account.before.split_at(account.before.len() / 2);
        Some(Self {
            within_before: mean(late)? - mean(early)?,
            to_after: mean(&account.after)? - mean(&account.before)?,
        })
    }
}

fn difference(expanded: &[f64], controls: &[f64], z: f64) -> Option<Effect> {
    let effect = finite(mean(expanded)? - mean(controls)?)?;
    let squared = variance(expanded)? / expanded.len() as f64 + variance(controls)? / controls.len() as f64;
    let standard_error = finite(squared.sqrt())?;
    Some(Effect { effect, standard_error, interval: Interval::around(effect, z * standard_error) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;

    fn account(start: f64, trend: f64, jump: f64) -> Account {
        let at = |period: u8| start + trend * f64::from(period);
        Account { before: (0..4).map(at).collect(), after: (4..8).map(|period| at(period) + jump).collect() }
    }

    fn controls(trend: f64) -> Vec<Account> {
        (0..10_u8).map(|i| account(40.0 + f64::from(i), trend + 0.1 * f64::from(i % 3), 0.0)).collect()
    }

    #[test]
    fn a_jump_on_a_common_trend_is_read_right() {
        let expanded: Vec<Account> =
            (0..6_u8).map(|i| account(60.0, 1.0 + 0.1 * f64::from(i % 3), 5.0)).collect();
        let Some(Comparison::Identified { effect, pre_trend }) = compare(&expanded, &controls(1.0), 0.95)
        else {
            panic!("the trends are alike");
        };
        assert_close(effect.effect, 5.0, 0.05);
        assert!(effect.interval.contains(5.0) && effect.is_beyond(10.0));
        assert!(!pre_trend.is_beyond(LARGEST_PRE_TREND));
    }

    #[test]
    fn groups_that_moved_apart_before_cannot_be_compared() {
        let expanded: Vec<Account> =
            (0..6_u8).map(|i| account(60.0, 3.0 + 0.1 * f64::from(i % 3), 0.0)).collect();
        let found = compare(&expanded, &controls(1.0), 0.95);
        assert!(matches!(found, Some(Comparison::NotIdentifiable { pre_trend }) if pre_trend.effect > 3.0));
    }

    #[test]
    fn seven_controls_are_too_few() {
        let expanded = [account(1.0, 0.0, 1.0), account(2.0, 0.1, 1.0)];
        let few = &controls(1.0)[..7];
        assert_eq!(compare(&expanded, few, 0.95), Some(Comparison::TooFew { expanded: 2, controls: 7 }));
        assert_eq!(compare(&expanded, few, 0.0), None);
    }
}
