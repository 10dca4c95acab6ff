//! Makes a believable portfolio by driving the tools and reconcilers under a moved clock.

mod beside;
mod cast;
mod links;
mod others;
mod path;
mod people;
mod play;
mod usage;

use super::{host_on, open_host, serve, tick::moment};
use crate::config::Config;
use ::tools::{Clock, Ids};
use chrono::{DateTime, SubsecRound, Utc};
use domain::{Error, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
};
use store::Store;

/// Makes about 60 upsells over nine months to look at, in a database of their own, and prints three links to open.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: uptake demo --serve")]
pub struct Args {
    /// Make it anew.
    #[arg(long)]
    reset: bool,
    /// Serve it when it is made; time goes on from there.
    #[arg(long)]
    serve: bool,
    /// Another seed makes another portfolio.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Upsells.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=1000))]
    size: u64,
    /// The portfolio's today (2026-11-23T09:00:00Z, or a date); now when absent.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    at: Option<DateTime<Utc>>,
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let config = match &config.database_url {
        Some(_) => named(&args, config).await?,
        None => own(&args, config).await?,
    };
    let host = open_host(&config, Clock::System, Ids::Random).await?;
    let told = links::tell(&host).await;
    host.store.close().await;
    told?;
    if args.serve {
        return serve::run(serve::Args { at: args.at }, &config).await;
    }
    say!("Next: uptake demo --serve");
    Ok(())
}

/// The demo's own file in the data folder. It is made beside and put there whole, so a file that is there is complete.
async fn own(args: &Args, config: &Config) -> Result<Config> {
    let folder = config.data_folder();
    let failed = |error: std::io::Error| {
        Error::invalid(format!(
            "{} cannot be written ({error}); name another with --data-dir",
            folder.display()
        ))
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    let (file, making) = (folder.join("demo.db"), folder.join("demo.making.db"));
    if args.reset || !file.exists() {
        remove(&making).map_err(failed)?;
        make(args, config, Store::open_disposable(&making).await?).await?;
        remove(&file).map_err(failed)?;
        fs::rename(&making, &file).map_err(failed)?;
    }
    Ok(on_file(config, &file))
}

/// A database the operator named is filled when it is empty, and never emptied.
async fn named(args: &Args, config: &Config) -> Result<Config> {
    let host = open_host(config, Clock::System, Ids::Random).await?;
    let store = host.store.clone();
    match (links::is_empty(&host).await?, args.reset) {
        (true, _) => make(args, config, store).await?,
        (false, false) => {}
        (false, true) => {
            return Err(Error::conflict(
                "--reset empties only the demo's own database; leave --database-url out, or name an empty one",
            ));
        }
    }
    Ok(config.clone())
}

async fn make(args: &Args, config: &Config, store: Store) -> Result<()> {
    let end = args.at.unwrap_or_else(|| Clock::System.now()).trunc_subsecs(0);
    let ids = Ids::Seeded(AtomicU64::new(args.seed << 32));
    let host = host_on(store, config, Clock::held(end), ids)?;
    let stories = cast::stories(args.seed, args.size, end.date_naive());
    let played = play::play(&host, &stories, end).await;
    host.store.close().await;
    played
}

fn on_file(config: &Config, file: &Path) -> Config {
    Config { database_url: Some(format!("sqlite:{}", file.display())), ..config.clone() }
}

/// Removes a database file and what SQLite keeps beside it.
fn remove(file: &Path) -> std::io::Result<()> {
    ["", "-wal", "-shm"].into_iter().try_for_each(|suffix| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests;
