//! What moved since somebody last looked.

use crate::{
    Context, Effect, Next, Reply, Role, Route, Tool,
    alert_subjects::{AlertSubject, alert_subjects},
    list_measurements::twenty,
};
use chrono::{DateTime, Utc};
use domain::{
    Result,
    alert::{Alert, AlertRule, Severity},
    id::{AlertId, UpsellRef},
    text::Name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::alerts::{AlertFilter, Held};

/// Lists alerts, newest first: what happened, to whom, and the next step. A digest names the `held`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListAlerts {
    pub upsell: Option<UpsellRef>,
    pub owner: Option<String>,
    #[serde(default)]
    pub state: StateFilter,
    /// Raised at or after, such as your last run.
    pub since: Option<DateTime<Utc>>,
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: u32,
    pub cursor: Option<AlertId>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum StateFilter {
    #[default]
    Open,
    Acknowledged,
    Snoozed,
    Closed,
    Held,
    Any,
}

impl StateFilter {
    const fn word(self) -> Option<&'static str> {
        match self {
            Self::Open | Self::Held => Some("open"),
            Self::Acknowledged => Some("acknowledged"),
            Self::Snoozed => Some("snoozed"),
            Self::Closed => Some("closed"),
            Self::Any => None,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    pub as_of: DateTime<Utc>,
    pub alerts: Vec<AlertOf>,
    /// All that match, over all pages.
    pub total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<AlertId>,
}

/// An alert and whom it is about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertOf {
    pub customer: Name,
    /// The plan's name for `metric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<Name>,
    #[serde(flatten)]
    pub alert: Alert,
}

impl From<(Alert, AlertSubject)> for AlertOf {
    fn from((alert, subject): (Alert, AlertSubject)) -> Self {
        Self { customer: subject.customer, metric_name: subject.metric, alert }
    }
}

impl Tool for ListAlerts {
    const NAME: &'static str = "list_alerts";
    const TITLE: &'static str = "Alerts";
    const EFFECT: Effect = Effect::Reads;
    const ROLES: &'static [Role] = &[Role::Monitor, Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::get("/api/alerts");
    const EXAMPLE: &'static str = r#"{"state":"open"}"#;
    type Output = Found;

    async fn run(self, cx: &mut Context) -> Result<Reply<Found>> {
        let filter = self.filter(cx).await?;
        let total = cx.tx.count_alerts(&AlertFilter { after: None, ..filter.clone() }).await?;
        let mut found = cx.tx.list_alerts(&AlertFilter { limit: filter.limit + 1, ..filter.clone() }).await?;
        let goes_on = found.len() > self.limit as usize;
        found.truncate(self.limit as usize);
        let next_cursor = found.last().filter(|_| goes_on).map(|alert| alert.id);
        let subjects = alert_subjects(&mut cx.tx, &found).await?;
        let alerts: Vec<AlertOf> = found.into_iter().zip(subjects).map(AlertOf::from).collect();
        let more = next_cursor.map(|cursor| {
            format!(
                "Showing {} of {total}. Narrow by upsell=, owner= or since=, or pass cursor=\"{cursor}\".",
                alerts.len()
            )
        });
        let lines: Vec<String> = alerts.iter().map(AlertOf::line).chain(more).collect();
        let mut reply = Reply::new(headline(self.state, &alerts, total), ()).lines(lines);
        reply.next.extend(alerts.first().map(|first| {
            if first.alert.rule == AlertRule::PlanMissing {
                return Next::call(
                    "list_measurements",
                    json!({ "needsPlan": true }),
                    "which wait for a plan",
                );
            }
            Next::call("get_progress", json!({ "upsell": first.alert.upsell }), "what the first is about")
        }));
        let data = Found { as_of: cx.now(), alerts, total, next_cursor };
        Ok(Reply { headline: reply.headline, lines: reply.lines, next: reply.next, data })
    }
}

impl ListAlerts {
    /// What a digest holds back is seen where it is asked for: by its state, by its upsell, or among all.
    const fn held(&self) -> Held {
        match self.state {
            StateFilter::Held => Held::InDigest,
            StateFilter::Open | StateFilter::Acknowledged | StateFilter::Snoozed if self.upsell.is_none() => {
                Held::Told
            }
            StateFilter::Open
            | StateFilter::Acknowledged
            | StateFilter::Snoozed
            | StateFilter::Closed
            | StateFilter::Any => Held::Either,
        }
    }

    async fn filter(&self, cx: &mut Context) -> Result<AlertFilter> {
        let upsell = match &self.upsell {
            Some(name) => Some(cx.tx.upsell(name).await?.id),
            None => None,
        };
        Ok(AlertFilter {
            upsell,
            owner: self.owner.clone(),
            state: self.state.word().map(str::to_owned),
            held: self.held(),
            since: self.since,
            limit: self.limit,
            after: self.cursor,
        })
    }
}

fn headline(state: StateFilter, alerts: &[AlertOf], total: u64) -> String {
    let word = match state {
        StateFilter::Held => "held back ".to_owned(),
        state => state.word().map_or(String::new(), |word| format!("{word} ")),
    };
    if total == 0 {
        return format!("No {word}alerts.");
    }
    let critical = alerts.iter().filter(|of| of.alert.severity == Severity::Critical).count();
    let plural = if total == 1 { "" } else { "s" };
    let critical = if critical > 0 { format!("; {critical} of those shown critical") } else { String::new() };
    format!("{total} {word}alert{plural}{critical}.")
}

impl AlertOf {
    fn line(&self) -> String {
        let alert = &self.alert;
        let severity = match alert.severity {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        };
        let message = &alert.message;
        let whom = if message.contains(&self.customer.to_string()) {
            String::new()
        } else {
            format!("{}: ", self.customer)
        };
        format!("{severity}, {whom}{message} → {} ({})", alert.next_step, alert.id)
    }
}
