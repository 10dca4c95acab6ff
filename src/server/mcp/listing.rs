//! The catalogue as MCP lists it: titles, hints from the effect, an output schema an agent can afford.

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use tools::{Effect, Entry, catalogue};

/// Every tool as MCP shows it, in the catalogue's order.
pub static TOOLS: LazyLock<Vec<(&'static Entry, Tool)>> =
    LazyLock::new(|| catalogue().iter().map(|entry| (entry, shown(entry))).collect());

fn shown(entry: &'static Entry) -> Tool {
    let reads = entry.effect == Effect::Reads;
    let annotations = ToolAnnotations::new()
        .read_only(reads)
        .destructive(entry.destructive)
        // The same call twice does what once does, and reaches nothing but the database.
        .idempotent(true)
        .open_world(false);
    Tool::new(entry.name, entry.description.as_str(), object(&entry.input))
        .with_title(entry.title)
        .with_raw_output_schema(object(&compact(&entry.output)))
        .with_annotations(annotations)
}

fn object(schema: &Value) -> Arc<JsonObject> {
    Arc::new(schema.as_object().cloned().unwrap_or_default())
}

/// An output schema an agent can afford to read: the names and types of the first level. All of it is at
/// `/schemas/TOOL.json`.
fn compact(schema: &Value) -> Value {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let properties: JsonObject = properties.map(|(name, inner)| (name.clone(), kind_of(inner))).collect();
    json!({ "type": "object", "properties": properties, "required": ["headline", "next"] })
}

/// The type alone; a list also says of what, because some clients refuse one that does not.
fn kind_of(schema: &Value) -> Value {
    match schema.get("type") {
        None => json!({}),
        Some(kind) if kind == "array" => json!({ "type": "array", "items": kind_of(&schema["items"]) }),
        Some(kind) => json!({ "type": kind }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_shown_with_its_effect_and_a_small_output_schema() {
        for (entry, tool) in TOOLS.iter() {
            let hints = tool.annotations.as_ref().unwrap();
            assert_eq!(hints.read_only_hint, Some(entry.effect == Effect::Reads), "{}", entry.name);
            let cannot_be_undone = matches!(entry.name, "document_outcome" | "record_review");
            assert_eq!(hints.destructive_hint, Some(cannot_be_undone), "{}", entry.name);
            assert_eq!(hints.idempotent_hint, Some(true));
            assert_eq!(hints.open_world_hint, Some(false));
            let output = serde_json::to_string(&tool.output_schema).unwrap();
            assert!(output.contains("headline") && output.len() < 1_000, "{}: {output}", entry.name);
        }
    }

    #[test]
    fn a_list_says_of_what_it_is() {
        let schema = json!({ "type": "array", "items": { "type": "object", "properties": { "a": {} } } });
        assert_eq!(kind_of(&schema), json!({ "type": "array", "items": { "type": "object" } }));
    }
}
