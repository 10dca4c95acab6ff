//! Whatever is refused, and by whatever part: one shape for programs, a page for people, never a framework's words.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{
    face::{Door, modern_meta},
    journey::CLOSED,
    world::World,
};
use tools::Role;

/// A request that some part of the server refuses, and what is said.
struct Case {
    request: RequestBuilder,
    status: u16,
    words: &'static str,
}

fn case(request: RequestBuilder, status: u16, words: &'static str) -> Case {
    Case { request, status, words }
}

fn cases(door: &Door) -> Vec<Case> {
    let request = |method: Method, path: &str| {
        let request = door.client.request(method, format!("{}{path}", door.base));
        request.bearer_auth(door.key.as_deref().unwrap())
    };
    let get = |path: &str| request(Method::GET, path);
    let post = |path: &str| request(Method::POST, path);
    let typed = |path: &str, kind: &str| post(path).header("Content-Type", kind);
    let opening = || get("/rpc").header("Connection", "Upgrade").header("Upgrade", "websocket");
    let mega = " ".repeat(1024 * 1024 + 1);
    vec![
        case(get("/nothing"), 404, "nothing is at /nothing"),
        case(get("/assets/nothing.css"), 404, "nothing is at /assets/nothing.css"),
        case(get("/m/%ff"), 400, "cannot be read"),
        case(
            request(Method::DELETE, "/api/upsells"),
            405,
            "DELETE is not offered at /api/upsells, only GET, HEAD, POST",
        ),
        case(get("/mcp"), 405, "GET is not offered at /mcp, only POST"),
        case(get("/rpc"), 405, "calls are sent with POST"),
        case(request(Method::PUT, "/rpc"), 405, "PUT is not offered at /rpc"),
        case(typed("/rpc", "text/plain").body("{}"), 415, "Content-Type: application/json"),
        case(typed("/mcp", "text/plain").body("{}"), 415, "Content-Type: application/json"),
        case(typed("/sign-in", "application/json").body("{}"), 415, "application/x-www-form-urlencoded"),
        case(typed("/sign-in", "application/x-www-form-urlencoded").body("x=1"), 422, "cannot be read"),
        case(
            typed("/sign-in", "application/x-www-form-urlencoded").body(" ".repeat(20_000)),
            413,
            "16384 bytes",
        ),
        case(typed("/api/upsells", "application/json").body(mega.clone()), 413, "POST /api/usage"),
        case(
            typed("/api/upsells", "application/json").header("Upgrade", "foo").body(mega),
            413,
            "POST /api/usage",
        ),
        case(
            typed("/api/usage", "application/json").body(" ".repeat(10 * 1024 * 1024 + 1)),
            413,
            "10485760 bytes",
        ),
        case(post("/api/upsells").header("Upgrade", "foo").json(&deep()), 400, "nested deeper"),
        case(opening().header("Sec-WebSocket-Version", "8"), 426, "Sec-WebSocket-Version: 13"),
        case(opening().header("Sec-WebSocket-Version", "13"), 400, "Sec-WebSocket-Key"),
        case(
            typed("/mcp", "application/json").header("MCP-Protocol-Version", "1999").body(LIST),
            400,
            "2026-07-28",
        ),
    ]
}

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

fn deep() -> Value {
    (0..100).fold(json!(1), |inner, _| json!([inner]))
}

#[tokio::test]
async fn programs_get_one_shape() {
    let world = World::on(CLOSED).await;
    for Case { request, status, words } in cases(&world.door(Role::Admin)) {
        let answer = request.send().await.unwrap();
        let url = answer.url().path().to_owned();
        assert_eq!(answer.status().as_u16(), status, "{url}: {words}");
        assert!(status != 405 || answer.headers().contains_key("allow"), "{url}");
        let text = answer.text().await.unwrap();
        let problem: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url} {status}: {text}"));
        assert!(problem["message"].as_str().unwrap().contains(words), "{url} {status}: {text}");
        assert!(problem["code"].is_string() && problem["fieldErrors"].is_array(), "{url}: {text}");
    }
}

