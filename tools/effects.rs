//! What other systems will get of a change: queued with it, delivered later, each told with its own success.

use crate::Context;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueuedEffect {
    pub publish: Published,
    pub queued: bool,
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Published {
    GoogleDoc,
    Calendar,
    HealthFactor,
}

impl QueuedEffect {
    pub fn line(&self, cx: &Context) -> String {
        let queued = cx.words("Queued", "Would be queued");
        if self.queued { format!("{queued}: {}.", self.what) } else { format!("Not queued: {}.", self.what) }
    }
}
