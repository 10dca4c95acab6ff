//! How an upsell does, and how fresh the data is that says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The specification's `currentStatus`, ordered by severity (`methods.md` 5):
/// `behind` = below the expected band now; `at_risk` = inside it now, but unlikely to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    Exceeding,
    OnTrack,
    AtRisk,
    Behind,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Exceeding, Self::OnTrack, Self::AtRisk, Self::Behind];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exceeding => "exceeding",
            Self::OnTrack => "on_track",
            Self::AtRisk => "at_risk",
            Self::Behind => "behind",
        }
    }

    /// As a sentence says it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Exceeding => "exceeding",
            Self::OnTrack => "on track",
            Self::AtRisk => "at risk",
            Self::Behind => "behind",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// 0 for exceeding to 3 for behind.
    pub const fn severity(self) -> u8 {
        self as u8
    }

    pub fn of_severity(severity: u8) -> Self {
        Self::ALL[usize::from(severity.min(3))]
    }

    pub const fn is_well(self) -> bool {
        matches!(self, Self::Exceeding | Self::OnTrack)
    }
}

/// How fresh the data is; apart from status, so that missing never reads as bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum DataState {
    Fresh,
    /// Some metrics have data, some have none yet.
    Partial,
    /// Data came, and stopped.
    Stale,
    None,
}

impl DataState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Partial => "partial",
            Self::Stale => "stale",
            Self::None => "none",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Fresh, Self::Partial, Self::Stale, Self::None].into_iter().find(|state| state.as_str() == text)
    }
}