#[tokio::test]
async fn people_get_a_page() {
    let world = World::on(CLOSED).await;
    for Case { request, status, .. } in cases(&world.door(Role::Admin)) {
        let answer = request.header("Accept", "text/html,*/*;q=0.8").send().await.unwrap();
        let url = answer.url().path().to_owned();
        assert_eq!(answer.status().as_u16(), status, "{url}");
        let text = answer.text().await.unwrap();
        assert!(text.starts_with("<!doctype html>") && text.contains("<h1>"), "{url} {status}: {text}");
        assert!(text.contains("href=\"/\""), "{url} {status}: {text}");
    }
}

/// As many events as a call takes, of the longest text.
fn events() -> Vec<Value> {
    let event = |index: usize| {
        json!({ "eventId": format!("{index:0200}"), "customer": "x".repeat(200), "feature": "x".repeat(200),
            "user": "x".repeat(200), "at": "2026-01-29T00:00:00Z" })
    };
    (0..1000).map(event).collect()
}

#[tokio::test]
async fn usage_up_to_ten_mebibytes_is_taken_however_it_comes() {
    let events = events();
    let list = json!({ "events": events }).to_string();
    let escaped = list.replace('x', "\\u0078");
    let padded = format!("{list}{}", " ".repeat(10 * 1024 * 1024 - list.len()));
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    for (kind, body) in [
        ("application/json", list),
        ("application/json", escaped),
        ("application/json", padded),
        ("application/x-ndjson", lines.join("\n")),
    ] {
        let world = World::on(CLOSED).await;
        let door = world.door(Role::Monitor);
        let request =
            door.client.post(format!("{}/api/usage", door.base)).bearer_auth(world.key(Role::Monitor));
        let length = body.len();
        let answer = request.header("Content-Type", kind).body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!((status, &answer["accepted"]), (200, &json!(1000)), "{kind} of {length}: {answer}");
    }
}

#[tokio::test]
async fn mcp_answers_json_whatever_is_accepted() {
    let world = World::on(CLOSED).await;
    let door = world.door(Role::Monitor);
    for accept in [None, Some("*/*"), Some("application/json"), Some("text/event-stream"), Some("text/html")]
    {
        let request = door.client.post(format!("{}/mcp", door.base)).bearer_auth(world.key(Role::Monitor));
        let request = request.header("Content-Type", "application/json").body(LIST);
        let mut request = request.build().unwrap();
        request.headers_mut().remove("accept");
        if let Some(accept) = accept {
            request.headers_mut().insert("accept", accept.parse().unwrap());
        }
        let answer = door.client.execute(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{accept:?}");
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["result"]["tools"].is_array(), "{accept:?}: {answer}");
    }
}

#[tokio::test]
async fn a_malformed_mcp_message_is_told_by_its_field_and_never_passed_over() {
    let world = World::on(CLOSED).await;
    let door = world.door(Role::Monitor);
    for (message, status, code, words) in [
        (
            call(&json!(1), &json!({ "name": "list_alerts", "arguments": "{}" })),
            200,
            -32602,
            "`arguments` is text",
        ),
        (call(&json!(1), &json!({ "name": 5 })), 200, -32602, "`name` is a number"),
        (call(&json!(1), &json!({})), 200, -32602, "`name` is missing"),
        (call(&json!(1.5), &json!({ "name": "list_alerts" })), 400, -32600, "`id`"),
        (call(&Value::Null, &json!({ "name": "list_alerts" })), 400, -32600, "`id`"),
        (
            json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "list_alerts" } }),
            400,
            -32600,
            "needs an `id`",
        ),
        (json!([call(&json!(1), &json!({}))]), 400, -32600, "no batches"),
    ] {
        let request = door.client.post(format!("{}/mcp", door.base)).bearer_auth(world.key(Role::Monitor));
        let answer = request.json(&message).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{message}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{message}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{message}: {answer}");
    }
}

#[tokio::test]
async fn a_handshake_of_before_is_no_method_of_the_newest_protocol() {
    let world = World::on(CLOSED).await;
    let door = world.door(Role::Monitor);
    let message =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "_meta": modern_meta() } });
    let request = door.client.post(format!("{}/mcp", door.base)).bearer_auth(world.key(Role::Monitor));
    let request = request.header("MCP-Protocol-Version", "2026-07-28").header("Mcp-Method", "initialize");
    let answer = request.json(&message).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 404);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32601)), "{answer}");
}

fn call(id: &Value, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}
