//! Tries another policy on history, or the forecaster on anyone's adoption curves.

mod curves;
mod policy;

use crate::config::Config;
use domain::{Error, Result};
use std::path::PathBuf;

/// Either --policy, a TOML file with policy values to try on the stored history; or --curves, a CSV file (columns
/// series, age, value) to judge the forecast methods on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: uptake backtest --curves adoption.csv --ages 3,5,8 --horizons 2,4")]
pub struct Args {
    /// Policy values that differ from the ones in force, as TOML.
    #[arg(long, value_name = "FILE", conflicts_with = "curves", required_unless_present = "curves")]
    policy: Option<PathBuf>,
    /// Adoption curves, one row per series and age.
    #[arg(long, value_name = "FILE.csv")]
    curves: Option<PathBuf>,
    #[command(flatten)]
    trial: curves::TrialArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &Args, config: &Config) -> Result<()> {
    match (&args.policy, &args.curves) {
        (Some(file), _) => policy::run(file, args.json, config).await,
        (None, Some(file)) => curves::run(file, &args.trial, args.json),
        (None, None) => Err(Error::invalid("send --policy FILE or --curves FILE.csv")),
    }
}
