//! Is the process alive, and can it do its work?

use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tools::Host;

/// What readiness looks at beside the store.
#[derive(Clone, Default)]
pub struct Health {
    pub stopping: CancellationToken,
    scheduler: Arc<Mutex<Option<AbortHandle>>>,
}

impl Health {
    /// Watches the task in which the scheduler runs.
    pub fn watch_scheduler(&self, task: AbortHandle) {
        *self.scheduler.lock().expect("no panic while it is set") = Some(task);
    }

    fn scheduler(&self) -> &'static str {
        match self.scheduler.lock().expect("no panic while it is set").as_ref() {
            None => "not run by this process",
            Some(task) if task.is_finished() => "stopped",
            Some(_) => "ok",
        }
    }
}

/// Alive: no I/O.
pub async fn healthz() -> impl IntoResponse {
    Json(json!({ "alive": true, "version": env!("CARGO_PKG_VERSION") }))
}

/// Ready: the database takes a write, the scheduler goes round, and nobody asked us to stop.
pub async fn readyz(State((host, health)): State<(Arc<Host>, Health)>) -> impl IntoResponse {
    let store = host.store.is_writable().await;
    if let Err(error) = &store {
        tracing::warn!(%error, "the database does not take a write");
    }
    let store = store.map_or_else(|error| error.message, |()| "ok".to_owned());
    let scheduler = health.scheduler();
    let is_stopping = health.stopping.is_cancelled();
    let is_ready = store == "ok" && scheduler != "stopped" && !is_stopping;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let process = if is_stopping { "stopping" } else { "ok" };
    (
        status,
        Json(json!({ "ready": is_ready, "database": store, "scheduler": scheduler, "process": process })),
    )
}
