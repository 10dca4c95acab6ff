//! What was concluded at a checkpoint.

use crate::{
    id::{ObservationId, ReviewId},
    status::Status,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Decision {
    Completed,
    Skipped,
    Rescheduled,
}

/// The specification's `SuccessReview`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    pub id: ReviewId,
    pub checkpoint_day: u16,
    pub decision: Decision,
    /// Status the reviewer settled on, and the engine's own at that moment.
    pub status: Option<Status>,
    pub proposed_status: Option<Status>,
    pub summary: String,
    pub evidence_ids: Vec<ObservationId>,
    pub actions: Vec<Action>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reschedule_to: Option<NaiveDate>,
    pub recorded_by: String,
    pub recorded_at: DateTime<Utc>,
}

/// Something somebody will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Action {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<NaiveDate>,
}
