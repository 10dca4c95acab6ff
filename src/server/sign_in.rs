//! Signing in with a browser: a key is pasted once and begins a session.
//!
//! The cookie holds a random token, stored as its hash; revoking the key ends its sessions at once.

use crate::{
    auth::{caller_by_key, hash, id_in, secret},
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
use chrono::TimeDelta;
use domain::{Result, error::Code};
use serde::Deserialize;
use std::sync::Arc;
use tools::Host;

const COOKIE: &str = "uptake_session";
/// Browsers take a cookie of this name only over TLS, for this host alone.
const SECURE_COOKIE: &str = "__Host-uptake_session";
/// A working day.
const LIFE: TimeDelta = TimeDelta::hours(8);
pub const PATH: &str = "/sign-in";

/// Under https no other cookie is taken: whoever can set one for a neighbouring name or without TLS could otherwise
/// put a visitor into a session of their own.
fn cookie_of(host: &Host) -> &'static str {
    let is_https =
        host.base_url.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"));
    if is_https { SECURE_COOKIE } else { COOKIE }
}

/// The session's token in the `Cookie` header.
pub fn token_of<'a>(host: &Host, headers: &'a HeaderMap) -> Option<&'a str> {
    token_in(cookie_of(host), headers)
}

fn token_in<'a>(cookie: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).find_map(|pair| {
        let (name, token) = pair.trim().split_once('=')?;
        (name == cookie && !token.is_empty()).then_some(token)
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

/// Takes the key, begins a session and goes on to the page that was wanted.
pub async fn enter(
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Response {
    match begin(&host, filled.key.trim()).await {
        Ok(token) => with_cookie(&host, Redirect::to(&own_path(&filled.next)), &token, LIFE),
        Err(error) if error.code == Code::Unauthenticated => {
            page(&headers, &filled.next, Some(error.message))
        }
        Err(error) => {
            log_cause(&error);
            crate::face::refusal(&error)
        }
    }
}

/// A new session's token.
async fn begin(host: &Host, key: &str) -> Result<String> {
    caller_by_key(host, key).await?;
    let id = id_in(key).expect("a key that names a caller has an id");
    let (token, now) = (secret(), host.clock.now());
    let mut tx = host.store.write("sign_in").await?;
    tx.begin_session(&hash(&token), id, now, now + LIFE).await?;
    tx.commit().await?;
    Ok(token)
}

/// Ends the session.
pub async fn leave(State(host): State<Arc<Host>>, headers: HeaderMap) -> Response {
    if let Some(token) = token_of(&host, &headers)
        && let Err(error) = end(&host, token).await
    {
        log_cause(&error);
        return crate::face::refusal(&error);
    }
    with_cookie(&host, Redirect::to(PATH), "", TimeDelta::zero())
}

async fn end(host: &Host, token: &str) -> Result<()> {
    let mut tx = host.store.write("sign_out").await?;
    tx.end_session(&hash(token)).await?;
    tx.commit().await?;
    host.keys.look_again();
    Ok(())
}

fn with_cookie(host: &Host, to: Redirect, token: &str, life: TimeDelta) -> Response {
    let name = cookie_of(host);
    let secure = if name == SECURE_COOKIE { "; Secure" } else { "" };
    let life = life.num_seconds();
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}{secure}");
    let cookie = HeaderValue::try_from(cookie).expect("a token is letters and digits");
    let mut response = to.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// A path of ours, never an address elsewhere that a link smuggled in, and only what a header can carry: what is not
/// visible ASCII stands percent-encoded in an address.
fn own_path(next: &str) -> String {
    let is_visible = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_own = next.starts_with('/') && !next.starts_with("//") && is_visible;
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
            ("/\u{1}", "/"),
            ("/m/u_1\u{7f}", "/"),
            ("/m/u_1\0", "/"),
            ("/m/\u{202e}u_1", "/"),
            ("/m/é", "/"),
            ("/m/%C3%A9?text=a%20b#gap", "/m/%C3%A9?text=a%20b#gap"),
        ] {
            assert_eq!(own_path(next), wanted);
        }
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("theme=dark; uptake_session=x"));
        assert_eq!(token_in(COOKIE, &headers), Some("x"));
        assert_eq!(token_in(SECURE_COOKIE, &headers), None);
        headers.insert(header::COOKIE, HeaderValue::from_static("xuptake_session=a; uptake_session="));
        assert_eq!(token_in(COOKIE, &headers), None);
    }
}
