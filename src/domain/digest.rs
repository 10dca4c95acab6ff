//! Which alerts of a CSM's week are told one by one, and which only in the digest of that week.

use crate::{
    alert::{Alert, AlertNote, AlertRule, AlertState, ITSELF, Severity},
    id::AlertId,
    policy::Policy,
    text::Name,
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use std::{cmp::Reverse, collections::BTreeMap};

/// One CSM's week, Monday to Sunday in UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnerWeek {
    pub owner: String,
    pub monday: NaiveDate,
}

impl OwnerWeek {
    /// The week an alert counts in; `None` for one that nobody owns, and for a digest.
    pub fn of(alert: &Alert) -> Option<Self> {
        let owner = alert.owner.clone().filter(|_| alert.rule != AlertRule::Digest)?;
        let day = alert.raised_at.date_naive();
        let monday = day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()));
        Some(Self { owner, monday })
    }

    pub fn starts(&self) -> DateTime<Utc> {
        self.monday.and_time(chrono::NaiveTime::MIN).and_utc()
    }

    pub fn ends(&self) -> DateTime<Utc> {
        self.starts() + TimeDelta::days(7)
    }

    /// The same on every replica and at every run, so that a week never gets two digests: FNV-1a of owner and Monday.
    pub fn digest_id(&self) -> AlertId {
        let text = format!("{}\0{}", self.owner, self.monday);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        AlertId::from_bits(hash)
    }
}

/// The alerts that must change their place, in the order told: into the digest, or out of it.
pub fn moved(week: &OwnerWeek, alerts: &[Alert], budget: usize) -> Vec<Alert> {
    let mut ranked: Vec<&Alert> = alerts.iter().filter(|alert| is_ranked(alert)).collect();
    ranked.sort_by_key(|alert| {
        (
            alert.state == AlertState::Open,
            Reverse(alert.severity),
            alert.raised_at,
            (alert.upsell, alert.rule, alert.metric.clone(), alert.episode),
        )
    });
    let places = ranked.iter().enumerate().map(|(place, alert)| {
        let digest = (place >= budget).then(|| week.digest_id());
        Alert { digest, ..(*alert).clone() }
    });
    places
        .zip(&ranked)
        .filter(|(placed, alert)| placed.digest != alert.digest)
        .map(|(placed, _)| placed)
        .collect()
}

/// What somebody dealt with, or what closed, while it was held back or told under another topic never asked for
/// attention of its own; what was told and dealt with did, and keeps its place.
fn is_ranked(alert: &Alert) -> bool {
    let was_told = alert.digest.is_none() && !alert.is_inherited();
    alert.rule != AlertRule::Digest && (was_told || alert.state == AlertState::Open)
}

/// The digest as it should read, when it should change. `held` are all that stand in it; `grew` says that some are new.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    pub week: &'a OwnerWeek,
    pub held: &'a [Alert],
    /// Whom each is about, and which metric.
    pub subjects: &'a BTreeMap<AlertId, String>,
    pub policy: &'a Policy,
    pub grew: bool,
    pub now: DateTime<Utc>,
}

