//! Arguments: every fault listed at once, text taken by one rule and typed by the schema, one digest for the same request.

mod faults;
mod foreign;
mod lists;
mod sound;
mod text;
mod wanted;

use crate::schema::Checks;
use domain::{Error, Result, error::FieldFault};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use foreign::MULTILINE;
pub use text::from_text;
pub use wanted::received;

/// The arguments as an object without nulls, or one error that lists every fault with an example of a good call: those
/// of form, and what the tool's own rules say of the rest.
pub fn checked(
    tool: &str,
    checks: &Checks,
    example: &Value,
    arguments: Value,
    rules: impl Fn(&Value) -> Vec<FieldFault>,
) -> Result<Value> {
    let mut arguments = match arguments {
        Value::Null => Value::Object(Map::new()),
        Value::Object(fields) => Value::Object(fields),
        other => {
            return Err(Error::invalid(format!(
                "{tool} takes an object of arguments, not {}. Example: {example}",
                received(&other)
            )));
        }
    };
    tidy(&mut arguments);
    lists::wrap(&mut arguments, &checks.schema);
    let mut faults = foreign::take(&checks.schema, &mut arguments);
    faults.extend(faults::of(checks, &arguments));
    if faults.is_empty() {
        return Ok(arguments);
    }
    faults.extend(sound::faults(&arguments, &faults, example, rules));
    Err(refusal(tool, faults, example))
}

fn refusal(tool: &str, faults: Vec<FieldFault>, example: &Value) -> Error {
    let count = faults.len();
    let mut error = Error::faults(faults);
    error.message = format!(
        "{tool}: {count} fault{} in the arguments. {}. Example: {example}",
        if count == 1 { "" } else { "s" },
        error.message
    );
    error
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

/// Arguments as the request type, after the schema let them through. What only decoding finds still names its field.
pub fn typed<T: DeserializeOwned>(tool: &str, example: &Value, arguments: &Value) -> Result<T> {
    T::deserialize(arguments).or_else(|_| {
        serde_path_to_error::deserialize(arguments)
            .map_err(|error| refusal(tool, vec![faults::of_decoding(&error, arguments)], example))
    })
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
