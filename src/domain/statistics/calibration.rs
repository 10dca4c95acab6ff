//! Whether predicted chances can be believed: scores, reliability, and recalibration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Interval;
use super::moments::mean;
use super::newton::Newton;
use super::normal::{logit, sigmoid, z_of_level};

/// Chances nearer to 0 or 1 than this are moved there before taking logarithms.
const SURE: f64 = 1e-12;

/// Mean squared distance of chance and outcome, 0 best (Brier 1950).
/// `None` when empty, when lengths differ, or when a chance is outside 0 to 1.
pub fn brier(chances: &[f64], outcomes: &[bool]) -> Option<f64> {
    let pairs = pairs(chances, outcomes)?;
    mean(&pairs.iter().map(|(chance, target)| (chance - target).powi(2)).collect::<Vec<_>>())
}

/// Mean negative log-likelihood in nats, 0 best. `None` as for [`brier`].
pub fn log_loss(chances: &[f64], outcomes: &[bool]) -> Option<f64> {
    let losses = pairs(chances, outcomes)?.into_iter().map(|(chance, target)| {
        let chance = chance.clamp(SURE, 1.0 - SURE);
        if target > 0.5 { -chance.ln() } else { -(-chance).ln_1p() }
    });
    mean(&losses.collect::<Vec<_>>())
}

/// What was promised and what came, for the cases whose chance lies in [`low`, `high`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReliabilityBin {
    pub low: f64,
    pub high: f64,
    pub count: usize,
    pub mean_chance: f64,
    pub share_with_outcome: f64,
}

/// Reliability in `bins` equally wide bins (the last includes 1), empty ones left out.
/// `None` as for [`brier`], or when `bins` is zero.
pub fn reliability(chances: &[f64], outcomes: &[bool], bins: usize) -> Option<Vec<ReliabilityBin>> {
    let pairs = pairs(chances, outcomes)?;
    if bins == 0 {
        return None;
    }
    let bin_of = |chance: f64| ((chance * bins as f64) as usize).min(bins - 1);
    let filled = (0..bins).filter_map(|bin| {
        let inside: Vec<(f64, f64)> =
            pairs.iter().copied().filter(|(chance, _)| bin_of(*chance) == bin).collect();
        let count = inside.len();
        Some(ReliabilityBin {
            low: bin as f64 / bins as f64,
            high: (bin + 1) as f64 / bins as f64,
            count,
            mean_chance: mean(&inside.iter().map(|(chance, _)| *chance).collect::<Vec<_>>())?,
            share_with_outcome: mean(&inside.iter().map(|(_, target)| *target).collect::<Vec<_>>())?,
        })
    });
    Some(filled.collect())
}

/// How chances are off: `intercept` (0 is right) says too low or too high overall, `slope` (1 is right) says too
/// timid (above) or too bold (below).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// In log-odds, with the slope held at 1.
    pub intercept: f64,
    pub intercept_interval: Interval,
    pub slope: f64,
    pub slope_interval: Interval,
}

impl Calibration {
    /// Whether the slope's interval excludes 1, so that recalibrating pays.
    pub fn needs_recalibration(&self) -> bool {
        !self.slope_interval.contains(1.0)
    }

    /// The recalibration in the large: all chances moved alike, when the intercept's interval excludes 0 (the least
    /// update that pays comes first; Steyerberg, ch. 20).
    pub fn in_the_large(&self) -> Option<Platt> {
        let is_off = !self.intercept_interval.contains(0.0);
        is_off.then_some(Platt { shift: self.intercept, stretch: 1.0 })
    }
}

/// Calibration in the large and calibration slope: logistic regression of outcomes on the log-odds of the
/// chances (Cox 1958; Steyerberg). `None` as for [`brier`], when only one outcome occurs, when all chances are
/// equal, when they separate the outcomes perfectly, or when `level` is not between 0 and 1.
pub fn calibration(chances: &[f64], outcomes: &[bool], level: f64) -> Option<Calibration> {
    let (log_odds, targets) = log_odds(chances, outcomes)?;
    let ones = vec![vec![1.0]; log_odds.len()];
    let large =
        Newton { design: &ones, targets: &targets, offsets: Some(&log_odds), precisions: &[0.0] }.solve()?;
    let design = on_log_odds(&log_odds);
    let line =
        Newton { design: &design, targets: &targets, offsets: None, precisions: &[0.0, 0.0] }.solve()?;
    let slope = line.weights[1];
    let z = z_of_level(level)?;
    let intercept = large.weights[0];
    Some(Calibration {
        intercept,
        intercept_interval: Interval::around(intercept, z * large.standard_errors[0]),
        slope,
        slope_interval: Interval::around(slope, z * line.standard_errors[1]),
    })
}

/// A recalibration of chances: σ(shift + stretch·log-odds).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Platt {
    pub shift: f64,
    pub stretch: f64,
}

impl Platt {
    /// Fits the recalibration on held-back cases, targets smoothed to (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2)
    /// (Platt 1999). `None` as for [`calibration`], though perfect separation is no trouble.
    pub fn fit(chances: &[f64], outcomes: &[bool]) -> Option<Self> {
        let (log_odds, targets) = log_odds(chances, outcomes)?;
        let with = outcomes.iter().filter(|outcome| **outcome).count() as f64;
        let without = outcomes.len() as f64 - with;
        let smooth =
            |target: &f64| if *target > 0.5 { (with + 1.0) / (with + 2.0) } else { 1.0 / (without + 2.0) };
        let smoothed: Vec<f64> = targets.iter().map(smooth).collect();
        let design = on_log_odds(&log_odds);
        let line =
            Newton { design: &design, targets: &smoothed, offsets: None, precisions: &[0.0, 0.0] }.solve()?;
        Some(Self { shift: line.weights[0], stretch: line.weights[1] })
    }

