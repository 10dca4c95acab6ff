//! Calls offered next: only those that would be taken from this caller.

use super::{Answer, Call, Effect, Next};
use crate::{Role, entry};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// How a dry run begins, on every face.
const DRY_RUN: &str = "Dry run, nothing written.";
/// Bytes of arguments that are offered again after a dry run: more is no help to anyone who reads it.
const LONGEST: usize = 600;

impl Answer {
    /// Leaves out tools closed to the role, arguments their schema refuses and, of a first answer given again, changes:
    /// they belong to the moment of that answer.
    pub(super) fn with_callable_next(mut self, role: Role, now: DateTime<Utc>) -> Self {
        let is_old = self.structured["replayed"] == true && self.structured["dryRun"] != true;
        if let Some(Value::Array(calls)) = self.structured.get_mut("next") {
            calls.retain(|call| is_callable(call, role, now, is_old));
        }
        self
    }

    /// The answer of a call that left nothing behind: it says so first, and offers the same call to be done.
    pub(super) fn of_dry_run(mut self, tool: &'static str, arguments: &Value) -> Self {
        let before = if self.structured["replayed"] == true { " Done before:" } else { "" };
        self.structured["headline"] = format!("{DRY_RUN}{before} {}", self.headline()).into();
        self.structured["dryRun"] = true.into();
        let is_short = arguments.to_string().len() <= LONGEST;
        let again = is_short.then(|| Next::call(tool, arguments.clone(), "do what the dry run shows"));
        self.structured["next"] = json!(again.into_iter().collect::<Vec<_>>());
        self
    }
}

fn is_callable(call: &Value, role: Role, now: DateTime<Utc>, is_old: bool) -> bool {
    let Some(entry) = call["tool"].as_str().and_then(entry) else { return false };
    let changes = entry.effect == Effect::Changes;
    entry.is_open_to(role)
        && !(is_old && changes)
        && Call::parse(entry, call["arguments"].clone(), now).is_ok()
}
