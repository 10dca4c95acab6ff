//! What no due plan leads to is found all the same.

use super::{Fresh, contract, samples};
use chrono::TimeDelta;
use domain::alert::{Alert, AlertRule, AlertState, Severity};

contract! {
    an_upsell_is_drafted_until_it_waits_or_has_its_plan
    alerts_of_resting_plans_and_ended_snoozes_are_found
}

async fn an_upsell_is_drafted_until_it_waits_or_has_its_plan(fresh: &Fresh) {
    let (first, second) = (samples::upsell(1), samples::upsell(2));
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&first).await.unwrap();
    tx.insert_upsell(&second).await.unwrap();
    assert_eq!(tx.upsells_to_draft(9).await.unwrap().len(), 2);
    tx.set_plan_waits_for(first.id, Some("seats")).await.unwrap();
    assert_eq!(tx.upsells_to_draft(9).await.unwrap(), [second.id]);
    tx.retry_drafts().await.unwrap();
    tx.insert_plan(&samples::plan(&second)).await.unwrap();
    assert_eq!(tx.upsells_to_draft(9).await.unwrap(), [first.id]);
}

async fn alerts_of_resting_plans_and_ended_snoozes_are_found(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let plan = samples::plan(&upsell);
    let now = plan.created_at;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    let mut alert = Alert {
        id: domain::id::AlertId::from_bits(1),
        upsell: upsell.id,
        plan: None,
        metric: None,
        rule: AlertRule::PlanMissing,
        episode: 1,
        severity: Severity::Warning,
        state: AlertState::Open,
        owner: None,
        message: "no plan".to_owned(),
        next_step: "make one".to_owned(),
        raised_at: now,
        notes: Vec::new(),
    };
    tx.insert_alert(&alert).await.unwrap();
    assert_eq!(tx.upsells_with_unattended_alerts(now, 9).await.unwrap(), [upsell.id], "no plan");
    tx.insert_plan(&plan).await.unwrap();
    assert_eq!(tx.upsells_with_unattended_alerts(now, 9).await.unwrap(), [], "its assessment is due");
    alert.state = AlertState::Snoozed { until: now + TimeDelta::hours(2) };
    tx.save_alert(&alert).await.unwrap();
    let hours = |hours| now + TimeDelta::hours(hours);
    assert_eq!(tx.upsells_with_unattended_alerts(hours(1), 9).await.unwrap(), [], "it is snoozed");
    assert_eq!(tx.upsells_with_unattended_alerts(hours(2), 9).await.unwrap(), [upsell.id], "it woke");
    alert.state = AlertState::Open;
    tx.save_alert(&alert).await.unwrap();
    tx.schedule_assessment(plan.id, None).await.unwrap();
    assert_eq!(tx.upsells_with_unattended_alerts(now, 9).await.unwrap(), [upsell.id], "its plan rests");
    alert.state = AlertState::Closed { at: now };
    tx.save_alert(&alert).await.unwrap();
    assert_eq!(tx.upsells_with_unattended_alerts(now, 9).await.unwrap(), []);
}
