//! Arguments that are wrong, for every tool from its own schema: one error that lists every fault and says what to send.

use serde_json::{Map, Value, json};
use tests::{face::Face, journey::CLOSED, world::World};
use tools::{Entry, Role, catalogue};

/// A fault put into a good call, and the words the error must have.
struct Fault {
    what: String,
    arguments: Value,
    named: Vec<String>,
}

#[tokio::test]
async fn every_fault_of_every_tool_is_named() {
    let world = World::on(CLOSED).await;
    let mut tried = 0;
    for entry in catalogue() {
        for fault in faults_of(entry) {
            let error = world.call(Role::Admin, entry.name, fault.arguments).await.expect_err(&fault.what);
            assert_eq!(error.code.as_str(), "invalid", "{}: {error}", fault.what);
            for name in &fault.named {
                assert!(error.message.contains(name.as_str()), "{}: `{name}` is not in: {error}", fault.what);
                assert!(
                    error
                        .faults
                        .iter()
                        .any(|fault| fault.field.contains(name.as_str()) && !fault.wanted.is_empty()),
                    "{}: `{name}` is no fault of its own: {:?}",
                    fault.what,
                    error.faults
                );
            }
            assert!(error.message.contains("Example"), "{}: says what to send: {error}", fault.what);
            tried += 1;
        }
    }
    println!("{tried} faulty calls of {} tools, each named", catalogue().len());
    assert!(tried > 100, "{tried}");
}

fn faults_of(entry: &Entry) -> Vec<Fault> {
    let properties = entry.input["properties"].as_object().cloned().unwrap_or_default();
    let mut faults = Vec::new();
    for name in entry.input["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let mut arguments = entry.example.clone();
        arguments.as_object_mut().unwrap().remove(name);
        faults.push(fault(entry, &format!("without {name}"), arguments, &[name]));
    }
    faults.push(fault(entry, "with an unknown field", with(entry, "frobnicate", json!(1)), &["frobnicate"]));
    for (name, schema) in &properties {
        for (what, value) in wrong_values(schema) {
            faults.push(fault(entry, &format!("{name} {what}"), with(entry, name, value), &[name.as_str()]));
        }
    }
    faults.push(all_at_once(entry, &properties));
    faults
}

/// Every property of the wrong type, and one too many: all are listed.
fn all_at_once(entry: &Entry, properties: &Map<String, Value>) -> Fault {
    let mut arguments: Map<String, Value> =
        properties.iter().map(|(name, schema)| (name.clone(), wrong_values(schema).remove(0).1)).collect();
    arguments.insert("frobnicate".to_owned(), json!(1));
    let names: Vec<&str> = arguments.keys().map(String::as_str).take(18).collect();
    fault(entry, "with everything wrong", Value::Object(arguments.clone()), &names)
}

