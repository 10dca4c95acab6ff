//! JSON Schemas from the types: one shape for every client.

mod formats;

pub use formats::{Format, format_of};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Characters of an idempotency key.
const LONGEST_KEY: usize = 200;

/// What a request type says of itself.
pub struct Input {
    pub description: String,
    /// As clients are given it: without bounds and formats that would cost every agent tokens and that none would break.
    pub served: Value,
    pub checks: Checks,
}

/// The schema arguments are checked by: the one served, with every bound and format.
pub struct Checks {
    pub schema: Value,
    pub validator: jsonschema::Validator,
}

/// Description and schema of a request type. A change also takes `idempotencyKey`, and `dryRun` where offered.
pub fn input<T: JsonSchema>(changes: bool, dry_run: bool) -> Input {
    let mut schema = plain(SchemaSettings::draft2020_12().into_generator_of::<T>(true));
    let description =
        schema.remove("description").and_then(|text| text.as_str().map(one_line)).unwrap_or_default();
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if changes {
        properties["idempotencyKey"] = json!({ "type": "string" });
    }
    if dry_run {
        properties["dryRun"] = json!({ "type": "boolean" });
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    let (mut strict, mut served) = (Value::from(schema.clone()), Value::from(schema));
    formats::bound(&mut strict);
    if changes {
        strict["properties"]["idempotencyKey"]["maxLength"] = LONGEST_KEY.into();
    }
    formats::drop_wide_bounds(&mut served);
    formats::drop_unserved(&mut served);
    let validator = formats::validator(&strict);
    Input { description, served, checks: Checks { schema: strict, validator } }
}

/// Output schema of a tool: the data's fields beside those every answer has.
pub fn output<T: JsonSchema>() -> Value {
    let mut schema = plain(SchemaSettings::draft2020_12().for_serialize().into_generator_of::<T>(false));
    schema.remove("description");
    schema.remove("additionalProperties");
    schema.values_mut().for_each(formats::drop_unserved);
    let next = json!({ "type": "array", "items": { "type": "object", "properties": {
        "tool": { "type": "string" }, "arguments": { "type": "object" }, "why": { "type": "string" } } } });
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties["headline"] = json!({ "type": "string" });
    properties["next"] = next;
    properties["replayed"] = json!({ "type": "boolean" });
    properties["dryRun"] = json!({ "type": "boolean" });
    let required = schema.entry("required").or_insert_with(|| json!([]));
    required.as_array_mut().expect("`required` is a list").extend(["headline".into(), "next".into()]);
    schema.into()
}

trait IntoGeneratorOf {
    fn into_generator_of<T: JsonSchema>(self, strict: bool) -> (Value, bool);
}

impl IntoGeneratorOf for SchemaSettings {
    fn into_generator_of<T: JsonSchema>(mut self, strict: bool) -> (Value, bool) {
        self.inline_subschemas = true;
        self.meta_schema = None;
        (self.into_generator().into_root_schema_for::<T>().to_value(), strict)
    }
}

fn plain((mut schema, is_input): (Value, bool)) -> Map<String, Value> {
    tidy(&mut schema, is_input);
    match schema {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Drops what some clients refuse or nobody reads: `null` in optional inputs, titles, defaults.
fn tidy(schema: &mut Value, is_input: bool) {
    match schema {
        Value::Object(fields) => {
            fields.remove("title");
            fields.remove("default");
            if is_input {
                without_null(fields);
                without_words_about_the_type(fields);
            }
            if let Some(text) = fields.get("description").and_then(Value::as_str).map(one_line) {
                if text.is_empty() {
                    fields.remove("description");
                } else {
                    fields.insert("description".to_owned(), text.into());
                }
            }
            fields.values_mut().for_each(|value| tidy(value, is_input));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, is_input)),
        _ => {}
    }
}

fn without_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            fields["type"] = only.clone();
        }
    }
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(options)) = fields.get_mut("anyOf") {
        options.retain(|option| option["type"] != "null");
        if let [only] = options.as_slice() {
            let only = only.clone();
            fields.remove("anyOf");
            only.as_object().into_iter().flatten().for_each(|(name, value)| {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            });
        }
    }
}

/// A list's own description says what its items are for; that of the items' type is for readers of the code.
fn without_words_about_the_type(fields: &mut Map<String, Value>) {
    if let Some(Value::Object(items)) = fields.get_mut("items") {
        items.remove("description");
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
