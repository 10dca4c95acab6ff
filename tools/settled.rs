//! A key settled by a request, and what a different request on the same ground is told.

use crate::arguments::{digest, received};
use domain::{Error, error::FieldFault, id::UpsellId, quote};
use serde_json::{Map, Value, json};
use store::answers::AnswerKey;

/// Where a stored answer keeps what was asked.
pub const ASKED: &str = "asked";
/// Differences told of one request.
const MOST_LISTED: usize = 4;
/// Bytes of a request that is kept whole, and of a field that is kept whole in a longer one.
const LONGEST_REQUEST: usize = 4_000;
const LONGEST_FIELD: usize = 400;
/// What stands for a longer field: enough to see that another differs, and to name it.
const DIGEST: &str = "digest";
const LOOKS: &str = "looks";

pub struct Settled {
    pub key: AnswerKey,
    pub digest: String,
    pub asked: Value,
}

impl Settled {
    /// The conflict with the request that settled the key first, whose stored answer is `first`.
    pub fn conflict(&self, tool: &str, first: &str, subject: Option<UpsellId>) -> Error {
        let first: Value = serde_json::from_str(first).unwrap_or_default();
        let faults = differences(&condensed(&first[ASKED]), &self.asked);
        let differs = listed(&faults);
        let message = match self.key {
            AnswerKey::Idempotency { .. } => format!(
                "this idempotencyKey was used for another {tool}{differs}; send a new idempotencyKey for a new \
                 request, or the first arguments for the first answer"
            ),
            AnswerKey::Natural(_) | AnswerKey::Change(_) => {
                let of = subject.map_or(String::new(), |upsell| format!("upsell=\"{upsell}\", "));
                format!(
                    "this {tool} was settled before with other arguments{differs}. What was recorded first stands, \
                     whatever the idempotencyKey; read it with get_progress({of}detail=\"detailed\"), or send the \
                     first arguments for the first answer"
                )
            }
        };
        Error::conflict(message).of_fields(faults)
    }
}

