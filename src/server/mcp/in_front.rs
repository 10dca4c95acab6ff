//! What stands in front of rmcp over HTTP: every `Accept` is answered, and every refusal is in our words.

use super::message;
use crate::face::refusal_with;
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Error;
use rmcp::{
    ErrorData,
    model::{JsonRpcError, ProtocolVersion},
};

/// rmcp refuses whoever does not accept both; we answer JSON to all but those who subscribe.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// Looks at a message before rmcp does, and at what rmcp answers that is no JSON.
pub async fn in_front(mut request: Request, next: Next) -> Response {
    request.headers_mut().insert(header::ACCEPT, BOTH);
    let (parts, body) = request.into_parts();
    // The guard has read it.
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return refused(ErrorData::parse_error("the body broke off; send the message again", None));
    };
    let kind =
        parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json =
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if is_json && let Err(error) = message::check(&body) {
        return refused(error);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    match response.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE if is_json => {
            refused(ErrorData::invalid_request("this is no message of MCP; see its specification", None))
        }
        StatusCode::BAD_REQUEST if !has_json(&response) => unspoken(),
        _ => response,
    }
}

fn refused(error: ErrorData) -> Response {
    (StatusCode::BAD_REQUEST, Json(JsonRpcError::new(None, error))).into_response()
}

fn has_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

fn unspoken() -> Response {
    let spoken: Vec<&str> = ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str).collect();
    let error =
        Error::invalid(format!("the MCP-Protocol-Version header must be one of {}", spoken.join(", ")));
    refusal_with(StatusCode::BAD_REQUEST, &error)
}
