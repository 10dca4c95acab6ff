//! From a bearer key to a caller, in front of every face.

use crate::{
    face::{log_cause, refusal},
    sign_in,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Error, Result, error::Code, id::KeyId};
use rand::{Rng, distr::Alphanumeric};
use sha2::{Digest, Sha256};
use std::{fmt::Write, sync::Arc};
use store::keys::KeyRow;
use tools::{Caller, Host, Role};

/// 43 letters of 62: 256 bits.
const SECRET_LETTERS: usize = 43;
const PREFIX: &str = "usm_";

/// Puts the caller into the request, or answers 401 before the body is read.
pub async fn identify(State(host): State<Arc<Host>>, mut request: Request, next: Next) -> Response {
    for (name, value) in request.headers_mut() {
        if [header::AUTHORIZATION, header::COOKIE].contains(name) {
            // Whoever logs the request further in shows `Sensitive` instead.
            value.set_sensitive(true);
        }
    }
    match caller_of(&host, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) if error.code == Code::Unauthenticated && is_for_a_person(&request) => {
            to_sign_in(&request)
        }
        Err(error) => {
            log_cause(&error);
            refusal(&error)
        }
    }
}

/// A browser that opens a page, as opposed to a program.
fn is_for_a_person(request: &Request) -> bool {
    let accept =
        request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    request.method() == Method::GET && accept.contains("text/html")
}

fn to_sign_in(request: &Request) -> Response {
    let next = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Redirect::to(&format!("{}?next={next}", sign_in::PATH)).into_response()
}

/// The caller a request's key or session names.
pub async fn caller_of(host: &Host, headers: &HeaderMap) -> Result<Caller> {
    match headers.get(header::AUTHORIZATION) {
        None => match sign_in::token_of(host, headers) {
            Some(token) => caller_by_session(host, token).await,
            None => anybody(host).await,
        },
        Some(value) => {
            let (scheme, key) = value.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(unauthenticated("send the key as `Authorization: Bearer usm_…`"));
            }
            caller_by_key(host, key.trim()).await
        }
    }
}

/// Who asks without a key: the operator, for as long as no key was ever made. Revoking the last one opens nothing,
/// and beyond loopback the server does not start without one.
async fn anybody(host: &Host) -> Result<Caller> {
    if !host.keys.is_any(&host.store).await? {
        return Ok(local());
    }
    Err(unauthenticated("this server asks for a key; send it as `Authorization: Bearer usm_…`"))
}

/// The operator at the machine itself.
pub fn local() -> Caller {
    Caller::without_key("local", Role::Admin)
}

/// The caller a key names, if the key is live.
pub async fn caller_by_key(host: &Host, key: &str) -> Result<Caller> {
    let refused = || unauthenticated("this key is not a live one; ask an admin for a new one");
    let id = id_in(key).ok_or_else(refused)?;
    let row = host.keys.live(&host.store, id).await?.ok_or_else(refused)?;
    if !is_same(&hash(key), &row.hash) {
        return Err(refused());
    }
    caller(row)
}

/// The caller whose key a browser's session began with, if the session goes on and the key is live.
async fn caller_by_session(host: &Host, token: &str) -> Result<Caller> {
    let ended = || unauthenticated("this session ended; sign in again");
    let session = host.keys.session(&host.store, &hash(token), host.clock.now()).await?.ok_or_else(ended)?;
    caller(host.keys.live(&host.store, session.key).await?.ok_or_else(ended)?)
}

fn caller(row: KeyRow) -> Result<Caller> {
    let role = Role::parse(&row.role);
    let role = role.ok_or_else(|| Error::internal(format!("key {} has no known role", row.id)))?;
    Ok(Caller { name: row.name, role, key: Some(row.id) })
}

fn unauthenticated(message: &str) -> Error {
    Error::new(Code::Unauthenticated, message)
}

/// A new key with its id in it. It is shown once and kept nowhere.
pub fn new_key(id: KeyId) -> String {
    format!("{PREFIX}{id}_{}", secret())
}

/// 256 bits nobody can guess, as letters and digits.
pub fn secret() -> String {
    rand::rng().sample_iter(Alphanumeric).take(SECRET_LETTERS).map(char::from).collect()
}

pub fn id_in(key: &str) -> Option<KeyId> {
    let (id, secret) = key.strip_prefix(PREFIX)?.rsplit_once('_')?;
    (secret.len() == SECRET_LETTERS).then_some(())?;
    id.parse().ok()
}

/// SHA-256 in hex. Plain, because the secret has 256 bits of its own: a slow hash would only slow us.
pub fn hash(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

/// Takes as long for a near miss as for a far one.
fn is_same(left: &str, right: &str) -> bool {
    let differing = left.bytes().zip(right.bytes()).fold(0, |all, (left, right)| all | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_carries_its_id_and_hashes_to_something_else() {
        let id = KeyId::from_bits(77);
        let (first, second) = (new_key(id), new_key(id));
        assert_eq!(id_in(&first), Some(id));
        assert_ne!(first, second);
        assert!(is_same(&hash(&first), &hash(&first)));
        assert!(!is_same(&hash(&first), &hash(&second)));
        assert!(!hash(&first).contains(&first));
    }

    #[test]
    fn what_is_not_a_key_names_nobody() {
        for text in ["", "usm_", "usm_k_000000000001", "k_000000000001_secret", "usm_u_000000000001_x"] {
            assert_eq!(id_in(text), None, "{text}");
        }
    }
}
