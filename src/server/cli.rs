//! The command line.

/// Says a line on standard output.
macro_rules! say {
    () => { $crate::cli::say(format_args!("")) };
    ($($part:tt)*) => { $crate::cli::say(format_args!($($part)*)) };
}

pub mod backtest;
pub mod bench;
pub mod call;
pub mod config;
pub mod demo;
pub mod import;
pub mod keys;
pub mod mcp;
pub mod migrate;
mod remote;
pub mod replay;
pub mod score;
pub mod serve;
pub mod tick;
pub mod tools;

use crate::{config::Config, policy, telemetry, templates::load_templates};
use ::tools::{Clock, Host, Ids};
use chrono::{DateTime, Utc};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use domain::{
    Error, Result,
    error::Code,
    text::{self, Lines},
};
use std::{
    error::Error as _,
    fmt, fs,
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use store::Store;
use tokio::sync::Notify;

/// Measures whether customers get the value of an upsell they bought.
#[derive(Debug, Parser)]
#[command(name = "uptake", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages, MCP, JSON-RPC and REST on one port, with the scheduler.
    Serve(serve::Args),
    /// Speak MCP on standard input and output.
    Mcp(mcp::Args),
    /// List the tools, or show one with its schema and an example.
    Tools(tools::Args),
    /// Call a tool on the database here, or on a server with --url.
    Call(call::Args),
    /// Import opportunities (CSV) or usage events (NDJSON, CSV).
    Import(import::Args),
    /// Bring everything to an instant, and exit.
    Tick(tick::Args),
    /// Make a believable portfolio to look at.
    Demo(demo::Args),
    /// Recompute stored evaluations and report any difference.
    Replay(replay::Args),
    /// Try another policy on history, or the forecaster on adoption curves of your own.
    Backtest(backtest::Args),
    /// Tell how good the forecasts and alerts have been.
    Score(score::Args),
    /// Measure what the server can do on this machine, beside the bare work.
    Bench(bench::Args),
    /// Bring the database's schema up to date; serve does it by itself.
    Migrate(migrate::Args),
    /// Create, list and revoke the keys agents and people call with.
    Keys(keys::Args),
    /// Show the settings and where each came from.
    Config(config::Args),
}

/// How long work that nobody waits for may hold up the end.
const LINGER: Duration = Duration::from_secs(1);

pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let done = cli.config.layered(&matches).and_then(|config| run(cli.command, &config));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", text::escaped(&error.to_string(), Lines::Many));
            if let Some(cause) = error.source() {
                eprintln!("because: {}", text::escaped(&cause.to_string(), Lines::Many));
            }
            exit_code(error.code)
        }
    }
}

/// 1 failed, 2 usage, 3 not found, 4 refused by rule, 5 cannot reach.
fn exit_code(code: Code) -> ExitCode {
    ExitCode::from(match code {
        Code::Internal => 1,
        Code::Invalid => 2,
        Code::NotFound => 3,
        Code::Unauthenticated | Code::Forbidden | Code::Conflict => 4,
        Code::TooMany | Code::Unavailable => 5,
    })
}

fn run(command: Command, config: &Config) -> Result<()> {
    let is_server = matches!(command, Command::Serve(_) | Command::Mcp(_));
    telemetry::start(config, (!is_server).then_some("warn"))?;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::internal)?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve(args) => serve::run(args, config).await,
            Command::Mcp(args) => mcp::run(args, config).await,
            Command::Tools(args) => tools::run(&args),
            Command::Call(args) => call::run(args, config).await,
            Command::Import(args) => import::run(args, config).await,
            Command::Tick(args) => tick::run(args, config).await,
            Command::Demo(args) => demo::run(args, config).await,
            Command::Replay(args) => replay::run(&args, config).await,
            Command::Backtest(args) => backtest::run(&args, config).await,
            Command::Score(args) => score::run(&args, config).await,
            Command::Bench(args) => bench::run(&args, config).await,
            Command::Migrate(args) => migrate::run(&args, config).await,
            Command::Keys(args) => keys::run(args, config).await,
            Command::Config(args) => config::run(&args, config),
        }
    });
    // A thread that waits for standard input would otherwise hold the process until its client lets go.
    runtime.shutdown_timeout(LINGER);
    done
}

/// A reader that went away (`| head`) ends what we say, not what we do. Other people's words never move the terminal.
fn say(line: fmt::Arguments<'_>) {
    let line = line.to_string();
    let _ = writeln!(io::stdout().lock(), "{}", text::escaped(&line, Lines::Many));
}

/// Opens the store named by the configuration, migrated, with templates and policy.
pub async fn open_host(config: &Config, clock: Clock, ids: Ids) -> Result<Arc<Host>> {
    let store = Store::open(&database(config)?).await?;
    host_on(store, config, clock, ids)
}

fn host_on(store: Store, config: &Config, clock: Clock, ids: Ids) -> Result<Arc<Host>> {
    Ok(Arc::new(Host {
        store,
        clock,
        ids,
        templates: load_templates(config.templates.as_deref())?,
        policy: policy::load(config.policy_file.as_deref())?,
        cohorts: ::tools::cohorts::CohortCache::default(),
        keys: ::tools::key_cache::KeyCache::default(),
        base_url: config.base_url(),
        changed: Notify::new(),
    }))
}

/// The database's address; makes the data folder when the database lives in it.
fn database(config: &Config) -> Result<String> {
    if config.database_url.is_none() {
        let folder = config.data_folder();
        fs::create_dir_all(&folder).map_err(|error| {
            Error::invalid(format!(
                "the data folder {} cannot be made ({error}); name another with --data-dir",
                folder.display()
            ))
        })?;
    }
    config.database()
}

/// The clock of a command that may be rehearsed at another instant.
fn clock(at: Option<DateTime<Utc>>) -> Clock {
    at.map_or(Clock::System, Clock::starting_at)
}
