//! One JSON-RPC message, a call, a notification or a batch of them, and its answer.
//!
//! Read here rather than by jsonrpsee, which knows no ids below zero, fractional or above 64 bits, takes such a call for
//! a notification, and never does what a notification asks.

use super::session::Session;
use crate::face::problem;
use domain::Error;
use jsonrpsee::types::{
    ErrorObjectOwned,
    error::{INVALID_REQUEST_CODE, PARSE_ERROR_CODE},
};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

const MAX_BATCH: usize = 100;
/// What the calls of a batch may answer together, before the rest is refused.
const MAX_ANSWER_BYTES: usize = 10 * 1024 * 1024;

/// The answer to a message; none if it only notifies.
pub async fn answer(session: &Session, message: &[u8]) -> Option<String> {
    match serde_json::from_slice::<&RawValue>(message) {
        Err(error) => Some(not_json(&error)),
        Ok(message) if message.get().starts_with('[') => batch(session, message).await,
        Ok(message) => one(session, message, true).await,
    }
}

fn not_json(error: &serde_json::Error) -> String {
    unreadable(&Error::invalid(format!("the message is not JSON ({error})")))
}

/// The answer to what is no message at all.
pub fn unreadable(error: &Error) -> String {
    failed(
        "null",
        &ErrorObjectOwned::owned(PARSE_ERROR_CODE, error.sentence().into_owned(), Some(problem(error))),
    )
}

async fn batch(session: &Session, messages: &RawValue) -> Option<String> {
    let messages: Vec<&RawValue> = match serde_json::from_str(messages.get()) {
        Ok(messages) => messages,
        Err(error) => return Some(not_json(&error)),
    };
    if messages.is_empty() || messages.len() > MAX_BATCH {
        let count = messages.len();
        let what = format!("a batch has 1 to {MAX_BATCH} calls; this one has {count}, and none was made");
        return Some(refused("null", INVALID_REQUEST_CODE, what));
    }
    let (mut answers, mut bytes) = (Vec::new(), 0);
    for message in messages {
        let answer = one(session, message, bytes <= MAX_ANSWER_BYTES).await;
        bytes += answer.as_ref().map_or(0, String::len);
        answers.extend(answer);
    }
    (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
}

async fn one(session: &Session, message: &RawValue, has_room: bool) -> Option<String> {
    let call = match Call::read(message) {
        Ok(call) => call,
        Err(Fault { id, what }) => return Some(refused(id, INVALID_REQUEST_CODE, what)),
    };
    let Some(id) = call.id else {
        notified(session, &call).await;
        return None;
    };
    if !has_room {
        let what = format!(
            "this call was not made: the answers before it are {MAX_ANSWER_BYTES} bytes together; send it in another batch"
        );
        return Some(refused(id, INVALID_REQUEST_CODE, what));
    }
    Some(match session.call(&call.method, call.params).await {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        Err(error) => failed(id, &error),
    })
}

/// Does what a notification asks. It has no answer, so a failure is for the log.
async fn notified(session: &Session, call: &Call<'_>) {
    if let Err(error) = session.call(&call.method, call.params).await {
        let method: String = call.method.chars().take(60).collect();
        tracing::warn!(method, code = error.code(), error = error.message(), "a notification failed");
    }
}

fn refused(id: &str, code: i32, what: String) -> String {
    let error = Error::invalid(what);
    failed(id, &ErrorObjectOwned::owned(code, error.sentence().into_owned(), Some(problem(&error))))
}

fn failed(id: &str, error: &ErrorObjectOwned) -> String {
    let error = serde_json::to_string(error).expect("an error is JSON");
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)
}

/// A call; without an id a notification.
struct Call<'a> {
    /// As it was sent, so that it comes back as it was sent.
    id: Option<&'a str>,
    method: Cow<'a, str>,
    params: Option<&'a RawValue>,
}

/// Why a message is no call.
struct Fault<'a> {
    id: &'a str,
    what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
}

/// An id of `null` is one; without this it would be none.
fn present<'de, D: Deserializer<'de>>(members: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(members).map(Some)
}

impl<'a> Call<'a> {
    fn read(message: &'a RawValue) -> Result<Self, Fault<'a>> {
        let unidentified = |what: String| Fault { id: "null", what };
        if !message.get().starts_with('{') {
            return Err(unidentified("a call is an object with jsonrpc, id, method and params".to_owned()));
        }
        let members: Members = serde_json::from_str(message.get())
            .map_err(|error| unidentified(format!("the call cannot be read: {error}")))?;
        let id = members.id.map(|id| id_of(id).ok_or_else(|| unidentified(wrong_id(id)))).transpose()?;
        let fault = |what: &str| Fault { id: id.unwrap_or("null"), what: what.to_owned() };
        if text_in(members.jsonrpc).as_deref() != Some("2.0") {
            return Err(fault("`jsonrpc` must be \"2.0\""));
        }
        let method = text_in(members.method).ok_or_else(|| fault("`method` must name a tool"))?;
        Ok(Self { id, method, params: members.params })
    }
}

/// Text, any number or null.
fn id_of(id: &RawValue) -> Option<&str> {
    let is_one = match id.get().as_bytes().first()? {
        b'"' => text_in(Some(id)).is_some(),
        first => *first == b'n' || *first == b'-' || first.is_ascii_digit(),
    };
    is_one.then(|| id.get())
}

fn wrong_id(id: &RawValue) -> String {
    let id: String = id.get().chars().take(60).collect();
    format!("`id` is {id}, and must be text, a number or null; nothing was done")
}

fn text_in(member: Option<&RawValue>) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text>(member?.get()).ok().map(|text| text.0)
}

/// Borrowed unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
