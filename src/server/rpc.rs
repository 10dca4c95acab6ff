//! The JSON-RPC face: a method per tool over HTTP and WebSocket, and `rpc.discover`.

use crate::{
    auth::caller_of,
    face::{Face, log_cause, problem, rpc_code},
    openapi,
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any},
};
use domain::Error;
use jsonrpsee::{
    Extensions, RpcModule,
    server::{BatchRequestConfig, Methods, PingConfig, ServerConfig, StopHandle, stop_channel},
    types::{ErrorObjectOwned, Params},
};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tools::{Caller, Entry, Host, catalogue};
use tower::Service;

const MAX_BATCH: u32 = 100;
/// Over HTTP jsonrpsee counts requests in flight as connections; the listener's own cap comes first.
const MAX_CONNECTIONS: u32 = 10_000;
const MAX_MESSAGE_BYTES: u32 = 1024 * 1024;
const MAX_ANSWER_BYTES: u32 = 10 * 1024 * 1024;

/// Serves the catalogue until `stopping`; open web sockets are closed then.
pub fn route(host: &Arc<Host>, stopping: CancellationToken) -> MethodRouter<Arc<Host>> {
    let methods = Methods::from(module(host));
    let (stop, server) = stop_channel();
    tokio::spawn(async move {
        stopping.cancelled().await;
        // Nobody listens any more when no socket is open.
        let _ = server.stop();
    });
    let config = ServerConfig::builder()
        .max_connections(MAX_CONNECTIONS)
        .max_request_body_size(MAX_MESSAGE_BYTES)
        .max_response_body_size(MAX_ANSWER_BYTES)
        // A peer that vanished is noticed, and its socket closed.
        .enable_ws_ping(PingConfig::new())
        .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
        .build();
    let builder = jsonrpsee::server::Server::builder().set_config(config).to_service_builder();
    any(move |mut request: Request| {
        if request.headers().contains_key(header::UPGRADE) {
            let opening = Opening(request.headers().clone());
            request.extensions_mut().insert(opening);
        }
        // One service per request: sockets that share one would share its connection id.
        let service = builder.clone().build(methods.clone(), StopHandle::clone(&stop));
        answer(service, request)
    })
}

async fn answer<S, B>(mut service: S, request: Request) -> Response
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<axum::BoxError>,
    B: axum::body::HttpBody<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    match service.call(request).await {
        // A lone notification: jsonrpsee says `null` where JSON-RPC wants no answer.
        Ok(response) if response.body().size_hint().exact() == Some(4) => {
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(response) => response.map(Body::new),
        Err(error) => {
            let error = Error::internal(error.into());
            log_cause(&error);
            crate::face::refusal(&error).into_response()
        }
    }
}

fn module(host: &Arc<Host>) -> RpcModule<Host> {
    let mut module = RpcModule::from_arc(Arc::clone(host));
    for entry in catalogue() {
        module
            .register_async_method(entry.name, move |params, host, extensions| {
                call(entry, params, host, extensions)
            })
            .expect("names in the catalogue differ");
    }
    module
        .register_method("rpc.discover", |_, _, _| openapi::openrpc())
        .expect("no tool has a dot in its name");
    module
}

async fn call(
    entry: &'static Entry,
    params: Params<'static>,
    host: Arc<Host>,
    extensions: Extensions,
) -> Result<Value, ErrorObjectOwned> {
    let caller = caller(&host, &extensions).await.map_err(|error| refused(&error))?;
    let arguments = by_name(entry, &params).map_err(|error| refused(&error))?;
    let answer = Face::Rpc.call(&host, &caller, entry, arguments).await;
    answer.map(|answer| answer.structured).map_err(|error| refused(&error))
}

/// The headers a web socket was opened with.
#[derive(Clone)]
struct Opening(HeaderMap);

/// Who asks. A socket outlives its opening, so its key is looked up again with each call: it may be revoked.
async fn caller(host: &Host, extensions: &Extensions) -> Result<Caller, Error> {
    if let Some(Opening(headers)) = extensions.get() {
        return caller_of(host, headers).await;
    }
    let caller = extensions.get::<Caller>().cloned();
    caller.ok_or_else(|| Error::internal("the request reached JSON-RPC without a caller"))
}

fn by_name(entry: &Entry, params: &Params<'_>) -> Result<Value, Error> {
    let fault =
        |what: &str| Error::invalid(format!("{}: {what}. Example of params: {}", entry.name, entry.example));
    match params.as_str().map(serde_json::from_str::<Value>) {
        None => Ok(Value::Object(Map::new())),
        Some(Ok(Value::Array(_))) => Err(fault("params go by name: send an object, not a list")),
        Some(Ok(arguments)) => Ok(arguments),
        Some(Err(error)) => Err(fault(&format!("params are not JSON ({error})"))),
    }
}

fn refused(error: &Error) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(rpc_code(error.code), error.sentence().into_owned(), Some(problem(error)))
}
