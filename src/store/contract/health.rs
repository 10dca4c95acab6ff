//! What people said of health keeps its order and its moment; what was told is told by one.

use super::{Fresh, contract, samples, samples::at};
use crate::{Tx, health::Told};
use chrono::TimeDelta;
use domain::{
    health::{Health, Override},
    plan::MeasurementPlan,
    upsell::{Ended, Upsell},
};

contract! {
    what_was_said_is_known_from_then_on_in_its_order
    health_is_told_by_one_of_two
    health_is_looked_at_when_time_changes_it
    an_upsell_that_ends_is_assessed_at_once
}

async fn stored(fresh: &Fresh) -> (Upsell, MeasurementPlan) {
    let upsell = samples::upsell(1);
    let plan = samples::plan(&upsell);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.commit().await.unwrap();
    (upsell, plan)
}

fn said(score: f64, said_at: &str) -> Override {
    Override {
        factor: "seats_active".into(),
        score,
        reason: "Their \"pilot\" is not counted".to_owned(),
        by: "Ana Ruiz".to_owned(),
        said_at: at(said_at),
        until: at("2026-06-01T04:00:00Z"),
    }
}

async fn what_was_said_is_known_from_then_on_in_its_order(fresh: &Fresh) {
    let (_, plan) = stored(fresh).await;
    let moment = "2026-03-01T10:00:00.500Z";
    let all = [said(70.0, moment), said(60.5, moment), said(80.0, "2026-03-02T10:00:00Z")];
    let mut tx = fresh.store.write("test").await.unwrap();
    for said in &all {
        tx.insert_override(plan.id, said).await.unwrap();
    }
    assert_eq!(tx.overrides_of(plan.id, at("2026-03-02T10:00:00Z")).await.unwrap(), all);
    assert_eq!(tx.overrides_of(plan.id, at("2026-03-02T09:59:59Z")).await.unwrap(), all[..2]);
    assert_eq!(tx.overrides_of(plan.id, at("2026-03-01T10:00:00.499Z")).await.unwrap(), []);
}

fn told(times: u32, score: f64) -> Told {
    let health = Health { score: Some(score), coverage: 1.0, factors: Vec::new() };
    Told { times, at: at("2026-03-01T10:00:00Z"), changes_at: Some(at("2026-03-31T05:00:00Z")), health }
}

async fn health_is_told_by_one_of_two(fresh: &Fresh) {
    let (_, plan) = stored(fresh).await;
    let tell = async |told: Told| {
        let mut tx = fresh.store.write("tell").await.unwrap();
        tx.save_told_health(plan.id, &told).await?;
        tx.commit().await
    };
    for times in 1..=3 {
        let (one, other) = tokio::join!(tell(told(times, 40.0)), tell(told(times, 60.0)));
        let errors: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
        assert!(errors.len() == 1 && errors[0].raced, "time {times}: {errors:?}");
    }
    let mut tx = fresh.store.read().await.unwrap();
    let last = tx.told_health(plan.id).await.unwrap().unwrap();
    assert!([told(3, 40.0), told(3, 60.0)].contains(&last), "{last:?}");
    assert_eq!(tx.told_health(samples::plan_id(&samples::upsell(2))).await.unwrap(), None);
}

async fn health_is_looked_at_when_time_changes_it(fresh: &Fresh) {
    let (upsell, plan) = stored(fresh).await;
    let told = told(1, 40.0);
    let due = told.changes_at.unwrap();
    let mut tx = fresh.store.write("test").await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().health, None);
    tx.save_told_health(plan.id, &told).await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().health, Some(due));
    let changed = async |tx: &mut Tx, now| tx.upsells_with_changed_health(now, 9).await.unwrap();
    assert_eq!(changed(&mut tx, due - TimeDelta::milliseconds(1)).await, []);
    assert_eq!(changed(&mut tx, due).await, [upsell.id]);
    tx.look_at_health(plan.id, None).await.unwrap();
    assert_eq!(changed(&mut tx, due + TimeDelta::days(999)).await, []);
    assert_eq!(tx.told_health(plan.id).await.unwrap(), Some(Told { changes_at: None, ..told }));
}

async fn an_upsell_that_ends_is_assessed_at_once(fresh: &Fresh) {
    let (mut upsell, plan) = stored(fresh).await;
    let (recorded_at, later) = (at("2026-03-01T10:00:00Z"), at("2026-03-08T13:00:00Z"));
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.save_told_health(plan.id, &Told { changes_at: Some(later), ..told(1, 40.0) }).await.unwrap();
    tx.schedule_assessment(plan.id, Some(later)).await.unwrap();
    tx.update_upsell(&upsell).await.unwrap();
    assert!(tx.claim_due_assessments(recorded_at, 9).await.unwrap().is_empty(), "another change is no hurry");
    upsell.ended = Some(Ended { on: samples::day("2026-03-01"), reason: "cut".to_owned(), recorded_at });
    tx.update_upsell(&upsell).await.unwrap();
    assert_eq!(tx.claim_due_assessments(recorded_at, 9).await.unwrap().len(), 1);
    assert_eq!(tx.upsells_with_changed_health(recorded_at, 9).await.unwrap(), [upsell.id]);
    tx.schedule_assessment(plan.id, None).await.unwrap();
    tx.update_upsell(&upsell).await.unwrap();
    assert!(tx.claim_due_assessments(later, 9).await.unwrap().is_empty(), "a plan that rests is not woken");
}
