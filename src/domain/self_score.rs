//! How the engine scores itself over finished upsells: its chances, its bands and its warnings.

use crate::{
    calibration::ForecastQuality,
    outcome::Conclusion,
    policy::Policy,
    promise::Promise,
    statistics::{quantile::median, wilson::wilson},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// When a finished upsell was first warned of, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Day on which it first lagged with fresh data; `None` when it never did.
    pub warned_day: Option<i32>,
    /// Day of the last checkpoint.
    pub last_day: u16,
    pub conclusion: Conclusion,
}

/// How good the warnings of finished upsells turned out: right when the upsell did not end as a success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WarningQuality {
    /// Finished upsells, and how many of them lagged at some time.
    pub upsells: usize,
    pub warned: u64,
    pub right: u64,
    /// Right of warned; absent below the sample limit.
    pub precision: Option<f64>,
    pub precision_interval: Option<(f64, f64)>,
    /// Median days between a right warning's first day and the last checkpoint; absent with the precision.
    pub lead_days: Option<f64>,
}

impl WarningQuality {
    pub fn of(watched: &[Watched], policy: &Policy) -> Self {
        let warned: Vec<(&Watched, i32)> =
            watched.iter().filter_map(|one| Some((one, one.warned_day?))).collect();
        let was_right = |one: &&(&Watched, i32)| one.0.conclusion != Conclusion::Success;
        let lead: Vec<f64> = warned
            .iter()
            .filter(was_right)
            .map(|(one, day)| f64::from(i32::from(one.last_day) - day))
            .collect();
        let (right, all) = (lead.len() as u64, warned.len() as u64);
        let enough = warned.len() >= policy.min_sample;
        Self {
            upsells: watched.len(),
            warned: all,
            right,
            precision: enough.then(|| right as f64 / all as f64),
            precision_interval: wilson(right, all, 0.95).map(|interval| (interval.low, interval.high)),
            lead_days: median(&lead).filter(|_| enough),
        }
    }
}

/// The engine's own score over finished upsells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SelfScore {
    /// Of forecasts told on checkpoint days: day by day, then all together.
    pub forecasts: Vec<ForecastQuality>,
    /// How early it is known: all forecasts kept, by the day they were told on.
    pub by_age: Vec<ForecastQuality>,
    pub warnings: WarningQuality,
}

impl SelfScore {
    pub fn of(promises: &[Promise], watched: &[Watched], policy: &Policy) -> Self {
        let at_reviews: Vec<Promise> = promises.iter().filter(|promise| promise.is_review).cloned().collect();
        let mut forecasts = by_day(&at_reviews, policy);
        forecasts.push(ForecastQuality::of(&at_reviews, None, policy));
        Self { forecasts, by_age: by_day(promises, policy), warnings: WarningQuality::of(watched, policy) }
    }

    /// In a sentence each: the chances by checkpoint, and the warnings.
    pub fn words(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.forecasts.iter().map(ForecastQuality::words).collect();
        lines.push(self.warnings.words());
        lines
    }
}

fn by_day(promises: &[Promise], policy: &Policy) -> Vec<ForecastQuality> {
    let days: BTreeSet<u16> = promises.iter().map(|promise| promise.day).collect();
    days.into_iter().map(|day| ForecastQuality::of(promises, Some(day), policy)).collect()
}

impl WarningQuality {
    pub fn words(&self) -> String {
        let Self { warned, right, upsells, .. } = self;
        match (self.precision, self.precision_interval, self.lead_days) {
            (Some(precision), Some((low, high)), lead) => format!(
                "Warnings: {:.0} % right ({right} of {warned}, {:.0} to {:.0}){}.",
                100.0 * precision,
                100.0 * low,
                100.0 * high,
                lead.map_or(String::new(), |days| format!(", {days:.0} days ahead"))
            ),
            _ => format!("Warnings: not enough data ({warned} among {upsells} finished upsells)."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::Rung;

    fn promise(day: u16, probability: f64, was_reached: bool) -> Promise {
        Promise {
            metric: "seats".into(),
            day,
            is_review: day.is_multiple_of(30),
            rung: Rung::CohortAnalogs,
            probability: Some(probability),
            uncorrected: Some(probability),
            is_inside: Some(was_reached),
            is_calibrated: true,
            was_reached,
        }
    }

    fn watched(warned_day: Option<i32>, conclusion: Conclusion) -> Watched {
        Watched { warned_day, last_day: 90, conclusion }
    }

    #[test]
    fn right_chances_score_better_than_knowing_nothing_and_wrong_ones_worse() {
        let half = |right: f64| -> Vec<Promise> {
            (0..20)
                .map(|index| promise(30, if index % 2 == 0 { right } else { 1.0 - right }, index % 2 == 0))
                .collect()
        };
        let of = |promises: &[Promise]| SelfScore::of(promises, &[], &Policy::default());
        let (good, bad) = (of(&half(0.9)), of(&half(0.1)));
        assert_eq!(good.forecasts.iter().map(|quality| quality.day).collect::<Vec<_>>(), [Some(30), None]);
        assert!((good.forecasts[0].brier.unwrap() - 0.01).abs() < 1e-12);
        assert!((bad.forecasts[0].brier.unwrap() - 0.81).abs() < 1e-12);
        assert_eq!(good.forecasts[0].brier_of_base_rate, Some(0.25));
        assert_eq!((good.forecasts[0].inside, good.forecasts[0].bands), (10, 20));
    }

    #[test]
    fn what_was_told_between_checkpoints_counts_for_its_age_alone() {
        let promises: Vec<Promise> =
            (0..20).map(|index| promise(if index < 10 { 30 } else { 40 }, 0.5, index % 2 == 0)).collect();
        let score = SelfScore::of(&promises, &[], &Policy::default());
        let days = |of: &[ForecastQuality]| of.iter().map(|one| (one.day, one.n)).collect::<Vec<_>>();
        assert_eq!(days(&score.forecasts), [(Some(30), 10), (None, 10)]);
        assert_eq!(days(&score.by_age), [(Some(30), 10), (Some(40), 10)]);
    }

    #[test]
    fn warnings_are_right_when_no_success_came_and_few_are_not_judged() {
        let mut ended: Vec<Watched> = (0..6).map(|_| watched(Some(40), Conclusion::Failed)).collect();
        ended.extend((0..2).map(|_| watched(Some(70), Conclusion::Success)));
        ended.push(watched(None, Conclusion::Success));
        let quality = WarningQuality::of(&ended, &Policy::default());
        assert_eq!((quality.upsells, quality.warned, quality.right), (9, 8, 6));
        assert_eq!((quality.precision, quality.lead_days), (Some(0.75), Some(50.0)));
        let few = WarningQuality::of(&ended[..7], &Policy::default());
        assert_eq!((few.warned, few.precision, few.lead_days), (7, None, None));
    }
}
