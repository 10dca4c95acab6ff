//! The catalogue as OpenAPI, as OpenRPC, and tool by tool.

use domain::error::Code;
use serde_json::{Map, Value, json};
use tools::{Effect, Entry, Method, View, catalogue};

const TITLE: &str = "Uptake";
const ABOUT: &str = "Measures whether customers get the value of an upsell they bought.";

/// OpenAPI 3.1 of the REST face.
pub fn openapi(base_url: &str) -> Value {
    let mut paths = Map::new();
    for entry in catalogue() {
        let path = paths.entry(entry.route.path).or_insert_with(|| json!({}));
        path[method(entry)] = operation(entry);
        for view in entry.views {
            let path = paths.entry(view.path).or_insert_with(|| json!({}));
            path["get"] = view_operation(entry, view);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": TITLE, "description": ABOUT, "version": env!("CARGO_PKG_VERSION") },
        "servers": [{ "url": base_url }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem_schema() },
        },
    })
}

const fn method(entry: &Entry) -> &'static str {
    match entry.route.method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Put => "put",
    }
}

fn operation(entry: &Entry) -> Value {
    let in_path = |name: &str| entry.route.path.contains(&format!("{{{name}}}"));
    let reads = entry.route.method == Method::Get;
    let parameters: Vec<Value> = properties(entry)
        .filter(|(name, _)| reads || in_path(name))
        .map(|(name, schema)| {
            let place = if in_path(name) { "path" } else { "query" };
            json!({ "name": name, "in": place, "required": in_path(name) || is_required(entry, name), "schema": schema })
        })
        .collect();
    let mut operation = json!({
        "operationId": entry.name,
        "summary": entry.title,
        "description": entry.description,
        "parameters": parameters,
        "responses": responses(&entry.output),
    });
    if !reads {
        operation["requestBody"] = json!({ "content": { "application/json": {
            "schema": without(&entry.input, in_path), "example": entry.example } } });
    }
    operation
}

/// A part of a tool's answer: the tool's arguments but those the address stands for.
fn view_operation(entry: &Entry, view: &View) -> Value {
    let fixed = view.fixed();
    let in_path = |name: &str| view.path.contains(&format!("{{{name}}}"));
    let parameters: Vec<Value> = properties(entry)
        .filter(|(name, _)| !fixed.contains_key(*name))
        .map(|(name, schema)| {
            let place = if in_path(name) { "path" } else { "query" };
            json!({ "name": name, "in": place, "required": in_path(name), "schema": schema })
        })
        .collect();
    json!({
        "operationId": view.name,
        "summary": view.title,
        "parameters": parameters,
        "responses": responses(entry.part_schema(view)),
    })
}

/// The input without what the path already says.
fn without(input: &Value, in_path: impl Fn(&str) -> bool) -> Value {
    let mut schema = input.clone();
    if let Some(fields) = schema["properties"].as_object_mut() {
        fields.retain(|name, _| !in_path(name));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !in_path(name.as_str().unwrap_or_default()));
    }
    schema
}

fn responses(answer: &Value) -> Value {
    let problem = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    let mut responses = json!({ "200": { "description": "Done", "content": {
        "application/json": { "schema": answer } } } });
    for (status, when) in [
        ("400", "The arguments have faults; all are listed"),
        ("401", "No key, or not a live one"),
        ("403", "The key's role may not"),
        ("404", "Nothing has that id"),
        ("409", "Settled before, otherwise"),
        ("503", "Try again after Retry-After"),
    ] {
        responses[status] = json!({ "description": when, "content": problem });
    }
    responses
}

fn problem_schema() -> Value {
    let codes = [
        Code::Invalid,
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotFound,
        Code::Conflict,
        Code::TooMany,
        Code::Unavailable,
        Code::Internal,
    ];
    json!({
        "type": "object",
        "required": ["code", "message", "fieldErrors", "retryable"],
        "properties": {
            "code": { "type": "string", "enum": codes.map(Code::as_str) },
            "message": { "type": "string" },
            "fieldErrors": { "type": "array", "items": { "type": "object", "properties": {
                "field": { "type": "string" }, "received": { "type": "string" }, "wanted": { "type": "string" } } } },
            "retryable": { "type": "boolean" },
            "retryAfterS": { "type": "integer" },
        },
    })
}

fn properties(entry: &Entry) -> impl Iterator<Item = (&String, &Value)> {
    entry.input["properties"].as_object().into_iter().flatten()
}

fn is_required(entry: &Entry, name: &str) -> bool {
    entry.input["required"].as_array().into_iter().flatten().any(|required| required == name)
}

/// OpenRPC 1.3 of the JSON-RPC face.
pub fn openrpc() -> Value {
    let methods: Vec<Value> = catalogue().iter().map(rpc_method).collect();
    json!({
        "openrpc": "1.3.2",
        "info": { "title": TITLE, "description": ABOUT, "version": env!("CARGO_PKG_VERSION") },
        "methods": methods,
    })
}

fn rpc_method(entry: &Entry) -> Value {
    let params: Vec<Value> = properties(entry)
        .map(|(name, schema)| json!({ "name": name, "required": is_required(entry, name), "schema": schema }))
        .collect();
    json!({
        "name": entry.name,
        "summary": entry.title,
        "description": entry.description,
        "paramStructure": "by-name",
        "params": params,
        "result": { "name": "answer", "schema": entry.output },
    })
}

/// One tool, whole.
pub fn tool(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "title": entry.title,
        "description": entry.description,
        "effect": if entry.effect == Effect::Reads { "reads" } else { "changes" },
        "roles": entry.roles,
        "route": { "method": method(entry).to_uppercase(), "path": entry.route.path },
        "views": entry.views,
        "input": entry.input,
        "output": entry.output,
        "example": entry.example,
    })
}
