//! Arguments from text, typed by the tool's schema.

use serde_json::{Map, Value};

/// Arguments from text (`key=value`, a query string), typed by the tool's schema: `limit=5` is a number, a repeated
/// key or commas make a list, `a.b=` goes into an object, and JSON is taken as JSON.
pub fn from_text<'a>(schema: &Value, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let mut arguments = Value::Object(Map::new());
    for (key, text) in pairs {
        let mut schema = schema;
        let mut slot = &mut arguments;
        for part in key.split('.') {
            schema = &schema["properties"][part];
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            slot = &mut slot[part];
        }
        put(slot, schema, text);
    }
    arguments
}

fn put(slot: &mut Value, schema: &Value, text: &str) {
    let value = value_of(schema, text);
    match (slot.as_array_mut(), value) {
        (Some(list), Value::Array(more)) => list.extend(more),
        (_, value) => *slot = value,
    }
}

fn value_of(schema: &Value, text: &str) -> Value {
    let json = || serde_json::from_str::<Value>(text).ok();
    match schema["type"].as_str() {
        Some("string") => Value::from(text),
        Some("array") => match json() {
            Some(Value::Array(items)) => Value::Array(items),
            _ if schema["items"]["type"] == "object" => {
                Value::Array(vec![json().unwrap_or_else(|| text.into())])
            }
            _ => text.split(',').map(|item| value_of(&schema["items"], item.trim())).collect(),
        },
        _ => json().unwrap_or_else(|| text.into()),
    }
}
