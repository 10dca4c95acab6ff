//! Is the process alive, and can it do its work?

mod ticks;

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::Error;
use serde_json::json;
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use ticks::Ticks;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tools::{Clock, Host};

/// Readiness asks the database again after this long: nobody needs a key to ask, and each time is a write.
const PROBED_FOR: Duration = Duration::from_secs(1);

/// What readiness looks at beside the store.
#[derive(Clone, Default)]
pub struct Health {
    pub stopping: CancellationToken,
    ticks: Arc<Mutex<Ticks>>,
    probe: Arc<tokio::sync::Mutex<Option<Probe>>>,
}

/// What the database answered.
struct Probe {
    at: Instant,
    /// What is wrong, in words.
    fault: Option<String>,
}

impl Health {
    /// Watches the task in which the scheduler runs.
    pub fn watch_scheduler(&self, task: AbortHandle) {
        self.ticks().watch(task, Instant::now());
    }

    /// What became of a tick of the scheduler, or of the scheduler itself.
    pub fn note_tick(&self, is_good: bool) {
        self.ticks().note(is_good, Instant::now());
    }

    fn ticks(&self) -> MutexGuard<'_, Ticks> {
        self.ticks.lock().expect("no panic while it is changed")
    }

    /// Those who ask together hear the same answer.
    async fn database_fault(&self, host: &Host) -> Option<String> {
        let mut probe = self.probe.lock().await;
        if let Some(probe) = probe.as_ref().filter(|probe| probe.at.elapsed() < PROBED_FOR) {
            // What was refused since shows at once.
            return probe.fault.clone().or_else(|| fault_of(host, None));
        }
        let outcome = host.store.is_writable().await;
        if let Err(error) = &outcome {
            tracing::warn!(%error, "the database does not take a write");
        }
        let fault = fault_of(host, outcome.err());
        *probe = Some(Probe { at: Instant::now(), fault: fault.clone() });
        fault
    }
}

/// A small write may go through where a larger one was refused, so both count.
fn fault_of(host: &Host, error: Option<Error>) -> Option<String> {
    let Some(refused) = host.store.refused_writes() else { return error.map(|error| error.message) };
    let why = error.map_or(refused.why, |error| error.message);
    let (count, since) = (refused.count, words(refused.since));
    Some(format!("{why} ({count} {} refused since {since})", if count == 1 { "write" } else { "writes" }))
}

/// Alive: no I/O.
pub async fn healthz() -> impl IntoResponse {
    Json(json!({ "alive": true, "version": env!("CARGO_PKG_VERSION") }))
}

/// Ready: the database takes a write and refused none since, the scheduler's ticks go through, and nobody asked us to
/// stop.
pub async fn readyz(State((host, health)): State<(Arc<Host>, Health)>) -> impl IntoResponse {
    let database = health.database_fault(&host).await;
    let (scheduler, last_good_tick, failed_ticks) = {
        let ticks = health.ticks();
        (ticks.state(Instant::now()), ticks.last_good(), ticks.failed())
    };
    let is_stopping = health.stopping.is_cancelled();
    let is_ready = database.is_none() && scheduler.is_ok() && !is_stopping;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let answer = json!({
        "ready": is_ready,
        "database": database.as_deref().unwrap_or("ok"),
        "scheduler": scheduler.unwrap_or_else(|fault| fault),
        "process": if is_stopping { "stopping" } else { "ok" },
        "lastGoodTick": last_good_tick.map(words),
        "failedTicks": failed_ticks,
        "lastRefusedWrite": host.store.last_refused_write().map(words),
        "refusedWrites": host.store.refused_writes().map_or(0, |refused| refused.count),
    });
    (status, Json(answer))
}

/// The time of day an instant had, for somebody who looks into a log.
fn words(at: Instant) -> String {
    let ago = TimeDelta::from_std(at.elapsed()).unwrap_or_default();
    let at: DateTime<Utc> = Clock::System.now() - ago;
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
