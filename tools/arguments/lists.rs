//! One value where a list of values is wanted: it can only mean a list of one.

use serde_json::Value;

/// Puts a single text, number or truth value into a list wherever the schema wants a list of such.
pub fn wrap(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, field)| wrap(field, &schema["properties"][name]));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| wrap(item, &schema["items"])),
        single if schema["type"] == "array" && is_of(single, &schema["items"]) => {
            *single = Value::Array(vec![single.take()]);
        }
        _ => {}
    }
}

fn is_of(value: &Value, items: &Value) -> bool {
    match items["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer" | "number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_single_value_becomes_a_list_only_where_one_of_its_kind_is_wanted() {
        let texts = json!({ "type": "array", "items": { "type": "string" } });
        let schema = json!({ "properties": {
            "status": texts.clone(),
            "days": { "type": "array", "items": { "type": "integer" } },
            "gaps": { "type": "array", "items": { "type": "object", "properties": { "names": texts } } },
            "customer": { "type": "string" },
        } });
        let mut asked =
            json!({ "status": "behind", "days": 30, "gaps": [{ "names": "a" }], "customer": "b" });
        wrap(&mut asked, &schema);
        let lists =
            json!({ "status": ["behind"], "days": [30], "gaps": [{ "names": ["a"] }], "customer": "b" });
        assert_eq!(asked, lists);
        let mut wrong = json!({ "status": 7, "days": "30", "gaps": { "names": ["a"] } });
        wrap(&mut wrong, &schema);
        assert_eq!(wrong, json!({ "status": 7, "days": "30", "gaps": { "names": ["a"] } }));
    }
}
