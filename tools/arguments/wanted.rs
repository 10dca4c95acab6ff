//! What came and what to send instead, in words made from the schema of the place.

use crate::schema::format_of;
use domain::text::{self, Lines};
use serde_json::Value;

/// Characters of a text that an error repeats.
const SHOWN: usize = 40;

/// `an integer from 1 to 100 (Default 8)`
pub fn described(schema: &Value) -> String {
    let what = one(schema);
    match schema["description"].as_str() {
        Some(text) => format!("{what} ({})", text.trim_end_matches('.')),
        None => what,
    }
}

fn one(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return format!("one of {}", values.join(", "));
    }
    if let Some(format) = schema["format"].as_str().and_then(format_of) {
        return format.wanted.to_owned();
    }
    match schema["type"].as_str() {
        Some("string") => match range(schema, "minLength", "maxLength") {
            Some(range) => format!("text of {range} characters"),
            None => "text".to_owned(),
        },
        Some("integer") => number("an integer", schema),
        Some("number") => number("a number", schema),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => list(schema),
        Some("object") => format!("an object of {}", names(schema)),
        _ => "a value".to_owned(),
    }
}

fn number(kind: &str, schema: &Value) -> String {
    match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!("{kind} from {} to {}", short(least), short(most)),
        (Some(least), None) => format!("{kind} from {}", short(least)),
        (None, Some(most)) => format!("{kind} up to {}", short(most)),
        (None, None) => kind.to_owned(),
    }
}

fn list(schema: &Value) -> String {
    let items = &schema["items"];
    let each = match items["type"].as_str() {
        Some("object") => format!("objects of {}", names(items)),
        _ => format!("items, each {}", one(items)),
    };
    match range(schema, "minItems", "maxItems") {
        Some(range) => format!("a list of {range} {each}"),
        None => format!("a list of {each}"),
    }
}

fn range(schema: &Value, least: &str, most: &str) -> Option<String> {
    match (schema[least].as_u64(), schema[most].as_u64()) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

/// A bound with few digits: `4294967295`, `1e15`.
fn short(bound: f64) -> String {
    if bound.abs() < 1e12 { bound.to_string() } else { format!("{bound:e}") }
}

/// The fields of an object, in their order; those it must have are not told apart, the example shows them.
pub fn names(schema: &Value) -> String {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// A value as an error repeats it: never long, however long it is.
pub fn received(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let start: String = text.chars().take(SHOWN).collect();
            let is_whole = start.len() == text.len();
            let start = Value::from(start).to_string();
            let start = text::escaped(&start, Lines::One);
            if is_whole {
                return start.into_owned();
            }
            format!("{start} and more, {} characters", text.chars().count())
        }
        Value::Array(items) if items.len() > 4 => format!("a list of {} items", items.len()),
        Value::Object(fields) if fields.len() > 4 => format!("an object of {} fields", fields.len()),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(received).collect::<Vec<_>>().join(","))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, field)| format!("{}:{}", received(&name.as_str().into()), received(field)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}
