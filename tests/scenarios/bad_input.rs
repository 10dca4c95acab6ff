//! Arguments that are wrong, for every tool from its own schema: one error that lists every fault and says what to send.

mod told;

use serde_json::{Map, Value, json};
use tests::{face::Face, journey::CLOSED, world::World};
use tools::{Entry, Role, catalogue};

/// A fault put into a good call, and what the error must say of each field: its name, and words of what to send.
struct Fault {
    what: String,
    arguments: Value,
    told: Vec<(String, Vec<String>)>,
}

/// What a fault must never say: the opposite of what to send, values left out, bad grammar.
const NEVER: [&str; 8] = [
    "less than",
    "greater than",
    "shorter than",
    "longer than",
    "candidates",
    "a array",
    "a integer",
    "expected u",
];

#[tokio::test]
async fn every_fault_of_every_tool_is_named() {
    let world = World::on(CLOSED).await;
    let mut tried = 0;
    for entry in catalogue() {
        for fault in faults_of(entry) {
            let error = world.call(Role::Admin, entry.name, fault.arguments).await.expect_err(&fault.what);
            assert_eq!(error.code.as_str(), "invalid", "{}: {error}", fault.what);
            for (field, words) in &fault.told {
                let found = error.faults.iter().find(|found| found.field == *field);
                let found =
                    found.unwrap_or_else(|| panic!("{}: `{field}` is no fault of {error}", fault.what));
                for word in words {
                    let is_told =
                        found.wanted.contains(word.as_str()) && error.message.contains(word.as_str());
                    assert!(is_told, "{}: `{word}` is not wanted in {found:?}", fault.what);
                }
            }
            for never in NEVER {
                assert!(!error.message.contains(never), "{}: `{never}` in {error}", fault.what);
            }
            let most = 4_000 + entry.example.to_string().len();
            assert!(error.message.len() < most, "{}: {} bytes", fault.what, error.message.len());
            assert!(error.message.contains("Example"), "{}: says what to send: {error}", fault.what);
            tried += 1;
        }
    }
    println!("{tried} faulty calls of {} tools, each named", catalogue().len());
    assert!(tried > 100, "{tried}");
}

fn faults_of(entry: &Entry) -> Vec<Fault> {
    let input = entry.checked_input();
    let properties = input["properties"].as_object().cloned().unwrap_or_default();
    let mut faults = Vec::new();
    for name in required(input) {
        let mut arguments = entry.example.clone();
        arguments.as_object_mut().unwrap().remove(&name);
        let told = (name.clone(), shape(&properties[&name]));
        faults.push(fault(entry, &format!("without {name}"), arguments, vec![told]));
    }
    let told = ("frobnicate".to_owned(), names(&properties));
    faults.push(fault(entry, "with an unknown field", with(entry, "frobnicate", json!(1)), vec![told]));
    for (name, schema) in &properties {
        for (what, value, words) in wrong_values(schema) {
            let told = (name.clone(), words);
            faults.push(fault(entry, &format!("{name} {what}"), with(entry, name, value), vec![told]));
        }
        faults.extend(faults_of_items(entry, name, &schema["items"]));
    }
    faults.push(all_at_once(entry, &properties));
    faults
}

/// One object in a list: everything wrong in it, then everything left out.
fn faults_of_items(entry: &Entry, name: &str, items: &Value) -> Vec<Fault> {
    let Some(properties) = items["properties"].as_object() else { return Vec::new() };
    let at = |field: &str| format!("{name}[0].{field}");
    let (mut wrong, mut told) = (json!({ "frobnicate": 1 }), vec![(at("frobnicate"), names(properties))]);
    for (field, schema) in properties {
        let (_, value, words) = wrong_values(schema).remove(0);
        wrong[field] = value;
        told.push((at(field), words));
    }
    let wrong = with(entry, name, json!([wrong]));
    let missing = required(items).into_iter().map(|field| (at(&field), shape(&properties[&field]))).collect();
    vec![
        fault(entry, &format!("{name} with everything wrong"), wrong, told),
        fault(entry, &format!("{name} with nothing in it"), with(entry, name, json!([{}])), missing),
    ]
}

