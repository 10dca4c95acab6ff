//! Where a metric will be at a later day, how sure that is, and by which method.

use crate::{
    amount::finite,
    chances::Chances,
    cohort::{Cohort, Nearest, steps_back},
    id::PlanId,
    metric::Metric,
    policy::Policy,
    statistics::{
        Interval,
        analog::{
            Present, band, blended, chance_of_reaching, damped_trend, damped_trend_spread,
            normal_chance_of_reaching, tempered,
        },
        conformal::{Margin, corrected},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rung of the fallback ladder (`methods.md` 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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

impl Rung {
    pub const ALL: [Self; 4] = [Self::CohortAnalogs, Self::ShrunkBlend, Self::OwnTrend, Self::TemplateCurve];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CohortAnalogs => "cohort_analogs",
            Self::ShrunkBlend => "shrunk_blend",
            Self::OwnTrend => "own_trend",
            Self::TemplateCurve => "template_curve",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rung| rung.as_str() == text)
    }
}

/// What a method's chance was corrected by: how the chances it told before came true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Recalibrated {
    /// The chance by the method alone.
    pub uncorrected: f64,
    /// Finished forecasts of the same rung and age.
    pub n: usize,
}

/// A range in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Band {
    pub low: f64,
    pub high: f64,
}

impl Band {
    pub(crate) fn finite(self) -> Option<Self> {
        (self.low.is_finite() && self.high.is_finite()).then_some(self)
    }
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
        /// Present when the probability was corrected.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        recalibrated: Option<Recalibrated>,
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
    /// The same without any number that is none.
    #[must_use]
    pub(crate) fn finite(self) -> Self {
        match self {
            Self::Known { point, .. } if !point.is_finite() => {
                Self::Unknown { why: "its numbers are too far apart to compute with".to_owned() }
            }
            Self::Known {
                rung,
                method,
                at_day,
                point,
                band,
                calibrated,
                probability,
                recalibrated,
                n,
                past,
            } => Self::Known {
                rung,
                method,
                at_day,
                point,
                band: band.and_then(Band::finite),
                calibrated,
                probability: probability.and_then(finite),
                recalibrated: recalibrated.filter(|by| by.uncorrected.is_finite()),
                n,
                past,
            },
            Self::Unknown { why } => Self::Unknown { why },
        }
    }

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
    /// Own attainment by day, carried forward: the trend is read from it.
    pub own: &'a [f64],
    /// Days of `own` that were observed, rather than carried.
    pub observed: &'a [usize],
    /// Where the metric is, when that is told beside its trend.
    pub here: Option<Level>,
    /// Purchased seats.
    pub seats: Option<u32>,
    pub horizon: u16,
    pub cohort: Option<&'a Cohort>,
    pub chances: &'a Chances,
    pub policy: &'a Policy,
}

/// Where a metric is on a day, in attainment: a level, which says nothing of a slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    pub day: usize,
    pub level: f64,
}

/// A point with its spread, in attainment.
#[derive(Debug, Clone)]
struct Outlook {
    rung: Rung,
    point: f64,
    band: Option<Interval>,
    is_calibrated: bool,
    probability: Option<f64>,
    n: usize,
    past: Vec<PlanId>,
}

