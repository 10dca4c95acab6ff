//! The status at the last checkpoint is kept, whatever comes after it.

use super::{Fresh, contract, run, samples, samples::at};
use crate::{Tx, outcomes::OutcomeFilter};
use domain::{
    outcome::Conclusion,
    plan::MeasurementPlan,
    status::Status::{self, AtRisk, Behind, Exceeding, OnTrack},
};

contract! {
    the_evaluation_at_the_last_checkpoint_says_the_final_status
    an_outcome_documented_before_that_evaluation_keeps_the_last_one
    older_databases_read_it_from_what_was_stored
}

/// The last checkpoint is on 1 May 2026 at 09:00 in New York.
const JUST_BEFORE: &str = "2026-05-01T12:59:59Z";
const DUE: &str = "2026-05-01T13:00:00Z";

async fn planned(tx: &mut Tx, n: u64) -> MeasurementPlan {
    let upsell = samples::upsell(n);
    let plan = samples::plan(&upsell);
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    assert_eq!(plan.checkpoints.last().unwrap().scheduled_date, at(DUE));
    plan
}

async fn evaluated(tx: &mut Tx, plan: &MeasurementPlan, moments: &[(&str, Status)]) {
    for (made_at, status) in moments {
        let n = at(made_at).timestamp().unsigned_abs();
        tx.insert_evaluation(&samples::evaluation(plan, n, made_at, *status, 0.0)).await.unwrap();
    }
}

async fn final_status(tx: &mut Tx) -> Option<Status> {
    tx.case_rows(&OutcomeFilter::default()).await.unwrap()[0].final_status
}

async fn the_evaluation_at_the_last_checkpoint_says_the_final_status(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let plan = planned(&mut tx, 2).await;
    evaluated(&mut tx, &plan, &[("2026-04-30T12:00:00Z", OnTrack), (JUST_BEFORE, AtRisk)]).await;
    assert_eq!(final_status(&mut tx).await, None, "the checkpoint is still to come");
    evaluated(&mut tx, &plan, &[(DUE, Behind)]).await;
    assert_eq!(final_status(&mut tx).await, Some(Behind));
    evaluated(&mut tx, &plan, &[("2026-05-01T18:00:00Z", AtRisk), ("2026-05-20T12:00:00Z", OnTrack)]).await;
    assert_eq!(final_status(&mut tx).await, Some(Behind), "later evaluations do not change it");
}

async fn an_outcome_documented_before_that_evaluation_keeps_the_last_one(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let plan = planned(&mut tx, 2).await;
    evaluated(&mut tx, &plan, &[(JUST_BEFORE, OnTrack)]).await;
    let mut documented = samples::documented(Conclusion::Partial);
    documented.documented_at = at(DUE);
    tx.insert_outcome(plan.id, plan.upsell, &documented).await.unwrap();
    assert_eq!(final_status(&mut tx).await, Some(OnTrack));
    tx.touch_plan(&plan).await.unwrap();
    let row = tx.portfolio(&crate::portfolio::PortfolioFilter::default()).await.unwrap().rows.remove(0);
    assert_eq!((row.documented_at, row.next_checkpoint_at), (Some(at(DUE)), None), "nothing is due any more");
}

/// What the version before this one left: the status of the last evaluation of all.
async fn older_databases_read_it_from_what_was_stored(fresh: &Fresh) {
    const OVERWRITTEN: &str =
        "update standing set final_status = 'exceeding', final_due = null, final_at = null, forecast = 50";
    let mut tx = fresh.store.write("test").await.unwrap();
    let plan = planned(&mut tx, 2).await;
    evaluated(&mut tx, &plan, &[(JUST_BEFORE, OnTrack), (DUE, AtRisk), ("2026-05-20T12:00:00Z", Exceeding)])
        .await;
    run(&mut tx, OVERWRITTEN).await.unwrap();
    let migration = if fresh.url.starts_with("sqlite") {
        include_str!("../../../migrations/sqlite/0015_final_status.sql")
    } else {
        include_str!("../../../migrations/postgres/0015_final_status.sql")
    };
    let mut updates = 0;
    let statements = migration.split(';');
    for statement in statements.filter_map(|part| Some(&part[part.find("update standing")?..])) {
        run(&mut tx, statement).await.unwrap();
        updates += 1;
    }
    assert_eq!((updates, final_status(&mut tx).await), (5, Some(AtRisk)));
    evaluated(&mut tx, &plan, &[("2026-05-21T12:00:00Z", Behind)]).await;
    assert_eq!(final_status(&mut tx).await, Some(AtRisk));
}
