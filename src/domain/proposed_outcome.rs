//! An outcome that an agent proposes: it judges nothing and ends nothing until a person confirms it.

use crate::{
    claim::Claim,
    id::{ObservationId, ProposalId},
    outcome::{Conclusion, Gap},
    review::Action,
};
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an upsell is said to have ended, with what that stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct OutcomeContent {
    pub outcome: Conclusion,
    pub evidence_ids: Vec<ObservationId>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub claims: Vec<Claim>,
    pub gaps: Vec<Gap>,
    pub intervention_plan: Vec<Action>,
    pub lessons: Vec<String>,
    /// When cancelled or cut.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposedOutcome {
    pub id: ProposalId,
    pub content: OutcomeContent,
    pub proposed_by: String,
    pub proposed_at: DateTime<Utc>,
    pub state: ProposalState,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum ProposalState {
    Open,
    /// Documented as proposed.
    Confirmed {
        by: String,
        at: DateTime<Utc>,
    },
    /// Another proposal or another outcome came instead.
    Superseded {
        by: String,
        at: DateTime<Utc>,
    },
}

impl ProposedOutcome {
    pub fn is_open(&self) -> bool {
        self.state == ProposalState::Open
    }

    /// Whether it waited at `at`.
    pub fn was_open_at(&self, at: DateTime<Utc>) -> bool {
        self.proposed_at <= at
            && match &self.state {
                ProposalState::Open => true,
                ProposalState::Confirmed { at: closed, .. }
                | ProposalState::Superseded { at: closed, .. } => *closed > at,
            }
    }

    /// Closed because `content` was documented by somebody.
    #[must_use]
    pub fn answered(self, content: &OutcomeContent, by: String, at: DateTime<Utc>) -> Self {
        let state = if self.content == *content {
            ProposalState::Confirmed { by, at }
        } else {
            ProposalState::Superseded { by, at }
        };
        Self { state, ..self }
    }
}

/// The proposal that waits, the newest if there are several.
pub fn open_at(proposals: Vec<ProposedOutcome>, at: DateTime<Utc>) -> Option<ProposedOutcome> {
    proposals.into_iter().rev().find(|proposal| proposal.was_open_at(at))
}
