//! How well each forecast method would have done on adoption curves one already has.

use crate::statistics::{
    Interval,
    analog::{Case, Present, Scales, band, blended, damped_trend, nearest, spread},
    conformal::{self, corrected},
    moments::mean,
    quantile::median,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Curves by name; each a value per whole-number age.
pub type Curves = BTreeMap<String, BTreeMap<u32, f64>>;

/// What to judge, and with which settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub ages: Vec<u32>,
    pub horizons: Vec<u32>,
    /// Neighbours taken.
    pub k: usize,
    /// Past curves needed at an age before analogs are tried.
    pub min_analogs: usize,
    /// Distances that count as one; the past curves' interquartile range when `None`.
    pub level_scale: Option<f64>,
    pub slope_scale: Option<f64>,
    pub damping: f64,
    /// Prior weight of the blend: w = n/(n + this).
    pub shrink_prior: f64,
    pub coverage: f64,
}

/// The figures of one age and horizon. Errors are mean absolute ones in the curves' unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    pub age: u32,
    pub horizon: u32,
    /// Past curves to learn from, and held-out curves judged.
    pub past: usize,
    pub judged: usize,
    pub naive: Option<f64>,
    pub straight_line: Option<f64>,
    pub own_trend: Option<f64>,
    pub analog: Option<f64>,
    pub blend: Option<f64>,
    /// Share of held-out ends inside the band, before and after the conformal correction.
    pub coverage_raw: Option<f64>,
    pub coverage_conformal: Option<f64>,
    /// Mean width of the band, before and after.
    pub width_raw: Option<f64>,
    pub width_conformal: Option<f64>,
}

/// Judges every method at every age and horizon. Curves sorted by name: even positions are the past, odd ones are
/// held out. The straight line runs from zero through the last point; conformal scores leave one out of the past.
pub fn judge(curves: &Curves, trial: &Trial) -> Vec<Score> {
    let pick = |parity: usize| curves.values().skip(parity).step_by(2).collect::<Vec<_>>();
    let (past, held_out) = (pick(0), pick(1));
    let mut scores = Vec::new();
    for &age in &trial.ages {
        for &horizon in &trial.horizons {
            scores.push(Round::new(&past, age, horizon, trial).score(&held_out));
        }
    }
    scores
}

/// One age and horizon.
struct Round<'a> {
    age: u32,
    horizon: u32,
    trial: &'a Trial,
    cases: Vec<Case>,
    scales: Scales,
    margin: Option<f64>,
}

/// What each method said of one held-out curve, and what came.
struct Verdict {
    naive: f64,
    line: f64,
    own: f64,
    analog: Option<f64>,
    band: Option<Interval>,
    end: f64,
}

impl<'a> Round<'a> {
    fn new(past: &[&BTreeMap<u32, f64>], age: u32, horizon: u32, trial: &'a Trial) -> Self {
        let cases: Vec<Case> = past.iter().filter_map(|curve| case(curve, age, horizon)).collect();
        let levels: Vec<f64> = cases.iter().map(|case| case.present.level).collect();
        let slopes: Vec<f64> = cases.iter().map(|case| case.present.slope).collect();
        let scales = Scales {
            level: trial.level_scale.unwrap_or_else(|| spread(&levels)),
            slope: trial.slope_scale.unwrap_or_else(|| spread(&slopes)),
        };
        let mut round = Self { age, horizon, trial, cases, scales, margin: None };
        round.margin = conformal::margin(&round.misses(), trial.coverage).map(|margin| margin.margin);
        round
    }

    fn increments(&self, present: Present, without: Option<usize>) -> Option<Vec<f64>> {
        let others = self.cases.len() - usize::from(without.is_some());
        if others < self.trial.min_analogs {
            return None;
        }
        let near = nearest(present, &self.cases, self.scales, self.trial.k, without);
        Some(near.into_iter().map(|index| self.cases[index].increment()).collect())
    }

    fn misses(&self) -> Vec<f64> {
        let miss = |(index, case): (usize, &Case)| {
            let increments = self.increments(case.present, Some(index))?;
            Some(conformal::miss(band(case.present.level, &increments, self.trial.coverage)?, case.end))
        };
        self.cases.iter().enumerate().filter_map(miss).collect()
    }

