//! Brings the database's schema up to date.

use super::database;
use crate::config::Config;
use domain::Result;
use store::Store;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Say what would be applied, and leave it.
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub async fn run(args: &Args, config: &Config) -> Result<()> {
    let store = Store::open_unmigrated(&database(config)?).await?;
    let (names, verb) = if args.dry_run {
        (store.pending_migrations().await?, "would apply")
    } else {
        (store.migrate().await?, "applied")
    };
    for name in &names {
        say!("{verb} {name}");
    }
    if names.is_empty() {
        say!("the schema is up to date");
    }
    store.close().await;
    Ok(())
}