/// A request as it is kept to be compared with: whole, or with a digest in the place of each long field.
pub fn condensed(request: &Value) -> Value {
    let is_short = |value: &Value, most: usize| value.to_string().len() <= most;
    match request {
        Value::Object(fields) if !is_short(request, LONGEST_REQUEST) => {
            let short =
                |value: &Value| if is_short(value, LONGEST_FIELD) { value.clone() } else { stub(value) };
            fields.iter().map(|(name, value)| (name.clone(), short(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn stub(value: &Value) -> Value {
    json!({ DIGEST: digest(value), LOOKS: received(value) })
}

fn is_stub(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| fields.len() == 2 && fields.contains_key(DIGEST))
}

/// `: summary was "One team started", now "Two teams started"`, or nothing when nothing is known to differ.
pub fn listed(differences: &[FieldFault]) -> String {
    let one = |fault: &FieldFault| format!("{} was {}, now {}", fault.field, fault.wanted, fault.received);
    let mut all: Vec<String> = differences.iter().take(MOST_LISTED).map(one).collect();
    if let more @ 1.. = differences.len().saturating_sub(MOST_LISTED) {
        all.push(format!("and {more} more"));
    }
    if all.is_empty() { String::new() } else { format!(": {}", all.join("; ")) }
}

/// Every field that is other now: `received` is what came now, `wanted` what came first.
pub fn differences(first: &Value, now: &Value) -> Vec<FieldFault> {
    let mut faults = Vec::new();
    compare(Some(first), Some(now), "", &mut faults);
    faults
}

fn compare(first: Option<&Value>, now: Option<&Value>, path: &str, faults: &mut Vec<FieldFault>) {
    let (first, now) = (first.filter(|value| !value.is_null()), now.filter(|value| !value.is_null()));
    match (first, now) {
        (Some(first), Some(now)) if is_stub(first) != is_stub(now) => {
            let as_stub = |value: &Value| if is_stub(value) { value.clone() } else { stub(value) };
            compare(Some(&as_stub(first)), Some(&as_stub(now)), path, faults);
        }
        (Some(first), Some(now)) if is_stub(first) => {
            if first[DIGEST] != now[DIGEST] {
                let looks = |value: &Value| value[LOOKS].as_str().unwrap_or_default().to_owned();
                let other = if first[LOOKS] == now[LOOKS] { ", with other content" } else { "" };
                faults.push(FieldFault::new(path, looks(now) + other, looks(first)));
            }
        }
        (Some(Value::Object(first)), Some(Value::Object(now))) => {
            let added = now.keys().filter(|field| !first.contains_key(*field));
            for field in first.keys().chain(added) {
                let dot = if path.is_empty() { "" } else { "." };
                compare(first.get(field), now.get(field), &format!("{path}{dot}{field}"), faults);
            }
        }
        (Some(Value::Array(first)), Some(Value::Array(now))) if first.len() == now.len() => {
            for (index, (first, now)) in first.iter().zip(now).enumerate() {
                compare(Some(first), Some(now), &format!("{path}[{index}]"), faults);
            }
        }
        (first, now) if first == now => {}
        (first, now) => {
            let (was, is) = shown(first, now);
            faults.push(FieldFault::new(path, is, was));
        }
    }
}

/// Letters before the first difference of two texts that are shown with them.
const AHEAD: usize = 20;

/// A value as it was sent, without the `.0` of a whole number.
fn plain(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::Number(number)) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        Some(value) => quote::clipped(&value.to_string()),
    }
}

/// Both values as people read them; of two texts that begin alike, from shortly before they differ.
fn shown(first: Option<&Value>, now: Option<&Value>) -> (String, String) {
    let (Some(Value::String(was)), Some(Value::String(is))) = (first, now) else {
        return (plain(first), plain(now));
    };
    let alike = was.chars().zip(is.chars()).take_while(|(was, is)| was == is).count();
    if alike <= 3 * AHEAD {
        return (plain(first), plain(now));
    }
    let from = |text: &str| {
        let rest: String = text.chars().skip(alike - AHEAD).collect();
        quote::clipped(&Value::from(format!("…{rest}")).to_string())
    };
    (from(was), from(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(first: &Value, now: &Value) -> String {
        listed(&differences(&condensed(first), &condensed(now)))
    }

    #[test]
    fn what_differs_is_told_field_by_field() {
        let first = json!({ "outcome": "partial", "gaps": [], "lessons": ["Train"], "status": null });
        let now = json!({ "outcome": "failed", "gaps": [], "lessons": ["Train"], "evidenceIds": ["o_1"] });
        assert_eq!(
            words(&first, &now),
            ": outcome was \"partial\", now \"failed\"; evidenceIds was nothing, now [\"o_1\"]"
        );
    }

    #[test]
    fn a_difference_deep_inside_or_far_along_is_the_one_shown() {
        let target = |target: u32| json!({ "setTargets": [{ "metric": "csat", "target": target }] });
        assert_eq!(words(&target(60), &target(70)), ": setTargets[0].target was 60, now 70");
        let summary = |end: &str| json!({ "summary": format!("{} {end}", "One team started. ".repeat(20)) });
        let far = words(&summary("Two wait"), &summary("Three wait"));
        assert!(far.contains("Two wait") && far.contains("Three wait") && far.len() < 150, "{far}");
    }

    #[test]
    fn a_long_request_is_kept_short_and_still_names_its_field() {
        let events = |count: usize, user: &str| {
            let one = |n: usize| json!({ "eventId": format!("e-{n}"), "user": user });
            json!({ "events": (0..count).map(one).collect::<Vec<_>>(), "note": "same" })
        };
        assert!(condensed(&events(1_000, "kim")).to_string().len() < LONGEST_FIELD);
        assert_eq!(words(&events(1_000, "kim"), &events(1_000, "kim")), "");
        assert_eq!(
            words(&events(1_000, "kim"), &events(1_000, "lee")),
            ": events was a list of 1000 items, now a list of 1000 items, with other content"
        );
        assert_eq!(
            words(&events(2, "kim"), &events(999, "kim")),
            ": events was [{\"eventId\":\"e-0\",\"user\":\"kim\"},{\"eventId\":\"e-1\",\"user\":\"kim\"}], now a list of \
             999 items"
        );
    }
}
