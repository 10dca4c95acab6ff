//! What is sound in faulty arguments, so that a tool's own rules are told in the same error.

use domain::error::FieldFault;
use serde_json::{Map, Value};

/// What the rules say of the sound part. A faulty argument stands in by the example's while they look, or is left out;
/// what they say of it is not told.
pub fn faults(
    arguments: &Value,
    faulty: &[FieldFault],
    example: &Value,
    rules: impl Fn(&Value) -> Vec<FieldFault>,
) -> Vec<FieldFault> {
    let mut sound = arguments.as_object().cloned().unwrap_or_default();
    let mut replaced: Vec<String> = Vec::new();
    for fault in faulty {
        replaced.push(replace(&mut sound, example, &fault.field));
    }
    // These are the door's own.
    sound.remove("idempotencyKey");
    sound.remove("dryRun");
    let is_told = |fault: &FieldFault| !replaced.iter().any(|place| is_within(&fault.field, place));
    rules(&Value::Object(sound)).into_iter().filter(is_told).collect()
}

/// Puts the example's item or field in the place of a faulty one; the place.
fn replace(sound: &mut Map<String, Value>, example: &Value, path: &str) -> String {
    let top = path.split(['.', '[']).next().unwrap_or(path);
    let index = path[top.len()..].strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let index = index.and_then(|(index, _)| index.parse::<usize>().ok());
    let item = index.and_then(|index| sound.get_mut(top)?.get_mut(index));
    if let (Some(item), Some(index), Some(good)) = (item, index, example[top].get(0)) {
        item.clone_from(good);
        return format!("{top}[{index}]");
    }
    match example.get(top) {
        Some(good) => sound.insert(top.to_owned(), good.clone()),
        None => sound.remove(top),
    };
    top.to_owned()
}

fn is_within(field: &str, place: &str) -> bool {
    field.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
