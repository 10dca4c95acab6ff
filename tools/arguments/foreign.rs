//! Text in arguments is somebody else's: every string goes through `domain::text` here, before any tool sees it.

use super::wanted::received;
use domain::{
    error::FieldFault,
    text::{self, Lines},
};
use serde_json::Value;
use std::borrow::Cow;

/// Says in a field's schema that its text may have several lines; all others have one.
pub const MULTILINE: &str = "multiline";

/// Puts every text into the form it is kept in; a fault names what a reader would not see.
pub fn take(schema: &Value, arguments: &mut Value) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    walk(schema, arguments, "", &mut faults);
    faults
}

fn walk(schema: &Value, value: &mut Value, path: &str, faults: &mut Vec<FieldFault>) {
    match value {
        Value::String(text) => match text::taken(text, lines(schema)) {
            // The look of a word or a date is the schema's matter.
            Ok(_) if schema["enum"].is_array() || schema["format"].is_string() => {}
            Ok(Cow::Borrowed(kept)) if kept.len() == text.len() => {}
            Ok(kept) => *value = Value::String(kept.into_owned()),
            Err(unseen) => {
                faults.push(FieldFault::new(path, received(value), format!("text without {unseen}")));
            }
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(&schema["items"], item, &format!("{path}[{index}]"), faults);
            }
        }
        Value::Object(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, field) in fields.iter_mut() {
                walk(&schema["properties"][name], field, &format!("{path}{dot}{name}"), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn lines(schema: &Value) -> Lines {
    if schema[MULTILINE] == true { Lines::Many } else { Lines::One }
}
