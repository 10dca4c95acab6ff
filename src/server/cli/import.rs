//! Imports opportunities (CSV) and usage events (NDJSON, CSV).

mod opportunities;
mod rejects;
mod rows;
mod source;
mod usage;

use super::{open_host, tick::moment};
use crate::config::Config;
use ::tools::{Clock, Host, Ids};
use chrono::{DateTime, Utc};
use domain::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use rejects::Rejects;
use rows::Rows;
use source::Source;
use std::{path::PathBuf, sync::Arc};

/// Imports a Salesforce opportunity report (CSV) or usage events (NDJSON, CSV), plain or .gz, `-` for standard input.
/// A file that was cut off goes on where it was; a second run adds nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: uptake import opportunities.csv usage.ndjson.gz")]
pub struct Args {
    /// Files to import, in this order.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where rows that cannot be taken go, with reasons. [default: FILE.rejects.csv]
    #[arg(long, value_name = "PATH")]
    rejects: Option<PathBuf>,
    /// Say what would happen, and leave nothing behind.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Learn of it at this instant, to rehearse; now when absent.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    at: Option<DateTime<Utc>>,
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let clock = args.at.map_or(Clock::System, Clock::held);
    let host = open_host(config, clock, Ids::Random).await?;
    let imported = import(&args, &host).await;
    host.store.close().await;
    imported
}

async fn import(args: &Args, host: &Arc<Host>) -> Result<()> {
    for (position, path) in args.files.iter().enumerate() {
        let source = Source::open(path)?;
        let rejects = Rejects::beside(&source, args.rejects.as_deref(), position > 0);
        let mut job = Job { host, source: &source, rejects, bar: bar(source.len), dry_run: args.dry_run };
        let summary = match Rows::of(&source)? {
            rows if rows.has("opportunityid") => opportunities::import(&mut job, rows).await,
            rows if rows.has("feature") => usage::import(&mut job, rows).await,
            rows => Err(unknown(&source, &rows)),
        };
        job.bar.finish_and_clear();
        let would = if args.dry_run { " (a dry run: nothing was kept)" } else { "" };
        say!("{}: {}{}{would}", source.name, summary?, job.rejects.finish()?);
    }
    // Nothing is assessed here: a rehearsal decides itself to which instant time goes on.
    let next = args.at.map_or_else(|| "serve".to_owned(), |at| format!("tick --at {}", at.format("%FT%TZ")));
    say!("Next: uptake {next}");
    Ok(())
}

/// One file on its way in.
struct Job<'a> {
    host: &'a Arc<Host>,
    source: &'a Source,
    rejects: Rejects,
    bar: ProgressBar,
    dry_run: bool,
}

/// Drawn on a terminal only.
fn bar(len: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta} {msg}");
    ProgressBar::new(len).with_style(style.expect("a template that parses"))
}

fn unknown(source: &Source, rows: &Rows<'_>) -> Error {
    let separated = if rows.separator_is_another() {
        "; its columns seem to be separated by another sign than the comma: save it with commas"
    } else {
        ""
    };
    Error::invalid(format!(
        "{} is neither opportunities (a CSV with a column Opportunity ID) nor usage events (with eventId, customer, \
         feature, at); it has {}{separated}",
        source.name,
        rows.names()
    ))
}
