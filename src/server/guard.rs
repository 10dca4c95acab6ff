//! The one guard in front of every face and page: Host, Origin, size, depth, time, and the answer's headers.

use crate::face::{problem, refusal};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
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
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Which names we answer to, and which pages elsewhere may call us.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Host names beside the loopback ones, without port.
    pub hosts: Vec<String>,
    /// Origins beside our own and those on loopback, such as `https://app.example.com`.
    pub origins: Vec<String>,
}

impl Rules {
    fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
        let host = host_of(uri, headers).ok_or_else(|| Error::invalid("the request has no Host header"))?;
        if !self.is_our_name(name_of(&host)) {
            return Err(Error::forbidden(
                "this Host is not one of ours; an operator can add it with --allow-host",
            ));
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default();
        if self.is_welcome(origin, &host) {
            return Ok(());
        }
        Err(Error::forbidden("pages of this Origin may not call; an operator can add it with --allow-origin"))
    }

    /// The origin of a page elsewhere that the operator lets in by name.
    fn guest(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let named = origin.to_str().ok()?;
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(named)).then(|| origin.clone())
    }

    fn is_our_name(&self, name: &str) -> bool {
        let same = |ours: &str| ours.eq_ignore_ascii_case(name);
        LOOPBACK.iter().any(|ours| same(ours)) || self.hosts.iter().any(|ours| same(ours))
    }

    fn is_welcome(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let is_own = authority.eq_ignore_ascii_case(host) && matches!(scheme, "http" | "https");
        let is_near =
            scheme == "http" && LOOPBACK.iter().any(|near| near.eq_ignore_ascii_case(name_of(authority)));
        is_own || is_near || self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let named = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default().to_owned());
    named.or_else(|| uri.authority().map(ToString::to_string))
}

/// The name in `name:port`; an IPv6 name keeps its brackets.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

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

    fn admitted(rules: &Rules, host: &str, origin: Option<&str>) -> Option<Code> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        rules.admit(&Uri::from_static("/mcp"), &headers).err().map(|error| error.code)
    }

    #[test]
    fn only_our_own_names_and_origins_are_let_in() {
        let rules = Rules {
            hosts: vec!["uptake.example.com".to_owned()],
            origins: vec!["https://app.example.com".to_owned()],
        };
        let refused = Some(Code::Forbidden);
        for (host, origin, wanted) in [
            ("127.0.0.1:8080", None, None),
            ("LOCALHOST", None, None),
            ("[::1]:8080", Some("http://[::1]:8080"), None),
            ("uptake.example.com", Some("https://uptake.example.com"), None),
            ("uptake.example.com:443", Some("https://app.example.com"), None),
            ("127.0.0.1:8080", Some("http://localhost:6274"), None),
            ("127.0.0.1:8080", Some("https://evil.example"), refused),
            ("127.0.0.1:8080", Some("http://localhost.evil.example"), refused),
            ("127.0.0.1:8080", Some("null"), refused),
            ("127.0.0.1:8080", Some("http://127.0.0.1:8080.evil.example"), refused),
            ("evil.example", None, refused),
            ("localhost.evil.example:8080", None, refused),
        ] {
            assert_eq!(admitted(&rules, host, origin), wanted, "{host} {origin:?}");
        }
    }

    #[test]
    fn depth_is_counted_outside_strings_only() {
        assert!(!is_deeper_than(2, br#"{"a":["[[[[\"[[["]}"#));
        assert!(is_deeper_than(2, b"[[[1]]]"));
        assert!(!is_deeper_than(2, b"[[1],[2],[3],[4]]"));
    }
}
