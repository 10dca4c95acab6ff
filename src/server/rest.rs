//! The REST face: each tool at its route, arguments from path, query and body.

mod view;

use crate::{
    face::{Face, refusal},
    guard::is_lines,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        Extension, Query, RawPathParams, State,
        rejection::{QueryRejection, RawPathParamsRejection},
    },
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post, put},
};
use domain::{Error, Result};
use serde_json::{Map, Value};
use std::sync::Arc;
use tools::{Caller, Entry, Host, Method, arguments, catalogue};

const IDEMPOTENCY_KEY: &str = "idempotencyKey";

/// The route of every tool, and of every view of one.
pub fn routes() -> Router<Arc<Host>> {
    let tools = catalogue().iter();
    tools.fold(view::routes(), |router, entry| router.route(entry.route.path, method_of(entry)))
}

fn method_of(entry: &'static Entry) -> MethodRouter<Arc<Host>> {
    let handler = move |State(host): State<Arc<Host>>,
                        Extension(caller): Extension<Caller>,
                        path: Result<RawPathParams, RawPathParamsRejection>,
                        query: Result<Query<Vec<(String, String)>>, QueryRejection>,
                        headers: HeaderMap,
                        body: Bytes| async move {
        match gathered(entry, path, query, &headers, &body) {
            Ok(arguments) => answer(&host, &caller, entry, arguments, wants_text(&headers)).await,
            Err(error) => refusal(&error),
        }
    };
    match entry.route.method {
        Method::Get => get(handler),
        Method::Post => post(handler),
        Method::Put => put(handler),
    }
}

async fn answer(
    host: &Arc<Host>,
    caller: &Caller,
    entry: &'static Entry,
    arguments: Value,
    as_text: bool,
) -> Response {
    match Face::Rest.call(host, caller, entry, arguments).await {
        Ok(answer) if as_text => answer.text().into_response(),
        Ok(answer) => Json(answer.structured).into_response(),
        Err(error) => refusal(&error),
    }
}

/// The words an agent reads, for a caller that asks for plain text; JSON for all others.
fn wants_text(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/plain")
}

/// Body, then query, then path: what the address says stands, and a body that says otherwise is refused.
fn gathered(
    entry: &Entry,
    path: Result<RawPathParams, RawPathParamsRejection>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Value> {
    let path = path.map_err(|error| Error::invalid(format!("the path cannot be read: {error}")))?;
    let Query(query) = query.map_err(|error| Error::invalid(format!("the query cannot be read: {error}")))?;
    let mut fields = body_fields(entry, headers, body)?;
    let pairs = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(path.iter());
    let Value::Object(addressed) = arguments::from_text(&entry.input, pairs) else {
        unreachable!("an object")
    };
    for (name, value) in addressed {
        match fields.get(&name) {
            Some(other) if *other != value => {
                return Err(Error::invalid(format!(
                    "`{name}` is {value} in the address and {other} in the body; send it once"
                )));
            }
            _ => fields.insert(name, value),
        };
    }
    for key in headers.get_all("idempotency-key") {
        let key = key.to_str().map_err(|_| Error::invalid("the Idempotency-Key header is not plain text"))?;
        match fields.get(IDEMPOTENCY_KEY) {
            Some(other) if other != key => {
                return Err(Error::invalid(format!(
                    "the Idempotency-Key header is {key:?} and `{IDEMPOTENCY_KEY}` is {other}; send one key, or the \
                     same in both"
                )));
            }
            _ => fields.insert(IDEMPOTENCY_KEY.to_owned(), key.into()),
        };
    }
    Ok(fields.into())
}

fn body_fields(entry: &Entry, headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if is_lines(headers) {
        return lines_as_events(entry, body);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::invalid(format!("the body must be a JSON object, such as {}", entry.example))),
        Err(error) => Err(Error::invalid(format!(
            "the body is not JSON ({error}); send an object such as {}",
            entry.example
        ))),
    }
}

/// One JSON value a line, as the tool's one list argument.
fn lines_as_events(entry: &Entry, body: &Bytes) -> Result<Map<String, Value>> {
    let properties = entry.input["properties"].as_object().into_iter().flatten();
    let lists: Vec<&String> =
        properties.filter(|(_, schema)| schema["type"] == "array").map(|(name, _)| name).collect();
    let [list] = lists.as_slice() else {
        return Err(Error::invalid(format!("{} takes a JSON object, not lines", entry.name)));
    };
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::invalid(format!("the body is not UTF-8 ({error})")))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let values = lines.map(|(index, line)| {
        serde_json::from_str(line)
            .map_err(|error| Error::invalid(format!("line {} is not JSON ({error})", index + 1)))
    });
    let values: Vec<Value> = values.collect::<Result<_>>()?;
    Ok(Map::from_iter([((*list).clone(), Value::Array(values))]))
}
