//! The demo's history comes out of its own records again.

use super::{cast, play};
use crate::{
    cli::host_on,
    config::Config,
    history::{replay, replay_under, until_now},
};
use ::tools::{Clock, Host, Ids};
use chrono::{DateTime, Utc};
use domain::{
    forecast::{Forecast, Rung},
    policy::Policy,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
};
use store::{Store, outcomes::OutcomeFilter};

/// The seat expansions of the demo's portfolio: similar to each other, so that later ones rest on earlier ones.
const SEED: u64 = 7;
const SIZE: u64 = 60;

#[tokio::test]
async fn every_stored_evaluation_of_the_demo_recomputes_to_the_byte() {
    let host = played("2026-11-20T09:00:00Z".parse().unwrap()).await;
    let replayed = replay(&host, until_now(&host)).await.unwrap();
    println!("{} evaluations recomputed", replayed.evaluations);
    assert!(replayed.evaluations > 500, "{}", replayed.evaluations);
    assert_eq!(replayed.differences, []);
    later_ones_rest_on_earlier_ones(&host).await;

    // It can tell: had the policy been another, they would come out otherwise.
    let policy = Policy { damping: 0.5, on_track_ratio: 0.95, ..Policy::default() };
    let moved = [(policy.version.clone(), policy)].into();
    let otherwise = replay_under(&host, until_now(&host), &moved).await.unwrap();
    assert!(2 * otherwise.differences.len() > otherwise.evaluations, "{}", otherwise.differences.len());
    // And what nobody knows the policy of is said to be so.
    let unknown = replay_under(&host, until_now(&host), &BTreeMap::new()).await.unwrap();
    assert_eq!((unknown.evaluations, unknown.earlier), (0, replayed.evaluations));
}

async fn played(end: DateTime<Utc>) -> Arc<Host> {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let config = Config::default();
    let host = host_on(store, &config, Clock::held(end), Ids::Seeded(AtomicU64::new(SEED << 32))).unwrap();
    let mut stories = cast::stories(SEED, SIZE, end.date_naive());
    stories.retain(|story| story.kind == cast::Kind::Seats);
    play::play(&host, &stories, end).await.unwrap();
    host
}

/// The top of the ladder is reached, with bands that were judged and the past upsells named.
async fn later_ones_rest_on_earlier_ones(host: &Host) {
    let mut tx = host.store.read().await.unwrap();
    let promises = tx.promises_within(&OutcomeFilter::default()).await.unwrap();
    let whole = promises.iter().filter(|told| told.rung == Rung::CohortAnalogs && told.is_inside.is_some());
    let whole = whole.count();
    assert!(whole >= 20, "{whole} of {}", promises.len());
    let all = until_now(host);
    let mut named = 0;
    for plan in tx.evaluated_plans(all.from, all.to).await.unwrap() {
        let Some(last) = tx.last_evaluation(plan, all.to).await.unwrap() else { continue };
        for metric in last.progress.metrics_progress {
            if let Forecast::Known { rung: Rung::CohortAnalogs, band, n, past, .. } = metric.forecast {
                assert!(band.is_some() && n >= 8 && past.len() >= 3, "{n} {past:?}");
                named += 1;
            }
        }
    }
    assert!(named >= 5, "{named}");
    tx.rollback().await.unwrap();
}
