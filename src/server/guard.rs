//! The one guard in front of every face and page: Host, Origin, size, depth, time, and the answer's headers.

mod rules;

pub use rules::Rules;

use crate::face::{problem, refusal};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Error, error::Code};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const BODY_LIMIT: usize = 1024 * 1024;
const INGEST_LIMIT: usize = 10 * 1024 * 1024;
const INGEST_PATH: &str = "/api/usage";
const MAX_DEPTH: usize = 64;
const TIME_LIMIT: Duration = Duration::from_secs(30);

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Before anything is looked up or read: who is addressed, from where, and for how long.
pub async fn admit(State(rules): State<Arc<Rules>>, request: Request, next: Next) -> Response {
    let admitted = rules.admit(request.uri(), request.headers());
    let guest = rules.guest(request.headers());
    let mut response = match admitted {
        Err(error) => refusal(&error),
        Ok(()) if guest.is_some() && request.method() == Method::OPTIONS => {
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(()) => tokio::time::timeout(TIME_LIMIT, next.run(request)).await.unwrap_or_else(|_| {
            refusal(&Error::unavailable("this took longer than 30 s; ask for less, or again later"))
        }),
    };
    harden(response.headers_mut());
    if let Some(origin) = guest {
        welcome(response.headers_mut(), origin);
    }
    response
}

/// Lets the pages of an origin the operator named read our answers. Those on loopback may call, but not read: any
/// program on the machine can serve a page.
fn welcome(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    for (name, value) in [
        (header::VARY, "origin"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, idempotency-key, mcp-method, mcp-name, mcp-protocol-version",
        ),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after, www-authenticate"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn harden(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it a browser sends `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// After the caller is known: reads the body once, no more of it than is allowed, and not nested without end.
pub async fn read_body(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let limit = if parts.uri.path() == INGEST_PATH { INGEST_LIMIT } else { BODY_LIMIT };
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return too_large(limit);
    }
    let bytes = match Limited::new(body, limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return too_large(limit),
        Err(error) => {
            return refusal(&Error::invalid("the body broke off; send the request again").because(error));
        }
    };
    if is_deeper_than(MAX_DEPTH, &bytes) {
        return too_deep(parts.uri.path());
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn too_large(limit: usize) -> Response {
    let message = format!("the body is larger than {limit} bytes; send it in parts");
    (StatusCode::PAYLOAD_TOO_LARGE, Json(problem(&Error::invalid(message)))).into_response()
}

fn too_deep(path: &str) -> Response {
    let error = Error::new(Code::Invalid, format!("the body is nested deeper than {MAX_DEPTH} levels"));
    if path == "/rpc" || path == "/mcp" {
        let fault = json!({ "code": -32700, "message": error.message, "data": problem(&error) });
        let answer = json!({ "jsonrpc": "2.0", "id": null, "error": fault });
        return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
    }
    refusal(&error)
}

/// Counts brackets outside strings. What is not JSON may be miscounted; the parser refuses it anyway.
fn is_deeper_than(limit: usize, json: &[u8]) -> bool {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match (in_string, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings_only() {
        assert!(!is_deeper_than(2, br#"{"a":["[[[[\"[[["]}"#));
        assert!(is_deeper_than(2, b"[[[1]]]"));
        assert!(!is_deeper_than(2, b"[[1],[2],[3],[4]]"));
    }
}
