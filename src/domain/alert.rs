//! Something moved and somebody should look.

use crate::id::{AlertId, MetricKey, PlanId, UpsellId};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule that fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AlertRule {
    /// A critical metric became at risk or behind; without a metric, the plan did although none of those lags.
    LaggingAdoption,
    /// Data of a metric came, and stopped; without a metric, all usage did.
    DataStale,
    /// An automatic metric has no data by the first review; without a metric, none has.
    TrackingSilent,
    /// No plan near or past 48 hours after the close.
    PlanMissing,
    /// A checkpoint's review is overdue.
    ReviewOverdue,
    /// A critical milestone is overdue.
    MilestoneOverdue,
    /// More alerts than one CSM should get in a week, listed in one.
    Digest,
}

impl AlertRule {
    pub const ALL: [Self; 7] = [
        Self::LaggingAdoption,
        Self::DataStale,
        Self::TrackingSilent,
        Self::PlanMissing,
        Self::ReviewOverdue,
        Self::MilestoneOverdue,
        Self::Digest,
    ];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LaggingAdoption => "lagging_adoption",
            Self::DataStale => "data_stale",
            Self::TrackingSilent => "tracking_silent",
            Self::PlanMissing => "plan_missing",
            Self::ReviewOverdue => "review_overdue",
            Self::MilestoneOverdue => "milestone_overdue",
            Self::Digest => "digest",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Severity {
    Notice,
    Warning,
    Critical,
}

/// Where an alert stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schemars(inline)]
pub enum AlertState {
    Open,
    Acknowledged,
    Snoozed { until: DateTime<Utc> },
    Closed { at: DateTime<Utc> },
}

impl AlertState {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed { .. } => "snoozed",
            Self::Closed { .. } => "closed",
        }
    }
}

/// An alert. One per episode: (upsell, metric, rule) fires again only after the last one closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    pub id: AlertId,
    pub upsell: UpsellId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan: Option<PlanId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<MetricKey>,
    pub rule: AlertRule,
    /// 1 for the first time this rule fired here.
    pub episode: u32,
    pub severity: Severity,
    #[serde(flatten)]
    pub state: AlertState,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// What happened, in one sentence.
    pub message: String,
    /// What to do about it.
    pub next_step: String,
    pub raised_at: DateTime<Utc>,
    /// Told in this alert only: the owner's week had more than its share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<AlertId>,
    /// What people and agents did about it, oldest first.
    pub notes: Vec<AlertNote>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct AlertNote {
    pub by: String,
    pub at: DateTime<Utc>,
    pub action: String,
    pub note: String,
}

/// Who did what nobody did by hand.
pub const ITSELF: &str = "uptake";

impl AlertNote {
    pub fn by_itself(at: DateTime<Utc>, action: &str, note: String) -> Self {
        Self { by: ITSELF.to_owned(), at, action: action.to_owned(), note }
    }
}

/// What an alert is about beside its upsell: episodes count by it, and at most one alert of it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic {
    pub rule: AlertRule,
    /// `None` is the upsell as a whole.
    pub metric: Option<MetricKey>,
}

impl Alert {
    pub fn topic(&self) -> Topic {
        Topic { rule: self.rule, metric: self.metric.clone() }
    }

    pub const fn is_closed(&self) -> bool {
        matches!(self.state, AlertState::Closed { .. })
    }

    /// When it was last raised, dealt with or closed.
    pub fn changed_at(&self) -> DateTime<Utc> {
        let closed = match self.state {
            AlertState::Closed { at } => Some(at),
            AlertState::Open | AlertState::Acknowledged | AlertState::Snoozed { .. } => None,
        };
        self.notes.iter().map(|note| note.at).chain(closed).fold(self.raised_at, DateTime::max)
    }

    /// Dealt with from its beginning, as the alert it follows was: it never asked for attention of its own.
    pub fn is_inherited(&self) -> bool {
        let is_dealt_with = |note: &AlertNote| matches!(note.action.as_str(), "acknowledge" | "snooze");
        self.notes.first().is_some_and(|note| note.by == ITSELF && is_dealt_with(note))
    }
}

/// What should be alerted now; the reconciler makes the stored alerts so.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub metric: Option<MetricKey>,
    pub rule: AlertRule,
    pub severity: Severity,
    pub message: String,
    /// The words of the message that say which metric or milestone it is about.
    pub names: Vec<String>,
    pub next_step: String,
}

impl Finding {
    pub fn topic(&self) -> Topic {
        Topic { rule: self.rule, metric: self.metric.clone() }
    }

    /// Whether the alert's sentence named all that this one does.
    pub fn is_told_by(&self, alert: &Alert) -> bool {
        self.names.iter().all(|name| alert.message.contains(name))
    }
}
