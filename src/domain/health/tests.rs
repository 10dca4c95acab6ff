use super::*;
use crate::{
    assess::{Cohorts, Inputs, Occasion, assess},
    example::{noon_of, observation, plan},
    metric::Threshold,
    observation::{Observation, Quality},
    outcome::Documented,
};
use proptest::prelude::*;

#[test]
fn the_corners_are_those_of_the_method() {
    let policy = HealthPolicy::default();
    let scores = [-1.0, 0.0, 0.3, 0.6, 1.0, 1.25, 3.0].map(|a| score(a, 0.6, &policy));
    assert_eq!(scores, [0.0, 0.0, 25.0, 50.0, 80.0, 100.0, 100.0]);
    assert_eq!(score(0.05, 0.0, &policy), 50.0, "a warning line at the baseline is held off it");
    assert_eq!(score(0.95, 1.0, &policy), 50.0, "and one at the target off that");
}

proptest! {
    #[test]
    fn more_attainment_is_never_less_health(a in -1.0..2.0, b in -1.0..2.0, warning in 0.0..1.0) {
        let policy = HealthPolicy::default();
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        prop_assert!(score(low, warning, &policy) <= score(high, warning, &policy) + 1e-9);
    }
}

/// A plan of two metrics, three quarters of the weight on the first, and what is known of it on a day.
struct Case {
    plan: MeasurementPlan,
    observations: Vec<Observation>,
    outcome: Outcome,
    ended: Option<Ended>,
    overrides: Vec<Override>,
}

impl Case {
    /// The first metric was read once, on a day.
    fn seen(day: i32, value: f64) -> Self {
        let mut plan = plan();
        plan.metrics[0].weight = 3.0;
        // Half the way, on any day.
        plan.metrics[0].thresholds = vec![Threshold { day: 0, warn: 45.0, fail: 0.0 }];
        let csat = Metric { key: "csat".into(), weight: 1.0, critical: false, ..plan.metrics[0].clone() };
        plan.metrics.push(csat);
        let observations = vec![observation(&plan, day, value)];
        Self { plan, observations, outcome: Outcome::Pending, ended: None, overrides: Vec::new() }
    }

    fn said(mut self, score: f64, on: i32, until: i32) -> Self {
        let (said_at, until) = (noon_of(&self.plan, on), noon_of(&self.plan, until));
        let (factor, reason, by) =
            (self.plan.metrics[0].key.clone(), "seen on site".into(), "Ana Ruiz".into());
        self.overrides.push(Override { factor, score, reason, by, said_at, until });
        self
    }

    fn on(&self, day: i32) -> Health {
        let (policy, now) = (Policy::default(), noon_of(&self.plan, day));
        let progress = assess(&Inputs {
            plan: &self.plan,
            observations: &self.observations,
            previous: None,
            cohorts: &Cohorts::new(),
            policy: &policy,
            ended_on: None,
            now,
            occasion: Occasion::Look,
        });
        Health::of(&Sources {
            plan: &self.plan,
            progress: &progress,
            outcome: &self.outcome,
            ended: self.ended.as_ref(),
            overrides: &self.overrides,
            policy: &policy,
            now,
        })
    }
}

fn states(health: &Health) -> Vec<FactorState> {
    health.factors.iter().map(|factor| factor.state).collect()
}

#[test]
fn the_mean_is_over_what_is_known_and_says_how_much_that_is() {
    let health = Case::seen(30, 45.0).on(31);
    assert_eq!(
        (health.score, health.coverage),
        (Some(50.0), 0.75),
        "half the way, where the warning line is"
    );
    assert_eq!(states(&health), [FactorState::Known, FactorState::Unknown]);
    let [seen, unseen] = health.factors.as_slice() else { panic!("two metrics") };
    assert_eq!((seen.weight, seen.confidence, seen.evidence_ids.len()), (0.75, 0.8, 1));
    assert_eq!((unseen.score, unseen.confidence, unseen.valid_until), (None, 0.0, None));
}

