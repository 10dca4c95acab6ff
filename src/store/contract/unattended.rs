//! What no due plan leads to is found all the same.

use super::{Fresh, contract, samples};
use crate::Tx;
use chrono::TimeDelta;
use domain::{
    alert::{Alert, AlertRule, AlertState, Severity},
    outcome::Conclusion,
};

contract! {
    an_upsell_is_drafted_until_it_waits_or_has_its_plan
    an_upsell_is_looked_at_after_every_change_beside_assessments
    an_upsell_is_looked_at_when_a_snooze_ends
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

async fn an_upsell_is_looked_at_after_every_change_beside_assessments(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let plan = samples::plan(&upsell);
    let hours = |hours| upsell.detected_at + TimeDelta::hours(hours);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    assert_eq!(tx.upsells_to_look_at(hours(0), 9).await.unwrap(), [upsell.id], "the sale is new");
    tx.look_again(upsell.id, Some(hours(24))).await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().look, Some(hours(24)));
    assert_eq!(tx.upsells_to_look_at(hours(23), 9).await.unwrap(), [], "its plan is not missed yet");
    assert_eq!(tx.upsells_to_look_at(hours(24), 9).await.unwrap(), [upsell.id], "its plan is missing");
    let looked_at = async |tx: &mut Tx, after: &str| {
        assert_eq!(tx.upsells_to_look_at(hours(0), 9).await.unwrap(), [upsell.id], "{after}");
        tx.look_again(upsell.id, None).await.unwrap();
        assert_eq!(tx.upsells_to_look_at(hours(9000), 9).await.unwrap(), [], "{after}");
    };
    tx.update_upsell(&upsell).await.unwrap();
    looked_at(&mut tx, "the sale changed").await;
    tx.insert_plan(&plan).await.unwrap();
    looked_at(&mut tx, "it has a plan").await;
    tx.touch_plan(&plan).await.unwrap();
    looked_at(&mut tx, "a review was recorded").await;
    tx.insert_outcome(plan.id, upsell.id, &samples::documented(Conclusion::Partial)).await.unwrap();
    looked_at(&mut tx, "its outcome is documented").await;
}

async fn an_upsell_is_looked_at_when_a_snooze_ends(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let now = upsell.detected_at;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.look_again(upsell.id, None).await.unwrap();
    let mut alert = Alert {
        id: domain::id::AlertId::from_bits(1),
        upsell: upsell.id,
        plan: None,
        metric: None,
        rule: AlertRule::PlanMissing,
        episode: 1,
        severity: Severity::Warning,
        state: AlertState::Snoozed { until: now + TimeDelta::hours(2) },
        owner: None,
        message: "no plan".to_owned(),
        next_step: "make one".to_owned(),
        raised_at: now,
        digest: None,
        notes: Vec::new(),
    };
    tx.insert_alert(&alert).await.unwrap();
    let hours = |hours| now + TimeDelta::hours(hours);
    assert_eq!(tx.ahead().await.unwrap().look, Some(hours(2)));
    assert_eq!(tx.upsells_to_look_at(hours(1), 9).await.unwrap(), [], "it is snoozed");
    assert_eq!(tx.upsells_to_look_at(hours(2), 9).await.unwrap(), [upsell.id], "it woke");
    alert.state = AlertState::Open;
    tx.save_alert(&alert).await.unwrap();
    assert_eq!(tx.upsells_to_look_at(hours(9), 9).await.unwrap(), []);
}