fn required(schema: &Value) -> Vec<String> {
    let names = schema["required"].as_array().into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn names(properties: &Map<String, Value>) -> Vec<String> {
    properties.keys().cloned().collect()
}

/// Every property of the wrong type, and one too many: all are listed.
fn all_at_once(entry: &Entry, properties: &Map<String, Value>) -> Fault {
    let mut arguments = json!({ "frobnicate": 1 });
    let mut told = vec![("frobnicate".to_owned(), names(properties))];
    for (name, schema) in properties.iter().take(18) {
        let (_, value, words) = wrong_values(schema).remove(0);
        arguments[name] = value;
        told.push((name.clone(), words));
    }
    fault(entry, "with everything wrong", arguments, told)
}

fn fault(entry: &Entry, what: &str, arguments: Value, told: Vec<(String, Vec<String>)>) -> Fault {
    Fault { what: format!("{} {what}", entry.name), arguments, told }
}

fn with(entry: &Entry, name: &str, value: Value) -> Value {
    let mut arguments = entry.example.clone();
    arguments[name] = value;
    arguments
}

/// Words of what to send: the values of an enum, the look of a date, the kind and the range of the rest.
fn shape(schema: &Value) -> Vec<String> {
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(Value::to_string).chain(["one of ".to_owned()]).collect();
    }
    let mut words = match (schema["type"].as_str().unwrap(), schema["format"].as_str()) {
        ("string", Some("date")) => vec!["a day such as 2026-"],
        ("string", Some("date-time")) => vec!["an instant such as 2026-"],
        // Text, or the id of something.
        ("string", _) => vec!["t"],
        ("integer", _) => vec!["an integer from "],
        ("number", _) => vec!["a number from "],
        ("boolean", _) => vec!["true or false"],
        ("array", _) => vec!["a list of "],
        (other, _) => panic!("no argument is of type {other} so far"),
    };
    if schema["format"].is_null() && schema["type"] == "string" && schema["maxLength"].is_u64() {
        words = vec!["text of ", " characters"];
    }
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    for (least, most) in [("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")] {
        match (schema[least].as_u64(), schema[most].as_u64()) {
            (Some(least), Some(most)) => words.push(format!(" {least} to {most}")),
            (None, Some(most)) => words.push(format!(" {most} ")),
            (Some(least), None) => words.push(format!("from {least} to ")),
            (None, None) => {}
        }
    }
    words
}

/// Values a property's schema cannot take, and words of what to send instead.
fn wrong_values(schema: &Value) -> Vec<(&'static str, Value, Vec<String>)> {
    let mut wrong = match schema["type"].as_str() {
        Some("string") => vec![("as an object", json!({ "x": 1 })), ("as a number", json!(7.5))],
        Some("integer") => vec![
            ("as text", json!("NaN")),
            ("as a fraction", json!(1.5)),
            ("as an object", json!({ "x": 1 })),
            ("as something huge", json!(1e18)),
        ],
        Some("number") => vec![
            ("as NaN", json!("NaN")),
            ("as Infinity", json!("Infinity")),
            ("as a list", json!([1])),
            ("as something huge", json!(1e308)),
        ],
        Some("boolean") => vec![("as text", json!("maybe"))],
        // A single text or number may stand for a list of one.
        Some("array") => vec![("as a truth value", json!(true)), ("as an object", json!({ "x": 1 }))],
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
    if let Some(most) = schema["maxItems"].as_u64() {
        wrong.push(("too many", json!(vec![json!({ "x": 1 }); most as usize + 1])));
    }
    let words = shape(schema);
    wrong.into_iter().map(|(what, value)| (what, value, words.clone())).collect()
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
            let told = answer.as_ref().err().map_or(0, |error| error.message.len());
            assert!(told < 3_000, "{} with {what}: an error of {told} bytes", entry.name);
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