#[test]
fn the_threshold_of_the_day_is_the_warning_line() {
    let mut case = Case::seen(30, 45.0);
    let threshold = |day, warn| Threshold { day, warn, fail: 0.0 };
    case.plan.metrics[0].thresholds = vec![threshold(0, 9.0), threshold(30, 67.5), threshold(60, 81.0)];
    let expected = 50.0 * 0.5 / 0.75;
    assert!((case.on(31).score.unwrap() - expected).abs() < 1e-9);
}

#[test]
fn before_the_first_threshold_the_warning_line_rises_to_it() {
    let mut case = Case::seen(10, 9.0);
    case.plan.metrics[0].thresholds = vec![Threshold { day: 30, warn: 27.0, fail: 0.0 }];
    assert_eq!(
        case.on(11).score,
        Some(50.0),
        "a tenth of the way on day 10, where a third of 0.3 is the line"
    );
}

#[test]
fn without_thresholds_the_warning_line_is_where_it_would_be_behind_pace() {
    let mut case = Case::seen(30, 45.0);
    case.plan.metrics[0].thresholds.clear();
    assert_eq!(case.on(31).score, Some(60.0), "half the way, where three quarters of a third is the line");
}

#[test]
fn a_factor_drops_out_when_its_evidence_is_too_old_and_stays_to_be_seen() {
    let case = Case::seen(30, 90.0);
    let (fresh, old) = (case.on(59), case.on(60));
    assert_eq!((fresh.score, states(&fresh)[0]), (Some(80.0), FactorState::Known));
    assert_eq!(fresh.factors[0].confidence, 0.4, "the data stopped");
    assert_eq!((old.score, old.coverage), (None, 0.0));
    assert_eq!((old.factors[0].score, states(&old)[0]), (Some(80.0), FactorState::Expired));
    let midnight = noon_of(&case.plan, 60) - TimeDelta::hours(12);
    assert_eq!((fresh.changes_at(), old.changes_at()), (Some(midnight), None));
}

#[test]
fn a_value_typed_over_what_is_measured_is_trusted_no_more_than_a_stale_one() {
    let mut case = Case::seen(30, 90.0);
    assert_eq!(case.on(31).factors[0].confidence, 0.8);
    case.observations[0].quality = Quality::Stated;
    assert_eq!(case.on(31).factors[0].confidence, 0.4);
}

#[test]
fn what_a_person_said_counts_until_its_end_beside_the_rule() {
    let case = Case::seen(30, 45.0).said(70.0, 31, 40);
    let said = case.on(32);
    assert_eq!((said.score, said.factors[0].score), (Some(70.0), Some(50.0)), "both are to be seen");
    assert_eq!(states(&said)[0], FactorState::Overridden);
    assert_eq!(said.changes_at(), Some(noon_of(&case.plan, 40)));
    let after = case.on(40);
    assert_eq!((after.score, &after.factors[0].overridden), (Some(50.0), &None));
}

#[test]
fn the_latest_word_supersedes_those_before_even_after_its_own_end() {
    let case = Case::seen(30, 45.0).said(70.0, 31, 50).said(20.0, 32, 35);
    assert_eq!(case.on(34).score, Some(20.0));
    assert_eq!(case.on(36).score, Some(50.0), "70 does not come back");
}

#[test]
fn a_person_may_score_what_nothing_is_known_of() {
    let mut case = Case::seen(30, 45.0).said(90.0, 30, 40);
    case.overrides[0].factor = "csat".into();
    let health = case.on(31);
    assert_eq!((health.score, health.coverage), (Some(0.75 * 50.0 + 0.25 * 90.0), 1.0));
}

fn documented(case: &Case, conclusion: Conclusion, day: i32) -> Outcome {
    Outcome::Documented(Box::new(Documented {
        conclusion,
        proposed: None,
        evidence: Vec::new(),
        evidence_ids: vec![case.observations[0].id],
        gaps: Vec::new(),
        intervention_plan: Vec::new(),
        lessons_learned: Vec::new(),
        documented_by: "Ana Ruiz".to_owned(),
        documented_at: noon_of(&case.plan, day),
    }))
}

