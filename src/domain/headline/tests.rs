use super::*;
use crate::{
    assess::{self, Cohorts, Inputs, Occasion},
    example,
    forecast::{Band, Forecast, Rung},
    policy::Policy,
};
use proptest::prelude::*;

/// The example's metric on day 47, weight 1, 40 % expected of 100 %.
fn metric(name: &str, status: Status, current: f64) -> MetricProgress {
    let plan = example::plan();
    let seen = [example::observation(&plan, 47, 47.0)];
    let progress = assess::assess(&Inputs {
        plan: &plan,
        observations: &seen,
        previous: None,
        cohorts: &Cohorts::new(),
        policy: &Policy::default(),
        ended_on: None,
        now: example::noon_of(&plan, 47),
        occasion: Occasion::Look,
    });
    MetricProgress {
        metric: name.into(),
        name: name.into(),
        unit: "%".to_owned(),
        critical: false,
        current: Some(current),
        expected: Some(40.0),
        gap_points: Some(current - 40.0),
        status: Some(status),
        rule: "by a rule".to_owned(),
        ..progress.metrics_progress[0].clone()
    }
}

fn critical(name: &str, status: Status, current: f64) -> MetricProgress {
    MetricProgress { critical: true, ..metric(name, status, current) }
}

/// What is told of these metrics, with the status they roll up to or a worse one.
fn told_at_least(status: Status, metrics: Vec<MetricProgress>) -> String {
    let plan = example::plan();
    let weight: f64 = metrics.iter().map(|metric| metric.weight).sum();
    let gap =
        metrics.iter().filter_map(|metric| Some(metric.weight * metric.gap_points?)).sum::<f64>() / weight;
    let rolled = assess::roll_up(&metrics).expect("some metric is judged");
    let progress = Progress {
        current_status: Some(rolled.max(status)),
        status_since: None,
        data_state: DataState::Fresh,
        coverage: 1.0,
        day: 91,
        gap_points: Some(gap),
        attainment: None,
        ended_on: None,
        milestones_done: None,
        metrics_progress: metrics,
        reasons: Vec::new(),
        changed: Vec::new(),
        is_last_known: false,
        headline: String::new(),
        policy: "test".to_owned(),
        last_updated: example::noon_of(&plan, 91),
    };
    of(&plan, &plan.milestones, &progress)
}

fn told(metrics: Vec<MetricProgress>) -> String {
    told_at_least(Exceeding, metrics)
}

use Status::{AtRisk, Behind, Exceeding, OnTrack};

#[test]
fn a_gap_that_says_the_same_stands_beside_the_status() {
    assert_eq!(
        told(vec![critical("Users", Behind, 23.0)]),
        "Behind, 17 points below expected on day 91: Users 23 % against 40 % expected."
    );
    assert_eq!(
        told(vec![critical("Users", OnTrack, 41.0)]),
        "On track, 1 point above expected on day 91: Users 41 % against 40 % expected."
    );
    assert_eq!(
        told(vec![critical("Users", OnTrack, 40.0)]),
        "On track, as expected on day 91: Users 40 % against 40 % expected."
    );
}

#[test]
fn a_critical_metric_behind_is_the_reason_however_well_the_rest_does() {
    assert_eq!(
        told(vec![critical("Users", Behind, 9.0), metric("Calls", Exceeding, 90.0)]),
        "Behind on day 91 because Users, a critical metric, is 9 % against 40 % expected; the rest is ahead."
    );
    assert_eq!(
        told(vec![critical("Users", Behind, 30.0), metric("Calls", Exceeding, 50.2)]),
        "Behind on day 91 because Users, a critical metric, is 30 % against 40 % expected; the rest is ahead."
    );
}

#[test]
fn what_is_well_by_its_critical_metric_says_that_the_rest_lags() {
    assert_eq!(
        told(vec![critical("Users", OnTrack, 42.0), metric("Calls", Behind, 2.0)]),
        "On track on day 91 because Users, a critical metric, is 42 % against 40 % expected; the rest lags."
    );
}

#[test]
fn what_is_exceeding_names_what_exceeds() {
    let failed = MetricProgress {
        current: Some(1.2),
        expected: Some(1.0),
        gap_points: Some(-0.2),
        ..metric("Failed calls", OnTrack, 1.2)
    };
    assert_eq!(
        told(vec![failed, MetricProgress { weight: 9.0, ..metric("Calls", Exceeding, 90.0) }]),
        "Exceeding, 45 points above expected on day 91: Calls 90 % against 40 % expected."
    );
}

