//! Measures what the server can do on this machine, each figure beside a floor taken in the same run.

mod driver;
mod echo;
mod engine;
mod figure;
mod filled;
mod ingest;
mod machine;
mod portfolio;
mod progress;
mod sample;
mod scheduler;
mod writes;

use crate::config::Config;
use clap::ValueEnum;
use domain::{Error, Result};
use figure::Figure;
use filled::Filled;
use std::{path::PathBuf, time::Duration};
use tempfile::TempDir;

/// Measures what the server can do on this machine. Each figure stands beside a floor taken in the same run: the bare
/// work without the product. Only loopback and temporary folders are used, and the configured database is not touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: uptake bench --quick progress ingest")]
pub struct Args {
    /// What to measure.
    #[arg(value_enum, default_value = "all")]
    what: Vec<What>,
    /// Small sizes: seconds rather than minutes, and only roughly true.
    #[arg(long)]
    quick: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Folder for the temporary databases; the disk it is on is measured too. [default: the system's]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// PostgreSQL server on which databases may be made and dropped, to measure it as well.
    #[arg(long, env = "UPTAKE_TEST_POSTGRES", hide_env_values = true, value_name = "URL")]
    postgres: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Progress,
    Ingest,
    Writes,
    Engine,
    Portfolio,
    Scheduler,
    All,
}

/// How much of everything.
#[derive(Debug, Clone, Copy)]
struct Size {
    upsells: u64,
    events: usize,
    /// Calls of each of the 64 callers.
    calls: usize,
    rounds: usize,
    warm: Duration,
    measured: Duration,
}

impl Size {
    const QUICK: Self = Self {
        upsells: 200,
        events: 20_000,
        calls: 20,
        rounds: 1,
        warm: Duration::from_millis(200),
        measured: Duration::from_millis(500),
    };
    const FULL: Self = Self {
        upsells: 10_000,
        events: 1_000_000,
        calls: 200,
        rounds: 3,
        warm: Duration::from_millis(700),
        measured: Duration::from_secs(3),
    };
}

/// What every measurement needs.
struct Bench<'a> {
    size: Size,
    config: &'a Config,
    folder: TempDir,
    postgres: Option<&'a str>,
}

pub async fn run(args: &Args, config: &Config) -> Result<()> {
    let folder = match &args.folder {
        Some(folder) => TempDir::with_prefix_in("uptake-bench-", folder),
        None => TempDir::with_prefix("uptake-bench-"),
    };
    let folder = folder.map_err(|error| {
        Error::invalid(format!("no temporary folder can be made ({error}); name another with --folder"))
    })?;
    let size = if args.quick { Size::QUICK } else { Size::FULL };
    let bench = Bench { size, config, folder, postgres: args.postgres.as_deref() };
    // Stopped by hand, the temporary folders still go.
    let figures = tokio::select! {
        figures = bench.measure(&args.what) => figures?,
        _ = tokio::signal::ctrl_c() => return Err(Error::unavailable("stopped before the end")),
    };
    if args.json {
        let told = serde_json::json!({ "machine": machine::described(), "figures": figures });
        say!("{}", serde_json::to_string_pretty(&told).map_err(Error::internal)?);
    } else {
        say!("{}\n", machine::described());
        figure::print(&figures);
    }
    Ok(())
}

impl Bench<'_> {
    async fn measure(&self, what: &[What]) -> Result<Vec<Figure>> {
        let wants = |one: What| what.contains(&one) || what.contains(&What::All);
        let mut figures = Vec::new();
        // First, so that the memory it is charged with is its own.
        if wants(What::Engine) {
            figures.extend(engine::measure(self.size)?);
        }
        if wants(What::Ingest) {
            figures.extend(ingest::measure(self).await?);
        }
        let on_filled = [What::Progress, What::Portfolio, What::Writes, What::Scheduler];
        if on_filled.into_iter().any(wants) {
            let filled = Filled::fill(self).await?;
            if wants(What::Progress) {
                figures.extend(progress::measure(self, &filled).await?);
            }
            if wants(What::Portfolio) {
                figures.extend(portfolio::measure(self, &filled).await?);
            }
            if wants(What::Writes) {
                figures.extend(writes::measure(self, &filled).await?);
            }
            // Last: it changes what is stored.
            if wants(What::Scheduler) {
                figures.extend(scheduler::measure(&filled).await?);
            }
            filled.host.store.close().await;
        }
        Ok(figures)
    }

    /// The address of a new SQLite file in the temporary folder.
    fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}", self.folder.path().join(name).display())
    }
}
