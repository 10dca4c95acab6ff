//! The JSON-RPC face: a method per tool over HTTP and WebSocket, and `rpc.discover`.

mod message;
mod session;
mod socket;

use self::{session::Session, socket::Sockets};
use crate::face::refusal_with;
use axum::{
    body::Bytes,
    extract::{Extension, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use domain::Error;
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
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_json(&headers) {
        let error = Error::invalid("JSON-RPC takes JSON: send Content-Type: application/json");
        return refusal_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error);
    }
    match message::answer(&Session::of(host, caller), &body).await {
        Some(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        // Nothing but notifications.
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/json-rpc"].iter().any(|json| json.eq_ignore_ascii_case(essence))
}
