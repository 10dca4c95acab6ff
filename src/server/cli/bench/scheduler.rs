//! The reconcilers over everything that is due, effects in the same transaction, two workers at once.

use super::{
    figure::{Figure, Goal, per_second},
    filled::Filled,
    sample,
};
use crate::reconcilers::{assess_progress, open_checkpoints};
use ::tools::Host;
use chrono::{DateTime, Utc};
use domain::{Error, Result};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

pub async fn measure(filled: &Filled) -> Result<Vec<Figure>> {
    let host = &filled.host;
    let plans = filled.open;
    let bare = marked(host, plans).await?;
    let assessed = by_two(host, |host| async move { assess_progress::run(&host).await }).await?;
    let opened = by_two(host, |host| async move { open_checkpoints::run(&host).await }).await?;
    let mut tx = host.store.read().await?;
    let invitations = tx.count_undelivered().await?;
    tx.rollback().await?;
    let due = plans * due_of_each(host.clock.now());
    let (lost, double) =
        (due.saturating_sub(invitations.min(opened.0 as u64)), (opened.0 as u64).saturating_sub(due));
    let against = "the same plans claimed by one statement a hundred, rolled back: no effects";
    Ok(vec![
        Figure::new(
            "checkpoints opened, with invitations",
            per_second(opened.0, opened.1),
            "/s",
            against,
            bare,
        )
        .goal(Goal::AtLeast(5_000.0))
        .note(format!("{} of {due} opened by two workers at once: {double} double, {lost} lost", opened.0)),
        Figure::new(
            "plans assessed, evaluation stored",
            per_second(assessed.0, assessed.1),
            "/s",
            against,
            bare,
        )
        .note(format!("{} plans, 450 observations each", assessed.0)),
    ])
}

/// Checkpoints of every plan that are to be opened by then.
fn due_of_each(now: DateTime<Utc>) -> u64 {
    let checkpoints = sample::plan(0).checkpoints;
    checkpoints.iter().filter(|checkpoint| checkpoint.scheduled_date <= now).count() as u64
}

/// Plans a second, claimed only.
async fn marked(host: &Host, plans: u64) -> Result<f64> {
    let mut tx = host.store.write("bench_mark").await?;
    let (started, mut marked) = (Instant::now(), 0);
    while let some @ 1.. = tx.mark_opened(100).await? {
        marked += some;
    }
    let took = started.elapsed();
    tx.rollback().await?;
    if marked as u64 == plans {
        Ok(per_second(marked, took))
    } else {
        Err(Error::internal("plans were missing"))
    }
}

/// Two workers run a reconciler until neither finds more.
async fn by_two<F>(
    host: &Arc<Host>,
    run: impl Fn(Arc<Host>) -> F + Clone + Send + 'static,
) -> Result<(usize, Duration)>
where
    F: Future<Output = Result<usize>> + Send + 'static,
{
    let worker = || {
        let (host, run) = (Arc::clone(host), run.clone());
        tokio::spawn(async move {
            let mut done = 0;
            while let some @ 1.. = run(Arc::clone(&host)).await? {
                done += some;
            }
            Ok::<_, Error>(done)
        })
    };
    let started = Instant::now();
    let (first, second) = tokio::try_join!(worker(), worker()).map_err(Error::internal)?;
    Ok((first? + second?, started.elapsed()))
}
