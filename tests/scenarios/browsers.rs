//! What a browser on the same machine may do, whatever page is open in it.

use reqwest::{RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tests::{face::Face, journey::CLOSED, world::World, world::make_key};
use tools::Role;

const LOOPBACK: &str = "http://127.0.0.1:8080";

fn sale() -> Value {
    json!({
        "source": "manual", "customer": "Acme", "products": ["Seats"], "arrIncrease": 1000,
        "closeDate": "2026-01-28", "owner": "Ana Ruiz",
    })
}

/// The sale as each face takes it, without saying what it is.
fn bodies() -> [(&'static str, Value); 3] {
    let rpc = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    [
        ("/api/upsells", sale()),
        ("/rpc", rpc("register_upsell", sale())),
        ("/mcp", rpc("tools/call", json!({ "name": "register_upsell", "arguments": sale() }))),
    ]
}

fn posted(world: &World, path: &str, body: &Value) -> RequestBuilder {
    let door = world.open_door();
    let accepted = "application/json, text/event-stream";
    door.client.post(format!("{}{path}", door.base)).header(header::ACCEPT, accepted).body(body.to_string())
}

#[tokio::test]
async fn a_body_that_does_not_call_itself_json_is_refused_by_every_face() {
    let world = World::without_keys(CLOSED, LOOPBACK).await;
    let before = world.database().rows().await;
    for (path, body) in bodies() {
        for kind in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")]
        {
            let request = posted(&world, path, &body);
            let request =
                kind.into_iter().fold(request, |request, kind| request.header(header::CONTENT_TYPE, kind));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} {kind:?}");
            let told = answer.text().await.unwrap();
            assert!(told.contains("send it with Content-Type: application/json"), "{path} {kind:?}: {told}");
        }
    }
    assert_eq!(world.database().rows().await, before);
}

#[tokio::test]
async fn a_page_of_another_port_changes_nothing_on_an_open_server() {
    let world = World::without_keys(CLOSED, LOOPBACK).await;
    let before = world.database().rows().await;
    let own = format!("http://{}", world.address);
    for (path, body) in bodies() {
        for (origin, site) in [
            (Some("http://localhost:3000"), Some("same-site")),
            (Some("http://localhost:3000"), None),
            (Some(own.as_str()), Some("cross-site")),
            (None, Some("cross-site")),
            (Some("null"), None),
        ] {
            let mut request = posted(&world, path, &body).header(header::CONTENT_TYPE, "application/json");
            request =
                origin.into_iter().fold(request, |request, origin| request.header(header::ORIGIN, origin));
            request = site.into_iter().fold(request, |request, site| request.header("Sec-Fetch-Site", site));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {origin:?} {site:?}");
        }
    }
    assert_eq!(world.database().rows().await, before);
    let (path, body) = &bodies()[0];
    let request = posted(&world, path, body).header(header::CONTENT_TYPE, "application/json");
    let answer =
        request.header(header::ORIGIN, own).header("Sec-Fetch-Site", "same-origin").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "our own page may");
}

/// A script of any page may open a socket without being asked, and read what comes.
#[tokio::test]
async fn a_page_of_another_port_opens_no_socket() {
    let world = World::without_keys(CLOSED, LOOPBACK).await;
    let door = world.open_door();
    let opening = |origin: String| {
        let request = door.client.get(format!("{}/rpc", door.base)).header(header::ORIGIN, origin);
        request
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .send()
    };
    let answer = opening("http://localhost:3000".to_owned()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let answer = opening(format!("http://{}", world.address)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
}

#[tokio::test]
async fn under_https_the_session_is_in_a_cookie_no_neighbour_can_set() {
    let world = World::without_keys(CLOSED, "HTTPS://uptake.example.com").await;
    let key = make_key(&world.host, "ana", Role::Csm).await;
    let (cookie, goes_to) = signed_in(&world, &key, "/?page=2").await;
    assert_eq!(goes_to, "/?page=2");
    let (name, rest) = cookie.split_once('=').unwrap();
    assert_eq!(name, "__Host-uptake_session");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(rest.contains(part), "{cookie}");
    }
    let token = rest.split(';').next().unwrap();
    assert_eq!(looked_at(&world, &format!("{name}={token}")).await, StatusCode::OK);
    assert_eq!(looked_at(&world, &format!("uptake_session={token}")).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_in_goes_on_to_a_path_of_ours_only() {
    let world = World::without_keys(CLOSED, LOOPBACK).await;
    let key = make_key(&world.host, "ana", Role::Csm).await;
    for next in
        ["//evil.example", "/\\evil.example", "/\u{1}", "/\u{7f}", "/\n", "/\u{202e}", "https://evil.example"]
    {
        let (_, goes_to) = signed_in(&world, &key, next).await;
        assert_eq!(goes_to, "/", "{next:?}");
    }
}

/// The cookie, and where the browser is sent.
async fn signed_in(world: &World, key: &str, next: &str) -> (String, String) {
    let door = world.open_door();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let filled = client.post(format!("{}/sign-in", door.base)).form(&[("key", key), ("next", next)]);
    let answer = filled.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{next:?}");
    let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
    (header(header::SET_COOKIE), header(header::LOCATION))
}

async fn looked_at(world: &World, cookie: &str) -> StatusCode {
    let door = world.open_door();
    let request = door.request(Face::Rest, "list_measurements", json!({})).header(header::COOKIE, cookie);
    request.send().await.unwrap().status()
}
