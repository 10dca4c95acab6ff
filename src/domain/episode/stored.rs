//! The alerts of one upsell as the store keeps them, for tests.

use super::{Raised, Step, steps};
use crate::{
    alert::{Alert, AlertNote, AlertRule, AlertState, Finding, Severity, Topic},
    findings::Findings,
    id::{AlertId, UpsellId},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Every alert there ever was, oldest first.
#[derive(Debug, Default)]
pub struct Stored(pub Vec<Alert>);

impl Stored {
    pub fn latest(&self) -> Vec<Alert> {
        let topics: BTreeMap<Topic, &Alert> = self.0.iter().map(|alert| (alert.topic(), alert)).collect();
        topics.into_values().cloned().collect()
    }

    /// Takes every step; how many there were.
    pub fn settle(&mut self, findings: &Findings, now: DateTime<Utc>) -> usize {
        let steps = steps(findings.clone(), self.latest(), now);
        let count = steps.len();
        for step in steps {
            match step {
                Step::Save(saved) => {
                    let place = self.0.iter().position(|alert| alert.id == saved.id);
                    self.0[place.expect("what is saved was stored")] = saved;
                }
                Step::Raise(raised) => self.raise(raised, now),
            }
        }
        count
    }

    fn raise(&mut self, raised: Raised, now: DateTime<Utc>) {
        let Raised { finding, episode, state, notes } = raised;
        let last = self.0.iter().rfind(|alert| alert.topic() == finding.topic());
        assert_eq!(episode, last.map_or(0, |alert| alert.episode) + 1, "episodes are counted");
        assert!(last.is_none_or(Alert::is_closed), "one at a time: {:?}", finding.topic());
        let Finding { metric, rule, severity, message, next_step, .. } = finding;
        let id = AlertId::from_bits(self.0.len() as u64);
        self.0.push(Alert {
            id,
            metric,
            rule,
            episode,
            severity,
            state,
            message,
            next_step,
            raised_at: now,
            notes,
            ..alert(AlertState::Open)
        });
    }

    /// Somebody deals with the alerts of a topic that stand.
    pub fn answer(&mut self, topic: &Topic, state: &AlertState) {
        for alert in self.0.iter_mut().filter(|alert| alert.topic() == *topic && !alert.is_closed()) {
            alert.state = state.clone();
            let note = AlertNote {
                by: "ana".to_owned(),
                ..AlertNote::by_itself(DateTime::UNIX_EPOCH, state.as_str(), "seen".to_owned())
            };
            alert.notes.push(note);
        }
    }
}

/// The third of its kind.
pub fn alert(state: AlertState) -> Alert {
    Alert {
        id: AlertId::from_bits(1),
        upsell: UpsellId::from_bits(2),
        plan: None,
        metric: None,
        rule: AlertRule::LaggingAdoption,
        episode: 3,
        severity: Severity::Warning,
        state,
        owner: None,
        message: "slow".to_owned(),
        next_step: "ask".to_owned(),
        raised_at: DateTime::UNIX_EPOCH,
        digest: None,
        notes: Vec::new(),
    }
}
