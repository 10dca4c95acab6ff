//! Whether an expanding account changed more than accounts like it that did not expand.

pub mod trend;
pub mod windows;

use crate::{
    amount::{amount, counted},
    policy::Policy,
    statistics::{
        did::{Account, Change, Effect, Stack, difference},
        matching::alike,
        moments::mean,
        theil_sen,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a comparison says (`methods.md` 3): the mean after day 0 − the mean before, over the same of accounts that did not
/// expand. Controls are of the same segment where that is known of both; customers known only by usage have none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Comparison {
    /// The accounts moved alike before, so the difference after may be called an effect.
    Identified {
        /// In the metric's unit, with its 95 % interval.
        effect: Effect,
        pre_trend: Effect,
        expanded: usize,
        controls: usize,
    },
    /// The accounts moved apart already before: no effect can be read.
    NotIdentifiable { pre_trend: Effect, expanded: usize, controls: usize },
    /// Fewer than `needed` controls, or fewer than `needed` of them like the account before.
    TooFew { expanded: usize, eligible: usize, alike: usize, needed: usize },
    /// No whole week of the metric's window has passed since day 0.
    TooEarly,
}

/// Compares expanded accounts with the controls of each that are like it in mean and slope before.
pub fn compare(stacks: &[Stack], needed: usize, policy: &Policy) -> Comparison {
    let eligible = controls(stacks);
    if stacks.is_empty() || eligible < needed {
        return Comparison::TooFew { expanded: expanded(stacks), eligible, alike: 0, needed };
    }
    let near: Vec<Stack> = stacks.iter().map(|stack| near(stack, policy)).collect();
    let near: Vec<Stack> = near.into_iter().filter(|stack| !stack.controls.is_empty()).collect();
    let read = if controls(&near) < needed { None } else { read(&near, policy) };
    let too_few = Comparison::TooFew { expanded: expanded(stacks), eligible, alike: controls(&near), needed };
    // Nobody alike: because the account moved apart from all of them before?
    read.or_else(|| apart(stacks, policy)).unwrap_or(too_few)
}

/// The verdict over these very accounts; `None` where they have no spread to judge by.
fn read(stacks: &[Stack], policy: &Policy) -> Option<Comparison> {
    let pre_trend = difference(stacks, Change::WithinBefore, policy.effect_level)?;
    let (expanded, controls) = (expanded(stacks), controls(stacks));
    if pre_trend.is_beyond(policy.pre_trend_max) {
        return Some(Comparison::NotIdentifiable { pre_trend, expanded, controls });
    }
    let effect = difference(stacks, Change::ToAfter, policy.effect_level)?;
    Some(Comparison::Identified { effect, pre_trend, expanded, controls })
}

fn apart(stacks: &[Stack], policy: &Policy) -> Option<Comparison> {
    let verdict = read(stacks, policy)?;
    matches!(verdict, Comparison::NotIdentifiable { .. }).then_some(verdict)
}

/// The stack with those controls only that are like its account: mean and robust slope before, the slope as what it adds
/// up to over the time before, so that both have the metric's unit and one floor.
fn near(stack: &Stack, policy: &Policy) -> Stack {
    let traits: Option<Vec<Vec<f64>>> = stack.controls.iter().map(traits).collect();
    let found = self::traits(&stack.expanded).zip(traits).and_then(|(own, others)| {
        let floor = policy.caliper_floor * own[0].abs();
        alike(&own, &others, policy.caliper, &[floor, floor])
    });
    let controls = found.unwrap_or_default().into_iter().map(|index| stack.controls[index].clone());
    Stack { expanded: stack.expanded.clone(), controls: controls.collect() }
}

pub(crate) fn traits(account: &Account) -> Option<Vec<f64>> {
    let periods: Vec<f64> = (0..account.before.len()).map(|period| period as f64).collect();
    let slope = theil_sen::trend(&periods, &account.before, 0.95)?.slope;
    Some(vec![mean(&account.before)?, slope * (periods.len() - 1) as f64])
}

fn expanded(stacks: &[Stack]) -> usize {
    stacks.iter().map(|stack| &stack.expanded.name).collect::<BTreeSet<_>>().len()
}

/// Different accounts among the controls.
fn controls(stacks: &[Stack]) -> usize {
    stacks.iter().flat_map(|stack| &stack.controls).map(|c| &c.name).collect::<BTreeSet<_>>().len()
}

impl Comparison {
    pub const fn is_identified(&self) -> bool {
        matches!(self, Self::Identified { .. })
    }

    /// Whether an effect can be read and its interval excludes none at all.
    pub fn is_clear(&self) -> bool {
        matches!(self, Self::Identified { effect, .. } if !effect.interval.contains(0.0))
    }

    /// `12 calls more than 10 like accounts that did not expand (4.1 to 20)`
    pub fn words(&self, unit: &str) -> String {
        let unit = if unit == "%" { "points" } else { unit };
        let like = |controls: usize| {
            counted(controls, "like account that did not expand", "like accounts that did not expand")
        };
        match self {
            Self::Identified { effect, controls, .. } => {
                let side = if effect.effect < 0.0 { "less" } else { "more" };
                let (low, high) = (amount(effect.interval.low, ""), amount(effect.interval.high, ""));
                let by = amount(effect.effect.abs(), unit);
                format!("{by} {side} than {} ({low} to {high})", like(*controls))
            }
            Self::NotIdentifiable { controls, .. } => format!(
                "no effect can be told: moved apart from {} already before the sale",
                counted(*controls, "account that did not expand", "accounts that did not expand")
            ),
            Self::TooFew { eligible, needed, .. } if eligible < needed => {
                format!("too few to compare with ({eligible} of {needed} accounts that did not expand)")
            }
            Self::TooFew { eligible, alike, needed, .. } if alike < needed => format!(
                "too few to compare with: {alike} of {eligible} accounts that did not expand were like it before, \
                 {needed} needed"
            ),
            Self::TooFew { expanded, .. } => {
                format!("too few to compare: {}", counted(*expanded, "account expanded", "accounts expanded"))
            }
            Self::TooEarly => "too early to compare: no whole window since day 0".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
