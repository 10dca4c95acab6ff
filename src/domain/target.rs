//! Targets learned from past upsells, and whether a target is realistic.

use crate::{
    cohort::Cohort,
    metric::{Authority, Metric, TargetOffer},
    policy::Policy,
    statistics::{isotonic, quantile::harrell_davis, shrinkage::down_the_ladder},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a target compares with what similar upsells reached by that day (`methods.md` 6, realism check).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[schemars(inline)]
pub enum Realism {
    /// Fewer than `needed` comparable upsells: no verdict.
    NotEnoughData {
        n: usize,
        needed: usize,
    },
    /// Reached by less than a fifth.
    Ambitious {
        reached: usize,
        n: usize,
        share: f64,
    },
    Realistic {
        reached: usize,
        n: usize,
        share: f64,
    },
    /// Reached by more than nine in ten.
    Easy {
        reached: usize,
        n: usize,
        share: f64,
    },
}

impl Realism {
    /// Of `target` by `day`, both in terms of the plan's metric; shares are smoothed by (r + ½)/(n + 1).
    pub fn of(metric: &Metric, target: f64, day: u16, cohort: Option<&Cohort>, policy: &Policy) -> Self {
        let n = cohort.map_or(0, Cohort::len);
        let (Some(cohort), Some(wanted)) =
            (cohort.filter(|_| n >= policy.min_sample), metric.attainment(target))
        else {
            return Self::NotEnoughData { n, needed: policy.min_sample };
        };
        let day = usize::from(day.min(cohort.horizon()));
        let reached = cohort.ways().iter().filter(|way| way.attainment[day] >= wanted).count();
        let share = (reached as f64 + 0.5) / (n as f64 + 1.0);
        match share {
            share if share < policy.ambitious_below => Self::Ambitious { reached, n, share },
            share if share > policy.easy_above => Self::Easy { reached, n, share },
            share => Self::Realistic { reached, n, share },
        }
    }

    /// `6 of 9 comparable upsells reached this by then: realistic`.
    pub fn sentence(&self) -> String {
        let told = |reached: &usize, n: &usize, word: &str| {
            format!("{reached} of {n} comparable upsells reached this by then: {word}")
        };
        match self {
            Self::NotEnoughData { n, needed } => {
                format!("not enough similar upsells to say ({n} of {needed})")
            }
            Self::Ambitious { reached, n, .. } => told(reached, n, "ambitious"),
            Self::Realistic { reached, n, .. } => told(reached, n, "realistic"),
            Self::Easy { reached, n, .. } => told(reached, n, "easy"),
        }
    }
}

/// The target past upsells teach: the middle of what eventual successes reached by the horizon (Harrell–Davis),
/// narrower groups drawn toward wider ones by w = n/(n + 8). `widest_first` are the cohorts from all to this
/// product and segment. `None` below the sample limit or without a baseline.
pub fn learned(metric: &Metric, widest_first: &[&Cohort], policy: &Policy) -> Option<TargetOffer> {
    let groups: Vec<(f64, usize)> =
        widest_first.iter().filter_map(|cohort| successes_at(cohort, cohort.horizon(), 0.5)).collect();
    let n = groups.iter().map(|(_, n)| *n).max().filter(|n| *n >= policy.min_sample)?;
    let attainment = down_the_ladder(&groups, policy.shrink_prior)?;
    let target = metric.value_at(attainment)?;
    let because = format!("half of {n} successful past upsells reached this");
    Some(TargetOffer { authority: Authority::Learned, target, because })
}

/// The learned warning line by day: the 25 % point among eventual successes, rising with the day (isotonic).
/// Attainment per day asked for; `None` below the sample limit.
pub fn warning_line(cohort: &Cohort, days: &[u16], policy: &Policy) -> Option<Vec<f64>> {
    let points: Option<Vec<(f64, usize)>> =
        days.iter().map(|&day| successes_at(cohort, day, policy.lower_quantile)).collect();
    let points = points?;
    if points.first()?.1 < policy.min_sample {
        return None;
    }
    let (values, weights): (Vec<f64>, Vec<f64>) =
        points.into_iter().map(|(value, n)| (value, n as f64)).unzip();
    isotonic::rising(&values, &weights)
}

fn successes_at(cohort: &Cohort, day: u16, p: f64) -> Option<(f64, usize)> {
    let day = usize::from(day.min(cohort.horizon()));
    let levels: Vec<f64> =
        cohort.ways().iter().filter(|way| way.is_success).map(|way| way.attainment[day]).collect();
    Some((harrell_davis(&levels, p)?, levels.len()))
}