impl Contents<'_> {
    pub fn digest(&self, standing: Option<Alert>) -> Option<Alert> {
        match (self.first(), standing) {
            (None, standing) => standing.and_then(|digest| self.emptied(digest)),
            (Some(first), None) => Some(self.filled(Alert {
                id: self.week.digest_id(),
                upsell: first.upsell,
                plan: None,
                metric: None,
                rule: AlertRule::Digest,
                episode: 1,
                severity: first.severity,
                state: AlertState::Open,
                owner: Some(self.week.owner.clone()),
                message: String::new(),
                next_step: String::new(),
                raised_at: self.now,
                digest: None,
                notes: Vec::new(),
            })),
            (Some(_), Some(digest)) => {
                let filled = self.filled(digest.clone());
                (filled != digest).then_some(filled)
            }
        }
    }

    fn ordered(&self) -> Vec<&Alert> {
        let mut held: Vec<&Alert> =
            self.held.iter().filter(|alert| alert.state == AlertState::Open).collect();
        held.sort_by_key(|alert| (Reverse(alert.severity), alert.raised_at, alert.upsell, alert.rule));
        held
    }

    fn first(&self) -> Option<&Alert> {
        self.ordered().first().copied()
    }

    fn filled(&self, digest: Alert) -> Alert {
        let held = self.ordered();
        let named: Vec<String> =
            held.iter().take(self.policy.digest_names).map(|alert| self.named(alert)).collect();
        let rest = held.len() - named.len();
        let rest = if rest > 0 { format!("; and {rest} more") } else { String::new() };
        let OwnerWeek { owner, monday } = self.week;
        let severity = held.first().map_or(Severity::Notice, |alert| alert.severity);
        let has_news = self.grew || severity > digest.severity;
        let was_empty = digest.notes.last().is_some_and(|note| note.by == ITSELF);
        let state = match digest.state {
            AlertState::Acknowledged if has_news => AlertState::Open,
            AlertState::Closed { .. } if has_news || was_empty => AlertState::Open,
            state => state,
        };
        Alert {
            severity,
            state,
            message: format!(
                "{} held back for {} in the week of {monday}, beyond {} told one by one: {}{rest}",
                count(held.len()),
                Name::from(owner.as_str()),
                self.policy.alerts_per_week,
                named.join("; ")
            ),
            next_step: format!("list_alerts(owner={owner:?}, state=\"held\") shows them"),
            ..digest
        }
    }

    fn named(&self, alert: &Alert) -> String {
        let subject = self.subjects.get(&alert.id).map_or("an upsell", String::as_str);
        let critical = if alert.severity == Severity::Critical { ", critical" } else { "" };
        format!("{subject} ({}{critical})", alert.rule.as_str().replace('_', " "))
    }

    fn emptied(&self, mut digest: Alert) -> Option<Alert> {
        if matches!(digest.state, AlertState::Closed { .. }) {
            return None;
        }
        digest.state = AlertState::Closed { at: self.now };
        let why = "closed by itself: nothing is held back any more".to_owned();
        digest.notes.push(AlertNote::by_itself(self.now, "close", why));
        Some(digest)
    }
}

