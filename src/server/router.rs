//! All faces and pages on one router, behind one guard.

use crate::{
    auth,
    face::{log_cause, refusal},
    guard, health,
    health::Health,
    listen,
    mcp::{self, Mcp},
    openapi, rest, rpc, sign_in, web,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::Error;
use rmcp::{
    ServerHandler,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::Value;
use std::{any::Any, sync::Arc};
use tokio_util::sync::CancellationToken;
use tools::Host;
use tower_http::catch_panic::CatchPanicLayer;

/// What the router needs beside the host.
#[derive(Clone, Default)]
pub struct Faces {
    pub rules: guard::Rules,
    pub health: Health,
}

/// The product's router.
pub fn build_router(host: &Arc<Host>, faces: &Faces) -> Router {
    build_router_with(host, faces, Mcp::over_http(Arc::clone(host)))
}

/// The product's router with another MCP handler at `/mcp`: same guard, same limits, same transport.
pub fn build_router_with<H>(host: &Arc<Host>, faces: &Faces, mcp: H) -> Router
where
    H: ServerHandler + Clone + Send + Sync + 'static,
{
    let stopping = faces.health.stopping.clone();
    let behind_keys = Router::new()
        .merge(rest::routes())
        .merge(web::routes())
        .route("/openapi.json", get(described))
        .route("/schemas/{file}", get(schema))
        .route("/rpc", rpc::route(stopping.clone()))
        .merge(Router::new().route_service("/mcp", mcp_service(mcp, stopping)).layer(from_fn(mcp::in_front)))
        .with_state(Arc::clone(host))
        .route_layer(from_fn(guard::read_body))
        .route_layer(from_fn(guard::require_json))
        .route_layer(from_fn(listen::claim))
        .route_layer(from_fn_with_state(Arc::clone(host), auth::identify));
    let open = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state((Arc::clone(host), faces.health.clone()))
        .merge(signing_in(host))
        .merge(web::asset::routes());
    let all = Router::new()
        .merge(behind_keys)
        .merge(open)
        // The guard limits every body, each by its kind; the framework's own limit is below ours.
        .layer(DefaultBodyLimit::disable());
    // Around the router rather than in it: axum adds `Allow` after the layers inside.
    Router::new()
        .fallback_service(all)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::new(faces.rules.clone()), guard::admit))
}

fn signing_in(host: &Arc<Host>) -> Router {
    Router::new()
        .route(sign_in::PATH, get(sign_in::form).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .with_state(Arc::clone(host))
        .route_layer(from_fn(guard::read_body))
}

/// Without sessions, so that any replica answers any call and nobody can pile them up.
fn mcp_service<H>(mcp: H, stopping: CancellationToken) -> StreamableHttpService<H, NeverSessionManager>
where
    H: ServerHandler + Clone + Send + Sync + 'static,
{
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_cancellation_token(stopping)
        // The guard looked at Host and Origin already, with the operator's lists.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    StreamableHttpService::new(move || Ok(mcp.clone()), Arc::new(NeverSessionManager::default()), config)
}

async fn described(State(host): State<Arc<Host>>) -> Json<Value> {
    Json(openapi::openapi(&host.base_url))
}

async fn schema(Path(file): Path<String>) -> Response {
    match file.strip_suffix(".json").and_then(tools::entry) {
        Some(entry) => Json(openapi::tool(entry)).into_response(),
        None => refusal(&Error::not_found("there is a schema for each tool, at /schemas/TOOL.json")),
    }
}

/// A page that panics must not take the connection with it.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    let error = Error::internal("a handler panicked");
    log_cause(&error);
    refusal(&error)
}
