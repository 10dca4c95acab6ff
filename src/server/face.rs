//! What every face does alike: the call with its log line, the shape of an error and its numbers.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Error, Result, error::Code};
use futures::FutureExt;
use serde_json::{Value, json};
use std::{error::Error as _, panic::AssertUnwindSafe, sync::Arc, time::Instant};
use tools::{Answer, Caller, Entry, Host};

/// A protocol in front of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Mcp,
    Rpc,
    Rest,
    Cli,
    Web,
}

impl Face {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Rpc => "rpc",
            Self::Rest => "rest",
            Self::Cli => "cli",
            Self::Web => "web",
        }
    }

    /// Calls a tool and leaves one line about it in the log.
    pub async fn call(
        self,
        host: &Arc<Host>,
        caller: &Caller,
        entry: &'static Entry,
        arguments: Value,
    ) -> Result<Answer> {
        let started = Instant::now();
        // A panic in one call must not take the connection, and with it the calls beside it.
        let answer = AssertUnwindSafe(entry.call(host, caller, arguments)).catch_unwind().await;
        let answer = answer.unwrap_or_else(|_| Err(Error::internal(format!("{} panicked", entry.name))));
        let outcome = answer.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok");
        tracing::info!(
            tool = entry.name,
            face = self.as_str(),
            caller = caller.name,
            role = caller.role.as_str(),
            ms = started.elapsed().as_secs_f64() * 1e3,
            outcome,
            "call"
        );
        if let Err(error) = &answer {
            log_cause(error);
        }
        answer
    }
}

/// Logs what is behind an error, once, where the call ends.
pub fn log_cause(error: &Error) {
    let Some(cause) = error.source() else { return };
    if error.code == Code::Internal {
        tracing::error!(%cause, "a call failed on our side");
    } else {
        tracing::warn!(%cause, code = error.code.as_str(), "a call was refused");
    }
}

/// Of a batch with thousands of faults these are given; its message counts all.
const MOST_FIELD_ERRORS: usize = 100;

/// The error as every face gives it.
pub fn problem(error: &Error) -> Value {
    let mut problem = json!({
        "code": error.code,
        "message": error.sentence(),
        "fieldErrors": error.faults.iter().take(MOST_FIELD_ERRORS).collect::<Vec<_>>(),
        "retryable": error.code.is_retryable(),
    });
    if let Some(seconds) = error.retry_after_s {
        problem["retryAfterS"] = seconds.into();
    }
    problem
}

pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::Invalid => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// JSON-RPC numbers: the reserved ones where they say it, the HTTP ones outside the reserved ranges otherwise.
pub const fn rpc_code(code: Code) -> i32 {
    match code {
        Code::Invalid => -32602,
        Code::Internal => -32603,
        Code::Unauthenticated => 401,
        Code::Forbidden => 403,
        Code::NotFound => 404,
        Code::Conflict => 409,
        Code::TooMany => 429,
        Code::Unavailable => 503,
    }
}

/// What an HTTP answer refuses, for those who show it in another form.
#[derive(Debug, Clone)]
pub struct Refused(pub Code, pub String);

/// An error as an HTTP answer.
pub fn refusal(error: &Error) -> Response {
    refusal_with(status(error.code), error)
}

/// The same where HTTP has a more exact number.
pub fn refusal_with(status: StatusCode, error: &Error) -> Response {
    let mut response = (status, Json(problem(error))).into_response();
    response.extensions_mut().insert(Refused(error.code, error.sentence().into_owned()));
    let headers = response.headers_mut();
    if let Some(seconds) = error.retry_after_s {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if error.code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"uptake\""));
    }
    response
}

/// What an agent reads about an error: code, message, what next.
pub fn problem_text(error: &Error) -> String {
    let text = format!("{}: {}", error.code.as_str(), error.sentence());
    match error.retry_after_s {
        Some(seconds) => format!("{text}\nRetry after {seconds} s with the same arguments."),
        None => text,
    }
}
