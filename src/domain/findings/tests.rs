use super::*;
use crate::{
    alert::{Alert, AlertState},
    assess::{Cohorts, Inputs, Occasion, assess},
    episode::stored::Stored,
    example,
    id::MetricKey,
    metric::{Collection, Frequency, Metric},
    milestone::{MilestoneState, ReachedWhen},
    observation::Observation,
    status::DataState,
};
use std::collections::BTreeMap;

/// A plan, and what was seen of its metrics: metric, day, value.
struct Course {
    plan: MeasurementPlan,
    seen: Vec<(&'static str, i32, f64)>,
}

impl Course {
    /// The example's plan with these metrics, each from 0 to 90 over 90 days, and no milestones.
    fn of(metrics: &[&str]) -> Self {
        let metric = |key: &&str| Metric { key: (*key).into(), name: (*key).into(), ..example::metric() };
        let plan = MeasurementPlan {
            metrics: metrics.iter().map(metric).collect(),
            milestones: Vec::new(),
            ..example::plan()
        };
        Self { plan, seen: Vec::new() }
    }

    fn metric(&mut self, key: &str) -> &mut Metric {
        self.plan.metric_mut(&key.into()).unwrap()
    }

    /// `share` of what is expected, seen each day.
    fn sees(&mut self, metric: &'static str, days: std::ops::Range<i32>, share: f64) {
        self.seen.extend(days.map(|day| (metric, day, share * f64::from(day))));
    }

    fn progress(&self, day: i32) -> Progress {
        let observation = |(metric, day, value): &(&str, i32, f64)| Observation {
            metric: (*metric).into(),
            ..example::observation(&self.plan, *day, *value)
        };
        let observations: Vec<Observation> = self.seen.iter().map(observation).collect();
        assess(&Inputs {
            plan: &self.plan,
            observations: &observations,
            previous: None,
            cohorts: &Cohorts::new(),
            policy: &Policy::default(),
            ended_on: None,
            now: example::noon_of(&self.plan, day),
            occasion: Occasion::Look,
        })
    }

    fn findings(&self, day: i32) -> Findings {
        self.findings_of(&self.progress(day), day)
    }

    fn findings_of(&self, progress: &Progress, day: i32) -> Findings {
        findings(&Facts {
            upsell: &example::upsell(),
            plan: Some(&self.plan),
            progress: Some(progress),
            plan_waits_for: None,
            is_documented: false,
            policy: &Policy::default(),
            now: example::noon_of(&self.plan, day),
        })
    }

