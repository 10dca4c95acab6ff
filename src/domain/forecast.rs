//! Where a metric will be at a later day, how sure that is, and by which method.

use crate::{
    cohort::{Cohort, Nearest, steps_back},
    id::PlanId,
    metric::Metric,
    policy::Policy,
    statistics::{
        Interval,
        analog::{
            Present, band, blended, chance_of_reaching, damped_trend, damped_trend_spread,
            normal_chance_of_reaching,
        },
        conformal::{Margin, corrected},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rung of the fallback ladder (`methods.md` 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Rung {
    /// a: at least eight comparable past upsells.
    CohortAnalogs,
    /// b: three to seven, shrunk toward the own trend.
    ShrunkBlend,
    /// c: the account's own damped trend.
    OwnTrend,
    /// d: the plan's curve from where the metric stands.
    TemplateCurve,
}

/// A range in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Band {
    pub low: f64,
    pub high: f64,
}

/// A forecast that says on what it stands, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schemars(inline)]
pub enum Forecast {
    Known {
        rung: Rung,
        /// The method in words.
        method: String,
        /// Day forecast, counted from day 0.
        at_day: u16,
        /// Median expectation, in the metric's unit.
        point: f64,
        /// 80 % band; absent on rungs without a measured spread.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        band: Option<Band>,
        /// Whether the band was corrected on enough held-back upsells.
        calibrated: bool,
        /// Probability of reaching the target by then, 0..=1; absent where it cannot be told.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        probability: Option<f64>,
        /// Comparable past upsells.
        n: usize,
        /// The nearest of them, that it was read from.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        past: Vec<PlanId>,
    },
    /// Rung e: nothing to forecast from.
    Unknown { why: String },
}

impl Forecast {
    pub const fn probability(&self) -> Option<f64> {
        match self {
            Self::Known { probability, .. } => *probability,
            Self::Unknown { .. } => None,
        }
    }
    pub const fn point(&self) -> Option<f64> {
        match self {
            Self::Known { point, .. } => Some(*point),
            Self::Unknown { .. } => None,
        }
    }
}

/// All a forecast may look at. Ways are attainment: 0 at the baseline, 1 at the target.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub metric: &'a Metric,
    /// Own attainment by day, carried forward; the last is the day judged.
    pub own: &'a [f64],
    /// Own values that were observed, rather than carried.
    pub observed: usize,
    pub horizon: u16,
    pub cohort: Option<&'a Cohort>,
    pub policy: &'a Policy,
}

/// A point with its spread, in attainment.
struct Outlook {
    rung: Rung,
    point: f64,
    band: Option<Interval>,
    is_calibrated: bool,
    probability: Option<f64>,
    n: usize,
    past: Vec<PlanId>,
}

/// Below so many own residuals no spread is told.
const FEWEST_RESIDUALS: usize = 3;

impl View<'_> {
    /// The forecast for the horizon or, once that is past, for the end of the extension: the first rung of the
    /// ladder that has what it needs (`methods.md` 4).
    pub fn forecast(&self) -> Forecast {
        let Some(&level) = self.own.last() else {
            return Forecast::Unknown { why: "no value yet to forecast from".to_owned() };
        };
        let day = self.own.len() - 1;
        let at_day = self.at_day();
        let left = usize::from(at_day).saturating_sub(day);
        let own = self.own_trend(day, left);
        let outlook = self
            .by_cohort(day, at_day, own.as_ref())
            .or(own)
            .unwrap_or_else(|| self.by_curve(level, day, at_day));
        self.told(outlook, at_day)
    }

    /// The horizon, or the end of the extension once the horizon is reached.
    fn at_day(&self) -> u16 {
        if self.own.len() <= usize::from(self.horizon) {
            self.horizon
        } else {
            self.horizon + self.policy.extension_days
        }
    }

    pub fn present(&self, day: usize) -> Option<Present> {
        let series: Vec<f64> = steps_back(day, self.policy).into_iter().map(|d| self.own[d]).collect();
        Present::of(&series, series.len() - 1)
    }

    /// Rungs a and b.
    fn by_cohort(&self, day: usize, at_day: u16, own: Option<&Outlook>) -> Option<Outlook> {
        let cohort = self.cohort.filter(|cohort| cohort.horizon() == at_day)?;
        let table = cohort.day(i32::try_from(day).ok()?, self.policy)?;
        let n = table.cases();
        if n < self.policy.cohort_min {
            return None;
        }
        let present = self.present(day)?;
        let nearest = table.nearest(present, self.policy);
        let analog = present.level + crate::statistics::quantile::median(&nearest.increments)?;
        let (rung, point) = match own.filter(|_| n < self.policy.cohort_full) {
            Some(own) => (Rung::ShrunkBlend, blended(analog, own.point, n, self.policy.shrink_prior)),
            None if n >= self.policy.cohort_full => (Rung::CohortAnalogs, analog),
            None => return None,
        };
        Some(self.with_spread(rung, present.level + (point - analog), &nearest, table.margin, n, cohort))
    }

    fn with_spread(
        &self,
        rung: Rung,
        level: f64,
        nearest: &Nearest,
        margin: Option<Margin>,
        n: usize,
        cohort: &Cohort,
    ) -> Outlook {
        let ends: Vec<f64> = nearest.increments.iter().map(|increment| level + increment).collect();
        let raw = band(level, &nearest.increments, self.policy.band_coverage)
            .filter(|_| rung == Rung::CohortAnalogs);
        Outlook {
            rung,
            point: crate::statistics::quantile::median(&ends).unwrap_or(level),
            band: raw.map(|band| margin.map_or(band, |margin| corrected(band, margin.margin))),
            is_calibrated: margin.is_some_and(|m| m.held_back >= self.policy.calibrated_from),
            probability: chance_of_reaching(&ends, 1.0),
            n,
            past: nearest.ways.iter().map(|&way| cohort.ways()[way].plan).collect(),
        }
    }

    /// Rung c: the damped trend of the last three steps; its chance is a normal tail about it.
    fn own_trend(&self, day: usize, left: usize) -> Option<Outlook> {
        if self.observed < self.policy.own_points_min {
            return None;
        }
        let steps = (left as f64 / f64::from(self.policy.step_days)).round() as usize;
        let point = damped_trend(self.present(day)?, steps, self.policy.damping)?;
        let probability =
            self.spread(day, steps).and_then(|deviation| normal_chance_of_reaching(point, deviation, 1.0));
        Some(Outlook {
            rung: Rung::OwnTrend,
            point,
            band: None,
            is_calibrated: false,
            probability,
            n: 0,
            past: Vec::new(),
        })
    }

    /// Standard deviation of the own trend `steps` ahead: by how much it was wrong one step ahead so far, or the
    /// policy's least, grown over the steps. `None` below three residuals.
    fn spread(&self, day: usize, steps: usize) -> Option<f64> {
        let step = usize::from(self.policy.step_days);
        let residual = |then: usize| {
            let foreseen = match self.present(then) {
                Some(present) => damped_trend(present, 1, self.policy.damping)?,
                None => self.own[then],
            };
            Some(self.own[then + step] - foreseen)
        };
        let residuals: Vec<f64> = (day % step..day).step_by(step).filter_map(residual).collect();
        if residuals.len() < FEWEST_RESIDUALS {
            return None;
        }
        let mean_square =
            residuals.iter().map(|residual| residual.powi(2)).sum::<f64>() / residuals.len() as f64;
        let one_step = mean_square.sqrt().max(self.policy.own_spread_min);
        Some(one_step * damped_trend_spread(steps.max(1), self.policy.damping))
    }

    /// Rung d: the plan's curve, kept at today's distance.
    fn by_curve(&self, level: f64, day: usize, at_day: u16) -> Outlook {
        let share = |d: f64| self.metric.curve.share(d, f64::from(self.horizon));
        let point = level + share(f64::from(at_day)) - share(day as f64);
        Outlook {
            rung: Rung::TemplateCurve,
            point,
            band: None,
            is_calibrated: false,
            probability: None,
            n: 0,
            past: Vec::new(),
        }
    }

    /// In the metric's unit.
    fn told(&self, outlook: Outlook, at_day: u16) -> Forecast {
        let value = |attainment: f64| self.metric.value_at(attainment).unwrap_or(attainment);
        let band = outlook.band.map(|band| {
            let (a, b) = (value(band.low), value(band.high));
            Band { low: a.min(b), high: a.max(b) }
        });
        Forecast::Known {
            rung: outlook.rung,
            method: method(&outlook),
            at_day,
            point: value(outlook.point),
            band,
            calibrated: outlook.is_calibrated,
            probability: outlook.probability,
            n: outlook.n,
            past: outlook.past,
        }
    }
}

