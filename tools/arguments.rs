//! Arguments: every fault listed at once, text typed by the schema, one digest for the same request.

use domain::{Error, Result, error::FieldFault};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

const MAX_FAULTS: usize = 20;

/// The arguments as an object without nulls, or one error that lists every fault with an example of a good call.
pub fn checked(
    tool: &str,
    validator: &Validator,
    schema: &Value,
    example: &Value,
    arguments: Value,
) -> Result<Value> {
    let mut arguments = match arguments {
        Value::Null => Value::Object(Map::new()),
        Value::Object(fields) => Value::Object(fields),
        other => {
            return Err(Error::invalid(format!(
                "{tool} takes an object of arguments, not {}",
                short(&other)
            )));
        }
    };
    tidy(&mut arguments);
    let faults: Vec<FieldFault> =
        validator.iter_errors(&arguments).flat_map(|error| faults_of(&error, schema)).collect();
    if faults.is_empty() {
        return Ok(arguments);
    }
    let count = faults.len();
    let mut error = Error::faults(faults.into_iter().take(MAX_FAULTS).collect());
    error.message = format!(
        "{tool}: {count} fault{} in the arguments. {}. Example: {example}",
        if count == 1 { "" } else { "s" },
        error.message
    );
    Err(error)
}

/// Leaves out nulls (an absent argument) and writes whole floats as integers, as JSON Schema counts them.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Number(number) => {
            let whole =
                number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15);
            if let Some(whole) = whole {
                *value = Value::from(whole as i64);
            }
        }
        _ => {}
    }
}

fn faults_of(error: &jsonschema::ValidationError<'_>, schema: &Value) -> Vec<FieldFault> {
    use jsonschema::error::ValidationErrorKind as Kind;
    let path = dotted(&error.instance_path().to_string());
    let at = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    match error.kind() {
        Kind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            let wanted = error.instance_path().to_string();
            let wanted = if wanted.is_empty() {
                wanted_of(&schema["properties"][field])
            } else {
                "a value".to_owned()
            };
            vec![FieldFault { field: at(field), received: "nothing".to_owned(), wanted }]
        }
        Kind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|field| FieldFault {
                field: at(field),
                received: "an argument this tool does not have".to_owned(),
                wanted: format!("one of {}", names(schema)),
            })
            .collect(),
        Kind::Format { format } => {
            let wanted = match format.as_str() {
                "date" => "a day such as 2026-03-31",
                "date-time" => "an instant such as 2026-03-31T09:00:00Z",
                other => other,
            };
            vec![FieldFault::new(path, short(error.instance()), wanted)]
        }
        _ => {
            let wanted = error.to_string();
            let wanted = wanted.rsplit_once(" is ").map_or(wanted.clone(), |(_, rest)| rest.to_owned());
            let field = if path.is_empty() { "arguments".to_owned() } else { path };
            vec![FieldFault {
                field,
                received: short(error.instance()),
                wanted: format!(
                    "something that is {}",
                    wanted
                        .replace("not of type", "of type")
                        .replace("not one of", "one of")
                        .replace("not a", "a")
                ),
            }]
        }
    }
}

fn wanted_of(schema: &Value) -> String {
    let kind = schema["type"].as_str().unwrap_or("value");
    schema["description"].as_str().map_or_else(|| format!("a {kind}"), |text| format!("{kind}: {text}"))
}

fn names(schema: &Value) -> String {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
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

/// A value as an error repeats it: at most sixty characters.
fn short(value: &Value) -> String {
    let text = value.to_string();
    let mut shortened: String = text.chars().take(60).collect();
    if shortened.len() < text.len() {
        shortened.push('…');
    }
    shortened
}

/// Arguments as the request type, after the schema let them through.
pub fn typed<T: DeserializeOwned>(arguments: Value) -> Result<T> {
    serde_json::from_value(arguments).map_err(|error| Error::invalid(error.to_string()))
}

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

/// The same for the same request, whatever the order of its fields: FNV-1a over sorted JSON, 128 bits.
pub fn digest(arguments: &Value) -> String {
    let text = sorted(arguments);
    let hash = text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}")
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(name, field)| format!("{name:?}:{}", sorted(field))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
