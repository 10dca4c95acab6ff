//! What is wrong with arguments: each fault with its field, what came, and what to send.

use super::wanted::{described, names, received};
use crate::schema::Checks;
use domain::error::FieldFault;
use jsonschema::{ValidationError, error::ValidationErrorKind as Kind};
use serde_json::Value;

/// More are not looked for: a list of millions of wrong items is wrong after the first thousand.
const MOST: usize = 1_000;

/// Every fault of form that the schema finds.
pub fn of(checks: &Checks, arguments: &Value) -> Vec<FieldFault> {
    let mut faults: Vec<FieldFault> = Vec::new();
    let found = checks.validator.iter_errors(arguments).flat_map(|error| of_one(&error, &checks.schema));
    for fault in found.take(MOST) {
        // A number where one of some words is wanted breaks two rules, and is one fault.
        if faults.last() != Some(&fault) {
            faults.push(fault);
        }
    }
    faults
}

fn of_one(error: &ValidationError<'_>, schema: &Value) -> Vec<FieldFault> {
    let pointer = error.instance_path().to_string();
    let (path, place) = (dotted(&pointer), place(schema, &pointer));
    let inner = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    match error.kind() {
        Kind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            vec![FieldFault::new(inner(field), "nothing", described(&place["properties"][field]))]
        }
        Kind::AdditionalProperties { unexpected } => {
            let owner = if path.is_empty() { "this tool" } else { path.as_str() };
            let received = format!("an argument {owner} does not have");
            let fault = |field: &String| {
                FieldFault::new(inner(field), received.clone(), format!("one of {}", names(place)))
            };
            unexpected.iter().map(fault).collect()
        }
        _ => vec![FieldFault::new(path, received(error.instance()), described(place))],
    }
}

/// What decoding refuses although the schema let it through.
pub fn of_decoding(error: &serde_path_to_error::Error<serde_json::Error>, arguments: &Value) -> FieldFault {
    let path = error.path().to_string();
    let pointer = path.replace('[', "/").replace(']', "").replace('.', "/");
    let came = arguments.pointer(&format!("/{pointer}")).map_or_else(|| "this".to_owned(), received);
    let text = error.inner().to_string();
    let wanted = text.rsplit_once("expected ").map_or(text.as_str(), |(_, wanted)| wanted);
    FieldFault::new(path, came, wanted)
}

/// The part of the schema that speaks of the value there.
fn place<'a>(schema: &'a Value, pointer: &str) -> &'a Value {
    pointer.split('/').skip(1).fold(schema, |schema, part| match schema.get("items") {
        Some(items) => items,
        None => &schema["properties"][part],
    })
}

/// `/setTargets/0/target` → `setTargets[0].target`.
fn dotted(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, part| {
        match (part.parse::<usize>(), path.is_empty()) {
            (Ok(index), _) => format!("{path}[{index}]"),
            (Err(_), true) => part.to_owned(),
            (Err(_), false) => format!("{path}.{part}"),
        }
    })
}