    fn verdict(&self, curve: &BTreeMap<u32, f64>) -> Option<Verdict> {
        let Case { present, end } = case(curve, self.age, self.horizon)?;
        let (age, horizon) = (f64::from(self.age), f64::from(self.horizon));
        let increments = self.increments(present, None);
        Some(Verdict {
            naive: present.level,
            line: present.level * (age + horizon) / age,
            own: damped_trend(present, self.horizon as usize, self.trial.damping)?,
            analog: increments.as_deref().and_then(median).map(|increment| present.level + increment),
            band: increments.and_then(|increments| band(present.level, &increments, self.trial.coverage)),
            end,
        })
    }

    fn score(&self, held_out: &[&BTreeMap<u32, f64>]) -> Score {
        let verdicts: Vec<Verdict> = held_out.iter().filter_map(|curve| self.verdict(curve)).collect();
        let n = self.cases.len();
        let error = |method: &dyn Fn(&Verdict) -> Option<f64>| {
            let errors: Option<Vec<f64>> =
                verdicts.iter().map(|v| Some((method(v)? - v.end).abs())).collect();
            mean(&errors?)
        };
        let bands = |margin: f64| -> Option<(f64, f64)> {
            let bands = verdicts.iter().map(|v| Some((corrected(v.band?, margin), v.end)));
            let bands: Vec<(Interval, f64)> = bands.collect::<Option<_>>()?;
            let inside: Vec<f64> =
                bands.iter().map(|(band, end)| f64::from(u8::from(band.contains(*end)))).collect();
            let widths: Vec<f64> = bands.iter().map(|(band, _)| band.high - band.low).collect();
            Some((mean(&inside)?, mean(&widths)?))
        };
        let (raw, conformal) = (bands(0.0), self.margin.and_then(bands));
        Score {
            age: self.age,
            horizon: self.horizon,
            past: n,
            judged: verdicts.len(),
            naive: error(&|v| Some(v.naive)),
            straight_line: error(&|v| Some(v.line)),
            own_trend: error(&|v| Some(v.own)),
            analog: error(&|v| v.analog),
            blend: error(&|v| v.analog.map(|analog| blended(analog, v.own, n, self.trial.shrink_prior))),
            coverage_raw: raw.map(|(inside, _)| inside),
            coverage_conformal: conformal.map(|(inside, _)| inside),
            width_raw: raw.map(|(_, width)| width),
            width_conformal: conformal.map(|(_, width)| width),
        }
    }
}

/// A curve at `age` with its slope over the last three increments (fewer when younger), and its value at the end.
/// `None` where a value is missing.
fn case(curve: &BTreeMap<u32, f64>, age: u32, horizon: u32) -> Option<Case> {
    let first = *curve.keys().next()?;
    let from = age.saturating_sub(3).max(first);
    let series: Option<Vec<f64>> = (from..=age).map(|age| curve.get(&age).copied()).collect();
    let series = series?;
    let present = Present::of(&series, series.len().checked_sub(1)?)?;
    Some(Case { present, end: *curve.get(&(age + horizon))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial() -> Trial {
        Trial {
            ages: vec![3, 5],
            horizons: vec![2],
            k: 4,
            min_analogs: 10,
            level_scale: Some(5.0),
            slope_scale: Some(1.0),
            damping: 0.9,
            shrink_prior: 8.0,
            coverage: 0.8,
        }
    }

    fn curves(count: u32, value: impl Fn(u32, u32) -> f64) -> Curves {
        let curve = |series: u32| (0..=10).map(|age| (age, value(series, age))).collect();
        (0..count).map(|series| (format!("series {series:03}"), curve(series))).collect()
    }

    #[test]
    fn on_straight_lines_the_line_is_exact_and_analogs_are_near() {
        let scores = judge(&curves(60, |series, age| f64::from(series * age)), &trial());
        assert_eq!(scores.len(), 2);
        assert!(scores[0].straight_line.unwrap() < 1e-9);
        assert!(scores[0].analog.unwrap() < scores[0].own_trend.unwrap());
        assert!(scores[0].own_trend.unwrap() < scores[0].naive.unwrap());
        assert_eq!((scores[0].past, scores[0].judged), (30, 30));
    }

    #[test]
    fn too_few_past_curves_give_no_analog_figure() {
        let scores = judge(&curves(18, |series, age| f64::from(series + age)), &trial());
        assert_eq!((scores[0].past, scores[0].analog, scores[0].coverage_raw), (9, None, None));
        assert!(scores[0].naive.is_some());
    }
}
