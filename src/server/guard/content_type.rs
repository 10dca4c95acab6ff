//! A body says what it is: a page elsewhere can send text or a form without asking first, JSON it cannot.

use crate::face::refusal_with;
use axum::{
    body::HttpBody,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::Error;
use mime::Mime;

/// Refuses a body that does not call itself JSON, or lines of JSON where those are taken, before it is read.
pub async fn require_json(request: Request, next: Next) -> Response {
    let takes_lines = request.uri().path().starts_with("/api/");
    let headers = request.headers();
    if request.body().is_end_stream() || is_json(headers) || (takes_lines && is_lines(headers)) {
        return next.run(request).await;
    }
    let error =
        Error::invalid("the body does not call itself JSON; send it with Content-Type: application/json");
    refusal_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error)
}

/// One JSON value a line.
pub fn is_lines(headers: &HeaderMap) -> bool {
    let kinds = ["application/x-ndjson", "application/jsonl"];
    kind(headers).is_some_and(|kind| kinds.contains(&kind.essence_str()))
}

fn is_json(headers: &HeaderMap) -> bool {
    kind(headers).is_some_and(|kind| {
        let is_suffixed = kind.type_() == mime::APPLICATION && kind.suffix() == Some(mime::JSON);
        is_suffixed || ["application/json", "application/json-rpc"].contains(&kind.essence_str())
    })
}

fn kind(headers: &HeaderMap) -> Option<Mime> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_calls_itself_json() {
        for (kind, wanted) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/cloudevents+json", true),
            ("application/json-rpc", true),
            ("text/plain", false),
            ("text/plain; application/json", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=application/json", false),
            ("application/jsonp", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            assert_eq!(is_json(&headers), wanted, "{kind}");
        }
        assert!(!is_json(&HeaderMap::new()), "a body without a type is sent without asking, too");
    }
}
