//! Formats of arguments: what each wants in words, and the bounds and checks that stand behind the served schema.

use crate::arguments::MULTILINE;
use chrono::{DateTime, NaiveDate};
use domain::id::{AlertId, ObservationId};
use serde_json::{Map, Value};

/// Figures beyond are no measurements, and print as hundreds of digits.
const LARGEST: f64 = 1e15;

/// A kind of text.
pub struct Format {
    name: &'static str,
    /// What to send, in an error.
    pub wanted: &'static str,
    /// Clients read it in the schema.
    is_served: bool,
    /// Where the schema library does not know it.
    holds: Option<fn(&str) -> bool>,
}

const FORMATS: [Format; 5] = [
    Format { name: "date", wanted: "a day such as 2026-03-31", is_served: true, holds: None },
    Format {
        name: "date-time",
        wanted: "an instant such as 2026-03-31T09:00:00Z",
        is_served: true,
        holds: None,
    },
    Format {
        name: "day-or-instant",
        wanted: "a day such as 2026-03-31, or an instant such as 2026-03-31T09:00:00Z",
        is_served: false,
        holds: Some(|text| text.parse::<NaiveDate>().is_ok() || DateTime::parse_from_rfc3339(text).is_ok()),
    },
    Format {
        name: "observation-id",
        wanted: "the id of an observation such as o_7f3k9x2mq4tz; get_progress lists them as evidenceIds",
        is_served: false,
        holds: Some(|text| text.parse::<ObservationId>().is_ok()),
    },
    Format {
        name: "alert-id",
        wanted: "the id of an alert such as a_7f3k9x2mq4tz; list_alerts names them",
        is_served: false,
        holds: Some(|text| text.parse::<AlertId>().is_ok()),
    },
];

pub fn format_of(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// Checks arguments by the schema, formats included.
pub fn validator(schema: &Value) -> jsonschema::Validator {
    let options = jsonschema::options().should_validate_formats(true);
    let options = FORMATS.iter().fold(options, |options, format| match format.holds {
        Some(holds) => options.with_format(format.name, holds),
        None => options,
    });
    options.build(schema).expect("a generated schema is valid")
}

/// Characters of a text whose field says nothing else: no name, id or sentence is longer.
const LONGEST_TEXT: u64 = 500;

/// Writes the bounds of the number types as bounds, so that what a `u32` cannot hold is refused by name, and puts one on
/// every text.
pub fn bound(schema: &mut Value) {
    everywhere(schema, &mut |fields| {
        if fields.get("type").is_some_and(|kind| kind == "string")
            && !fields.contains_key("enum")
            && !fields.contains_key("format")
        {
            fields.entry("maxLength").or_insert(LONGEST_TEXT.into());
        }
        let (least, most) = match fields.get("format").and_then(Value::as_str) {
            Some("uint16") => (None, Some(u16::MAX.into())),
            Some("uint32") => (None, Some(u32::MAX.into())),
            Some("double") => (Some((-LARGEST).into()), Some(LARGEST.into())),
            _ => return,
        };
        fields.remove("format");
        for (name, bound) in [("minimum", least), ("maximum", most)] {
            if let Some(bound) = bound {
                fields.entry(name).or_insert(bound);
            }
        }
    });
}

/// Leaves out what only the server reads.
pub fn drop_unserved(schema: &mut Value) {
    everywhere(schema, &mut |fields| {
        let name = fields.get("format").and_then(Value::as_str);
        if name.is_some_and(|name| !format_of(name).is_some_and(|format| format.is_served)) {
            fields.remove("format");
        }
        fields.remove(MULTILINE);
    });
}

/// Lists that a pipeline fills, not an agent, are served with their bound.
const LONG_LIST: u64 = 500;

/// Leaves out bounds that no agent comes near: those a number type has by itself, and the longest texts and lists. A
/// call that breaks one is told it by name.
pub fn drop_wide_bounds(schema: &mut Value) {
    everywhere(schema, &mut |fields| {
        let is_counted =
            fields.get("format").and_then(Value::as_str).is_some_and(|name| name.starts_with("uint"));
        fields.retain(|name, bound| match (name.as_str(), bound.as_u64()) {
            ("minimum", Some(0)) | ("maximum", Some(65_535)) => !is_counted,
            ("minLength" | "maxLength", Some(_)) => false,
            ("maxItems", Some(most)) => most >= LONG_LIST,
            _ => true,
        });
    });
}

fn everywhere(schema: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(fields) => {
            change(fields);
            fields.values_mut().for_each(|value| everywhere(value, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| everywhere(item, change)),
        _ => {}
    }
}
