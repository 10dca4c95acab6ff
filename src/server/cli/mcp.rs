//! Speaks MCP on standard input and output, for one client.

use super::{clock, open_host, serve::keep_ticking};
use crate::{
    auth::{caller_by_key, local},
    config::{self, Config},
    health::Health,
    listen::stop_on_signals,
    mcp::{Mcp, Stdio},
};
use ::tools::Ids;
use chrono::{DateTime, Utc};
use domain::{Error, Result};
use rmcp::service::serve_directly_with_ct;
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start the clock at this instant (2026-05-01T00:00:00Z), to rehearse.
    #[arg(long, value_name = "INSTANT")]
    at: Option<DateTime<Utc>>,
    /// File with the key whose role counts, instead of `UPTAKE_KEY`; full rights without either.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let host = open_host(config, clock(args.at), Ids::Random).await?;
    let caller = match config::key(args.key_file.as_deref())? {
        Some(key) => caller_by_key(&host, &key).await?,
        None => local(),
    };
    let stopping = CancellationToken::new();
    stop_on_signals(stopping.clone()).map_err(Error::internal)?;
    let scheduler = tokio::spawn(keep_ticking(Arc::clone(&host), Health::default()));
    // Directly, not after a handshake: some clients ask for the tools first, and the newest have no handshake.
    let mcp = Mcp::over_stdio(Arc::clone(&host), caller);
    let serving = serve_directly_with_ct(mcp, Stdio::of_process(), None, stopping);
    serving.waiting().await.map_err(Error::internal)?;
    scheduler.abort();
    host.store.close().await;
    Ok(())
}
