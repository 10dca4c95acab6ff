//! Signing in with a browser: a key is pasted once and comes back as a cookie.
//!
//! The cookie holds the key itself, out of reach of scripts: every replica knows it without a table of sessions,
//! and revoking the key ends every session at once.

use crate::{
    auth::caller_by_key,
    face::log_cause,
    web::pages::{Shell, Theme, message::SignIn},
};
use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use domain::error::Code;
use serde::Deserialize;
use std::sync::Arc;
use tools::Host;

const COOKIE: &str = "uptake_key";
/// A working day.
const SECONDS: u32 = 8 * 3600;
pub const PATH: &str = "/sign-in";

/// The key in the `Cookie` header.
pub fn key_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).find_map(|pair| {
        let (name, key) = pair.trim().split_once('=')?;
        (name == COOKIE && !key.is_empty()).then_some(key)
    })
}

#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
}

/// The form.
pub async fn form(headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    page(&headers, &wanted.next, None)
}

#[derive(Deserialize)]
pub struct Filled {
    key: String,
    #[serde(default)]
    next: String,
}

/// Takes the key, keeps it in a cookie and goes on to the page that was wanted.
pub async fn enter(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Response {
    let key = filled.key.trim();
    match caller_by_key(&host, key).await {
        Ok(_) => with_cookie(&host, Redirect::to(&own_path(&filled.next)), key, SECONDS),
        Err(error) if error.code == Code::Unauthenticated => {
            page(&headers, &filled.next, Some(error.message))
        }
        Err(error) => {
            log_cause(&error);
            crate::face::refusal(&error)
        }
    }
}

/// Forgets the key.
pub async fn leave(State(host): State<Arc<Host>>) -> Response {
    with_cookie(&host, Redirect::to(PATH), "", 0)
}

fn with_cookie(host: &Host, to: Redirect, key: &str, seconds: u32) -> Response {
    let secure = if host.base_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let cookie = HeaderValue::try_from(cookie).expect("a key that was found is letters and digits");
    let mut response = to.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// A path of ours, never an address elsewhere that a link smuggled in.
fn own_path(next: &str) -> String {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_own { next.to_owned() } else { "/".to_owned() }
}

fn page(headers: &HeaderMap, next: &str, error: Option<String>) -> Response {
    let cookies = headers.get(header::COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let status = if error.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let page = SignIn {
        shell: Shell { title: "Sign in".to_owned(), theme: Theme::of_cookies(cookies), ..Shell::default() },
        action: PATH.to_owned(),
        next: own_path(next),
        error,
    };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the sign-in page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_to() {
        for (next, wanted) in [
            ("/m/u_1?view=gap", "/m/u_1?view=gap"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\t/evil.example", "/"),
        ] {
            assert_eq!(own_path(next), wanted);
        }
    }

    #[test]
    fn the_key_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("theme=dark; uptake_key=usm_x"));
        assert_eq!(key_of(&headers), Some("usm_x"));
        headers.insert(header::COOKIE, HeaderValue::from_static("xuptake_key=a; uptake_key="));
        assert_eq!(key_of(&headers), None);
    }
}
