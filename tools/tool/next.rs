//! Calls offered next: only those that would be taken from this caller.

use super::{Answer, Call, Effect, Entry, Next};
use crate::{Caller, Host, Role, entry};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

/// How a dry run begins, on every face.
const DRY_RUN: &str = "Dry run, nothing written.";
/// Bytes of arguments that are offered again after a dry run: more is no help to anyone who reads it.
const LONGEST: usize = 600;

impl Answer {
    /// Leaves out tools closed to the role, arguments their schema refuses and, of a first answer given again, changes
    /// that no longer work.
    pub(super) async fn with_callable_next(
        mut self,
        host: &Arc<Host>,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Self {
        let is_old = self.structured["replayed"] == true && self.structured["dryRun"] != true;
        let offered = self.structured.get_mut("next").map_or(Value::Null, Value::take);
        let mut callable = Vec::new();
        for next in offered.as_array().into_iter().flatten() {
            let parsed = parsed(next, caller.role, now);
            let works = match parsed {
                Some((entry, call)) if is_old && entry.effect == Effect::Changes => {
                    entry.change_once(host, caller, &Call { dry_run: true, ..call }).await.is_ok()
                }
                parsed => parsed.is_some(),
            };
            if works {
                callable.push(next.clone());
            }
        }
        self.structured["next"] = callable.into();
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

/// The call, if the role may make it and its tool takes the arguments.
fn parsed(next: &Value, role: Role, now: DateTime<Utc>) -> Option<(&'static Entry, Call)> {
    let entry = next["tool"].as_str().and_then(entry).filter(|entry| entry.is_open_to(role))?;
    Some((entry, Call::parse(entry, next["arguments"].clone(), now).ok()?))
}
