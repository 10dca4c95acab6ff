//! Comparable past upsells: where they stood on a day, and where they went from there.

use crate::{
    id::{MetricKey, PlanId},
    policy::Policy,
    statistics::{
        Interval,
        analog::Present,
        conformal::{self, Margin},
        quantile::{interquartile_range, median, quantile},
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// One metric's way in a finished upsell, as known when its outcome was documented.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastWay {
    pub plan: PlanId,
    pub template: String,
    pub metric: MetricKey,
    /// When the outcome was documented: an earlier question must not look at it.
    pub known_at: DateTime<Utc>,
    /// Attainment (0 = baseline, 1 = target) by day from day 0, carried forward over days without a value.
    pub attainment: Vec<f64>,
    pub is_success: bool,
}

/// The past ways of one metric, with what they say of each day worked out once.
#[derive(Debug, Default)]
pub struct Cohort {
    ways: Vec<PastWay>,
    horizon: u16,
    days: Vec<OnceLock<Option<Day>>>,
}

/// The cohort on one day.
#[derive(Debug)]
pub(crate) struct Day {
    cases: Vec<Case>,
    level_scale: f64,
    slope_scale: f64,
    /// Levels by quantile: the band of the policy, and its middle.
    pub lower: f64,
    pub middle: f64,
    pub upper: f64,
    pub margin: Option<Margin>,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    way: usize,
    present: Present,
    end: f64,
}

/// What the nearest past upsells did from here to the horizon, nearest first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Nearest {
    pub increments: Vec<f64>,
    pub ways: Vec<usize>,
}

impl Cohort {
    /// The ways that reach `horizon`, the latest known first, at most [`Policy::cohort_max`] of them.
    pub fn new(mut ways: Vec<PastWay>, horizon: u16, policy: &Policy) -> Self {
        ways.retain(|way| {
            way.attainment.len() > usize::from(horizon) && way.attainment.iter().all(|a| a.is_finite())
        });
        ways.sort_by(|a, b| b.known_at.cmp(&a.known_at).then(a.plan.cmp(&b.plan)));
        ways.truncate(policy.cohort_max);
        Self { ways, horizon, days: (0..=horizon).map(|_| OnceLock::new()).collect() }
    }

    pub fn len(&self) -> usize {
        self.ways.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    pub fn horizon(&self) -> u16 {
        self.horizon
    }

    pub fn ways(&self) -> &[PastWay] {
        &self.ways
    }

    /// Quantile band of attainment on `day` with its middle; `None` below [`Policy::cohort_full`] ways.
    pub fn band(&self, day: i32, policy: &Policy) -> Option<(Interval, f64)> {
        if self.len() < policy.cohort_full {
            return None;
        }
        let day = self.day(day, policy)?;
        Some((Interval { low: day.lower, high: day.upper }, day.middle))
    }

    /// The cohort on `day`; days after the horizon count as the horizon.
    pub(crate) fn day(&self, day: i32, policy: &Policy) -> Option<&Day> {
        let index = usize::try_from(day).unwrap_or(0).min(usize::from(self.horizon));
        self.days.get(index)?.get_or_init(|| Day::of(self, index, policy)).as_ref()
    }
}

impl Day {
    fn of(cohort: &Cohort, day: usize, policy: &Policy) -> Option<Self> {
        let levels: Vec<f64> = cohort.ways.iter().map(|way| way.attainment[day]).collect();
        let cases: Vec<Case> =
            cohort.ways.iter().enumerate().filter_map(|(i, way)| case(i, way, day, cohort, policy)).collect();
        let slopes: Vec<f64> = cases.iter().map(|case| case.present.slope).collect();
        let mut table = Self {
            level_scale: spread(&levels),
            slope_scale: spread(&slopes),
            lower: quantile(&levels, policy.lower_quantile)?,
            middle: median(&levels)?,
            upper: quantile(&levels, policy.upper_quantile)?,
            margin: None,
            cases,
        };
        table.margin = conformal::margin(&table.misses(policy), policy.band_coverage);
        Some(table)
    }

    /// Nearest by `|level|/σ_L + |slope|/σ_S`; the way `without` is left out (leave-one-out).
    pub(crate) fn nearest(&self, present: Present, policy: &Policy, without: Option<usize>) -> Nearest {
        let mut ranked: Vec<(f64, usize)> = self
            .cases
            .iter()
            .enumerate()
            .filter(|(_, case)| Some(case.way) != without)
            .map(|(index, case)| {
                let level = (case.present.level - present.level).abs() / self.level_scale;
                let slope = (case.present.slope - present.slope).abs() / self.slope_scale;
                (level + slope, index)
            })
            .collect();
        let k = ((policy.neighbour_share * ranked.len() as f64 - 1e-9).ceil() as usize)
            .clamp(policy.neighbours_min, policy.neighbours_max)
            .min(ranked.len());
        let by_distance = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if k > 0 && k < ranked.len() {
            ranked.select_nth_unstable_by(k - 1, by_distance);
        }
        ranked.truncate(k);
        ranked.sort_by(by_distance);
        Nearest {
            increments: ranked
                .iter()
                .map(|(_, i)| self.cases[*i].end - self.cases[*i].present.level)
                .collect(),
            ways: ranked.iter().map(|(_, i)| self.cases[*i].way).collect(),
        }
    }

    pub(crate) fn cases(&self) -> usize {
        self.cases.len()
    }

    /// How far each past end fell outside the band the others would have given it.
    fn misses(&self, policy: &Policy) -> Vec<f64> {
        let miss = |case: &Case| {
            let nearest = self.nearest(case.present, policy, Some(case.way));
            let band = raw_band(case.present.level, &nearest.increments, policy)?;
            Some(conformal::miss(band, case.end))
        };
        self.cases.iter().filter_map(miss).collect()
    }
}

/// Level plus the increments' quantiles at both ends of the nominal coverage, uncorrected.
pub(crate) fn raw_band(level: f64, increments: &[f64], policy: &Policy) -> Option<Interval> {
    let tail = (1.0 - policy.band_coverage) / 2.0;
    Some(Interval {
        low: level + quantile(increments, tail)?,
        high: level + quantile(increments, 1.0 - tail)?,
    })
}

fn case(index: usize, way: &PastWay, day: usize, cohort: &Cohort, policy: &Policy) -> Option<Case> {
    let steps = steps_back(day, policy);
    let series: Vec<f64> = steps.iter().map(|&d| way.attainment[d]).collect();
    let present = Present::of(&series, series.len() - 1)?;
    Some(Case { way: index, present, end: way.attainment[usize::from(cohort.horizon)] })
}

/// Days a trend at `day` is read from: up to three steps back, oldest first, `day` last.
pub(crate) fn steps_back(day: usize, policy: &Policy) -> Vec<usize> {
    let step = usize::from(policy.step_days);
    (0..=3).rev().filter_map(|back| day.checked_sub(back * step)).collect()
}

/// The interquartile range, or 1 where all are alike: then the measure cannot tell them apart anyway.
fn spread(values: &[f64]) -> f64 {
    interquartile_range(values).filter(|range| *range > 0.0).unwrap_or(1.0)
}
