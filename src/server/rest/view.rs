//! Parts of a tool's answer at routes of their own: the tool's roles and arguments, one part of what it answers.

use super::{gathered, wants_text};
use crate::face::{Face, refusal};
use axum::{
    Json, Router,
    extract::{
        Extension, Query, RawPathParams, State,
        rejection::{QueryRejection, RawPathParamsRejection},
    },
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use bytes::Bytes;
use domain::{Error, Result, error::FieldFault};
use serde_json::Value;
use std::sync::Arc;
use tools::{Answer, Caller, Entry, Host, View, catalogue};

/// The routes of every view.
pub fn routes() -> Router<Arc<Host>> {
    let views = catalogue().iter().flat_map(|entry| entry.views.iter().map(move |view| (entry, view)));
    views.fold(Router::new(), |router, (entry, view)| router.route(view.path, method_of(entry, view)))
}

fn method_of(entry: &'static Entry, view: &'static View) -> MethodRouter<Arc<Host>> {
    get(
        move |State(host): State<Arc<Host>>,
              Extension(caller): Extension<Caller>,
              path: Result<RawPathParams, RawPathParamsRejection>,
              query: Result<Query<Vec<(String, String)>>, QueryRejection>,
              headers: HeaderMap| async move {
            let asked = gathered(entry, path, query, &headers, &Bytes::new());
            let answered = match asked.and_then(|asked| with_fixed(view, asked)) {
                Ok(arguments) => Face::Rest.call(&host, &caller, entry, arguments).await,
                Err(error) => Err(error),
            };
            match answered {
                Ok(answer) if wants_text(&headers) => answer.text().into_response(),
                Ok(answer) => part(view, &answer),
                Err(error) => refusal(&error),
            }
        },
    )
}

/// What the route stands for is no argument of it.
fn with_fixed(view: &View, mut asked: Value) -> Result<Value> {
    for (name, value) in view.fixed() {
        if !asked[&name].is_null() {
            let wanted = format!("nothing: this address answers with {name}={value}");
            return Err(Error::faults(vec![FieldFault::new(&name, asked[&name].to_string(), wanted)]));
        }
        asked[name] = value;
    }
    Ok(asked)
}

fn part(view: &View, answer: &Answer) -> Response {
    match answer.structured.pointer(view.part) {
        Some(part) => Json(part).into_response(),
        None => refusal(&Error::internal(format!("{} is not in the answer", view.part))),
    }
}
