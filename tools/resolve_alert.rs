//! What somebody did about an alert: seen, put off, or done with.

use crate::{Context, Effect, Next, Reply, Role, Route, Tool, stated};
use chrono::{DateTime, Utc};
use domain::{
    Error, Result,
    alert::{Alert, AlertNote, AlertState},
    error::FieldFault,
    id::AlertId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Acknowledges, snoozes or closes an alert, with a note saying why. Snoozing keeps the same thing from alerting again until then.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveAlert {
    pub alert: AlertId,
    pub action: Resolution,
    #[schemars(length(min = 1, max = 2000), extend("multiline" = true))]
    pub note: String,
    /// For snooze: in the future.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snooze_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Resolution {
    Acknowledge,
    Snooze,
    Close,
}

impl Resolution {
    const fn word(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Snooze => "snooze",
            Self::Close => "close",
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Resolved {
    pub alert: Alert,
}

impl Tool for ResolveAlert {
    const NAME: &'static str = "resolve_alert";
    const TITLE: &'static str = "Acknowledge, snooze or close an alert";
    const EFFECT: Effect = Effect::Changes;
    const ROLES: &'static [Role] = &[Role::Monitor, Role::Orchestrator, Role::Csm];
    const ROUTE: Route = Route::post("/api/alerts/{alert}/resolve");
    const EXAMPLE: &'static str =
        r#"{"alert":"a_0123456789ab","action":"acknowledge","note":"Called the admin, training on Friday"}"#;
    type Output = Resolved;

    async fn run(self, cx: &mut Context) -> Result<Reply<Resolved>> {
        if let Some(blank) = stated::blank("note", Some(&self.note), "why, in a sentence") {
            return Err(Error::faults(vec![blank]));
        }
        let mut alert = cx.tx.alert(self.alert).await?;
        cx.subject = Some(alert.upsell);
        let state = self.state(cx.now())?;
        let key = format!("{}:{}", alert.id, self.place(&alert, &state));
        if cx.is_repeat(Self::NAME, key, &self).await? {
            return Ok(Reply::new("already done", Resolved { alert }));
        }
        if let AlertState::Snoozed { until } = state
            && until <= cx.now()
        {
            return Err(fault(until.to_rfc3339(), "an instant in the future"));
        }
        if matches!(alert.state, AlertState::Closed { .. }) {
            return Err(Error::conflict(format!(
                "alert {} is closed; if the same thing comes back it makes a new alert, see list_alerts",
                alert.id
            )));
        }
        if alert.changed_at() > cx.now() {
            return Err(stepped_back(&alert, cx.now()));
        }
        alert.state = state;
        alert.notes.push(AlertNote {
            by: cx.caller.name.clone(),
            at: cx.now(),
            action: self.action.word().to_owned(),
            note: self.note,
        });
        cx.tx.save_alert(&alert).await?;
        let headline = format!("{}: {}", told(&alert.state), alert.message);
        let next = Next::call("list_alerts", json!({ "state": "open" }), "what else is open");
        Ok(Reply::new(headline, Resolved { alert }).next(next))
    }
}

impl ResolveAlert {
    fn state(&self, now: DateTime<Utc>) -> Result<AlertState> {
        match (self.action, self.snooze_until) {
            (Resolution::Acknowledge, None) => Ok(AlertState::Acknowledged),
            (Resolution::Close, None) => Ok(AlertState::Closed { at: now }),
            (Resolution::Snooze, Some(until)) => Ok(AlertState::Snoozed { until }),
            (Resolution::Snooze, None) => {
                Err(fault("nothing".to_owned(), "until when to snooze, such as 2026-12-01T09:00:00Z"))
            }
            (Resolution::Acknowledge | Resolution::Close, Some(until)) => {
                Err(fault(until.to_rfc3339(), "nothing, or action=\"snooze\""))
            }
        }
    }

    /// Which of the alert's notes this request is: the last one when it says the very same, else the next. So a
    /// repeated call finds its first answer, and the same words after something else happened count anew.
    fn place(&self, alert: &Alert, state: &AlertState) -> usize {
        let stands = match (&alert.state, state) {
            (AlertState::Closed { .. }, AlertState::Closed { .. }) => true,
            (now, wanted) => now == wanted,
        };
        let is_last =
            |last: &AlertNote| stands && last.action == self.action.word() && last.note == self.note;
        alert.notes.len() - usize::from(alert.notes.last().is_some_and(is_last))
    }
}

fn fault(received: String, wanted: &str) -> Error {
    Error::faults(vec![FieldFault::new("snoozeUntil", received, wanted)])
}

/// What was recorded after now is not written over.
fn stepped_back(alert: &Alert, now: DateTime<Utc>) -> Error {
    let shown = |at: DateTime<Utc>| at.format("%-d %b %Y %H:%M:%S UTC");
    Error::conflict(format!(
        "alert {} last changed on {}, and the server's clock says {}: set the clock right, or call again after that \
         moment",
        alert.id,
        shown(alert.changed_at()),
        shown(now)
    ))
}

fn told(state: &AlertState) -> String {
    match state {
        AlertState::Open => "Open".to_owned(),
        AlertState::Acknowledged => "Acknowledged".to_owned(),
        AlertState::Snoozed { until } => format!("Snoozed until {}", until.format("%-d %b %Y %H:%M UTC")),
        AlertState::Closed { .. } => "Closed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