#[test]
fn unlikely_to_arrive_is_the_reason_where_the_gap_is_none() {
    let Forecast::Known { method, at_day, .. } = metric("Users", AtRisk, 80.0).forecast else {
        panic!("known")
    };
    let forecast = Forecast::Known {
        rung: Rung::CohortAnalogs,
        method,
        at_day,
        point: 50.0,
        band: None,
        calibrated: false,
        probability: Some(0.004),
        recalibrated: None,
        n: 9,
        past: Vec::new(),
    };
    assert_eq!(
        told(vec![MetricProgress { forecast, ..critical("Users", AtRisk, 45.0) }]),
        "At risk on day 91 because Users, a critical metric, is 45 % against 40 % expected, but less than 1 % likely \
         to reach its target."
    );
}

#[test]
fn a_late_milestone_is_the_reason_and_the_gap_is_not() {
    let late = "At risk on day 91 because “Rolled out”, a critical milestone, was due on day 45";
    for (current, measured) in [(80.0, "above expected"), (40.0, "as expected")] {
        let metrics = vec![critical("Users", OnTrack, current)];
        assert_eq!(told_at_least(AtRisk, metrics), format!("{late}; the metrics are {measured}."));
    }
}

#[test]
fn a_status_that_is_held_says_so_both_ways() {
    let held = |status, reads, current| {
        told(vec![MetricProgress { reads: Some(reads), ..critical("Users", status, current) }])
    };
    let users = "Users, a critical metric,";
    assert_eq!(
        held(OnTrack, Behind, 19.0),
        format!("On track on day 91, held until behind is confirmed: {users} 19 % against 40 % expected.")
    );
    assert_eq!(
        held(Behind, OnTrack, 44.0),
        format!("Behind on day 91, held until on track is confirmed: {users} 44 % against 40 % expected.")
    );
    assert_eq!(
        held(Exceeding, OnTrack, 40.0),
        format!("Exceeding on day 91, held until on track is confirmed: {users} 40 % against 40 % expected.")
    );
}

#[test]
fn a_little_below_is_near_enough_or_inside_the_band() {
    let near = critical("Users", OnTrack, 37.0);
    let banded = MetricProgress { expected_band: Some(Band { low: 30.0, high: 60.0 }), ..near.clone() };
    let told = [near, banded].map(|metric| told(vec![metric]));
    let users = "On track on day 91 because Users, a critical metric, is 37 % against 40 % expected";
    assert_eq!(
        told,
        [format!("{users}, near enough."), format!("{users}, inside the band of similar upsells.")]
    );
}

#[test]
fn one_metric_far_behind_caps_what_the_others_earn() {
    let told = told(vec![critical("Users", Exceeding, 90.0), metric("Calls", Behind, 2.0)]);
    assert_eq!(
        told,
        "On track on day 91, no better because Calls is 2 % against 40 % expected; the rest is ahead."
    );
}

fn any_metric() -> impl Strategy<Value = MetricProgress> {
    let status = prop_oneof![Just(Exceeding), Just(OnTrack), Just(AtRisk), Just(Behind)];
    (status, proptest::option::of(Just(Behind)), 0.0..100.0, any::<bool>(), 0.5..5.0_f64).prop_map(
        |(status, reads, current, critical, weight)| {
            let name = format!("m{current}");
            let reads = reads.filter(|reads| *reads != status);
            MetricProgress { critical, weight, reads, ..metric(&name, status, current) }
        },
    )
}

proptest! {
    /// Whatever the metrics say: a bad status never stands beside "above", nor a good one beside "below".
    #[test]
    fn no_headline_contradicts_itself(metrics in proptest::collection::vec(any_metric(), 1..5), floor in prop_oneof![Just(Exceeding), Just(AtRisk)]) {
        let told = told_at_least(floor, metrics);
        let is_bad = told.starts_with("Behind") || told.starts_with("At risk");
        let beside = if is_bad { "above expected on day" } else { "below expected on day" };
        prop_assert!(!told.contains(beside), "{told}");
        let short = told.contains("expected on day");
        prop_assert!(short || told.contains(" because ") || told.contains(", held until "), "{told}");
    }
}

#[test]
fn the_rest_is_not_called_ahead_where_one_of_it_lags() {
    let others = vec![metric("Calls", Exceeding, 90.0), metric("Errors", Behind, 30.0)];
    let all = [vec![critical("Users", AtRisk, 38.0)], others].concat();
    let told = told(all);
    assert!(told.ends_with("; the rest together is ahead, though Errors is behind."), "{told}");
}

#[test]
fn what_is_too_early_to_judge_is_said_to_be_so() {
    let early = MetricProgress { rule: TOO_EARLY.to_owned(), ..critical("Users", OnTrack, 39.0) };
    let told = told(vec![early, metric("Calls", OnTrack, 41.0)]);
    assert!(told.contains("too early to judge") && !told.contains("near enough"), "{told}");
}
