//! What must change so that the stored alerts say what was found: one alert per episode, closed by recovery.

use crate::{
    alert::{Alert, AlertNote, AlertRule, AlertState, Finding},
    findings::Findings,
};
use chrono::{DateTime, Utc};

/// A step towards what was found.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// A new episode begins.
    Raise(Raised),
    /// The alert changed: closed by recovery, awake after a snooze, grown more severe, or more to tell.
    Save(Alert),
}

/// An episode as it begins.
#[derive(Debug, PartialEq)]
pub struct Raised {
    pub finding: Finding,
    pub episode: u32,
    /// Open, or as somebody dealt with the alert of the whole that it follows.
    pub state: AlertState,
    pub notes: Vec<AlertNote>,
}

/// The steps from the latest alert of each topic to what was found at `now`. A clock may step back: what was recorded
/// after `now` is left as it is, for what is found now is older.
pub fn steps(findings: Findings, latest: Vec<Alert>, now: DateTime<Utc>) -> Vec<Step> {
    let (mut steps, mut raised, mut unfound) = (Vec::new(), Vec::new(), Vec::new());
    let Findings { mut found, unknown } = findings;
    let (later, latest): (Vec<Alert>, Vec<Alert>) =
        latest.into_iter().partition(|alert| alert.changed_at() > now);
    found.retain(|finding| later.iter().all(|alert| alert.topic() != finding.topic()));
    for alert in latest {
        let topic = alert.topic();
        match found.iter().position(|finding| finding.topic() == topic).map(|at| found.remove(at)) {
            Some(finding) if alert.is_closed() => raised.push(Raised::new(finding, alert.episode + 1)),
            Some(finding) => steps.extend(continued(alert, finding, now)),
            // Its week writes a digest, not what is found of one upsell.
            None if alert.rule == AlertRule::Digest => steps.extend(woken(alert, now)),
            None if alert.is_closed() => {}
            None => unfound.push(alert),
        }
    }
    raised.extend(found.into_iter().map(|finding| Raised::new(finding, 1)));
    for alert in unfound {
        let waits = unknown.contains(&alert.topic()) && !raised.iter().any(|raised| raised.replaces(&alert));
        steps.extend(if waits {
            woken(alert, now)
        } else {
            Some(Step::Save(ended(alert, &mut raised, now)))
        });
    }
    steps.extend(raised.into_iter().map(Step::Raise));
    steps
}

impl Raised {
    const fn new(finding: Finding, episode: u32) -> Self {
        Self { finding, episode, state: AlertState::Open, notes: Vec::new() }
    }

    /// Whether this tells of one metric what `alert` told of the whole.
    fn follows(&self, alert: &Alert) -> bool {
        self.finding.rule == alert.rule && self.finding.metric.is_some() && alert.metric.is_none()
    }

    /// Whether it tells what `alert` told already: of both, this one is to stand.
    fn replaces(&self, alert: &Alert) -> bool {
        self.follows(alert) && self.finding.is_told_by(alert)
    }

    /// What somebody dealt with under another topic is not told to them anew.
    fn inherit(&mut self, alert: &Alert, now: DateTime<Utc>) {
        let action = match alert.state {
            AlertState::Acknowledged => "acknowledge",
            AlertState::Snoozed { until } if until > now => "snooze",
            AlertState::Open | AlertState::Snoozed { .. } | AlertState::Closed { .. } => return,
        };
        if self.replaces(alert) {
            let why = alert.notes.last().map_or(String::new(), |last| format!(": {}", last.note));
            self.notes.push(AlertNote::by_itself(now, action, format!("as alert {} was{why}", alert.id)));
            self.state = alert.state.clone();
        }
    }
}

fn continued(alert: Alert, finding: Finding, now: DateTime<Utc>) -> Option<Step> {
    let grew = finding.severity > alert.severity;
    let has_news = grew || (alert.metric.is_none() && !finding.is_told_by(&alert));
    let (state, reopened) = match alert.state {
        AlertState::Snoozed { until } if until > now => return None,
        AlertState::Open | AlertState::Acknowledged if !has_news => return None,
        AlertState::Acknowledged => (AlertState::Open, Some(&finding.message)),
        AlertState::Open | AlertState::Snoozed { .. } | AlertState::Closed { .. } => (AlertState::Open, None),
    };
    let mut notes = alert.notes;
    notes.extend(reopened.map(|told| AlertNote::by_itself(now, "reopen", told.clone())));
    let Finding { severity, message, next_step, .. } = finding;
    Some(Step::Save(Alert { severity, state, message, next_step, notes, ..alert }))
}

/// A rule that cannot tell now changes nothing, but a snooze ends when it was said to.
fn woken(alert: Alert, now: DateTime<Utc>) -> Option<Step> {
    matches!(alert.state, AlertState::Snoozed { until } if until <= now)
        .then(|| Step::Save(Alert { state: AlertState::Open, ..alert }))
}

/// Closed by recovery, or because its metrics are told of one by one from now on.
fn ended(mut alert: Alert, raised: &mut [Raised], now: DateTime<Utc>) -> Alert {
    let mut heirs = Vec::new();
    for heir in raised.iter_mut().filter(|raised| raised.follows(&alert)) {
        heir.inherit(&alert, now);
        heirs.extend(heir.finding.names.iter().cloned());
    }
    let why = if heirs.is_empty() {
        "closed by itself: the rule no longer applies".to_owned()
    } else {
        format!("closed by itself: alerts of their own now tell of {}", heirs.join(", "))
    };
    alert.state = AlertState::Closed { at: now };
    alert.notes.push(AlertNote::by_itself(now, "close", why));
    alert
}

#[cfg(test)]
pub(crate) mod stored;
#[cfg(test)]
mod tests;
