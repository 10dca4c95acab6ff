//! Did expanding accounts change more than the others? Difference in differences, with its uncertainty.

use super::{
    Interval,
    moments::{all_finite, finite, mean, variance},
    student::t_of_level,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One account's values before and after the expansion, per equal period, oldest first. Its name is its cluster: the
/// same account may stand in several stacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub name: String,
    pub before: Vec<f64>,
    pub after: Vec<f64>,
}

/// An expanded account and those it is compared with, over the same periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    pub expanded: Account,
    pub controls: Vec<Account>,
}

/// Which difference is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The later half of the time before − the earlier half: what must be alike for the other to be read.
    WithinBefore,
    /// After − before.
    ToAfter,
}

/// A difference of differences in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
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

    fn of(effect: f64, standard_error: f64, level: f64, degrees: f64) -> Option<Self> {
        let reach = finite(t_of_level(level, degrees)? * standard_error)?;
        Some(Self { effect: finite(effect)?, standard_error, interval: Interval::around(effect, reach) })
    }
}

impl Account {
    /// Each account's periods count once (Bertrand, Duflo & Mullainathan 2004). `None` with fewer than two periods
    /// before, none after, or values that are not finite.
    pub fn change(&self, which: Change) -> Option<f64> {
        if self.before.len() < 2 || !all_finite(&self.before) || !all_finite(&self.after) {
            return None;
        }
        match which {
            Change::WithinBefore => {
                let (early, late) = self.before.split_at(self.before.len() / 2);
                Some(mean(late)? - mean(early)?)
            }
            Change::ToAfter => Some(mean(&self.after)? - mean(&self.before)?),
        }
    }
}

/// (Ȳ expanded, after − before) − (Ȳ controls, after − before) of all stacks. One expanded account is judged by
/// [`of_one`], more by [`of_many`]. Stacks with an account without the change are left out.
pub fn difference(stacks: &[Stack], which: Change, level: f64) -> Option<Effect> {
    let read: Vec<Changes<'_>> = stacks.iter().filter_map(|stack| Changes::of(stack, which)).collect();
    match read.as_slice() {
        [] => None,
        [one] => of_one(one, level),
        many if many.iter().all(|stack| stack.expanded.0 == many[0].expanded.0) => None,
        many => of_many(many, level),
    }
}

/// A stack reduced to each account's own difference.
struct Changes<'a> {
    expanded: (&'a str, f64),
    controls: Vec<(&'a str, f64)>,
}

impl<'a> Changes<'a> {
    fn of(stack: &'a Stack, which: Change) -> Option<Self> {
        let named = |account: &'a Account| Some((account.name.as_str(), account.change(which)?));
        let controls: Option<Vec<_>> = stack.controls.iter().map(named).collect();
        Some(Self { expanded: named(&stack.expanded)?, controls: controls.filter(|all| !all.is_empty())? })
    }

    fn usual(&self) -> f64 {
        self.controls.iter().map(|(_, change)| change).sum::<f64>() / self.controls.len() as f64
    }
}

/// A single expanded account has no spread of its own. Its chance variation is taken to be that of the controls'
/// differences: as many placebo effects as there are controls (Conley & Taber 2011), here by their normal summary, so
/// the error is that of predicting one more account, sd·√(1 + 1/n) with n − 1 degrees of freedom.
fn of_one(stack: &Changes<'_>, level: f64) -> Option<Effect> {
    let changes: Vec<f64> = stack.controls.iter().map(|(_, change)| *change).collect();
    let n = changes.len() as f64;
    let error = variance(&changes)?.sqrt() * (1.0 + 1.0 / n).sqrt();
    Effect::of(stack.expanded.1 - stack.usual(), error, level, n - 1.0)
}

/// The mean over expanded accounts of how much more each changed than its controls. Errors are summed by account, so a
/// control of several stacks or an account with several expansions counts as one (CR1, each side with its own
/// n/(n − 1)); degrees of freedom by Welch and Satterthwaite. With the same controls in every stack this is Welch's
/// comparison of two means; where stacks share no control it is too wide rather than too narrow.
fn of_many(stacks: &[Changes<'_>], level: f64) -> Option<Effect> {
    let mut stacks_of: BTreeMap<&str, f64> = BTreeMap::new();
    for stack in stacks {
        *stacks_of.entry(stack.expanded.0).or_default() += 1.0;
    }
    let accounts = stacks_of.len() as f64;
    let weight = |stack: &Changes<'_>| 1.0 / (accounts * stacks_of[stack.expanded.0]);
    let excess = |stack: &Changes<'_>| stack.expanded.1 - stack.usual();
    let effect: f64 = stacks.iter().map(|stack| weight(stack) * excess(stack)).sum();
    let (mut expanded, mut controls) = (BTreeMap::new(), BTreeMap::new());
    for stack in stacks {
        *expanded.entry(stack.expanded.0).or_insert(0.0) += weight(stack) * (excess(stack) - effect);
        for (name, change) in &stack.controls {
            let share = weight(stack) / stack.controls.len() as f64;
            *controls.entry(*name).or_insert(0.0) += share * (change - stack.usual());
        }
    }
    let (of_expanded, of_controls) = (clustered(&expanded)?, clustered(&controls)?);
    let variance = of_expanded.0 + of_controls.0;
    let freedom = of_expanded.0.powi(2) / of_expanded.1 + of_controls.0.powi(2) / of_controls.1;
    let degrees = if freedom > 0.0 { variance.powi(2) / freedom } else { of_expanded.1 };
    Effect::of(effect, variance.sqrt(), level, degrees)
}

/// Variance that one side's accounts add, and its degrees of freedom.
fn clustered(errors: &BTreeMap<&str, f64>) -> Option<(f64, f64)> {
    let n = errors.len() as f64;
    let squares: f64 = errors.values().map(|error| error * error).sum();
    (n > 1.0).then(|| (squares * n / (n - 1.0), n - 1.0))
}

#[cfg(test)]
mod tests;
