//! Serves every face and page on one port, with the scheduler, until told to stop.

use super::{clock, open_host, tick::moment};
use crate::{
    config::Config,
    guard::Rules,
    health::Health,
    listen::{self, Limits, stop_on_signals},
    router::{Faces, build_router},
    scheduler,
};
use ::tools::{Host, Ids};
use axum::http::Uri;
use chrono::{DateTime, Utc};
use domain::{Error, Result};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

/// Between a panic of the scheduler and its next start.
const SCHEDULER_PAUSE: Duration = Duration::from_secs(5);

/// Together with the drain less than the ten seconds an orchestrator gives.
const CLOSE_LIMIT: Duration = Duration::from_millis(1500);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start the clock at this instant (2026-05-01T00:00:00Z, or a date), to rehearse.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    pub at: Option<DateTime<Utc>>,
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let limits = Limits::of_this_process();
    let listener = bind(config).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let config = Config { listen: Some(address.to_string()), ..config.clone() };
    let host = open_host(&config, clock(args.at), Ids::Random).await?;
    let _held = host.store.hold_alone()?;
    keep_policy(&host).await?;
    let live = count_keys(&host).await?;
    refuse_in_the_open(address, live.unwrap_or_default())?;

    let faces = Faces { rules: rules(&config), ..Faces::default() };
    let stopping = faces.health.stopping.clone();
    stop_on_signals(stopping.clone()).map_err(Error::internal)?;
    let ticking = tokio::spawn(keep_ticking(Arc::clone(&host), faces.health.clone()));

    announce(&host, live);
    listen::serve(listener, build_router(&host, &faces), limits, stopping).await;
    ticking.abort();
    if timeout(CLOSE_LIMIT, host.store.close()).await.is_err() {
        tracing::warn!("the database did not close in time; what was acknowledged is on disk");
    }
    Ok(())
}

/// A policy whose version stands for other values here is told at once rather than at the first assessment.
async fn keep_policy(host: &Host) -> Result<()> {
    let mut tx = host.store.write("keep_policy").await?;
    tx.keep_policy(&host.policy, host.clock.now()).await?;
    tx.commit().await
}

/// Runs the scheduler, and again when it panicked; readiness says so in between.
pub async fn keep_ticking(host: Arc<Host>, health: Health) {
    // Aborted together with us.
    let mut running = JoinSet::new();
    loop {
        health.watch_scheduler(running.spawn(scheduler::run(Arc::clone(&host), health.clone())));
        let ended = running.join_next().await;
        health.note_tick(false);
        tracing::error!(?ended, "the scheduler stopped; it is started again");
        tokio::time::sleep(SCHEDULER_PAUSE).await;
    }
}

/// Live keys; `None` as long as no key was ever made.
async fn count_keys(host: &Host) -> Result<Option<u64>> {
    let mut tx = host.store.read().await?;
    let live = if tx.is_any_key().await? { Some(tx.count_live_keys().await?) } else { None };
    tx.rollback().await?;
    Ok(live)
}

async fn bind(config: &Config) -> Result<TcpListener> {
    let address = config.listen_address()?;
    TcpListener::bind(address).await.map_err(|error| {
        Error::unavailable(format!("cannot listen on {address} ({error}); name another with --listen"))
    })
}

fn refuse_in_the_open(address: SocketAddr, live_keys: u64) -> Result<()> {
    if address.ip().is_loopback() || live_keys > 0 {
        return Ok(());
    }
    Err(Error::forbidden(format!(
        "{address} can be reached from other machines and no key is live, so anybody could do anything. Make one \
         first (uptake keys create --role admin --name NAME), or listen on 127.0.0.1"
    )))
}

fn rules(config: &Config) -> Rules {
    let public = config.public_url.as_deref().and_then(|url| url.parse::<Uri>().ok());
    let public = public.and_then(|url| url.host().map(str::to_owned));
    Rules {
        hosts: config.allow_hosts.iter().cloned().chain(public).collect(),
        origins: config.allow_origins.clone(),
    }
}

/// One line: where, and to whom.
fn announce(host: &Host, live_keys: Option<u64>) {
    let url = &host.base_url;
    match live_keys {
        None => {
            say!("Uptake serves {url} to everyone on this machine, with full rights: no key exists yet");
        }
        Some(live) => {
            say!("Uptake serves {url} to holders of a key ({live} live); people sign in at {url}/sign-in");
        }
    }
}
