use super::{
    stored::{Stored, alert},
    *,
};
use crate::{
    alert::{Severity, Topic},
    id::AlertId,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour)
}

fn finding(severity: Severity) -> Finding {
    Finding {
        metric: None,
        rule: AlertRule::LaggingAdoption,
        severity,
        message: "slow".to_owned(),
        names: Vec::new(),
        next_step: "ask".to_owned(),
    }
}

fn found(severity: Severity) -> Findings {
    Findings { found: vec![finding(severity)], unknown: Vec::new() }
}

fn saved(steps: &[Step]) -> &Alert {
    let [Step::Save(alert)] = steps else { panic!("{steps:?}") };
    alert
}

#[test]
fn a_rule_fires_again_only_after_its_last_alert_closed() {
    let raised = steps(found(Severity::Warning), Vec::new(), at(1));
    assert_eq!(raised, [Step::Raise(Raised::new(finding(Severity::Warning), 1))]);
    assert_eq!(steps(found(Severity::Warning), vec![alert(AlertState::Open)], at(1)), []);
    assert_eq!(steps(found(Severity::Warning), vec![alert(AlertState::Acknowledged)], at(1)), []);
    let closed = vec![alert(AlertState::Closed { at: at(1) })];
    let again = steps(found(Severity::Warning), closed, at(2));
    assert_eq!(again, [Step::Raise(Raised::new(finding(Severity::Warning), 4))]);
}

#[test]
fn each_metric_has_alerts_of_its_own() {
    let of = |metric: &str| Finding { metric: Some(metric.into()), ..finding(Severity::Warning) };
    let findings = Findings { found: vec![of("seats"), of("planners")], unknown: Vec::new() };
    let acknowledged = Alert { metric: Some("seats".into()), ..alert(AlertState::Acknowledged) };
    let steps = steps(findings, vec![acknowledged], at(1));
    assert_eq!(steps, [Step::Raise(Raised::new(of("planners"), 1))]);
}

#[test]
fn an_acknowledged_alert_that_grows_opens_again_with_its_notes() {
    let mut seen = alert(AlertState::Acknowledged);
    let note = |by: &str| AlertNote {
        by: by.to_owned(),
        ..AlertNote::by_itself(at(1), "acknowledge", "called".to_owned())
    };
    seen.notes.push(note("ana"));
    let worse = Findings {
        found: vec![Finding { message: "stands still".to_owned(), ..finding(Severity::Critical) }],
        unknown: Vec::new(),
    };
    let steps = steps(worse, vec![seen.clone()], at(2));
    let again = saved(&steps);
    assert_eq!((&again.state, again.severity, again.episode), (&AlertState::Open, Severity::Critical, 3));
    assert_eq!(again.notes[0], note("ana"));
    assert_eq!(again.notes[1], AlertNote::by_itself(at(2), "reopen", "stands still".to_owned()));
    let better = super::steps(
        found(Severity::Warning),
        vec![Alert { state: AlertState::Acknowledged, ..again.clone() }],
        at(3),
    );
    assert_eq!(better, [], "less severe is no news");
    let while_open = super::steps(found(Severity::Critical), vec![alert(AlertState::Open)], at(2));
    assert_eq!(*saved(&while_open), Alert { severity: Severity::Critical, ..alert(AlertState::Open) });
}

#[test]
fn a_milestone_that_joins_an_acknowledged_alert_opens_it_again_and_one_that_leaves_does_not() {
    let overdue = |names: &[&str]| Findings {
        found: vec![Finding {
            message: format!("not reached yet: {}", names.join(", ")),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            ..finding(Severity::Warning)
        }],
        unknown: Vec::new(),
    };
    let seen = || Alert {
        message: "not reached yet: First user, Rolled out".to_owned(),
        ..alert(AlertState::Acknowledged)
    };
    assert_eq!(steps(overdue(&["Rolled out"]), vec![seen()], at(1)), []);
    let joined = steps(overdue(&["Rolled out", "Trained"]), vec![seen()], at(1));
    let joined = saved(&joined);
    assert_eq!(
        (&joined.state, joined.message.as_str()),
        (&AlertState::Open, "not reached yet: Rolled out, Trained")
    );
    assert_eq!(steps(overdue(&["Rolled out", "Trained"]), vec![joined.clone()], at(1)), []);
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
    let unknown = Findings { found: Vec::new(), unknown: vec![alert(AlertState::Open).topic()] };
    assert_eq!(steps(unknown, open(), at(5)), []);
    let of_another = Topic { metric: Some("seats".into()), ..alert(AlertState::Open).topic() };
    let unknown = Findings { found: Vec::new(), unknown: vec![of_another] };
    let closed = steps(unknown, open(), at(5));
    assert_eq!(saved(&closed).state, AlertState::Closed { at: at(5) });
    assert_eq!(saved(&closed).notes[0].note, "closed by itself: the rule no longer applies");
}