impl View<'_> {
    /// The forecast for the horizon or, once that is past, for the end of the extension: the first rung of the
    /// ladder that has what it needs (`methods.md` 4).
    pub fn forecast(&self) -> Forecast {
        match self.here() {
            Some(here) => self.told(self.outlook(here), here),
            None => Forecast::Unknown { why: "no value yet to forecast from".to_owned() },
        }
    }

    /// The same from a supposed level. A higher one never ends lower, though its nearest past upsells are others: from
    /// the level of today upward the highest end so far counts, and downward the lowest.
    pub fn supposing(&self, supposed: Level) -> Forecast {
        let today = self.here().map_or(0.0, |here| here.level);
        let from = |level: f64| Self { here: Some(Level { level, ..supposed }), ..*self };
        let outlook = |level: f64| from(level).outlook(Level { level, ..supposed });
        let exact = outlook(supposed.level);
        let outlook = match self.cohort_levels(supposed.day).filter(|_| !exact.past.is_empty()) {
            Some((lowest, _)) if supposed.level < today => {
                monotone(&outlook, today, lowest.min(today), &exact, supposed.level)
            }
            Some((_, highest)) => monotone(&outlook, today, highest.max(today), &exact, supposed.level),
            None => exact,
        };
        from(supposed.level).told(outlook, supposed)
    }

    /// Where the metric is: as told, or at the end of its own way.
    fn here(&self) -> Option<Level> {
        let end = || Some(Level { day: self.own.len().checked_sub(1)?, level: *self.own.last()? });
        self.here.or_else(end)
    }

    fn outlook(&self, here: Level) -> Outlook {
        let left = usize::from(self.at_day()).saturating_sub(here.day);
        let own = self.own_trend(here, left);
        self.by_cohort(here, own.as_ref()).or(own).unwrap_or_else(|| self.by_curve(here))
    }

    /// The horizon, or the end of the extension once the way or what is told of it goes beyond.
    fn at_day(&self) -> u16 {
        let horizon = usize::from(self.horizon);
        let is_past = self.own.len() > horizon || self.here.is_some_and(|here| here.day > horizon);
        if is_past { self.horizon + self.policy.extension_days } else { self.horizon }
    }

    pub fn present(&self, day: usize) -> Option<Present> {
        let series: Vec<f64> = steps_back(day, self.policy).into_iter().map(|d| self.own[d]).collect();
        Present::of(&series, series.len() - 1)
    }

    /// Lowest and highest level of the cohort on a day.
    fn cohort_levels(&self, day: usize) -> Option<(f64, f64)> {
        self.cohort?.day(i32::try_from(day).ok()?, self.policy)?.levels()
    }

    /// Rungs a and b. A single value has no slope of its own: the cohort's usual one stands for it.
    fn by_cohort(&self, here: Level, own: Option<&Outlook>) -> Option<Outlook> {
        let cohort = self.cohort.filter(|cohort| cohort.horizon() == self.at_day())?;
        let table = cohort.day(i32::try_from(here.day).ok()?, self.policy)?;
        let seen = self.own.len().checked_sub(1).and_then(|end| self.present(end));
        let slope = match seen.filter(|_| self.observed.len() > 1) {
            Some(seen) => seen.slope,
            None => table.usual_slope()?,
        };
        let level = here.level;
        // Beyond all of the cohort the nearest stay the same.
        let (lowest, highest) = table.levels()?;
        let sought = Present { age: here.day, level: level.clamp(lowest, highest), slope };
        let nearest = table.nearest(sought, self.policy);
        let analog = Outlook {
            rung: Rung::CohortAnalogs,
            point: level + crate::statistics::quantile::median(&nearest.increments)?,
            band: self.band(level, &nearest, table.margin),
            is_calibrated: table.margin.is_some_and(|margin| margin.held_back >= self.policy.calibrated_from),
            probability: chance_of_reaching(&nearest.ends(level), 1.0),
            n: table.cases(),
            past: nearest.ways.iter().map(|&way| cohort.ways()[way].plan).collect(),
        };
        match analog.n {
            n if n >= self.policy.cohort_full => Some(analog),
            n if n >= self.policy.cohort_min => own.map(|own| self.blend(analog, own)),
            _ => None,
        }
    }

    fn band(&self, level: f64, nearest: &Nearest, margin: Option<Margin>) -> Option<Interval> {
        let raw = band(level, &nearest.increments, self.policy.band_coverage)?;
        Some(margin.map_or(raw, |margin| corrected(raw, margin.margin)))
    }

    /// Rung b: points and chances of both, weighed by how many stand behind the analogs. The chances are pooled rather
    /// than read off the pooled point, which would forget how unsure the own trend is; one that the own trend does not
    /// tell yet counts as even.
    fn blend(&self, analog: Outlook, own: &Outlook) -> Outlook {
        let pooled = |a: f64, b: f64| blended(a, b, analog.n, self.policy.shrink_prior);
        Outlook {
            rung: Rung::ShrunkBlend,
            point: pooled(analog.point, own.point),
            band: None,
            is_calibrated: false,
            probability: analog.probability.map(|chance| pooled(chance, own.probability.unwrap_or(0.5))),
            ..analog
        }
    }

    /// Rung c: the damped trend of the last three steps; its chance is a normal tail about it, nearer to even odds while
    /// little of the time was seen.
    fn own_trend(&self, here: Level, left: usize) -> Option<Outlook> {
        if self.observed.len() < self.policy.own_points_min {
            return None;
        }
        let end = self.own.len() - 1;
        let steps = (left as f64 / f64::from(self.policy.step_days)).round() as usize;
        let present = Present { level: here.level, ..self.trend(end)? };
        let point = damped_trend(present, steps, self.policy.damping)?;
        let seen = here.day as f64 / (here.day + left).max(1) as f64;
        let trust = (seen / self.policy.own_trusted_share).powi(2);
        let probability = self
            .spread(end, steps)
            .and_then(|deviation| normal_chance_of_reaching(point, deviation, 1.0))
            .and_then(|chance| tempered(chance, trust));
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

    /// The own slope on a day, from a day that was observed: a value that comes after a long silence is no jump of
    /// three steps.
    fn trend(&self, day: usize) -> Option<Present> {
        let first = *steps_back(day, self.policy).first()?;
        let since = self.observed.iter().copied().take_while(|seen| *seen <= first).last().unwrap_or(0);
        let present = self.present(day)?;
        let steps = (day - since) as f64 / f64::from(self.policy.step_days);
        Some(Present { slope: (present.level - self.own[since]) / steps, ..present })
    }

    /// Standard deviation of the own trend `steps` ahead: by how much it was wrong one step ahead so far, or the
    /// policy's least, grown over the steps. `None` below three residuals.
    fn spread(&self, day: usize, steps: usize) -> Option<f64> {
        let step = usize::from(self.policy.step_days);
        let residual = |then: usize| {
            let foreseen = match self.trend(then) {
                Some(present) => damped_trend(present, 1, self.policy.damping)?,
                None => self.own[then],
            };
            Some(self.own[then + step] - foreseen)
        };
        let residuals: Vec<f64> = (day % step..day).step_by(step).filter_map(residual).collect();
        if residuals.len() < self.policy.own_residuals_min {
            return None;
        }
        let mean_square =
            residuals.iter().map(|residual| residual.powi(2)).sum::<f64>() / residuals.len() as f64;
        let one_step = mean_square.sqrt().max(self.policy.own_spread_min);
        Some(one_step * damped_trend_spread(steps.max(1), self.policy.damping))
    }

    /// Rung d: the plan's curve, kept at today's distance.
    fn by_curve(&self, here: Level) -> Outlook {
        let share = |d: f64| self.metric.curve.share(d, f64::from(self.horizon));
        let point = here.level + share(f64::from(self.at_day())) - share(here.day as f64);
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

    /// In the metric's unit and among the values it can have, the chance corrected by how such chances came true.
    fn told(&self, outlook: Outlook, here: Level) -> Forecast {
        let at_day = self.at_day();
        let uncorrected = outlook.probability.filter(|_| at_day == self.horizon);
        let corrected = uncorrected.and_then(|chance| self.chances.corrected(outlook.rung, here.day, chance));
        let stands = self.metric.value_at(here.level).unwrap_or(self.metric.target);
        let range = self.metric.foreseen(stands, self.seats);
        let value = |attainment: f64| {
            self.metric.value_at(attainment).map_or(attainment, |value| range.nearest(value))
        };
        let band = outlook.band.map(|band| {
            let (a, b) = (value(band.low), value(band.high));
            Band { low: a.min(b), high: a.max(b) }
        });
        Forecast::Known {
            rung: outlook.rung,
            method: method(&outlook, corrected.map(|(_, by)| by.n)),
            at_day,
            point: value(outlook.point),
            band,
            calibrated: outlook.is_calibrated,
            probability: corrected.map(|(chance, _)| chance).or(outlook.probability),
            recalibrated: corrected.map(|(_, by)| by),
            n: outlook.n,
            past: outlook.past,
        }
    }
}

/// Levels looked at between today's and the farthest of the cohort.
const LEVELS: u32 = 64;

/// What `outlook` says of the level `at`, made monotone from `today` on: the running extreme over fixed levels toward
/// `end`, a straight line between two of them.
fn monotone(outlook: &impl Fn(f64) -> Outlook, today: f64, end: f64, exact: &Outlook, at: f64) -> Outlook {
    let toward = if at < today { f64::min } else { f64::max };
    let width = (end - today) / f64::from(LEVELS);
    let level = |index: u32| today + f64::from(index) * width;
    let mut reached = outlook(today);
    if width == 0.0 {
        return reached.with(exact, toward);
    }
    for index in 1..=LEVELS {
        let next = reached.clone().with(&outlook(level(index)), toward);
        let share = (at - level(index - 1)) / width;
        if share <= 1.0 {
            let between = |a: f64, b: f64| a + share * (b - a);
            return Outlook { past: exact.past.clone(), ..reached.with(&next, between) };
        }
        reached = next;
    }
    // Beyond all of the cohort the nearest are the same.
    reached.with(exact, toward)
}

impl Outlook {
    /// Its figures joined with those of another, which the rest is of.
    fn with(self, other: &Self, join: impl Fn(f64, f64) -> f64) -> Self {
        let band = self
            .band
            .zip(other.band)
            .map(|(a, b)| Interval { low: join(a.low, b.low), high: join(a.high, b.high) });
        let probability = self.probability.zip(other.probability).map(|(a, b)| join(a, b));
        Self { point: join(self.point, other.point), band, probability, ..other.clone() }
    }
}

fn method(outlook: &Outlook, corrected_by: Option<usize>) -> String {
    let (k, n) = (outlook.past.len(), outlook.n);
    let alone = match outlook.rung {
        Rung::CohortAnalogs => format!("what the {k} nearest of {n} similar upsells did from here"),
        Rung::ShrunkBlend => format!("own trend, drawn toward {n} similar upsells (too few to stand alone)"),
        Rung::OwnTrend => "own trend of the last three weeks, damped".to_owned(),
        Rung::TemplateCurve => "the plan's curve, kept at today's distance".to_owned(),
    };
    match corrected_by {
        Some(n) => format!("{alone}; the chance is corrected by {n} finished forecasts"),
        None => alone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    /// The chance from an own trend alone, for attainment by day.
    fn chance(own: &[f64]) -> f64 {
        let (metric, policy) = (example::metric(), Policy::default());
        let view = View {
            metric: &metric,
            own,
            observed: &(0..own.len()).collect::<Vec<_>>(),
            here: None,
            seats: None,
            horizon: 90,
            cohort: None,
            chances: &Chances::default(),
            policy: &policy,
        };
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
    fn what_cannot_be_is_not_foreseen() {
        let metric = Metric { target: 80.0, unit: "%".to_owned(), ..example::metric() };
        let own: Vec<f64> = (0..=60).map(|day| f64::from(day) / 50.0).collect();
        let (policy, chances) = (Policy::default(), Chances::default());
        let view = View {
            metric: &metric,
            own: &own,
            observed: &(0..own.len()).collect::<Vec<_>>(),
            here: None,
            seats: None,
            horizon: 90,
            cohort: None,
            chances: &chances,
            policy: &policy,
        };
        assert_eq!(view.forecast().point(), Some(100.0), "not 127 % of all users");
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
