//! Brings everything to an instant and exits.

use super::open_host;
use crate::{config::Config, scheduler};
use ::tools::{Clock, Host, Ids};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{Error, Result};
use std::sync::Arc;
use store::alerts::{AlertFilter, Held};

/// Brings everything to an instant and exits: plans drafted, checkpoints opened, progress assessed, alerts raised.
/// With --at time passes a civil day at a time from the last thing that was due, so a year is rehearsed in seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: uptake tick --at 2026-06-01")]
pub struct Args {
    /// Instant (2026-06-01T09:00:00Z) or date (its midnight UTC); when absent, what is due is done now, late.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    at: Option<DateTime<Utc>>,
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let host = open_host(config, Clock::held(Clock::System.now()), Ids::Random).await?;
    let brought = bring(&host, args.at).await;
    host.store.close().await;
    brought
}

async fn bring(host: &Arc<Host>, to: Option<DateTime<Utc>>) -> Result<()> {
    let (from, ticked) = match to {
        None => (host.clock.now(), scheduler::tick_until_quiet(host).await?),
        Some(at) => scheduler::rehearse(host, at).await?,
    };
    say!(
        "From {} to {}: {}, {}, {}",
        from.format("%F %H:%M"),
        host.clock.now().format("%F %H:%M UTC"),
        counted(ticked.drafted, "plan drafted or waiting", "plans drafted or waiting"),
        counted(ticked.opened, "checkpoint opened", "checkpoints opened"),
        counted(ticked.assessed, "assessment", "assessments"),
    );
    tell_alerts(host).await
}

async fn tell_alerts(host: &Arc<Host>) -> Result<()> {
    const SHOWN: u32 = 20;
    let filter = AlertFilter {
        state: Some("open".to_owned()),
        held: Held::Told,
        limit: SHOWN,
        ..AlertFilter::default()
    };
    let mut tx = host.store.read().await?;
    let (alerts, open) = (tx.list_alerts(&filter).await?, tx.count_alerts(&filter).await?);
    tx.rollback().await?;
    say!("{}:", counted(open as usize, "alert is open", "alerts are open"));
    for alert in &alerts {
        say!("  {} {}: {}", alert.raised_at.format("%F"), alert.rule.as_str(), alert.message);
    }
    if open > alerts.len() as u64 {
        say!("  and more; `uptake call list_alerts` shows them all");
    }
    say!("Next: uptake call --at {} list_measurements", host.clock.now().format("%FT%TZ"));
    Ok(())
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// An instant, or a date as its midnight in UTC.
pub fn moment(text: &str) -> Result<DateTime<Utc>> {
    let date = || text.parse::<NaiveDate>().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let instant = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    instant.or_else(|_| date()).map_err(|_| {
        Error::invalid(format!("`{text}` is no instant; send one such as 2026-06-01T09:00:00Z, or a date"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_midnight() {
        assert_eq!(moment("2026-06-01").unwrap(), moment("2026-06-01T02:00:00+02:00").unwrap());
        assert!(moment("yesterday").unwrap_err().message.contains("2026-06-01T09:00:00Z"));
    }
}
