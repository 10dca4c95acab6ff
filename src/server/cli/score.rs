//! Tells how good the forecasts and alerts have been, from what was known when they were made.

use super::open_host;
use crate::{
    config::Config,
    history::{self, Under},
};
use ::tools::{Clock, Ids};
use domain::{
    Error, Result,
    calibration::ForecastQuality,
    history::{PolicyScore, as_stored, score},
    self_score::SelfScore,
};
use serde::Serialize;
use store::outcomes::OutcomeFilter;

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
    #[serde(flatten)]
    own: SelfScore,
    alerts: PolicyScore,
}

pub async fn run(args: &Args, config: &Config) -> Result<()> {
    let host = open_host(config, Clock::System, Ids::Random).await?;
    let mut all = history::until_now(&host);
    all.to += chrono::TimeDelta::days(3650);
    let mut tx = host.store.read().await?;
    let promises = tx.promises_within(&OutcomeFilter::default()).await?;
    let watched = tx.watched_within(&OutcomeFilter::default()).await?;
    tx.rollback().await?;
    let mut courses = Vec::new();
    for plan in history::evaluated(&host, all).await? {
        courses.push(history::course(&host, plan, all, Under::AsStored).await?);
    }
    host.store.close().await;
    let stored: Vec<_> = courses.iter().map(|course| (course, as_stored(course))).collect();
    let own = SelfScore::of(&promises, &watched, &host.policy);
    let score = Score { own, alerts: score(&host.policy.version, &stored) };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&score).map_err(Error::internal)?);
    } else {
        told(&score);
    }
    Ok(())
}

fn told(score: &Score) {
    say!("{:<18}{:>6}{:>8}{:>11}   {}", "forecasts told", "n", "Brier", "base rate", "80 % bands held");
    for quality in &score.own.by_age {
        row(&format!("on day {}", quality.day.unwrap_or_default()), quality);
    }
    for quality in score.own.forecasts.iter().filter(|quality| quality.day.is_none()) {
        row("at checkpoints", quality);
        for bin in &quality.bins {
            say!(
                "  told {:>3.0} to {:>3.0} %: {:>3.0} % came true (n {})",
                100.0 * bin.low,
                100.0 * bin.high,
                100.0 * bin.share_with_outcome,
                bin.count
            );
        }
    }
    say!("{}", score.own.warnings.words());
    let (alerts, figure) =
        (&score.alerts, |value: Option<f64>| value.map_or("–".to_owned(), |v| format!("{v:.2}")));
    say!(
        "{} times an upsell of {} began to lag, {} a week; {} changes of status a quarter.",
        alerts.alerts,
        alerts.plans,
        figure(alerts.alerts_per_week),
        figure(alerts.changes_per_quarter)
    );
}

fn row(when: &str, quality: &ForecastQuality) {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    let bands = match (quality.coverage, quality.coverage_interval) {
        (Some(share), Some((low, high))) => {
            format!("{:.0} % ({:.0} to {:.0}, n {})", 100.0 * share, 100.0 * low, 100.0 * high, quality.bands)
        }
        _ => format!("not enough (n {})", quality.bands),
    };
    let (brier, base) = (figure(quality.brier), figure(quality.brier_of_base_rate));
    say!("{when:<18}{:>6}{brier:>8}{base:>11}   {bands}", quality.n);
}