    /// The lagging alerts found, and those nothing can be told of, as `metric severity` and `metric unknown`.
    fn lagging(&self, day: i32) -> Vec<String> {
        let Findings { found, unknown } = self.findings(day);
        let found = found.into_iter().map(|finding| (finding.topic(), format!("{:?}", finding.severity)));
        let unknown = unknown.into_iter().map(|topic| (topic, "unknown".to_owned()));
        let lagging = found.chain(unknown).filter(|(topic, _)| topic.rule == AlertRule::LaggingAdoption);
        let told = |(topic, what): (Topic, String)| {
            format!("{} {}", topic.metric.map_or("plan".to_owned(), |key| key.0), what.to_lowercase())
        };
        lagging.map(told).collect()
    }
}

#[test]
fn each_critical_metric_is_told_of_by_its_own_data() {
    let mut course = Course::of(&["seats", "planners", "depth"]);
    course.metric("depth").critical = false;
    course.sees("seats", 1..41, 0.5);
    course.sees("planners", 1..41, 0.8);
    course.sees("depth", 1..41, 0.1);
    assert_eq!(course.lagging(40), ["seats critical", "planners warning"]);
    assert_eq!(
        course.findings(40).found[0].message,
        "Northwind: Behind on 10 Apr 2026 because seats, a critical metric, is 20 users against 40 users expected"
    );
    course.sees("planners", 41..46, 0.8);
    assert_eq!(course.progress(45).data_state, DataState::Stale, "as a whole");
    assert_eq!(course.lagging(45), ["planners warning", "seats unknown"], "one stale mutes no other");
    course.sees("planners", 46..51, 1.0);
    assert_eq!(course.lagging(50), ["seats unknown", "plan unknown"], "what is stale closes nothing");
    course.sees("seats", 50..51, 1.0);
    assert_eq!(course.lagging(50), [""; 0], "all recovered");
}

#[test]
fn a_status_that_is_only_the_last_one_known_raises_nothing_of_the_plan() {
    let mut course = Course::of(&["seats", "planners"]);
    course.metric("seats").critical = false;
    course.metric("planners").critical = false;
    course.sees("seats", 1..41, 0.5);
    assert_eq!(course.lagging(40), ["plan critical"]);
    let last_known = Progress { is_last_known: true, ..course.progress(40) };
    let Findings { found, unknown } = course.findings_of(&last_known, 40);
    assert!(found.iter().all(|finding| finding.rule != AlertRule::LaggingAdoption), "{found:?}");
    assert!(unknown.contains(&Topic { rule: AlertRule::LaggingAdoption, metric: None }));
}

#[test]
fn a_plan_without_critical_metrics_lags_by_those_with_fresh_data() {
    let mut course = Course::of(&["seats", "planners"]);
    course.metric("seats").critical = false;
    course.metric("planners").critical = false;
    course.sees("seats", 1..41, 0.5);
    course.sees("planners", 1..46, 0.7);
    assert_eq!(course.lagging(40), ["plan critical"]);
    let message = course.findings(40).found[0].message.clone();
    assert_eq!(
        message,
        "Northwind: Behind on 10 Apr 2026 because all metrics weigh in, above all seats is 20 users against 40 users expected"
    );
    assert_eq!(course.lagging(45), ["plan critical"], "planners lags by itself");
    course.sees("planners", 45..46, 1.0);
    assert_eq!(course.lagging(45), ["plan unknown"], "the one that lags is stale");
}

#[test]
fn a_late_milestone_is_told_of_the_plan_unless_a_critical_metric_lags_or_its_data_is_missing() {
    let mut course = Course::of(&["seats"]);
    course.plan.milestones = example::plan().milestones;
    course.sees("seats", 1..61, 1.0);
    assert_eq!(course.lagging(59), [""; 0], "fourteen days are borne");
    assert_eq!(course.lagging(60), ["plan warning"]);
    let message = course.findings(60).found[0].message.clone();
    assert!(message.ends_with("because “Rolled out”, a critical milestone, was due on day 45"), "{message}");

    let mut lags = Course { plan: course.plan.clone(), seen: Vec::new() };
    lags.sees("seats", 1..61, 0.5);
    assert_eq!(lags.lagging(60), ["seats critical", "plan unknown"], "it waits");

    course.plan.milestones[0].reached_when = Some(ReachedWhen { metric: "seats".into(), at_least: 80.0 });
    assert_eq!(course.lagging(60), ["plan warning"]);
    assert_eq!(course.lagging(65), ["seats unknown", "plan unknown"], "it may be reached by now");
    course.plan.milestones[0].state = MilestoneState::Skipped;
    assert_eq!(course.lagging(60), [""; 0]);
}

/// The alerts of a plan, looked over each noon.
struct Watch {
    course: Course,
    stored: Stored,
    day: i32,
}

impl Watch {
    fn over(metrics: &[&str]) -> Self {
        let mut course = Course::of(metrics);
        for metric in metrics {
            course.metric(metric).critical = false;
        }
        Self { course, stored: Stored::default(), day: 0 }
    }