fn method(outlook: &Outlook) -> String {
    let (k, n) = (outlook.past.len(), outlook.n);
    match outlook.rung {
        Rung::CohortAnalogs => format!("what the {k} nearest of {n} similar upsells did from here"),
        Rung::ShrunkBlend => format!("own trend, drawn toward {n} similar upsells (too few to stand alone)"),
        Rung::OwnTrend => "own trend of the last three weeks, damped".to_owned(),
        Rung::TemplateCurve => "the plan's curve, kept at today's distance".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    /// The chance from an own trend alone, for attainment by day.
    fn chance(own: &[f64]) -> f64 {
        let (metric, policy) = (example::metric(), Policy::default());
        let view =
            View { metric: &metric, own, observed: own.len(), horizon: 90, cohort: None, policy: &policy };
        view.forecast().probability().unwrap()
    }

    /// A straight way has no residuals of its own: what makes it unsure is how far there is to go.
    #[test]
    fn the_farther_ahead_the_less_sure() {
        let line =
            |day: u32, end: f64| chance(&(0..=day).map(|d| end * f64::from(d) / 90.0).collect::<Vec<_>>());
        let slow = [30, 60, 83].map(|day| line(day, 0.7));
        assert!(slow[0] > slow[1] && slow[1] > slow[2] && slow[2] < 0.05, "{slow:?}");
        let fast = [30, 60].map(|day| line(day, 1.6));
        assert!(fast[0] < fast[1] && fast[1] > 0.8, "{fast:?}");
        assert!(slow[0] > 0.1 && fast[0] < 0.9, "day 30 is never sure: {slow:?}, {fast:?}");
    }

    #[test]
    fn a_trend_that_was_wrong_before_is_less_sure() {
        let steady: Vec<f64> = (0..=60).map(|day| 0.8 * f64::from(day) / 90.0).collect();
        let wobbling: Vec<f64> = steady
            .iter()
            .enumerate()
            .map(|(day, level)| level + if day / 7 % 2 == 1 { 0.5 } else { 0.0 })
            .collect();
        let unsure = |chance: f64| (chance - 0.5).abs();
        assert!(
            unsure(chance(&wobbling)) < unsure(chance(&steady)),
            "{} {}",
            chance(&wobbling),
            chance(&steady)
        );
    }
}