/// As an older version left it, and as a feed does that comes back in part.
#[test]
fn an_alert_of_the_whole_closes_when_its_metrics_are_told_of_and_they_inherit_what_was_done() {
    let of = |metric: &str, name: &str| Finding {
        metric: Some(metric.into()),
        names: vec![name.to_owned()],
        ..finding(Severity::Warning)
    };
    let both = || Findings {
        found: vec![of("seats", "Seats in use"), of("planners", "Planners")],
        unknown: Vec::new(),
    };
    let whole = |state: AlertState| {
        let note = AlertNote {
            by: "ana".to_owned(),
            ..AlertNote::by_itself(at(1), "acknowledge", "asked IT".to_owned())
        };
        Alert { message: "no data for Seats in use".to_owned(), notes: vec![note], ..alert(state) }
    };
    let told = |state: AlertState| {
        let steps = steps(both(), vec![whole(state)], at(5));
        let [Step::Save(closed), Step::Raise(seats), Step::Raise(planners)] = steps.as_slice() else {
            panic!("{steps:?}")
        };
        assert_eq!(closed.state, AlertState::Closed { at: at(5) });
        assert_eq!(
            closed.notes[1].note,
            "closed by itself: alerts of their own now tell of Seats in use, Planners"
        );
        assert_eq!((&planners.state, planners.notes.len()), (&AlertState::Open, 0), "it was not told before");
        let note = seats.notes.first().map(|note| (note.action.clone(), note.note.clone()));
        (seats.state.clone(), note)
    };
    let as_it_was = format!("as alert {} was: asked IT", AlertId::from_bits(1));
    assert_eq!(told(AlertState::Open), (AlertState::Open, None));
    assert_eq!(
        told(AlertState::Acknowledged),
        (AlertState::Acknowledged, Some(("acknowledge".to_owned(), as_it_was.clone())))
    );
    let snoozed = AlertState::Snoozed { until: at(9) };
    assert_eq!(told(snoozed.clone()), (snoozed, Some(("snooze".to_owned(), as_it_was))));
    assert_eq!(told(AlertState::Snoozed { until: at(4) }), (AlertState::Open, None));
}