fn fault(entry: &Entry, what: &str, arguments: Value, named: &[&str]) -> Fault {
    Fault {
        what: format!("{} {what}", entry.name),
        arguments,
        named: named.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn with(entry: &Entry, name: &str, value: Value) -> Value {
    let mut arguments = entry.example.clone();
    arguments[name] = value;
    arguments
}

/// Values a property's schema cannot take.
fn wrong_values(schema: &Value) -> Vec<(&'static str, Value)> {
    let mut wrong = match schema["type"].as_str() {
        Some("string") => vec![("as an object", json!({ "x": 1 })), ("as a number", json!(7.5))],
        Some("integer") => vec![
            ("as text", json!("NaN")),
            ("as a fraction", json!(1.5)),
            ("as an object", json!({ "x": 1 })),
        ],
        Some("number") => {
            vec![("as NaN", json!("NaN")), ("as Infinity", json!("Infinity")), ("as a list", json!([1]))]
        }
        Some("boolean") => vec![("as text", json!("maybe"))],
        Some("array") => vec![("as a number", json!(7)), ("as an object", json!({ "x": 1 }))],
        Some("object") => vec![("as a number", json!(7)), ("as a list", json!([1]))],
        _ => vec![("as an object", json!({ "x": 1 }))],
    };
    if schema["enum"].is_array() {
        wrong.push(("as a word it does not have", json!("frobnicated")));
    }
    if let Some(least) = schema["minimum"].as_f64() {
        wrong.push(("below its range", json!(least - 1.0)));
    }
    if let Some(most) = schema["maximum"].as_f64() {
        wrong.push(("above its range", json!(most + 1.0)));
    }
    if schema["minLength"].as_u64() >= Some(1) {
        wrong.push(("empty", json!("")));
    }
    if let Some(most) = schema["maxLength"].as_u64() {
        wrong.push(("too long", json!("x".repeat(most as usize + 1))));
    }
    if schema["minItems"].as_u64() >= Some(1) {
        wrong.push(("empty", json!([])));
    }
    wrong
}

/// What a schema lets through but no database or rule should: never our fault, on either database.
#[tokio::test]
async fn odd_values_are_refused_or_kept_but_never_our_fault_on_sqlite() {
    odd_values(&World::on(CLOSED).await).await;
}

#[tokio::test]
async fn odd_values_are_refused_or_kept_but_never_our_fault_on_postgres() {
    odd_values(&World::on_postgres(CLOSED).await).await;
}

async fn odd_values(world: &World) {
    for entry in catalogue() {
        for (what, arguments) in odd_calls(&entry.example) {
            let answer = world.call(Role::Admin, entry.name, arguments).await;
            let code = answer.as_ref().err().map(|error| error.code.as_str());
            assert!(
                !matches!(code, Some("internal" | "unavailable")),
                "{} with {what}: {answer:?}",
                entry.name
            );
        }
    }
}

/// The example with one leaf replaced by something odd of the same type.
fn odd_calls(example: &Value) -> Vec<(String, Value)> {
    let mut calls = Vec::new();
    for pointer in leaves(example, String::new()) {
        let odd = match example.pointer(&pointer).unwrap() {
            Value::String(_) => vec![
                json!("x".repeat(100_000)),
                json!("a\u{0}b"),
                json!("'; drop table upsell; --"),
                json!("\u{202e}\u{1f4a5}"),
            ],
            Value::Number(_) => vec![
                json!(1e300),
                json!(-1e300),
                json!(9_007_199_254_740_993_i64),
                json!(i64::MAX),
                json!(u64::MAX),
                json!(-0.0),
                json!(1e-320),
            ],
            _ => Vec::new(),
        };
        for value in odd {
            let mut call = example.clone();
            let shown: String = value.to_string().chars().take(40).collect();
            *call.pointer_mut(&pointer).unwrap() = value;
            calls.push((format!("{pointer} = {shown}"), call));
        }
    }
    calls
}

fn leaves(value: &Value, pointer: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, inner)| leaves(inner, format!("{pointer}/{name}"))).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, inner)| leaves(inner, format!("{pointer}/{index}")))
            .collect(),
        _ => vec![pointer],
    }
}

#[tokio::test]
async fn an_unknown_upsell_is_not_found_by_any_tool() {
    let world = World::on(CLOSED).await;
    for entry in catalogue().iter().filter(|entry| entry.input["properties"]["upsell"].is_object()) {
        for unknown in ["nobody by that name", "u_000000000000", "m_000000000000", "006-none"] {
            let error = world.call(Role::Admin, entry.name, with(entry, "upsell", json!(unknown))).await;
            let error = error.expect_err(entry.name);
            assert_eq!(error.code.as_str(), "not_found", "{}: {error}", entry.name);
            assert!(
                error.message.contains("list_measurements"),
                "{} says which tool helps: {error}",
                entry.name
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_by_every_face() {
    let world = World::on(CLOSED).await;
    let door = world.door(Role::Admin);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["{", "", "nonsense", "[1,2", "{\"a\":1e999}", "\"\\ud800\"", deep.as_str()] {
        for path in ["/mcp", "/rpc", "/api/upsells"] {
            let request =
                door.client.post(format!("{}{path}", door.base)).bearer_auth(door.key.as_deref().unwrap());
            let request = request
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
            let answer = request.body(body.to_owned()).send().await.unwrap();
            let status = answer.status().as_u16();
            let text = answer.text().await.unwrap();
            let shown: String = body.chars().take(20).collect();
            let is_refused = (400..500).contains(&status) || (status == 200 && text.contains("\"error\""));
            assert!(is_refused, "{path} answers {status} to {shown:?}: {text}");
        }
    }
}

#[tokio::test]
async fn every_face_lists_the_same_faults() {
    let world = World::on(CLOSED).await;
    let faulty = json!({ "upsell": "x", "checkpointDay": "soon", "decision": "perhaps", "frobnicate": 1 });
    let mut told = Vec::new();
    for face in Face::ALL {
        let refusal = world.ask(face, Role::Csm, "record_review", faulty.clone()).await.unwrap_err();
        assert_eq!(refusal.code, "invalid", "{face:?}");
        for name in ["checkpointDay", "decision", "frobnicate", "summary"] {
            assert!(refusal.message.contains(name), "{face:?}: {}", refusal.message);
        }
        told.push(refusal.message);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
}
