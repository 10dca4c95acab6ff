//! Comparable past upsells: where they stood on a day, and where they went from there.

use crate::{
    chances::Chances,
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
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

/// What finished upsells say, as known at the moment of an assessment: the cohort of each metric, and how the chances
/// told before came true. Cheap to copy.
#[derive(Debug, Clone, Default)]
pub struct Cohorts {
    pub by_metric: Arc<BTreeMap<MetricKey, Cohort>>,
    pub chances: Arc<Chances>,
}

impl Cohorts {
    /// Nothing is known of any.
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get(&self, metric: &MetricKey) -> Option<&Cohort> {
        self.by_metric.get(metric)
    }
}

impl FromIterator<(MetricKey, Cohort)> for Cohorts {
    fn from_iter<I: IntoIterator<Item = (MetricKey, Cohort)>>(cohorts: I) -> Self {
        Self { by_metric: Arc::new(cohorts.into_iter().collect()), ..Self::default() }
    }
}

impl<const N: usize> From<[(MetricKey, Cohort); N]> for Cohorts {
    fn from(cohorts: [(MetricKey, Cohort); N]) -> Self {
        cohorts.into_iter().collect()
    }
}

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
    /// The next latest one: it joins when one of the others is left out.
    spare: Option<PastWay>,
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

impl Nearest {
    /// Where each would bring a way that stands at `level`.
    pub fn ends(&self, level: f64) -> Vec<f64> {
        self.increments.iter().map(|increment| level + increment).collect()
    }
}

impl Cohort {
    /// The ways that reach `horizon`, the latest known first, at most [`Policy::cohort_max`] of them.
    pub fn new(mut ways: Vec<PastWay>, horizon: u16, policy: &Policy) -> Self {
        ways.retain(|way| {
            way.attainment.len() > usize::from(horizon) && way.attainment.iter().all(|a| a.is_finite())
        });
        ways.sort_by(|a, b| b.known_at.cmp(&a.known_at).then(a.plan.cmp(&b.plan)));
        let spare = ways.drain(policy.cohort_max.min(ways.len())..).next();
        Self { ways, spare, horizon, days: (0..=horizon).map(|_| OnceLock::new()).collect() }
    }

    /// Whether the way of `plan` is one of them.
    pub fn includes(&self, plan: PlanId) -> bool {
        self.ways.iter().any(|way| way.plan == plan)
    }

    /// The cohort as if the outcome of `plan` had not been documented.
    #[must_use]
    pub fn without(&self, plan: PlanId, policy: &Policy) -> Self {
        let others = self.ways.iter().chain(&self.spare).filter(|way| way.plan != plan);
        Self::new(others.cloned().collect(), self.horizon, policy)
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

    /// Lowest and highest level among the cases.
    pub(crate) fn levels(&self) -> Option<(f64, f64)> {
        let levels = self.cases.iter().map(|case| case.present.level);
        levels.map(|level| (level, level)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// The middle slope, for a way that has none of its own yet.
    pub(crate) fn usual_slope(&self) -> Option<f64> {
        median(&self.cases.iter().map(|case| case.present.slope).collect::<Vec<_>>())
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

/// A person's reading holds until the next one, and the one taken for the last review counts as of its day.
fn read_by_hand(attainment: &mut Vec<f64>, horizon: usize, policy: &Policy) {
    let for_the_review = horizon + policy.review_grace_days.max(0) as usize;
    if let Some(&end) = attainment.get(for_the_review).or(attainment.last()) {
        attainment.resize(attainment.len().max(horizon + 1), end);
        attainment[horizon] = end;
    }
}

/// The ways of a finished plan, one per metric that has a baseline and a value, as known at `known_at`. A feed that
/// stopped early says nothing of the end.
pub fn ways_of(
    plan: &crate::plan::MeasurementPlan,
    observations: &[crate::observation::Observation],
    is_success: bool,
    policy: &Policy,
    known_at: DateTime<Utc>,
) -> Vec<PastWay> {
    let way = |metric: &crate::metric::Metric| {
        let values = crate::observation::known(observations, &metric.key, known_at);
        let mut attainment = crate::assess::daily(plan, metric, &values);
        let horizon = usize::from(plan.horizon());
        if metric.selector().is_none() {
            read_by_hand(&mut attainment, horizon, policy);
        } else if let Some(&last) = attainment.last()
            && attainment.len() + usize::from(policy.step_days) > horizon
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        example,
        forecast::{Forecast, View},
        statistics::normal,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// One adoption: an S-curve of its own height, middle and steepness, with a week's luck.
    fn adoption(random: &mut ChaCha8Rng) -> Vec<f64> {
        let height = random.random_range(0.3..1.4);
        let (middle, steepness) = (random.random_range(25.0..65.0), random.random_range(0.05..0.2));
        let luck: Vec<f64> = (0..14).map(|_| 1.0 + 0.06 * random.random_range(-1.0..1.0)).collect();
        (0..=90)
            .map(|day| {
                height * normal::sigmoid(steepness * (f64::from(day) - middle)) * luck[day as usize / 7]
            })
            .collect()
    }

    fn cohort(n: u64, random: &mut ChaCha8Rng) -> Cohort {
        let way = |n: u64| PastWay {
            plan: PlanId::from_bits(n),
            template: "t".to_owned(),
            metric: "active_users".into(),
            known_at: DateTime::UNIX_EPOCH,
            attainment: adoption(random),
            is_success: true,
        };
        Cohort::new((0..n).map(way).collect(), 90, &Policy::default())
    }

    /// A plan's own way is unique in a metric, so one way more than the most is enough to leave any plan out.
    #[test]
    fn a_cohort_without_one_of_its_plans_is_that_of_all_others() {
        let policy = Policy { cohort_max: 3, ..Policy::default() };
        let way = |n: u64| PastWay {
            plan: PlanId::from_bits(n),
            template: "t".to_owned(),
            metric: "active_users".into(),
            known_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::days((n / 2) as i64),
            attainment: vec![0.5; if n == 9 { 90 } else { 91 }],
            is_success: true,
        };
        let all: Vec<PastWay> = (0..12).map(way).collect();
        let newest = Cohort::new(all.clone(), 90, &policy);
        assert_eq!((newest.len(), newest.includes(all[9].plan)), (3, false), "too short to count");
        for one in &all {
            let others = all.iter().filter(|other| other.plan != one.plan).cloned().collect();
            let others = Cohort::new(others, 90, &policy);
            assert_eq!(newest.without(one.plan, &policy).ways(), others.ways(), "without {}", one.plan);
            assert_eq!(newest.includes(one.plan), newest.ways() != others.ways());
        }
    }

    #[test]
    fn a_reading_taken_for_the_last_review_is_the_end_and_a_stopped_feed_has_none() {
        let (mut plan, policy) = (example::plan(), Policy::default());
        let read = [(30, 27.0), (61, 45.0), (93, 81.0)];
        let ends = |plan: &crate::plan::MeasurementPlan, read: &[(i32, f64)]| {
            let seen: Vec<_> =
                read.iter().map(|(day, value)| example::observation(plan, *day, *value)).collect();
            let way = ways_of(plan, &seen, true, &policy, example::noon_of(plan, 99)).remove(0).attainment;
            (way.get(80).copied(), way.get(90).copied())
        };
        assert_eq!(ends(&plan, &read[..2]), (None, None), "fed until day 61");
        assert_eq!(ends(&plan, &[(0, 9.0), (84, 45.0)]), (Some(0.1), Some(0.5)), "fed until nearly the end");
        plan.metrics[0].collection = crate::metric::Collection::Manual;
        assert_eq!(ends(&plan, &read), (Some(0.5), Some(0.9)));
    }

    /// Of upsells like those of the past, the promised 80 % of bands hold the end; 600 worlds of each size.
    #[test]
    fn bands_hold_as_many_ends_as_they_promise() {
        let (metric, policy) = (example::metric(), Policy::default());
        for (n, day) in [(8, 30), (9, 30), (10, 30), (12, 30), (12, 60), (12, 80), (40, 30), (40, 80)] {
            let mut random = ChaCha8Rng::seed_from_u64(n * 1000 + day);
            let mut inside = 0;
            for _ in 0..600 {
                let (cohort, own) = (cohort(n, &mut random), adoption(&mut random));
                let view = View {
                    metric: &metric,
                    own: &own[..=day as usize],
                    observed: &(0..=day as usize).collect::<Vec<_>>(),
                    here: None,
                    seats: None,
                    horizon: 90,
                    cohort: Some(&cohort),
                    chances: &Chances::default(),
                    policy: &policy,
                };
                let Forecast::Known { band: Some(band), calibrated, .. } = view.forecast() else {
                    panic!("no band")
                };
                assert_eq!(calibrated, n >= 10, "fewer than ten held back are said to be uncalibrated");
                let end = metric.value_at(own[90]).unwrap();
                inside += u32::from(band.low <= end && end <= band.high);
            }
            let share = f64::from(inside) / 600.0;
            println!("{n} past upsells, day {day}: {:.1} % inside", 100.0 * share);
            // What few past upsells can promise exactly is coarse: of eight, the widest miss is 8/9.
            let most = ((0.8 * (n + 1) as f64).ceil() / (n + 1) as f64).max(0.8) + 0.06;
            assert!((0.77..most).contains(&share), "{n} past upsells, day {day}: {share}");
        }
    }
}
