//! Peers that do not read, do not write on, or only hold a connection: they end by themselves, and shut nobody out.

use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{
    database::Database,
    face::Face,
    journey::CLOSED,
    socket::{Socket, small_connection},
    world::World,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tools::Role;

/// Nothing here takes long; a server that never closes would take for ever.
const FOR_EVER: Duration = Duration::from_mins(1);
const MOST_SOCKETS: usize = 64;

async fn impatient(connections: usize) -> World {
    let limits = server::listen::Limits { connections, stall: Duration::from_millis(200) };
    World::within(limits, Database::sqlite(), CLOSED).await
}

#[tokio::test]
async fn a_peer_that_asks_on_and_never_reads_is_closed() {
    let world = impatient(100).await;
    let request = format!(
        "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        world.key(Role::Monitor)
    );
    let mut peer = small_connection(&world.address).await;
    let closed = timeout(FOR_EVER, async { while peer.write_all(request.as_bytes()).await.is_ok() {} });
    assert!(closed.await.is_ok(), "it is still served");
}

#[tokio::test]
async fn a_socket_that_asks_on_and_never_reads_is_closed() {
    let world = impatient(100).await;
    let mut socket = Socket::open(&world.address, world.key(Role::Monitor)).await.unwrap();
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#;
    let closed = timeout(FOR_EVER, async { while socket.send(ask).await.is_ok() {} });
    assert!(closed.await.is_ok(), "it is still served");
}

#[tokio::test]
async fn a_body_that_stands_still_is_refused_and_its_connection_closed() {
    let world = impatient(100).await;
    let head = format!(
        "POST /api/upsells HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        world.key(Role::Csm)
    );
    let mut peer = TcpStream::connect(&world.address).await.unwrap();
    peer.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(FOR_EVER, peer.read_to_string(&mut answer)).await.expect("it is closed").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("nothing more of the body came"), "{answer}");
}

#[tokio::test]
async fn peers_without_a_key_shut_out_nobody_with_one() {
    let world = impatient(8).await;
    let mut socket = Socket::open(&world.address, world.key(Role::Csm)).await.unwrap();
    let mut idle = Vec::new();
    for _ in 0..50 {
        let mut peer = TcpStream::connect(&world.address).await.unwrap();
        peer.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
        idle.push(peer);
    }
    world.ask(Face::Rest, Role::Monitor, "list_alerts", json!({})).await.unwrap();
    // Whoever showed a key before keeps what they have.
    socket.send(r#"{"jsonrpc":"2.0","id":1,"method":"list_alerts"}"#).await.unwrap();
    assert!(socket.receive().await.unwrap().contains("\"result\""));
}

#[tokio::test]
async fn one_caller_with_all_connections_shuts_out_no_other() {
    let world = impatient(8).await;
    let ask = format!(
        "GET /api/alerts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        world.key(Role::Monitor)
    );
    let mut theirs = Vec::new();
    for _ in 0..50 {
        let mut peer = TcpStream::connect(&world.address).await.unwrap();
        peer.write_all(ask.as_bytes()).await.unwrap();
        assert!(peer.read(&mut [0; 64]).await.unwrap() > 0);
        theirs.push(peer);
    }
    world.ask(Face::Rest, Role::Csm, "list_alerts", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_caller_has_so_many_sockets_and_no_more() {
    let world = World::on(CLOSED).await;
    let mut sockets = Vec::new();
    for _ in 0..MOST_SOCKETS {
        sockets.push(Socket::open(&world.address, world.key(Role::Csm)).await.unwrap());
    }
    let door = world.door(Role::Csm);
    let opening = door
        .client
        .get(format!("{}/rpc", door.base))
        .bearer_auth(world.key(Role::Csm))
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let refused = opening.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "too_many");
    assert!(problem["message"].as_str().unwrap().contains("64 sockets open"), "{problem}");
    // Others are not concerned.
    Socket::open(&world.address, world.key(Role::Monitor)).await.unwrap();
}