    /// The recalibrated chance. `None` when `chance` is outside 0 to 1.
    pub fn recalibrated(&self, chance: f64) -> Option<f64> {
        let within = (0.0..=1.0).contains(&chance);
        let log_odds = within.then(|| logit(chance.clamp(SURE, 1.0 - SURE)))??;
        Some(sigmoid(self.shift + self.stretch * log_odds))
    }
}

fn pairs(chances: &[f64], outcomes: &[bool]) -> Option<Vec<(f64, f64)>> {
    let fits = chances.len() == outcomes.len() && chances.iter().all(|chance| (0.0..=1.0).contains(chance));
    let target = |outcome: &bool| if *outcome { 1.0 } else { 0.0 };
    (fits && !chances.is_empty()).then(|| chances.iter().copied().zip(outcomes.iter().map(target)).collect())
}

fn log_odds(chances: &[f64], outcomes: &[bool]) -> Option<(Vec<f64>, Vec<f64>)> {
    if !outcomes.contains(&true) || !outcomes.contains(&false) {
        return None;
    }
    let turned = pairs(chances, outcomes)?
        .into_iter()
        .map(|(chance, target)| logit(chance.clamp(SURE, 1.0 - SURE)).map(|log_odds| (log_odds, target)));
    Some(turned.collect::<Option<Vec<_>>>()?.into_iter().unzip())
}

fn on_log_odds(log_odds: &[f64]) -> Vec<Vec<f64>> {
    log_odds.iter().map(|log_odds| vec![1.0, *log_odds]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::assert_close;
    use crate::statistics::logistic_regression::{maximum_likelihood, tests::spector};

    fn fitted() -> (Vec<f64>, Vec<bool>) {
        let (rows, outcomes) = spector();
        let model = maximum_likelihood(&rows, &outcomes).unwrap();
        (rows.iter().map(|row| model.chance(row).unwrap()).collect(), outcomes)
    }

    /// Reference: statsmodels' fitted chances.
    #[test]
    fn the_scores_agree_with_statsmodels() {
        let (chances, outcomes) = fitted();
        assert_close(brier(&chances, &outcomes).unwrap(), 0.129_505_338_119_450_36, 1e-9);
        assert_close(log_loss(&chances, &outcomes).unwrap(), 12.889_634_222_131_418 / 32.0, 1e-10);
    }

    #[test]
    fn a_model_is_calibrated_on_its_own_data() {
        let (chances, outcomes) = fitted();
        let found = calibration(&chances, &outcomes, 0.95).unwrap();
        assert_close(found.intercept, 0.0, 1e-7);
        assert_close(found.slope, 1.0, 1e-7);
        assert!(!found.needs_recalibration());
        assert_eq!(found.in_the_large(), None);
    }

    #[test]
    fn chances_too_low_by_one_log_odd_are_moved_up_by_it() {
        let (rows, outcomes) = spector();
        let (rows, outcomes) = (vec![rows; 4].concat(), outcomes.repeat(4));
        let model = maximum_likelihood(&rows, &outcomes).unwrap();
        let low = |row: &Vec<f64>| sigmoid(logit(model.chance(row).unwrap()).unwrap() - 1.0);
        let chances: Vec<f64> = rows.iter().map(low).collect();
        let found = calibration(&chances, &outcomes, 0.95).unwrap();
        assert!(!found.needs_recalibration(), "the slope is right");
        let moved = found.in_the_large().unwrap();
        assert_close(moved.shift, 1.0, 1e-6);
        assert_close(moved.recalibrated(low(&rows[0])).unwrap(), model.chance(&rows[0]).unwrap(), 1e-6);
    }

    #[test]
    fn bold_chances_are_called_bold_and_tamed() {
        let (chances, outcomes) = fitted();
        let bold: Vec<f64> = chances.iter().map(|chance| sigmoid(3.0 * logit(*chance).unwrap())).collect();
        let found = calibration(&bold, &outcomes, 0.95).unwrap();
        assert_close(found.slope, 1.0 / 3.0, 1e-6);
        assert!(found.needs_recalibration());
        let platt = Platt::fit(&bold, &outcomes).unwrap();
        assert!(platt.stretch < 1.0 / 3.0);
        let tamed: Vec<f64> = bold.iter().map(|chance| platt.recalibrated(*chance).unwrap()).collect();
        assert!(log_loss(&tamed, &outcomes) < log_loss(&bold, &outcomes));
    }

    #[test]
    fn bins_tell_promise_and_outcome() {
        let bins = reliability(&[0.1, 0.15, 0.9, 1.0], &[false, true, true, true], 5).unwrap();
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), vec![2, 2]);
        assert_close(bins[0].share_with_outcome, 0.5, 1e-12);
        assert_close(bins[1].mean_chance, 0.95, 1e-12);
        assert_eq!(reliability(&[1.2], &[true], 5), None);
        assert_eq!(calibration(&[0.4, 0.4], &[true, false], 0.95), None);
    }
}