/// Nothing can be told of the whole while a metric lags, but what the metric's own alert tells need not stand twice.
#[test]
fn an_alert_of_the_whole_that_waits_ends_when_the_metric_it_told_of_is_told_by_itself() {
    let seats = Finding {
        metric: Some("seats".into()),
        names: vec!["Seats".to_owned()],
        ..finding(Severity::Critical)
    };
    let waits = Findings { found: vec![seats], unknown: vec![alert(AlertState::Open).topic()] };
    let told = |message: &str| {
        let whole = Alert { message: message.to_owned(), ..alert(AlertState::Acknowledged) };
        let mut stored = Stored(vec![whole]);
        stored.settle(&waits, at(5));
        stored.0.iter().map(|alert| alert.state.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(told("Behind on day 20: Seats 5 %"), ["closed", "acknowledged"]);
    assert_eq!(told("At risk because “Rolled out” was due on day 45"), ["acknowledged", "open"]);
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

fn topics() -> impl Strategy<Value = Topic> {
    let rules = [AlertRule::LaggingAdoption, AlertRule::DataStale, AlertRule::MilestoneOverdue];
    let metrics = [None, Some("seats".into()), Some("planners".into())];
    (prop::sample::select(rules.to_vec()), prop::sample::select(metrics.to_vec()))
        .prop_map(|(rule, metric)| Topic { rule, metric })
}

/// One of a metric names it; one of the whole names metrics, a milestone or nothing.
fn some_finding() -> impl Strategy<Value = Finding> {
    let severities = [Severity::Notice, Severity::Warning, Severity::Critical];
    let names = prop::sample::subsequence(vec!["seats", "planners", "Trained"], 0..=3);
    (topics(), prop::sample::select(severities.to_vec()), names).prop_map(|(topic, severity, names)| {
        let of_whole = || names.into_iter().map(str::to_owned).collect();
        let names: Vec<String> = topic.metric.as_ref().map_or_else(of_whole, |metric| vec![metric.0.clone()]);
        Finding {
            metric: topic.metric,
            rule: topic.rule,
            severity,
            message: format!("found: {}", names.join(", ")),
            names,
            next_step: "ask".to_owned(),
        }
    })
}

/// A look: each topic found once at most, and never both found and unknown.
fn look() -> impl Strategy<Value = Findings> {
    (prop::collection::vec(some_finding(), 0..6), prop::collection::vec(topics(), 0..4)).prop_map(
        |(found, unknown)| {
            let found: BTreeMap<Topic, Finding> =
                found.into_iter().map(|finding| (finding.topic(), finding)).collect();
            let unknown: BTreeSet<Topic> =
                unknown.into_iter().filter(|topic| !found.contains_key(topic)).collect();
            Findings { found: found.into_values().collect(), unknown: unknown.into_iter().collect() }
        },
    )
}

fn answer() -> impl Strategy<Value = (Topic, u8, i64)> {
    (topics(), 0..3_u8, 1..72_i64)
}

proptest! {
    #[test]
    fn whatever_is_found_and_done_the_alerts_say_it_once(
        course in prop::collection::vec((look(), prop::option::of(answer())), 1..40)
    ) {
        let mut stored = Stored::default();
        for (day, (findings, answer)) in course.into_iter().enumerate() {
            let now = at(24 * day as i64);
            let before = stored.latest();
            stored.settle(&findings, now);
            prop_assert_eq!(stored.settle(&findings, now), 0, "the same look again changes nothing");
            let latest: BTreeMap<Topic, Alert> = stored.latest().into_iter().map(|alert| (alert.topic(), alert)).collect();
            for finding in &findings.found {
                let alert = latest.get(&finding.topic());
                let alert = alert.filter(|alert| !alert.is_closed()).expect("what is found stands");
                let is_quiet = matches!(alert.state, AlertState::Snoozed { .. });
                prop_assert!(is_quiet || alert.severity >= finding.severity, "{:?} is more than {:?}", finding, alert);
                prop_assert!(is_quiet || alert.metric.is_some() || finding.is_told_by(alert), "{:?} in {:?}", finding, alert);
            }
            for was in before.iter().filter(|was| !was.is_closed()) {
                let topic = was.topic();
                let is = &latest[&topic];
                let began = |finding: &Finding| before.iter().all(|was| was.is_closed() || was.topic() != finding.topic());
                let replaces = |finding: &Finding| {
                    finding.rule == was.rule && finding.metric.is_some() && finding.is_told_by(was) && began(finding)
                };
                let is_replaced = was.metric.is_none() && findings.found.iter().any(replaces);
                let goes_on = findings.found.iter().any(|finding| finding.topic() == topic)
                    || (findings.unknown.contains(&topic) && !is_replaced);
                prop_assert_eq!(goes_on, !is.is_closed(), "closed by recovery or by what replaces it: {:?}", is);
                let is_asleep = matches!(was.state, AlertState::Snoozed { until } if until > now);
                prop_assert!(!is_asleep || is.is_closed() || is == was, "asleep: {:?} became {:?}", was, is);
            }
            if let Some((topic, action, hours)) = answer {
                let until = now + chrono::TimeDelta::hours(hours);
                let states = [AlertState::Acknowledged, AlertState::Snoozed { until }, AlertState::Closed { at: now }];
                stored.answer(&topic, &states[usize::from(action)]);
            }
        }
    }
}
