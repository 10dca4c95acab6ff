//! The one guard in front of every face and page: Host, Origin, size, depth, time, and the answer's headers.

mod content_type;
mod rules;
mod words;

pub use content_type::{is_lines, require_json};
pub use rules::Rules;

use self::words::Asked;
use crate::{
    face::{problem, refusal, refusal_with},
    listen::{Connection, Limits},
};
use axum::{
    BoxError, Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Error, Result};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tools::Caller;
use tower_http::timeout::{TimeoutBody, TimeoutError};

const BODY_LIMIT: usize = 1024 * 1024;
const INGEST_LIMIT: usize = 10 * 1024 * 1024;
const INGEST_PATH: &str = "/api/usage";
/// Of somebody unknown: the sign-in form.
const FORM_LIMIT: usize = 16 * 1024;
const MAX_DEPTH: usize = 64;
/// For the answer to a request once it is there.
pub const TIME_LIMIT: Duration = Duration::from_secs(30);
/// For all of it, however steadily the body trickles in.
const WHOLE_LIMIT: Duration = Duration::from_mins(5);

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Before anything is looked up or read: who is addressed, from where, and for how long.
pub async fn admit(State(rules): State<Arc<Rules>>, request: Request, next: Next) -> Response {
    let admitted = rules.admit(request.method(), request.uri(), request.headers());
    let guest = rules.guest(request.headers());
    let asked = Asked::of(&request);
    let response = match admitted {
        Err(error) => refusal(&error),
        Ok(()) if guest.is_some() && request.method() == Method::OPTIONS => {
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(()) => timeout(WHOLE_LIMIT, next.run(request)).await.unwrap_or_else(|_| {
            refusal(&Error::unavailable("this took longer than 5 minutes; send less at once"))
        }),
    };
    let mut response = asked.in_our_words(response);
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
    let (parts, body) = request.into_parts();
    let limit = match parts.extensions.get::<Caller>() {
        None => FORM_LIMIT,
        Some(_) if parts.uri.path() == INGEST_PATH => INGEST_LIMIT,
        Some(_) => BODY_LIMIT,
    };
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return too_large(limit);
    }
    let connection = parts.extensions.get::<Arc<Connection>>();
    let stall = connection.map_or(Limits::default().stall, |connection| connection.stall());
    let bytes = match Limited::new(TimeoutBody::new(stall, body), limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) => return broken_off(error, limit),
    };
    if let Err(error) = check_depth(&bytes) {
        return too_deep(parts.uri.path(), &error);
    }
    let request = Request::from_parts(parts, Body::from(bytes));
    timeout(TIME_LIMIT, next.run(request)).await.unwrap_or_else(|_| refusal(&took_too_long()))
}

pub fn took_too_long() -> Error {
    Error::unavailable("this took longer than 30 s; ask for less, or again later")
}

fn broken_off(error: BoxError, limit: usize) -> Response {
    if error.is::<LengthLimitError>() {
        return too_large(limit);
    }
    if error.is::<TimeoutError>() {
        let error = Error::invalid("nothing more of the body came for too long; send the request again");
        return refusal_with(StatusCode::REQUEST_TIMEOUT, &error);
    }
    refusal(&Error::invalid("the body broke off; send the request again").because(error))
}

fn too_large(limit: usize) -> Response {
    let elsewhere = format!(". Usage events go to POST {INGEST_PATH}, which takes {INGEST_LIMIT} bytes");
    let elsewhere = if limit == BODY_LIMIT { elsewhere.as_str() } else { "" };
    let message = format!("the body is larger than {limit} bytes; send it in parts{elsewhere}");
    refusal_with(StatusCode::PAYLOAD_TOO_LARGE, &Error::invalid(message))
}

fn too_deep(path: &str, error: &Error) -> Response {
    if path == "/rpc" || path == "/mcp" {
        let fault = json!({ "code": -32700, "message": error.message, "data": problem(error) });
        let answer = json!({ "jsonrpc": "2.0", "id": null, "error": fault });
        return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
    }
    refusal(error)
}

/// Refuses what is nested deeper than any argument of ours.
pub fn check_depth(json: &[u8]) -> Result<()> {
    if is_deeper_than(MAX_DEPTH, json) {
        return Err(Error::invalid(format!("the body is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(())
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
