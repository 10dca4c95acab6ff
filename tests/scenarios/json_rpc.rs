//! JSON-RPC as its specification has it, over HTTP and WebSocket: every id, notifications, batches, and what is no call.

use serde_json::{Value, json};
use tests::{face::Face, journey::CLOSED, socket::Socket, world::World};
use tools::Role;

/// Ids the specification permits, as they are written.
const IDS: [&str; 9] = ["0", "-1", "1.0", "1.5", "123456789012345678901", "-0", "\"a\\\"b\"", "\"\"", "null"];
const NO_IDS: [&str; 4] = ["true", "[1]", "{\"a\":1}", "\"\\ud83d\""];

/// Where messages are sent.
enum Line {
    Http,
    Socket(Box<Socket>),
}

impl Line {
    async fn both(world: &World) -> [Self; 2] {
        let socket = Socket::open(&world.address, world.key(Role::Admin)).await.unwrap();
        [Self::Http, Self::Socket(Box::new(socket))]
    }

    /// The answer, empty for none. On a socket a call after it shows that none came.
    async fn send(&mut self, world: &World, message: &str) -> String {
        match self {
            Self::Http => {
                let door = world.door(Role::Admin);
                let request =
                    door.client.post(format!("{}/rpc", door.base)).bearer_auth(world.key(Role::Admin));
                let answer = request.header("Content-Type", "application/json").body(message.to_owned());
                let answer = answer.send().await.unwrap();
                let status = answer.status().as_u16();
                let text = answer.text().await.unwrap();
                assert_eq!(status, if text.is_empty() { 204 } else { 200 }, "{message}: {text}");
                text
            }
            Self::Socket(socket) => {
                const AFTER: &str = r#"{"jsonrpc":"2.0","id":"after","method":"nothing"}"#;
                socket.send(message).await.unwrap();
                socket.send(AFTER).await.unwrap();
                let first = socket.receive().await.unwrap();
                if first.contains("\"after\"") {
                    return String::new();
                }
                assert!(socket.receive().await.unwrap().contains("\"after\""));
                first
            }
        }
    }
}

fn sale(opportunity: &str) -> Value {
    json!({ "source": "salesforce", "opportunityId": opportunity, "customer": opportunity, "products": ["Seats"],
        "arrIncrease": 1, "closeDate": "2026-01-20" })
}

async fn is_done(world: &World, opportunity: &str) -> bool {
    let again = world.ask(Face::Rest, Role::Admin, "register_upsell", sale(opportunity)).await.unwrap();
    again["replayed"] == true
}

#[tokio::test]
async fn every_id_comes_back_as_it_was_sent_with_the_call_done() {
    let world = World::on(CLOSED).await;
    for (place, mut line) in Line::both(&world).await.into_iter().enumerate() {
        for (index, id) in IDS.iter().enumerate() {
            let opportunity = format!("006-{place}-{index}");
            let call = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"register_upsell","params":{}}}"#,
                sale(&opportunity)
            );
            let answer = line.send(&world, &call).await;
            assert!(
                answer.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"#)),
                "{id}: {answer}"
            );
            assert!(is_done(&world, &opportunity).await, "{id}");
        }
    }
}

#[tokio::test]
async fn what_is_no_id_is_refused_and_nothing_is_done() {
    let world = World::on(CLOSED).await;
    for (place, mut line) in Line::both(&world).await.into_iter().enumerate() {
        for (index, id) in NO_IDS.iter().enumerate() {
            let opportunity = format!("006-{place}-{index}");
            let params = sale(&opportunity);
            let call =
                format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"register_upsell","params":{params}}}"#);
            let answer: Value = serde_json::from_str(&line.send(&world, &call).await).unwrap();
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(-32600)), "{answer}");
            assert!(!is_done(&world, &opportunity).await, "{id}");
        }
    }
}

