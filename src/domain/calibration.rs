//! The engine's own score: were its chances and bands as good as they said?

use crate::{
    policy::Policy,
    promise::Promise,
    statistics::{
        calibration::{ReliabilityBin, brier, reliability},
        wilson::wilson,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How good the forecasts of one checkpoint day, or of all, turned out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForecastQuality {
    /// Day the forecasts were made on; all when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub day: Option<u16>,
    /// Chances that could be checked.
    pub n: usize,
    /// Mean squared error of the chances, 0 perfect, 0.25 a coin; absent below the sample limit.
    pub brier: Option<f64>,
    /// The same had every chance been the share that came true: what knowing nothing scores.
    pub brier_of_base_rate: Option<f64>,
    pub bins: Vec<ReliabilityBin>,
    /// Of the bands: how many held the final value, of how many, and the 95 % interval of the share.
    pub inside: u64,
    pub bands: u64,
    pub coverage: Option<f64>,
    pub coverage_interval: Option<(f64, f64)>,
    /// What the bands promised.
    pub nominal: f64,
}

impl ForecastQuality {
    /// `Chances told on day 30: Brier 0.21 (0.24 knowing nothing, n 40); 80 % bands held 78 %, 60 to 90 (n 31).`
    pub fn words(&self) -> String {
        let when = self.day.map_or("at all checkpoints".to_owned(), |day| format!("on day {day}"));
        let chances = match (self.brier, self.brier_of_base_rate) {
            (Some(brier), Some(base)) => {
                format!("Brier {brier:.2} ({base:.2} knowing nothing, n {})", self.n)
            }
            _ => format!("not enough data (n {})", self.n),
        };
        let bands = match (self.coverage, self.coverage_interval) {
            (Some(share), Some((low, high))) => format!(
                "{:.0} % bands held {:.0} %, {:.0} to {:.0} (n {})",
                100.0 * self.nominal,
                100.0 * share,
                100.0 * low,
                100.0 * high,
                self.bands
            ),
            _ => format!("bands not enough data (n {})", self.bands),
        };
        format!("Chances told {when}: {chances}; {bands}.")
    }

    /// Of the promises made on `day`, or of all.
    pub fn of(promises: &[Promise], day: Option<u16>, policy: &Policy) -> Self {
        let mine = || promises.iter().filter(|promise| day.is_none_or(|day| promise.day == day));
        let (chances, came): (Vec<f64>, Vec<bool>) =
            mine().filter_map(|promise| Some((promise.probability?, promise.was_reached))).unzip();
        let bands: Vec<bool> = mine().filter_map(|promise| promise.is_inside).collect();
        let (inside, count) = (bands.iter().filter(|inside| **inside).count() as u64, bands.len() as u64);
        let enough = chances.len() >= policy.min_sample;
        let rate = came.iter().filter(|came| **came).count() as f64 / chances.len().max(1) as f64;
        Self {
            day,
            n: chances.len(),
            brier: brier(&chances, &came).filter(|_| enough),
            brier_of_base_rate: enough.then_some(rate * (1.0 - rate)),
            bins: if enough { reliability(&chances, &came, 5).unwrap_or_default() } else { Vec::new() },
            inside,
            bands: count,
            coverage: (count >= policy.min_sample as u64).then(|| inside as f64 / count as f64),
            coverage_interval: wilson(inside, count, 0.95).map(|interval| (interval.low, interval.high)),
            nominal: policy.band_coverage,
        }
    }
}
