//! SIGTERM: what is under way is answered, streams end, and the process is gone within ten seconds.

use crate::load::{Acknowledged, lost, register};
use futures::StreamExt;
use jsonrpsee_ws_client::WsClientBuilder;
use serde_json::json;
use std::time::Duration;
use tests::{
    database::Database,
    face::{Door, modern_meta},
    process::Program,
};
use tokio::task::JoinSet;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_with_an_open_socket_and_writers() {
    let database = Database::sqlite();
    let program = Program::serve(&["--database-url", &database.url]).await;
    let socket =
        WsClientBuilder::default().build(program.door.base.replace("http", "ws") + "/rpc").await.unwrap();
    let acknowledged = Acknowledged::default();
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let (door, acknowledged) = (program.door.clone(), acknowledged.clone());
        writers.spawn(async move { while register(&door, &acknowledged).await.is_ok() {} });
    }
    while acknowledged.lock().unwrap().len() < 50 {
        tokio::task::yield_now().await;
    }
    let (took, is_well) = program.terminate(LIMIT + Duration::from_secs(5)).await;
    writers.join_all().await;
    drop(socket);
    let program = Program::serve(&["--database-url", &database.url]).await;
    let gone = lost(&program.door, &acknowledged).await;
    program.kill().await;
    let count = acknowledged.lock().unwrap().len();
    println!(
        "SIGTERM, 8 writers and an open WebSocket: gone after {} ms, {count} acknowledged, {} lost",
        took.as_millis(),
        gone.len()
    );
    assert!(is_well && took <= LIMIT, "{took:?}");
    assert!(gone.is_empty(), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_with_an_open_event_stream() {
    let database = Database::sqlite();
    let program = Program::serve(&["--database-url", &database.url]).await;
    let response = listen(&program.door).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let first = stream.next().await.unwrap().unwrap();
    assert!(!first.is_empty());
    let (took, is_well) = program.terminate(LIMIT + Duration::from_secs(5)).await;
    println!("SIGTERM, an open event stream: gone after {} ms", took.as_millis());
    assert!(is_well && took <= LIMIT, "{took:?}");
}

async fn listen(door: &Door) -> reqwest::Response {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
        "params": { "_meta": modern_meta(), "notifications": { "toolsListChanged": true } } });
    let request = door.client.post(format!("{}/mcp", door.base)).json(&body);
    let request = request
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28");
    request.header("Mcp-Method", "subscriptions/listen").send().await.unwrap()
}