#[test]
fn how_it_ended_is_a_factor_of_half_the_weight_for_ninety_days() {
    let mut case = Case::seen(90, 90.0);
    case.outcome = documented(&case, Conclusion::Success, 91);
    let health = case.on(92);
    assert_eq!((health.score, health.coverage), (Some((0.375 * 80.0 + 0.5 * 100.0) / 0.875), 0.875));
    let last = health.factors.last().unwrap();
    assert_eq!((last.factor.0.as_str(), last.evidence_ids.len()), (OUTCOME, 1));
    assert_eq!(states(&case.on(180)), [FactorState::Expired, FactorState::Unknown, FactorState::Known]);
    assert_eq!(states(&case.on(181))[2], FactorState::Expired);
}

#[test]
fn a_hard_end_is_a_failure_until_somebody_documents_something_else() {
    let mut case = Case::seen(30, 45.0);
    let recorded_at = noon_of(&case.plan, 31);
    case.ended = Some(Ended { on: case.plan.date_of(31), reason: "cancelled".to_owned(), recorded_at });
    assert_eq!(case.on(32).factors[2].score, Some(0.0));
    case.outcome = documented(&case, Conclusion::Partial, 33);
    assert_eq!(case.on(33).factors[2].score, Some(60.0));
}

/// Is what is known on a day news to who was told on another?
fn is_news(told: (&Case, i32), now: (&Case, i32)) -> bool {
    let policy = HealthPolicy::default();
    now.0.on(now.1).is_news(Some(&told.0.on(told.1)), &policy, noon_of(&now.0.plan, now.1))
}

#[test]
fn a_score_that_moved_by_a_point_is_news_and_less_is_none() {
    let told = Case::seen(30, 45.0);
    assert!(!is_news((&told, 31), (&told, 32)), "nothing happened");
    assert!(!is_news((&told, 31), (&Case::seen(31, 45.89), 32)));
    assert!(is_news((&told, 31), (&Case::seen(31, 46.6), 32)));
    assert!(is_news((&told, 31), (&Case::seen(31, 44.0), 32)));
}

#[test]
fn a_factor_that_becomes_known_expired_or_overridden_is_news() {
    let none = Case { observations: Vec::new(), ..Case::seen(0, 0.0) };
    let seen = Case::seen(30, 45.0);
    assert!(
        !none.on(31).is_news(None, &HealthPolicy::default(), noon_of(&none.plan, 31)),
        "nothing is known"
    );
    assert!(seen.on(31).is_news(None, &HealthPolicy::default(), noon_of(&seen.plan, 31)));
    assert!(is_news((&none, 31), (&seen, 31)) && is_news((&seen, 31), (&none, 31)));
    assert!(is_news((&seen, 59), (&seen, 60)) && !is_news((&seen, 60), (&seen, 61)), "it expires once");
    let said = Case::seen(30, 45.0).said(50.0, 31, 40);
    assert!(is_news((&seen, 32), (&said, 32)), "a person agrees with the rule");
    assert!(!is_news((&said, 32), (&said, 33)) && is_news((&said, 39), (&said, 40)));
    let again = Case::seen(30, 45.0).said(50.0, 31, 40).said(50.0, 33, 50);
    assert!(is_news((&said, 33), (&again, 33)), "it stands longer now");
}

#[test]
fn a_metric_or_an_end_that_comes_or_goes_is_news() {
    let (both, mut one) = (Case::seen(30, 45.0), Case::seen(30, 45.0));
    one.plan.metrics.pop();
    assert!(!is_news((&both, 31), (&one, 31)), "of the other nothing was known");
    one.plan.metrics[0].key = "seats".into();
    one.observations[0].metric = "seats".into();
    assert!(is_news((&both, 31), (&one, 31)));
    let mut ended = Case::seen(30, 45.0);
    ended.outcome = documented(&ended, Conclusion::Failed, 31);
    assert!(is_news((&both, 31), (&ended, 31)));
}

#[test]
fn newer_evidence_is_told_a_week_before_the_told_one_runs_out() {
    let (told, newer) = (Case::seen(30, 45.0), Case::seen(50, 45.0));
    assert!(!is_news((&told, 31), (&newer, 52)), "told to hold until day 60");
    assert!(is_news((&told, 31), (&newer, 53)));
    assert!(!is_news((&told, 31), (&told, 53)), "there is no newer");
}
