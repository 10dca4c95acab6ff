//! Observations and evaluations keep both clocks.

use super::{Fresh, contract, samples, samples::at};
use domain::{Code, id::ObservationId, plan::MeasurementPlan, status::Status};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

contract! {
    observations_are_told_as_they_were_known
    observations_are_cited_only_of_their_own_plan
    a_value_that_is_no_number_is_refused
    what_was_recorded_now_is_known_now
    any_number_reads_back_as_the_very_same
    the_last_evaluation_is_the_one_before
    evaluations_are_listed_for_replay
    an_evaluation_takes_the_place_of_one_of_the_same_moment
    the_last_evaluation_of_a_day_is_the_days
}

async fn planned(fresh: &Fresh, n: u64) -> MeasurementPlan {
    let upsell = samples::upsell(n);
    let plan = samples::plan(&upsell);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.commit().await.unwrap();
    plan
}

async fn observations_are_told_as_they_were_known(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let first = samples::observation(&plan, 1, "2026-02-02", "2026-02-03T05:00:00Z");
    let earlier_day = samples::observation(&plan, 2, "2026-02-01", "2026-02-04T05:00:00Z");
    let restated = samples::observation(&plan, 3, "2026-02-02", "2026-02-05T05:00:00Z");
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_observations(&[restated.clone(), first.clone(), earlier_day.clone()]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.store.read().await.unwrap();
    let known = tx.observations_of(plan.id, at("2026-02-04T05:00:00Z")).await.unwrap();
    assert_eq!(known, [earlier_day.clone(), first.clone()]);
    let known = tx.observations_of(plan.id, at("2026-03-01T00:00:00Z")).await.unwrap();
    assert_eq!(known, [earlier_day, first, restated]);
}

async fn observations_are_cited_only_of_their_own_plan(fresh: &Fresh) {
    let (plan, other) = (planned(fresh, 1).await, planned(fresh, 2).await);
    let own = samples::observation(&plan, 1, "2026-02-02", "2026-02-03T05:00:00Z");
    let foreign = samples::observation(&other, 2, "2026-02-02", "2026-02-03T05:00:00Z");
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_observations(&[own.clone(), foreign.clone()]).await.unwrap();
    let ids = [own.id, foreign.id, ObservationId::from_bits(3)];
    assert_eq!(tx.observations_by_id(plan.id, &ids).await.unwrap(), [own]);
    assert!(tx.observations_by_id(plan.id, &[]).await.unwrap().is_empty());
}

async fn a_value_that_is_no_number_is_refused(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let mut observation = samples::observation(&plan, 1, "2026-02-02", "2026-02-03T05:00:00Z");
    let mut tx = fresh.store.write("test").await.unwrap();
    for value in [f64::NAN, f64::INFINITY] {
        observation.value = value;
        let refused = tx.insert_observations(std::slice::from_ref(&observation)).await.unwrap_err();
        assert_eq!(refused.code, Code::Invalid);
    }
}

async fn what_was_recorded_now_is_known_now(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let now = at("2026-02-03T05:00:00.123987654Z");
    let mut observation = samples::observation(&plan, 1, "2026-02-02", "2026-02-03T05:00:00Z");
    observation.recorded_at = now;
    observation.value = 0.1 + 0.2;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_observations(std::slice::from_ref(&observation)).await.unwrap();
    let known = tx.observations_of(plan.id, now).await.unwrap();
    assert_eq!(known[0].recorded_at, at("2026-02-03T05:00:00.123Z"), "cut, never later than now");
    assert_eq!(known[0].value.to_bits(), observation.value.to_bits());
}

async fn the_last_evaluation_is_the_one_before(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let first = samples::evaluation(&plan, 1, "2026-02-10T05:00:00Z", Status::Behind, -20.0);
    let second = samples::evaluation(&plan, 2, "2026-02-11T05:00:00Z", Status::OnTrack, 1.0);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_evaluation(&first).await.unwrap();
    tx.insert_evaluation(&second).await.unwrap();
    let last = async |tx: &mut crate::Tx, moment| tx.last_evaluation(plan.id, at(moment)).await.unwrap();
    assert_eq!(last(&mut tx, "2026-02-10T04:59:59.999Z").await, None);
    assert_eq!(last(&mut tx, "2026-02-10T05:00:00Z").await, Some(first));
    assert_eq!(last(&mut tx, "2027-01-01T00:00:00Z").await, Some(second));
}

async fn evaluations_are_listed_for_replay(fresh: &Fresh) {
    let (plan, other) = (planned(fresh, 1).await, planned(fresh, 2).await);
    let days = ["2026-02-10T05:00:00Z", "2026-02-11T05:00:00Z", "2026-02-12T05:00:00Z"];
    let mut tx = fresh.store.write("test").await.unwrap();
    for (n, made_at) in days.into_iter().enumerate() {
        let evaluation = samples::evaluation(&plan, n as u64, made_at, Status::Behind, -20.0);
        tx.insert_evaluation(&evaluation).await.unwrap();
    }
    let late = samples::evaluation(&other, 9, "2026-03-01T05:00:00Z", Status::Behind, -20.0);
    tx.insert_evaluation(&late).await.unwrap();
    let found = tx.evaluations_of(plan.id, at(days[1]), at(days[2])).await.unwrap();
    assert_eq!(found.iter().map(|evaluation| evaluation.at).collect::<Vec<_>>(), [at(days[1]), at(days[2])]);
    assert_eq!(tx.evaluated_plans(at(days[0]), at(days[2])).await.unwrap(), [plan.id]);
    assert_eq!(tx.evaluated_plans(at(days[0]), late.at).await.unwrap(), [plan.id, other.id]);
}

async fn an_evaluation_takes_the_place_of_one_of_the_same_moment(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let first = samples::evaluation(&plan, 1, "2026-02-10T05:00:00Z", Status::Behind, -20.0);
    let second = samples::evaluation(&plan, 2, "2026-02-10T05:00:00Z", Status::OnTrack, 1.1);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_evaluation(&first).await.unwrap();
    tx.insert_evaluation(&second).await.unwrap();
    assert_eq!(tx.evaluations_of(plan.id, first.at, first.at).await.unwrap(), [second]);
    let shown = tx.portfolio(&crate::portfolio::PortfolioFilter::default()).await.unwrap().rows.remove(0);
    assert_eq!((shown.status, shown.gap_points), (Some(Status::OnTrack), Some(1.1)));
}

async fn the_last_evaluation_of_a_day_is_the_days(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    let made =
        [("2026-02-10T15:00:00Z", -9.0), ("2026-02-10T20:00:00Z", -7.5), ("2026-02-11T20:00:00Z", 0.0)];
    for (n, (made_at, gap)) in made.into_iter().enumerate() {
        let evaluation = samples::evaluation(&plan, n as u64, made_at, Status::Behind, gap);
        tx.insert_evaluation(&evaluation).await.unwrap();
    }
    let days = tx.days_of(plan.id).await.unwrap();
    let first = plan.day(at(made[0].0));
    let told: Vec<_> = days.iter().map(|day| (day.day, day.status, day.gap_points, day.gap_band)).collect();
    let behind = Some(Status::Behind);
    assert_eq!(told, [(first, behind, Some(-7.5), None), (first + 1, behind, Some(0.0), None)]);
}

async fn any_number_reads_back_as_the_very_same(fresh: &Fresh) {
    let plan = planned(fresh, 1).await;
    let mut runner = TestRunner::deterministic();
    let numbers = proptest::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, 300);
    let mut numbers = numbers.new_tree(&mut runner).unwrap().current();
    numbers.extend([0.1 + 0.2, 1.0 / 3.0, 80.1, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.0, 1e15, 123_456.789]);
    numbers.extend((0..300).map(|n| f64::from(n) / 7.0));
    let observations = (0..).zip(&numbers).map(|(n, number)| {
        let mut observation = samples::observation(&plan, n, "2026-02-02", "2026-02-03T05:00:00Z");
        observation.value = *number;
        "said \"by\u{1f} hand\"".clone_into(&mut observation.source);
        observation
    });
    let observations: Vec<_> = observations.collect();
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_observations(&observations).await.unwrap();
    let known = tx.observations_of(plan.id, at("2026-02-03T05:00:00Z")).await.unwrap();
    assert_eq!(known.len(), numbers.len());
    for (known, stored) in known.iter().zip(&observations) {
        assert_eq!(known.value.to_bits(), stored.value.to_bits(), "{:e}", stored.value);
        assert_eq!(known, stored);
    }
    let mut evaluation = samples::evaluation(&plan, 1, "2026-02-10T05:00:00Z", Status::Behind, 0.0);
    for number in &numbers[..40] {
        evaluation.progress.gap_points = Some(*number);
        tx.insert_evaluation(&evaluation).await.unwrap();
        let last = tx.last_evaluation(plan.id, evaluation.at).await.unwrap();
        assert_eq!(last.as_ref(), Some(&evaluation));
    }
}
