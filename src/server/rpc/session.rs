//! Who asks, and one call of theirs.

use crate::{
    auth::caller_of,
    face::{Face, problem, rpc_code},
    guard::TIME_LIMIT,
    openapi,
};
use axum::http::HeaderMap;
use domain::{Error, Result};
use jsonrpsee::types::{ErrorObjectOwned, error::METHOD_NOT_FOUND_CODE};
use serde_json::{Map, Value, value::RawValue};
use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};
use tokio::time::timeout;
use tools::{Caller, Entry, Host};

const DISCOVER: &str = "rpc.discover";

/// It changes only with a release, and is long.
static DISCOVERED: LazyLock<String> = LazyLock::new(|| openapi::openrpc().to_string());

/// Where calls come from: one request over HTTP, or a web socket.
pub struct Session {
    host: Arc<Host>,
    who: Who,
}

enum Who {
    Known(Caller),
    /// A socket outlives its opening, so its key is looked up again with each call: it may be revoked.
    Opened(HeaderMap),
}

impl Session {
    pub const fn of(host: Arc<Host>, caller: Caller) -> Self {
        Self { host, who: Who::Known(caller) }
    }

    pub const fn opened_with(host: Arc<Host>, headers: HeaderMap) -> Self {
        Self { host, who: Who::Opened(headers) }
    }

    async fn caller(&self) -> Result<Cow<'_, Caller>> {
        match &self.who {
            Who::Known(caller) => Ok(Cow::Borrowed(caller)),
            Who::Opened(headers) => caller_of(&self.host, headers).await.map(Cow::Owned),
        }
    }

    /// The result as JSON.
    pub async fn call(
        &self,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Cow<'static, str>, ErrorObjectOwned> {
        let caller = self.caller().await.map_err(|error| refused(&error))?;
        if method == DISCOVER {
            return Ok(Cow::Borrowed(&DISCOVERED));
        }
        let entry = tools::entry(method).ok_or_else(|| unknown(method))?;
        let arguments = by_name(entry, params).map_err(|error| refused(&error))?;
        let answer = timeout(TIME_LIMIT, Face::Rpc.call(&self.host, &caller, entry, arguments)).await;
        match answer.unwrap_or_else(|_| Err(crate::guard::took_too_long())) {
            Ok(answer) => Ok(Cow::Owned(answer.structured.to_string())),
            Err(error) => Err(refused(&error)),
        }
    }
}

fn by_name(entry: &Entry, params: Option<&RawValue>) -> Result<Value> {
    let fault =
        |what: &str| Error::invalid(format!("{}: {what}. Example of params: {}", entry.name, entry.example));
    match params.map(|params| serde_json::from_str(params.get())) {
        None => Ok(Value::Object(Map::new())),
        Some(Ok(Value::Array(_))) => Err(fault("params go by name: send an object, not a list")),
        Some(Ok(arguments)) => Ok(arguments),
        Some(Err(error)) => Err(fault(&format!("params are not JSON ({error})"))),
    }
}

fn refused(error: &Error) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(rpc_code(error.code), error.sentence().into_owned(), Some(problem(error)))
}

fn unknown(method: &str) -> ErrorObjectOwned {
    let method: String = method.chars().take(60).collect();
    let error = Error::not_found(format!("there is no method `{method}`; {DISCOVER} lists those there are"));
    ErrorObjectOwned::owned(METHOD_NOT_FOUND_CODE, error.sentence().into_owned(), Some(problem(&error)))
}
