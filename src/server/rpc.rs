//! The JSON-RPC face: a method per tool over HTTP and WebSocket, and `rpc.discover`.

mod message;
mod session;
mod socket;

use self::{session::Session, socket::Sockets};
use axum::{
    body::Bytes,
    extract::{Extension, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tools::{Caller, Host};

/// Serves the catalogue until `stopping`; open web sockets are closed then.
pub fn route(stopping: CancellationToken) -> MethodRouter<Arc<Host>> {
    let sockets = Arc::new(Sockets::until(stopping));
    get(socket::open).post(over_http).layer(Extension(sockets))
}

async fn over_http(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Response {
    match message::answer(&Session::of(host, caller), &body).await {
        Some(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        // Nothing but notifications.
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