    /// Days pass on which these metrics are heard of, on pace.
    fn until(&mut self, day: i32, heard: &[&'static str]) {
        while self.day < day {
            self.day += 1;
            for metric in heard {
                self.course.sees(metric, self.day..self.day + 1, 1.0);
            }
            let findings = self.course.findings(self.day);
            let data = |rule: AlertRule| matches!(rule, AlertRule::DataStale | AlertRule::TrackingSilent);
            let found = findings.found.into_iter().filter(|finding| data(finding.rule)).collect();
            let now = example::noon_of(&self.course.plan, self.day);
            self.stored.settle(&Findings { found, ..findings }, now);
        }
    }

    /// Every alert so far, as `metric#episode state`; `feed` is the whole.
    fn told(&self) -> Vec<String> {
        let told = |alert: &Alert| {
            let metric = alert.metric.as_ref().map_or("feed", |metric| metric.0.as_str());
            format!("{metric}#{} {}", alert.episode, alert.state.as_str())
        };
        self.stored.0.iter().map(told).collect()
    }

    fn answer(&mut self, rule: AlertRule, metric: Option<&str>, state: &AlertState) {
        self.stored.answer(&Topic { rule, metric: metric.map(MetricKey::from) }, state);
    }
}

const ALL: [&str; 3] = ["seats", "planners", "depth"];

#[test]
fn a_feed_that_stops_is_told_once_and_closes_when_it_is_back() {
    let mut watch = Watch::over(&ALL);
    watch.course.metric("depth").frequency = Frequency::Weekly;
    watch.until(20, &ALL);
    assert_eq!(watch.told(), [""; 0]);
    watch.until(23, &[]);
    assert_eq!(watch.told(), [""; 0]);
    watch.until(24, &[]);
    assert_eq!(watch.told(), ["feed#1 open"]);
    let message = watch.stored.0[0].message.clone();
    assert_eq!(
        message,
        "Northwind: no usage data since 21 Mar 2026 for seats, planners, depth; the status is the last one known"
    );
    watch.until(45, &[]);
    assert_eq!(watch.told(), ["feed#1 open"], "nor when the patient metric is stale as well");
    assert_eq!(watch.stored.0[0].message, message);
    watch.until(46, &ALL);
    assert_eq!(watch.told(), ["feed#1 closed"]);
}

#[test]
fn a_metric_that_falls_silent_among_others_is_told_by_itself_each_once() {
    let mut watch = Watch::over(&ALL);
    watch.until(20, &ALL);
    watch.until(30, &["planners", "depth"]);
    assert_eq!(watch.told(), ["seats#1 open"]);
    watch.answer(AlertRule::DataStale, Some("seats"), &AlertState::Acknowledged);
    watch.until(40, &["depth"]);
    assert_eq!(watch.told(), ["seats#1 acknowledged", "planners#1 open"]);
    watch.until(45, &ALL);
    assert_eq!(watch.told(), ["seats#1 closed", "planners#1 closed"]);
    watch.until(60, &["planners", "depth"]);
    assert_eq!(watch.told(), ["seats#1 closed", "planners#1 closed", "seats#2 open"]);
}

#[test]
fn from_one_metric_to_the_whole_feed_and_back_nothing_is_told_twice_or_lost() {
    let mut watch = Watch::over(&ALL);
    watch.until(10, &ALL);
    watch.until(16, &["planners", "depth"]);
    watch.answer(AlertRule::DataStale, Some("seats"), &AlertState::Acknowledged);
    watch.until(30, &[]);
    assert_eq!(watch.told(), ["seats#1 acknowledged", "feed#1 open"], "the first waits");
    let until = example::noon_of(&watch.course.plan, 40);
    watch.answer(AlertRule::DataStale, None, &AlertState::Snoozed { until });
    watch.until(32, &["depth"]);
    assert_eq!(
        watch.told(),
        ["seats#1 acknowledged", "feed#1 closed", "planners#1 snoozed"],
        "depth is back, seats goes on, and planners was put off with the whole"
    );
    watch.until(40, &["depth"]);
    assert_eq!(watch.told()[2], "planners#1 open", "put off until then");
    watch.until(60, &[]);
    assert_eq!(watch.told()[3], "feed#2 open");
    watch.until(62, &ALL);
    assert!(watch.told().iter().all(|alert| alert.ends_with("closed")), "{:?}", watch.told());
    assert_eq!(watch.told().len(), 4);
}

#[test]
fn what_never_came_is_told_at_the_first_review_once_for_all_or_by_itself() {
    let mut watch = Watch::over(&ALL);
    watch.until(29, &[]);
    assert_eq!(watch.told(), [""; 0]);
    watch.until(33, &[]);
    assert_eq!(watch.told(), ["feed#1 open"]);
    watch.answer(AlertRule::TrackingSilent, None, &AlertState::Acknowledged);
    watch.until(35, &["depth"]);
    assert_eq!(watch.told(), ["feed#1 closed", "seats#1 acknowledged", "planners#1 acknowledged"]);
    watch.until(40, &[]);
    let stopped = "feed#1 open";
    assert_eq!(watch.told()[3], stopped, "no data since day 35 is another rule");
    assert_eq!(watch.told()[1..3], ["seats#1 acknowledged", "planners#1 acknowledged"]);
    watch.until(42, &ALL);
    assert!(watch.told().iter().all(|alert| alert.ends_with("closed")), "{:?}", watch.told());

    let mut watch = Watch::over(&ALL);
    watch.until(31, &["depth", "planners"]);
    assert_eq!(watch.told(), ["seats#1 open"]);
    assert_eq!(
        watch.stored.0[0].message,
        "Northwind: no data at all since day 0, 1 Mar 2026, for seats, although other usage came"
    );
}

#[test]
fn only_automatic_metrics_make_a_feed() {
    let mut watch = Watch::over(&ALL);
    for metric in ["planners", "depth"] {
        watch.course.metric(metric).collection = Collection::Manual;
    }
    watch.until(20, &ALL);
    watch.until(60, &[]);
    assert_eq!(watch.told(), ["feed#1 open"]);
    assert!(watch.stored.0[0].message.contains(" for seats;"), "{}", watch.stored.0[0].message);
}

/// What an older version left: alerts of the whole upsell, of whatever metrics they were.
#[test]
fn alerts_from_before_metrics_had_their_own_are_carried_over() {
    let mut course = Course::of(&ALL);
    course.sees("seats", 1..41, 0.5);
    course.sees("planners", 1..41, 0.5);
    course.sees("depth", 1..31, 1.0);
    let before = |rule: AlertRule, message: &str| Finding {
        metric: None,
        rule,
        severity: Severity::Critical,
        message: message.to_owned(),
        names: Vec::new(),
        next_step: "look".to_owned(),
    };
    let mut stored = Stored::default();
    let old = Findings::of([
        before(
            AlertRule::LaggingAdoption,
            "Northwind: Behind, 50 points below expected on day 20: seats 10 users",
        ),
        before(AlertRule::DataStale, "Northwind: no usage data since 31 Mar 2026 for depth"),
    ]);
    stored.settle(&old, example::noon_of(&course.plan, 34));
    for alert in old.found {
        stored.answer(&alert.topic(), &AlertState::Acknowledged);
    }
    let mut findings = course.findings(40);
    findings.found.retain(|finding| finding.rule != AlertRule::ReviewOverdue);
    stored.settle(&findings, example::noon_of(&course.plan, 40));
    let told: BTreeMap<(AlertRule, Option<MetricKey>), &str> =
        stored.0.iter().map(|alert| ((alert.rule, alert.metric.clone()), alert.state.as_str())).collect();
    let expected = [
        ((AlertRule::LaggingAdoption, None), "closed"),
        ((AlertRule::LaggingAdoption, Some("planners".into())), "open"),
        ((AlertRule::LaggingAdoption, Some("seats".into())), "acknowledged"),
        ((AlertRule::DataStale, None), "closed"),
        ((AlertRule::DataStale, Some("depth".into())), "acknowledged"),
    ];
    assert_eq!(told, BTreeMap::from(expected));
    assert_eq!(
        stored.0[0].notes.last().unwrap().note,
        "closed by itself: alerts of their own now tell of seats, planners"
    );
}

#[test]
fn a_plan_not_assessed_yet_closes_nothing_that_was_measured() {
    let (upsell, plan, policy) = (example::upsell(), example::plan(), Policy::default());
    let now = example::noon_of(&plan, 20);
    let facts = Facts {
        upsell: &upsell,
        plan: Some(&plan),
        progress: None,
        plan_waits_for: None,
        is_documented: false,
        policy: &policy,
        now,
    };
    let Findings { found, unknown } = findings(&facts);
    assert_eq!(found, []);
    assert_eq!(unknown.len(), 6, "three rules of the plan and of its one metric");
}

/// What is found on a day of the example, on pace that day.
fn on_pace(day: i32) -> Findings {
    let mut course = Course::of(&["active_users"]);
    course.plan.milestones = example::plan().milestones;
    course.sees("active_users", day..day + 1, 1.0);
    course.findings(day)
}

fn rules(findings: &Findings) -> Vec<AlertRule> {
    findings.found.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_review_and_a_critical_milestone_become_overdue() {
    assert_eq!(rules(&on_pace(37)), []);
    assert_eq!(rules(&on_pace(38)), [AlertRule::ReviewOverdue]);
    assert_eq!(rules(&on_pace(46)), [AlertRule::ReviewOverdue, AlertRule::MilestoneOverdue]);
}

#[test]
fn what_is_overdue_is_told_with_the_customer_and_stays_true() {
    let told = |day: i32| on_pace(day).found.into_iter().map(|finding| finding.message).collect::<Vec<_>>();
    assert_eq!(told(46), told(47), "a count of days would go stale");
    assert_eq!(
        told(46),
        [
            "Northwind: the 30-day check is overdue since 31 Mar 2026",
            "Northwind: not reached yet: Rolled out (due 15 Apr 2026)"
        ]
    );
}

#[test]
fn every_finding_names_what_it_is_about_and_a_call_with_the_upsell() {
    let mut course = Course::of(&ALL);
    course.plan.milestones = example::plan().milestones;
    course.sees("seats", 1..61, 0.5);
    course.sees("planners", 1..50, 0.5);
    let silent = Course::of(&ALL);
    let all = [course.findings(60), course.findings(80), silent.findings(60)].map(|findings| findings.found);
    let found: Vec<Finding> = all.into_iter().flatten().collect();
    let rules: std::collections::BTreeSet<AlertRule> = found.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules.len(), 5, "{rules:?}");
    for finding in found {
        assert!(finding.names.iter().all(|name| finding.message.contains(name)), "{finding:?}");
        assert!(finding.next_step.contains(&format!("(upsell={}", course.plan.upsell)), "{finding:?}");
    }
}

#[test]
fn a_missing_plan_is_told_before_the_promise_breaks_and_when_it_is_broken() {
    let (upsell, policy) = (example::upsell(), Policy::default());
    let after = |hours: i64, policy: &Policy| {
        let facts = Facts {
            upsell: &upsell,
            plan: None,
            progress: None,
            plan_waits_for: Some("no template fits"),
            is_documented: false,
            policy,
            now: upsell.detected_at + TimeDelta::hours(hours),
        };
        findings(&facts).found.pop()
    };
    assert_eq!(after(23, &policy), None);
    assert_eq!(after(24, &policy).map(|finding| finding.severity), Some(Severity::Warning));
    let broken = after(48, &policy).unwrap();
    assert_eq!(broken.severity, Severity::Critical);
    assert!(broken.message.ends_with("no template fits"), "{}", broken.message);
    let patient = Policy { plan_warning_hours: 72, ..policy };
    assert_eq!(after(71, &patient), None);
}
