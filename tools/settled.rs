//! A key settled by a request, and what a different request on the same ground is told.

use domain::{Error, id::UpsellId, quote};
use serde_json::{Map, Value};
use store::answers::AnswerKey;

/// Where a stored answer keeps what was asked.
pub const ASKED: &str = "asked";
/// Differences told of one request.
const MOST_TOLD: usize = 4;

pub struct Settled {
    pub key: AnswerKey,
    pub digest: String,
    /// `None` under a key the caller chose: another key makes another request.
    pub asked: Option<Value>,
}

impl Settled {
    /// The conflict with the request that settled the key first, whose stored answer is `first`.
    pub fn conflict(&self, tool: &str, first: &str, subject: Option<UpsellId>) -> Error {
        let Some(asked) = &self.asked else {
            return Error::conflict(format!(
                "this idempotencyKey was used for another {tool}; send a new idempotencyKey for a new request, or the \
                 first arguments for the first answer"
            ));
        };
        let first: Value = serde_json::from_str(first).unwrap_or_default();
        let differs = differences(&first[ASKED], asked);
        let differs = if differs.is_empty() { String::new() } else { format!(": {}", differs.join("; ")) };
        let of = subject.map_or(String::new(), |upsell| format!("upsell=\"{upsell}\", "));
        Error::conflict(format!(
            "this {tool} was settled before with other arguments{differs}. What was recorded first stands, whatever \
             the idempotencyKey; read it with get_progress({of}detail=\"detailed\"), or send the first arguments for \
             the first answer"
        ))
    }
}

/// `summary was "One team started", now "Two teams started"`, field by field.
fn differences(first: &Value, now: &Value) -> Vec<String> {
    let (Some(first), Some(now)) = (first.as_object(), now.as_object()) else { return Vec::new() };
    let added = now.keys().filter(|field| !first.contains_key(*field));
    let fields = first.keys().chain(added).filter(|field| is_other(first, now, field));
    let told =
        |field: &String| format!("{field} was {}, now {}", shown(first.get(field)), shown(now.get(field)));
    fields.take(MOST_TOLD).map(told).collect()
}

fn is_other(first: &Map<String, Value>, now: &Map<String, Value>, field: &str) -> bool {
    let value = |of: &Map<String, Value>| of.get(field).filter(|value| !value.is_null()).cloned();
    value(first) != value(now)
}

fn shown(value: Option<&Value>) -> String {
    value
        .filter(|value| !value.is_null())
        .map_or("nothing".to_owned(), |value| quote::clipped(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_field_by_field() {
        let first = json!({ "outcome": "partial", "gaps": [], "lessons": ["Train"], "status": null });
        let now = json!({ "outcome": "failed", "gaps": [], "lessons": ["Train"], "evidenceIds": ["o_1"] });
        let told = differences(&first, &now);
        assert_eq!(
            told,
            ["outcome was \"partial\", now \"failed\"", "evidenceIds was nothing, now [\"o_1\"]"]
        );
    }
}
