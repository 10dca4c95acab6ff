//! Plans keep their versions, and are due when their rows say so.

use super::{Fresh, contract, samples, samples::at};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Code, checkpoint::CheckpointState, plan::MeasurementPlan, upsell::Upsell};

contract! {
    a_second_plan_for_an_upsell_is_a_conflict
    each_version_stands_from_when_it_was_known
    a_plan_saved_over_another_version_is_a_conflict
    a_new_plan_is_assessed_at_once
    usage_makes_a_plan_due_from_its_earliest_day
    an_ended_plan_is_never_due
    a_checkpoint_is_due_until_it_was_opened
    the_next_due_is_the_earliest_of_all
    a_claimed_plan_is_claimed_by_nobody_else
}

async fn stored(fresh: &Fresh, n: u64) -> (Upsell, MeasurementPlan) {
    let upsell = samples::upsell(n);
    let plan = samples::plan(&upsell);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.commit().await.unwrap();
    (upsell, plan)
}

fn made_plus(plan: &MeasurementPlan, hours: i64) -> DateTime<Utc> {
    plan.created_at + TimeDelta::hours(hours)
}

async fn a_second_plan_for_an_upsell_is_a_conflict(fresh: &Fresh) {
    let (upsell, plan) = stored(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut second = plan.clone();
    second.id = domain::id::PlanId::from_bits(99);
    let error = tx.insert_plan(&second).await.unwrap_err();
    assert_eq!(error.code, Code::Conflict);
    assert!(error.message.contains("update_metrics"), "{error}");
    assert_eq!(tx.plan_of(upsell.id).await.unwrap(), plan, "the transaction goes on");
    let none = tx.plan_of(samples::upsell(9).id).await.unwrap_err();
    assert!(none.message.contains("create_measurement_plan"), "{none}");
}

async fn each_version_stands_from_when_it_was_known(fresh: &Fresh) {
    let (_, first) = stored(fresh, 1).await;
    let mut second = first.clone();
    second.version = 2;
    second.metrics[0].target = 55.5;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.save_plan(&second, made_plus(&first, 48)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.store.read().await.unwrap();
    assert_eq!(tx.plan(first.id).await.unwrap(), second);
    assert_eq!(tx.plan_versions(first.id).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(tx.plan_as_of(first.id, made_plus(&first, 47)).await.unwrap(), first);
    assert_eq!(tx.plan_as_of(first.id, made_plus(&first, 48)).await.unwrap(), second);
    let before = tx.plan_as_of(first.id, made_plus(&first, -1)).await.unwrap_err();
    assert_eq!(before.code, Code::NotFound);
}

async fn a_plan_saved_over_another_version_is_a_conflict(fresh: &Fresh) {
    let (_, plan) = stored(fresh, 1).await;
    let mut third = plan.clone();
    third.version = 3;
    let mut tx = fresh.store.write("test").await.unwrap();
    assert_eq!(tx.save_plan(&third, plan.created_at).await.unwrap_err().code, Code::Conflict);
    assert_eq!(tx.save_plan(&plan, plan.created_at).await.unwrap_err().code, Code::Conflict);
    assert_eq!(tx.touch_plan(&third).await.unwrap_err().code, Code::Conflict);
}

async fn a_new_plan_is_assessed_at_once(fresh: &Fresh) {
    let (_, plan) = stored(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(tx.claim_due_assessments(made_plus(&plan, -1), 10).await.unwrap().is_empty());
    let due = tx.claim_due_assessments(plan.created_at, 10).await.unwrap();
    assert_eq!((due.len(), due[0].changed_from), (1, None));
    tx.schedule_assessment(plan.id, Some(made_plus(&plan, 24))).await.unwrap();
    assert!(tx.claim_due_assessments(made_plus(&plan, 23), 10).await.unwrap().is_empty());
    assert_eq!(tx.claim_due_assessments(made_plus(&plan, 24), 10).await.unwrap().len(), 1);
}

async fn usage_makes_a_plan_due_from_its_earliest_day(fresh: &Fresh) {
    let (upsell, plan) = stored(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.schedule_assessment(plan.id, Some(made_plus(&plan, 240))).await.unwrap();
    let soon = made_plus(&plan, 1);
    for day in ["2026-02-03", "2026-02-01", "2026-02-02"] {
        tx.usage_changed(&upsell.customer.id, samples::day(day), soon).await.unwrap();
    }
    let due = tx.claim_due_assessments(soon, 10).await.unwrap();
    assert_eq!(due[0].changed_from, Some(samples::day("2026-02-01")));
    tx.usage_changed(&upsell.customer.id, samples::day("2026-02-09"), made_plus(&plan, 99)).await.unwrap();
    assert_eq!(tx.claim_due_assessments(soon, 10).await.unwrap().len(), 1, "never later than it was");
    tx.schedule_assessment(plan.id, Some(soon)).await.unwrap();
    assert_eq!(tx.claim_due_assessments(soon, 10).await.unwrap()[0].changed_from, None);
}

async fn an_ended_plan_is_never_due(fresh: &Fresh) {
    let (upsell, plan) = stored(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.schedule_assessment(plan.id, None).await.unwrap();
    tx.usage_changed(&upsell.customer.id, samples::day("2026-02-01"), plan.created_at).await.unwrap();
    assert!(tx.claim_due_assessments(made_plus(&plan, 9999), 10).await.unwrap().is_empty());
}

async fn a_checkpoint_is_due_until_it_was_opened(fresh: &Fresh) {
    let (_, mut plan) = stored(fresh, 1).await;
    let first = plan.checkpoints[0].scheduled_date;
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(tx.claim_due_checkpoints(first - TimeDelta::seconds(1), 10).await.unwrap().is_empty());
    assert_eq!(tx.claim_due_checkpoints(first, 10).await.unwrap(), std::slice::from_ref(&plan));
    plan.checkpoints[0].state = CheckpointState::Pending { opened: Some(first) };
    tx.touch_plan(&plan).await.unwrap();
    assert!(tx.claim_due_checkpoints(first, 10).await.unwrap().is_empty());
    assert_eq!(tx.claim_due_checkpoints(plan.checkpoints[1].scheduled_date, 10).await.unwrap().len(), 1);
    assert_eq!(tx.plan_versions(plan.id).await.unwrap().len(), 1, "a touch is no version");
}

async fn the_next_due_is_the_earliest_of_all(fresh: &Fresh) {
    let mut tx = fresh.store.read().await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().due, None);
    drop(tx);
    let (_, plan) = stored(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().due, Some(plan.created_at));
    tx.schedule_assessment(plan.id, Some(at("2027-01-01T00:00:00Z"))).await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().due, Some(plan.checkpoints[0].scheduled_date));
}

/// On PostgreSQL the second claim skips what the first holds; on SQLite it waits until the first is done.
async fn a_claimed_plan_is_claimed_by_nobody_else(fresh: &Fresh) {
    let (_, plan) = stored(fresh, 1).await;
    let claim = async || {
        let mut tx = fresh.store.write("claim").await.unwrap();
        let due = tx.claim_due_assessments(plan.created_at, 10).await.unwrap();
        for due in &due {
            tx.schedule_assessment(due.plan.id, Some(made_plus(&plan, 24))).await.unwrap();
        }
        tx.commit().await.unwrap();
        due.len()
    };
    let (first, second, third) = tokio::join!(claim(), claim(), claim());
    assert_eq!(first + second + third, 1);
}
