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
    Raise { finding: Finding, episode: u32 },
    /// The alert changed: closed by recovery, awake after a snooze, or grown more severe.
    Save(Alert),
}

/// The steps from the latest alert of each (metric, rule) to what was found at `now`.
pub fn steps(findings: Findings, latest: Vec<Alert>, now: DateTime<Utc>) -> Vec<Step> {
    let (mut steps, Findings { mut found, unknown }) = (Vec::new(), findings);
    for alert in latest {
        if alert.rule == AlertRule::Digest {
            // Its week writes it, not what is found of one upsell.
            steps.extend(woken(alert, now));
            continue;
        }
        let same = |finding: &Finding| finding.rule == alert.rule && finding.metric == alert.metric;
        match found.iter().position(same).map(|at| found.remove(at)) {
            Some(finding) => steps.extend(continued(alert, finding, now)),
            None if unknown.contains(&alert.rule) => steps.extend(woken(alert, now)),
            None => steps.extend(recovered(alert, now)),
        }
    }
    steps.extend(found.into_iter().map(|finding| Step::Raise { finding, episode: 1 }));
    steps
}

fn continued(alert: Alert, finding: Finding, now: DateTime<Utc>) -> Option<Step> {
    let state = match &alert.state {
        AlertState::Closed { .. } => return Some(Step::Raise { finding, episode: alert.episode + 1 }),
        AlertState::Snoozed { until } if *until > now => return None,
        AlertState::Snoozed { .. } => AlertState::Open,
        AlertState::Open | AlertState::Acknowledged => alert.state.clone(),
    };
    let changes = state != alert.state || finding.severity > alert.severity;
    changes.then(|| {
        let Finding { severity, message, next_step, .. } = finding;
        Step::Save(Alert { severity, state, message, next_step, ..alert })
    })
}

/// A rule that cannot tell now changes nothing, but a snooze ends when it was said to.
fn woken(alert: Alert, now: DateTime<Utc>) -> Option<Step> {
    matches!(alert.state, AlertState::Snoozed { until } if until <= now)
        .then(|| Step::Save(Alert { state: AlertState::Open, ..alert }))
}

fn recovered(mut alert: Alert, now: DateTime<Utc>) -> Option<Step> {
    if matches!(alert.state, AlertState::Closed { .. }) {
        return None;
    }
    alert.state = AlertState::Closed { at: now };
    alert.notes.push(AlertNote {
        by: "uptake".to_owned(),
        at: now,
        action: "close".to_owned(),
        note: "closed by itself: the rule no longer applies".to_owned(),
    });
    Some(Step::Save(alert))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alert::Severity,
        id::{AlertId, UpsellId},
    };

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour)
    }

    fn finding(severity: Severity) -> Finding {
        Finding {
            metric: None,
            rule: AlertRule::LaggingAdoption,
            severity,
            message: "slow".to_owned(),
            next_step: "ask".to_owned(),
        }
    }

    fn found(severity: Severity) -> Findings {
        Findings { found: vec![finding(severity)], unknown: Vec::new() }
    }

    fn alert(state: AlertState) -> Alert {
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
            raised_at: at(0),
            digest: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_rule_fires_again_only_after_its_last_alert_closed() {
        let raised = steps(found(Severity::Warning), Vec::new(), at(1));
        assert_eq!(raised, [Step::Raise { finding: finding(Severity::Warning), episode: 1 }]);
        assert_eq!(steps(found(Severity::Warning), vec![alert(AlertState::Open)], at(1)), []);
        assert_eq!(steps(found(Severity::Warning), vec![alert(AlertState::Acknowledged)], at(1)), []);
        let closed = vec![alert(AlertState::Closed { at: at(1) })];
        let again = steps(found(Severity::Warning), closed, at(2));
        assert_eq!(again, [Step::Raise { finding: finding(Severity::Warning), episode: 4 }]);
    }

    #[test]
    fn a_snoozed_alert_is_quiet_until_its_time_even_when_it_grows() {
        let snoozed = || vec![alert(AlertState::Snoozed { until: at(10) })];
        assert_eq!(steps(found(Severity::Critical), snoozed(), at(9)), []);
        let awake = steps(found(Severity::Critical), snoozed(), at(10));
        let expected = Alert { severity: Severity::Critical, ..alert(AlertState::Open) };
        assert_eq!(awake, [Step::Save(expected)]);
    }

    #[test]
    fn recovery_closes_and_not_knowing_does_not() {
        let open = || vec![alert(AlertState::Open)];
        let unknown = Findings { found: Vec::new(), unknown: vec![AlertRule::LaggingAdoption] };
        assert_eq!(steps(unknown, open(), at(5)), []);
        let closed = steps(Findings::default(), open(), at(5));
        let [Step::Save(alert)] = closed.as_slice() else { panic!("{closed:?}") };
        assert_eq!(alert.state, AlertState::Closed { at: at(5) });
        assert_eq!(alert.notes.len(), 1);
    }

    #[test]
    fn a_digest_stays_whatever_is_found_of_its_upsell_and_wakes_after_a_snooze() {
        let digest = |state| vec![Alert { rule: AlertRule::Digest, ..alert(state) }];
        assert_eq!(steps(Findings::default(), digest(AlertState::Open), at(5)), []);
        let snoozed = || digest(AlertState::Snoozed { until: at(10) });
        assert_eq!(steps(Findings::default(), snoozed(), at(9)), []);
        let awake = digest(AlertState::Open).remove(0);
        assert_eq!(steps(Findings::default(), snoozed(), at(10)), [Step::Save(awake)]);
    }
}