#[tokio::test]
async fn a_notification_is_done_without_an_answer() {
    let world = World::on(CLOSED).await;
    for (place, mut line) in Line::both(&world).await.into_iter().enumerate() {
        let call = |opportunity: &str| json!({ "jsonrpc": "2.0", "method": "register_upsell", "params": sale(opportunity) });
        let (alone, first, second) = (format!("a{place}"), format!("b{place}"), format!("c{place}"));
        assert_eq!(line.send(&world, &call(&alone).to_string()).await, "");
        let refused = json!({ "jsonrpc": "2.0", "method": "register_upsell", "params": {} });
        assert_eq!(line.send(&world, &refused.to_string()).await, "");
        let batch = json!([call(&first), refused, call(&second)]);
        assert_eq!(line.send(&world, &batch.to_string()).await, "");
        for opportunity in [alone, first, second] {
            assert!(is_done(&world, &opportunity).await, "{opportunity}");
        }
    }
}

#[tokio::test]
async fn a_batch_answers_each_call_in_turn() {
    let world = World::on(CLOSED).await;
    for mut line in Line::both(&world).await {
        let batch = r#"[{"jsonrpc":"2.0","id":-1,"method":"list_alerts"}, 5, {"jsonrpc":"2.0","method":"list_alerts"},
            {"jsonrpc":"2.0","id":1.0,"method":"nothing"}, {"jsonrpc":"2.0","id":{},"method":"list_alerts"}]"#;
        let answers: Value = serde_json::from_str(&line.send(&world, batch).await).unwrap();
        let seen: Vec<(&Value, &Value)> = answers
            .as_array()
            .unwrap()
            .iter()
            .map(|answer| (&answer["id"], &answer["error"]["code"]))
            .collect();
        let (none, invalid, unknown) = (Value::Null, json!(-32600), json!(-32601));
        assert_eq!(
            seen,
            [(&json!(-1), &none), (&none, &invalid), (&json!(1.0), &unknown), (&none, &invalid)],
            "{answers}"
        );
    }
}

#[tokio::test]
async fn what_is_no_call_is_refused_in_words() {
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let many = format!("[{}]", vec!["1"; 101].join(","));
    let cases = [
        ("", -32700, "not JSON"),
        ("{", -32700, "not JSON"),
        ("\"\u{0}\"", -32700, "not JSON"),
        ("7", -32600, "a call is an object"),
        ("[]", -32600, "1 to 100 calls; this one has 0"),
        (many.as_str(), -32600, "this one has 101, and none was made"),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600, "`method` must name a tool"),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, "`method` must name a tool"),
        (r#"{"jsonrpc":"1.0","id":1,"method":"list_alerts"}"#, -32600, "`jsonrpc` must be"),
        (r#"{"id":1,"method":"list_alerts"}"#, -32600, "`jsonrpc` must be"),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"list_alerts"}"#, -32600, "duplicate field `id`"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"list_alerts","param":{}}"#, -32600, "unknown field `param`"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"list_alerts","params":[1]}"#, -32602, "params go by name"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, -32601, "rpc.discover lists"),
    ];
    let world = World::on(CLOSED).await;
    for mut line in Line::both(&world).await {
        for (message, code, words) in cases {
            let answer: Value = serde_json::from_str(&line.send(&world, message).await).unwrap();
            assert_eq!(answer["error"]["code"], code, "{message}: {answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{message}: {answer}");
            assert!(answer["error"]["data"]["code"].is_string(), "{message}: {answer}");
        }
    }
    // Over HTTP the guard answers with 400 before.
    let mut socket = Socket::open(&world.address, world.key(Role::Admin)).await.unwrap();
    socket.send(&deep).await.unwrap();
    assert!(socket.receive().await.unwrap().contains("nested deeper than 64 levels"));
}

#[tokio::test]
async fn a_revoked_key_is_noticed_by_an_open_socket() {
    let world = World::on(CLOSED).await;
    let mut socket = Socket::open(&world.address, world.key(Role::Csm)).await.unwrap();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"list_alerts"}"#;
    socket.send(call).await.unwrap();
    assert!(socket.receive().await.unwrap().contains("\"result\""));
    let id = server::auth::id_in(world.key(Role::Csm)).unwrap();
    let mut tx = world.host.store.write("revoke").await.unwrap();
    tx.revoke_key(id, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    // Another process would be noticed within a second.
    world.host.keys.look_again();
    socket.send(call).await.unwrap();
    assert!(socket.receive().await.unwrap().contains("\"unauthenticated\""));
}
