//! Recomputes stored evaluations from what was known then, and reports any difference.

use super::{open_host, tick::moment};
use crate::{
    config::Config,
    history::{self, Stretch},
};
use ::tools::{Clock, Ids};
use chrono::{DateTime, Utc};
use domain::{Code, Error, Result};

/// Recomputes every stored evaluation from the observations, plan version, cohort and policy it was made with, and
/// compares byte for byte. Exits 1 when any differs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: uptake replay --from 2026-01-01 --to 2026-07-01")]
pub struct Args {
    /// First moment; the beginning when absent.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    from: Option<DateTime<Utc>>,
    /// Last moment; now when absent.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    to: Option<DateTime<Utc>>,
}

pub async fn run(args: &Args, config: &Config) -> Result<()> {
    let host = open_host(config, Clock::System, Ids::Random).await?;
    let all = history::until_now(&host);
    let stretch =
        Stretch { from: args.from.unwrap_or(all.from), to: args.to.unwrap_or(DateTime::<Utc>::MAX_UTC) };
    let stretch = Stretch { to: stretch.to.min(all.to + chrono::TimeDelta::days(3650)), ..stretch };
    let replayed = history::replay(&host, stretch).await?;
    host.store.close().await;
    for difference in replayed.differences.iter().take(5) {
        say!("{} {}", difference.plan, difference.evaluation);
        say!("  stored     {}", difference.stored);
        say!("  recomputed {}", difference.recomputed);
    }
    let (all, differ) = (replayed.evaluations, replayed.differences.len());
    say!("{all} evaluations recomputed, {differ} differ");
    if replayed.earlier > 0 {
        say!("{} more were made by earlier formulas, which this program no longer has", replayed.earlier);
    }
    if differ == 0 {
        return Ok(());
    }
    Err(Error::new(Code::Internal, format!("{differ} of {all} evaluations do not come out the same")))
}