fn count(alerts: usize) -> String {
    format!("{alerts} alert{}", if alerts == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UpsellId;

    fn alert(n: u64, severity: Severity) -> Alert {
        Alert {
            id: AlertId::from_bits(n),
            upsell: UpsellId::from_bits(n),
            plan: None,
            metric: None,
            rule: AlertRule::LaggingAdoption,
            episode: 1,
            severity,
            state: AlertState::Open,
            owner: Some("Ana Ruiz".to_owned()),
            message: "slow".to_owned(),
            next_step: "ask".to_owned(),
            // A Wednesday, an hour apart.
            raised_at: DateTime::UNIX_EPOCH + TimeDelta::days(20_410) + TimeDelta::hours(n as i64),
            digest: None,
            notes: Vec::new(),
        }
    }

    /// The numbers held back of these alerts, after everything moved, by a budget of two.
    fn held(alerts: &mut [Alert]) -> Vec<usize> {
        let week = OwnerWeek::of(&alerts[0]).unwrap();
        for moved in moved(&week, alerts, 2) {
            let place = alerts.iter().position(|alert| alert.id == moved.id).unwrap();
            alerts[place] = moved;
        }
        assert_eq!(moved(&week, alerts, 2), [], "a second run moves nothing");
        (0..alerts.len()).filter(|place| alerts[*place].digest == Some(week.digest_id())).collect()
    }

    #[test]
    fn a_week_begins_on_monday_and_has_one_digest() {
        let week = OwnerWeek::of(&alert(1, Severity::Warning)).unwrap();
        assert_eq!(week.monday.weekday(), chrono::Weekday::Mon);
        let sunday = Alert { raised_at: week.ends() - TimeDelta::seconds(1), ..alert(2, Severity::Notice) };
        let monday = Alert { raised_at: week.ends(), ..alert(2, Severity::Notice) };
        let id = |alert: &Alert| OwnerWeek::of(alert).unwrap().digest_id();
        assert_eq!(id(&sunday), week.digest_id());
        assert_ne!(id(&monday), week.digest_id());
        assert_eq!(OwnerWeek::of(&Alert { owner: None, ..sunday }), None);
    }

    #[test]
    fn the_first_ones_are_told_and_critical_ones_before_all() {
        let mut alerts = vec![alert(1, Severity::Warning), alert(2, Severity::Warning)];
        assert_eq!(held(&mut alerts), [0; 0]);
        alerts.push(alert(3, Severity::Warning));
        assert_eq!(held(&mut alerts), [2]);
        alerts.push(alert(4, Severity::Critical));
        assert_eq!(held(&mut alerts), [1, 2], "a critical one takes the place of the newest other");
        alerts.reverse();
        assert_eq!(held(&mut alerts), [1, 2], "in whatever order they are read");
    }

    #[test]
    fn what_was_dealt_with_keeps_its_place_and_a_recovered_one_in_the_digest_leaves_none() {
        let mut alerts: Vec<Alert> = (1..=3).map(|n| alert(n, Severity::Warning)).collect();
        assert_eq!(held(&mut alerts), [2]);
        alerts[0].state = AlertState::Closed { at: alerts[2].raised_at };
        alerts[2].state = AlertState::Closed { at: alerts[2].raised_at };
        alerts.push(alert(4, Severity::Critical));
        assert_eq!(held(&mut alerts), [1, 2], "two were told this week: the closed one and the critical one");
    }

    #[test]
    fn what_was_dealt_with_under_another_topic_takes_no_place() {
        let mut alerts: Vec<Alert> = (1..=3).map(|n| alert(n, Severity::Warning)).collect();
        alerts[0].state = AlertState::Acknowledged;
        assert_eq!(held(&mut alerts.clone()), [2], "one that was told keeps its place");
        let note = AlertNote::by_itself(alerts[0].raised_at, "acknowledge", "as alert a_1 was".to_owned());
        alerts[0].notes.push(note);
        assert_eq!(held(&mut alerts), [0; 0]);
    }

    #[test]
    fn the_digest_names_what_it_holds_and_closes_when_nothing_is_left() {
        let mut alerts: Vec<Alert> = (1..=14).map(|n| alert(n, Severity::Warning)).collect();
        alerts[13].severity = Severity::Critical;
        let week = OwnerWeek::of(&alerts[0]).unwrap();
        let subjects = alerts.iter().map(|alert| (alert.id, "Northwind, Active users".to_owned())).collect();
        let (now, policy) = (alerts[13].raised_at, Policy::default());
        let contents =
            Contents { week: &week, held: &alerts, subjects: &subjects, policy: &policy, grew: true, now };
        let digest = contents.digest(None).unwrap();
        assert_eq!((digest.id, digest.severity), (week.digest_id(), Severity::Critical));
        assert!(digest.message.starts_with("14 alerts held back for Ana Ruiz"), "{}", digest.message);
        let named = "Northwind, Active users (lagging adoption";
        assert!(digest.message.contains(&format!("{named}, critical); {named});")), "{}", digest.message);
        assert!(digest.message.ends_with("and 4 more"), "{}", digest.message);
        assert_eq!(contents.digest(Some(digest.clone())), None, "nothing to change the second time");
        let seen = Alert { state: AlertState::Acknowledged, ..digest.clone() };
        assert_eq!(Contents { grew: false, ..contents }.digest(Some(seen.clone())), None);
        let less = Alert { severity: Severity::Warning, ..seen.clone() };
        let grown = Contents { grew: false, ..contents }.digest(Some(less)).unwrap();
        assert_eq!((grown.state, grown.severity), (AlertState::Open, Severity::Critical));
        assert_eq!(contents.digest(Some(seen)).map(|digest| digest.state), Some(AlertState::Open));
        let closed = Contents { held: &[], ..contents }.digest(Some(digest)).unwrap();
        assert_eq!(closed.state, AlertState::Closed { at: now });
        assert_eq!(Contents { held: &[], ..contents }.digest(Some(closed.clone())), None);
        let woken = Contents { grew: false, ..contents }.digest(Some(closed)).unwrap();
        assert_eq!(
            woken.state,
            AlertState::Open,
            "one that it held woke: without it nobody would hear of it"
        );
    }
}
