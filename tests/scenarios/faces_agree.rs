//! The same journey through every face gives the same answers, to the byte.

use jsonrpsee_core::{client::ClientT, params::ObjectParams};
use serde_json::{Value, json};
use tests::{
    face::Face,
    journey::{CLOSED, Journey},
    world::World,
};
use tools::Role;

#[tokio::test]
async fn every_face_tells_the_same_journey() {
    let told = journey_through(None).await;
    for face in Face::ALL {
        let other = journey_through(Some(face)).await;
        assert_eq!(told.len(), other.len());
        for ((tool, ours), (_, theirs)) in told.iter().zip(&other) {
            assert_eq!(ours, theirs, "{tool} through {face:?}");
        }
    }
}

/// Ids are counted and the clock is held, so two worlds that are asked the same are the same.
async fn journey_through(face: Option<Face>) -> Vec<(&'static str, Value)> {
    let world = World::on(CLOSED).await;
    let mut journey = Journey::through(&world, face);
    journey.whole().await;
    journey.told
}

#[tokio::test]
async fn every_face_refuses_alike() {
    let world = World::on(CLOSED).await;
    let refused = [
        (Role::Csm, "get_progress", json!({ "upsell": "nobody" }), "not_found"),
        (Role::Csm, "get_progress", json!({ "upsell": "nobody", "detail": "wordy" }), "invalid"),
        (Role::Researcher, "ingest_usage", json!({ "events": [] }), "forbidden"),
        (Role::Csm, "record_review", json!({ "upsell": "nobody" }), "invalid"),
    ];
    for (role, tool, arguments, code) in refused {
        let mut messages = Vec::new();
        for face in Face::ALL {
            let refusal = world.ask(face, role, tool, arguments.clone()).await.unwrap_err();
            assert_eq!(refusal.code, code, "{tool} through {face:?}: {}", refusal.message);
            messages.push(refusal.message);
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "{tool} is refused in other words: {messages:?}");
    }
}

#[tokio::test]
async fn a_jsonrpsee_client_calls_over_http_and_websocket() {
    let world = World::on(CLOSED).await;
    let door = world.call(Role::Csm, "list_measurements", json!({})).await.unwrap().structured;
    let headers = bearer(world.key(Role::Csm));
    let http = jsonrpsee_http_client::HttpClientBuilder::default()
        .set_headers(headers.clone())
        .build(format!("http://{}/rpc", world.address))
        .unwrap();
    let socket = jsonrpsee_ws_client::WsClientBuilder::default()
        .set_headers(headers)
        .build(format!("ws://{}/rpc", world.address))
        .await
        .unwrap();
    let mut params = ObjectParams::new();
    params.insert("limit", 20).unwrap();
    let over_http: Value = http.request("list_measurements", params.clone()).await.unwrap();
    let over_socket: Value = socket.request("list_measurements", params).await.unwrap();
    assert_eq!(over_http, door);
    assert_eq!(over_socket, door);
    let described: Value = http.request("rpc.discover", ObjectParams::new()).await.unwrap();
    assert_eq!(described["methods"].as_array().unwrap().len(), tools::catalogue().len());
}

fn bearer(key: &str) -> jsonrpsee_http_client::HeaderMap {
    let mut headers = jsonrpsee_http_client::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
    headers
}
