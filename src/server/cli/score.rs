//! Tells how good the forecasts and alerts have been, from what was known when they were made.

use super::open_host;
use crate::{config::Config, history};
use ::tools::{Clock, Ids};
use domain::{
    Error, Result,
    calibration::ForecastQuality,
    history::{PolicyScore, as_stored, score},
};
use serde::Serialize;

/// Brier score, reliability and band coverage of the forecasts made at earlier checkpoints of finished upsells, and
/// precision and lead time of the alerts.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// The engine's own score.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Score {
    forecasts: Vec<ForecastQuality>,
    alerts: PolicyScore,
}

pub async fn run(args: &Args, config: &Config) -> Result<()> {
    let host = open_host(config, Clock::System, Ids::Random).await?;
    let mut all = history::until_now(&host);
    all.to += chrono::TimeDelta::days(3650);
    let promises = history::kept_promises(&host, all).await?;
    let mut courses = Vec::new();
    for plan in history::evaluated(&host, all).await? {
        courses.push(history::course(&host, plan, all).await?);
    }
    host.store.close().await;
    let stored: Vec<_> = courses.iter().map(|course| (course, as_stored(course))).collect();
    let mut days: Vec<u16> = promises.iter().map(|promise| promise.day).collect();
    days.sort_unstable();
    days.dedup();
    let days = days.into_iter().map(Some).chain([None]);
    let forecasts = days.map(|day| ForecastQuality::of(&promises, day, &host.policy)).collect();
    let score = Score { forecasts, alerts: score(&host.policy.version, &stored) };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&score).map_err(Error::internal)?);
    } else {
        told(&score);
    }
    Ok(())
}

fn told(score: &Score) {
    for quality in &score.forecasts {
        let day = quality.day.map_or("all checkpoints".to_owned(), |day| format!("day {day}"));
        let brier = match (quality.brier, quality.brier_of_base_rate) {
            (Some(brier), Some(base)) => format!("Brier {brier:.3} (base rate {base:.3}, n {})", quality.n),
            _ => format!("not enough finished forecasts for a Brier score (n {})", quality.n),
        };
        let bands = match (quality.coverage, quality.coverage_interval) {
            (Some(share), Some((low, high))) => format!(
                "{:.0} % bands held {:.0} % ({:.0} to {:.0}, n {})",
                100.0 * quality.nominal,
                100.0 * share,
                100.0 * low,
                100.0 * high,
                quality.bands
            ),
            _ => format!("not enough bands to judge (n {})", quality.bands),
        };
        say!("{day}: {brier}; {bands}");
    }
    let alerts = &score.alerts;
    let precision =
        alerts.precision.map_or("not known yet".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let lead = alerts.lead_days.map_or("not known yet".to_owned(), |days| format!("{days:.0} days"));
    say!(
        "alerts: {} over {} plans, precision {precision} ({} of {}), median lead {lead}",
        alerts.alerts,
        alerts.plans,
        alerts.right,
        alerts.judged
    );
}
