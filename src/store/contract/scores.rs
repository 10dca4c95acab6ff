//! What the engine told is kept with what came, once, and policies under their versions.

use super::{Fresh, contract, samples, samples::at};
use crate::outcomes::OutcomeFilter;
use domain::{
    Code, forecast::Rung, outcome::Conclusion, plan::MeasurementPlan, policy::Policy, promise::Promise,
    self_score::Watched,
};

contract! {
    a_score_is_kept_once_and_known_from_then_on
    an_outcome_without_a_score_is_found
    scores_are_told_of_the_upsells_asked_for
    a_version_stands_for_one_policy
}

fn promise(day: u16, probability: Option<f64>) -> Promise {
    Promise {
        metric: "active_users".into(),
        day,
        is_review: day == 30,
        rung: Rung::ShrunkBlend,
        probability,
        uncorrected: Some(0.1 + 0.2),
        is_inside: probability.map(|_| true),
        is_calibrated: false,
        was_reached: true,
    }
}

/// An upsell whose outcome is documented.
async fn ended(fresh: &Fresh, n: u64) -> MeasurementPlan {
    let upsell = samples::upsell(n);
    let plan = samples::plan(&upsell);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    tx.insert_outcome(plan.id, upsell.id, &samples::documented(Conclusion::Partial)).await.unwrap();
    tx.commit().await.unwrap();
    plan
}

async fn a_score_is_kept_once_and_known_from_then_on(fresh: &Fresh) {
    let (plan, other) = (ended(fresh, 1).await, ended(fresh, 2).await);
    let told = [promise(30, Some(0.7)), promise(40, None)];
    let mut tx = fresh.store.write("test").await.unwrap();
    let now = at("2026-06-01T09:00:00Z");
    assert!(tx.keep_score(plan.id, &told, (Some(35), 90), now).await.unwrap());
    assert!(!tx.keep_score(plan.id, &told[..1], (None, 90), at("2026-06-02T09:00:00Z")).await.unwrap());
    let after = at("2026-06-01T09:00:00.001Z");
    assert_eq!(tx.promises_known(after, Some(other.id), 9).await.unwrap(), told);
    assert_eq!(tx.promises_known(after, Some(other.id), 1).await.unwrap(), told[..1]);
    assert_eq!(tx.promises_known(after, Some(plan.id), 9).await.unwrap(), [], "its own teach it nothing");
    assert_eq!(
        tx.promises_known(now, Some(other.id), 9).await.unwrap(),
        [],
        "an evaluation of then may have come first"
    );
    assert_eq!(tx.promises_known(after, None, 9).await.unwrap(), told);
    assert_eq!(tx.plans_of_promises(after, 9).await.unwrap(), [plan.id].into());
    assert_eq!(tx.plans_of_promises(now, 9).await.unwrap(), [].into());
    assert_eq!(tx.known_past("seats", after).await.unwrap().scored.newest, Some(now));
    assert_eq!(tx.known_past("seats", now).await.unwrap().scored.newest, None);
}

async fn an_outcome_without_a_score_is_found(fresh: &Fresh) {
    let plan = ended(fresh, 1).await;
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(tx.ahead().await.unwrap().scores);
    assert_eq!(tx.unscored_plans(9).await.unwrap(), [plan.id]);
    tx.keep_score(plan.id, &[], (None, 90), at("2026-06-01T09:00:00Z")).await.unwrap();
    assert!(!tx.ahead().await.unwrap().scores);
    assert_eq!(tx.unscored_plans(9).await.unwrap(), []);
}

async fn scores_are_told_of_the_upsells_asked_for(fresh: &Fresh) {
    let plan = ended(fresh, 1).await;
    let close = samples::upsell(1).details.close_date;
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.keep_score(plan.id, &[promise(30, Some(0.7))], (Some(35), 90), at("2026-06-01T09:00:00Z"))
        .await
        .unwrap();
    let that_day = OutcomeFilter { closed_from: Some(close), closed_to: Some(close) };
    assert_eq!(tx.promises_within(&that_day).await.unwrap(), [promise(30, Some(0.7))]);
    let watched = Watched { warned_day: Some(35), last_day: 90, conclusion: Conclusion::Partial };
    assert_eq!(tx.watched_within(&that_day).await.unwrap(), [watched]);
    let later = OutcomeFilter { closed_from: close.succ_opt(), closed_to: None };
    assert_eq!(tx.promises_within(&later).await.unwrap(), []);
    assert_eq!(tx.watched_within(&later).await.unwrap(), []);
}

async fn a_version_stands_for_one_policy(fresh: &Fresh) {
    let policy = Policy::default();
    let mut tx = fresh.store.write("test").await.unwrap();
    let now = at("2026-06-01T09:00:00Z");
    tx.keep_policy(&policy, now).await.unwrap();
    tx.keep_policy(&policy, now).await.unwrap();
    let stricter = Policy { on_track_ratio: 0.95, ..policy.clone() };
    assert_eq!(tx.keep_policy(&stricter, now).await.unwrap_err().code, Code::Conflict);
    let named = Policy { version: "ours-1".to_owned(), ..stricter };
    tx.keep_policy(&named, now).await.unwrap();
    let kept = tx.policies().await.unwrap();
    assert_eq!(kept.into_values().collect::<Vec<_>>(), [policy, named]);
}
