//! Comparable past upsells: where they stood on a day, and where they went from there.

use crate::{
    id::{MetricKey, PlanId},
    policy::Policy,
    statistics::{
        Interval,
        analog::{Case, Present, Scales, band, nearest, neighbours, spread},
        conformal::{self, Margin},
        quantile::{median, quantile},
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
    /// Way of each case.
    ways: Vec<usize>,
    scales: Scales,
    /// Levels by quantile: the band of the policy, and its middle.
    pub lower: f64,
    pub middle: f64,
    pub upper: f64,
    pub margin: Option<Margin>,
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
        let cases = cohort.ways.iter().enumerate();
        let cases = cases.filter_map(|(index, way)| Some((index, case(way, day, cohort.horizon, policy)?)));
        let (ways, cases): (Vec<usize>, Vec<Case>) = cases.unzip();
        let slopes: Vec<f64> = cases.iter().map(|case| case.present.slope).collect();
        let mut table = Self {
            scales: Scales { level: spread(&levels), slope: spread(&slopes) },
            lower: quantile(&levels, policy.lower_quantile)?,
            middle: median(&levels)?,
            upper: quantile(&levels, policy.upper_quantile)?,
            margin: None,
            cases,
            ways,
        };
        table.margin = conformal::margin(&table.misses(policy), policy.band_coverage);
        Some(table)
    }

    pub(crate) fn cases(&self) -> usize {
        self.cases.len()
    }

    pub(crate) fn nearest(&self, present: Present, policy: &Policy) -> Nearest {
        let near = self.nearest_but(present, policy, None);
        Nearest {
            increments: near.iter().map(|&index| self.cases[index].increment()).collect(),
            ways: near.iter().map(|&index| self.ways[index]).collect(),
        }
    }

    fn nearest_but(&self, present: Present, policy: &Policy, without: Option<usize>) -> Vec<usize> {
        let cases = self.cases.len() - usize::from(without.is_some());
        let k = neighbours(cases, policy.neighbour_share, policy.neighbours_min, policy.neighbours_max);
        nearest(present, &self.cases, self.scales, k, without)
    }

    /// How far each past end fell outside the band the others would have given it.
    fn misses(&self, policy: &Policy) -> Vec<f64> {
        let miss = |(index, case): (usize, &Case)| {
            let near = self.nearest_but(case.present, policy, Some(index));
            let increments: Vec<f64> = near.iter().map(|&other| self.cases[other].increment()).collect();
            Some(conformal::miss(band(case.present.level, &increments, policy.band_coverage)?, case.end))
        };
        self.cases.iter().enumerate().filter_map(miss).collect()
    }
}

fn case(way: &PastWay, day: usize, horizon: u16, policy: &Policy) -> Option<Case> {
    let series: Vec<f64> = steps_back(day, policy).into_iter().map(|d| way.attainment[d]).collect();
    let present = Present::of(&series, series.len() - 1)?;
    Some(Case { present, end: way.attainment[usize::from(horizon)] })
}

/// Days a trend at `day` is read from: up to three steps back, oldest first, `day` last.
pub(crate) fn steps_back(day: usize, policy: &Policy) -> Vec<usize> {
    let step = usize::from(policy.step_days);
    (0..=3).rev().filter_map(|back| day.checked_sub(back * step)).collect()
}

/// The ways of a finished plan, one per metric that has a baseline and a value, as known at `known_at`.
pub fn ways_of(
    plan: &crate::plan::MeasurementPlan,
    observations: &[crate::observation::Observation],
    is_success: bool,
    known_at: DateTime<Utc>,
) -> Vec<PastWay> {
    let way = |metric: &crate::metric::Metric| {
        let values = crate::observation::known(observations, &metric.key, known_at);
        let mut attainment = crate::assess::daily(plan, metric, &values);
        // A person's reading holds until the next one; a feed that stopped early says nothing of the end.
        let horizon = usize::from(plan.horizon());
        if let (Some(&last), true) =
            (attainment.last(), metric.selector().is_none() || attainment.len() + 7 > horizon)
        {
            attainment.resize(attainment.len().max(horizon + 1), last);
        }
        (!attainment.is_empty()).then(|| PastWay {
            plan: plan.id,
            template: plan.template.id.clone(),
            metric: metric.key.clone(),
            known_at,
            attainment,
            is_success,
        })
    };
    plan.metrics.iter().filter_map(way).collect()
}
