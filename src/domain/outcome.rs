//! How an upsell ended, with evidence.

use crate::{id::ObservationId, review::Action};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A concluded outcome; `pending` is the absence of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, description = "")]
pub enum Conclusion {
    Success,
    Partial,
    AtRisk,
    Failed,
}

impl Conclusion {
    pub const ALL: [Self; 4] = [Self::Success, Self::Partial, Self::AtRisk, Self::Failed];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::AtRisk => "at_risk",
            Self::Failed => "failed",
        }
    }
    /// As a sentence says it: `documented as a partial success`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Success => "a success",
            Self::Partial => "a partial success",
            Self::AtRisk => "at risk",
            Self::Failed => "failed",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|conclusion| conclusion.as_str() == text)
    }
}

/// The specification's `outcome`: pending, or documented with what it stands on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "OutcomeWire", into = "OutcomeWire")]
pub enum Outcome {
    #[default]
    Pending,
    Documented(Box<Documented>),
}

impl Outcome {
    pub fn documented(&self) -> Option<&Documented> {
        match self {
            Self::Documented(done) => Some(done),
            Self::Pending => None,
        }
    }

    /// What was documented by `at`.
    #[must_use]
    pub fn known_at(self, at: DateTime<Utc>) -> Self {
        match self {
            Self::Documented(done) if done.documented_at <= at => Self::Documented(done),
            Self::Documented(_) | Self::Pending => Self::Pending,
        }
    }
}

/// A documented outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Documented {
    pub conclusion: Conclusion,
    /// What the engine proposed by rule; `None` when it could not tell.
    pub proposed: Option<Conclusion>,
    /// Sentences, each resting on `evidenceIds`.
    pub evidence: Vec<String>,
    pub evidence_ids: Vec<ObservationId>,
    pub gaps: Vec<Gap>,
    pub intervention_plan: Vec<Action>,
    pub lessons_learned: Vec<String>,
    pub documented_by: String,
    pub documented_at: DateTime<Utc>,
}

/// What a partial success still lacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub struct Gap {
    /// Metric key or goal.
    pub metric: String,
    pub gap: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum OutcomeStatus {
    Success,
    Partial,
    AtRisk,
    Failed,
    Pending,
}

/// `outcome` on the wire, as the specification writes it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct OutcomeWire {
    status: OutcomeStatus,
    evidence: Vec<String>,
    lessons_learned: Vec<String>,
    documented_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    evidence_ids: Vec<ObservationId>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    gaps: Vec<Gap>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    intervention_plan: Vec<Action>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    proposed: Option<Conclusion>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    documented_by: Option<String>,
}

impl From<Outcome> for OutcomeWire {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pending => Self {
                status: OutcomeStatus::Pending,
                evidence: Vec::new(),
                lessons_learned: Vec::new(),
                documented_at: None,
                evidence_ids: Vec::new(),
                gaps: Vec::new(),
                intervention_plan: Vec::new(),
                proposed: None,
                documented_by: None,
            },
            Outcome::Documented(done) => Self {
                status: match done.conclusion {
                    Conclusion::Success => OutcomeStatus::Success,
                    Conclusion::Partial => OutcomeStatus::Partial,
                    Conclusion::AtRisk => OutcomeStatus::AtRisk,
                    Conclusion::Failed => OutcomeStatus::Failed,
                },
                evidence: done.evidence,
                lessons_learned: done.lessons_learned,
                documented_at: Some(done.documented_at),
                evidence_ids: done.evidence_ids,
                gaps: done.gaps,
                intervention_plan: done.intervention_plan,
                proposed: done.proposed,
                documented_by: Some(done.documented_by),
            },
        }
    }
}

impl TryFrom<OutcomeWire> for Outcome {
    type Error = crate::Error;
    fn try_from(wire: OutcomeWire) -> crate::Result<Self> {
        let conclusion = match wire.status {
            OutcomeStatus::Pending => return Ok(Self::Pending),
            OutcomeStatus::Success => Conclusion::Success,
            OutcomeStatus::Partial => Conclusion::Partial,
            OutcomeStatus::AtRisk => Conclusion::AtRisk,
            OutcomeStatus::Failed => Conclusion::Failed,
        };
        let (Some(documented_at), Some(documented_by)) = (wire.documented_at, wire.documented_by) else {
            return Err(crate::Error::invalid("a concluded outcome has documentedAt and documentedBy"));
        };
        Ok(Self::Documented(Box::new(Documented {
            conclusion,
            proposed: wire.proposed,
            evidence: wire.evidence,
            evidence_ids: wire.evidence_ids,
            gaps: wire.gaps,
            intervention_plan: wire.intervention_plan,
            lessons_learned: wire.lessons_learned,
            documented_by,
            documented_at,
        })))
    }
}
