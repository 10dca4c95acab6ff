//! Ingest of usage events: kept once, rolled up, durable when answered.

use super::{
    Bench,
    figure::{Figure, Goal, Times, per_second, short},
    sample::{share, spread},
};
use ::store::{
    Store,
    floor::{PREPARED, Scratch, ingest_prepared, ingest_unnest},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Error, Result, id::UserId, usage::UsageEvent};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const BATCHES: [usize; 2] = [1_000, 10_000];
const UNNEST: &str = "events alone by UNNEST, a batch a statement: no roll-up, no bitmaps";
const CUSTOMERS: u64 = 50;
/// Events of a day, over all customers.
const PER_DAY: u64 = 20_000;

pub async fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for batch in BATCHES {
        let batches = batches(bench.size.events, batch);
        let work = format!("ingest, SQLite, batches of {batch}");
        figures.push(sqlite(bench, work, &batches).await?);
        if let Some(server) = bench.postgres {
            let work = format!("ingest, PostgreSQL, batches of {batch}");
            figures.push(postgres(server, work, &batches).await?);
        }
    }
    Ok(figures)
}

async fn sqlite(bench: &Bench<'_>, work: String, batches: &[Vec<UsageEvent>]) -> Result<Figure> {
    let (ours, bare) = (format!("ours-{}.db", batches[0].len()), format!("bare-{}.db", batches[0].len()));
    let store = Store::open(&bench.sqlite(&bare)).await?;
    store.close().await;
    let path = bench.folder.path();
    let floor = ingest_prepared(&path.join(&bare), batches).await?;
    let store = Store::open(&bench.sqlite(&ours)).await?;
    let times = through_store(&store, batches).await?;
    store.close().await;
    remove(path, &ours)?;
    remove(path, &bare)?;
    Ok(figure(work, &times, PREPARED, &floor, batches))
}

async fn postgres(server: &str, work: String, batches: &[Vec<UsageEvent>]) -> Result<Figure> {
    let (bare, ours) = (Scratch::on(server, "bare").await?, Scratch::on(server, "ours").await?);
    let measured = async {
        Store::open(&bare.url()).await?.close().await;
        let floor = ingest_unnest(&bare, batches).await?;
        let store = Store::open(&ours.url()).await?;
        let times = through_store(&store, batches).await?;
        store.close().await;
        Ok(figure(work, &times, UNNEST, &floor, batches))
    };
    let measured = measured.await;
    bare.drop().await?;
    ours.drop().await?;
    measured
}

async fn through_store(store: &Store, batches: &[Vec<UsageEvent>]) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(batches.len());
    for batch in batches {
        let started = Instant::now();
        let mut tx = store.write("bench_ingest").await?;
        let ingested = tx.ingest(batch, start()).await?;
        tx.commit().await?;
        times.push(started.elapsed());
        if ingested.accepted != batch.len() {
            return Err(Error::internal("events of the benchmark were taken for duplicates"));
        }
    }
    Ok(times)
}

fn figure(
    work: String,
    times: &[Duration],
    against: &str,
    floor: &[Duration],
    batches: &[Vec<UsageEvent>],
) -> Figure {
    let rows: usize = batches.iter().map(Vec::len).sum();
    let rate = |times: &[Duration]| per_second(rows, times.iter().sum());
    Figure::new(work, rate(times), "rows/s", against, rate(floor)).goal(Goal::Ratio(0.5)).note(format!(
        "{rows} rows; last tenth at {} of the first tenth's rate; {}",
        short(flatness(times)),
        Times::of(times.to_vec()).words()
    ))
}

/// Rate of the last tenth of the batches as a share of the first tenth's.
fn flatness(times: &[Duration]) -> f64 {
    let tenth = (times.len() / 10).max(1);
    let sum = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64();
    sum(&times[..tenth]) / sum(&times[times.len() - tenth..])
}

fn start() -> DateTime<Utc> {
    super::sample::noon(0)
}

/// As pipelines send them: time goes on, ids are random, few users do most.
fn batches(events: usize, size: usize) -> Vec<Vec<UsageEvent>> {
    let batch = |first: usize| (first..(first + size).min(events)).map(|n| event(n as u64)).collect();
    (0..events).step_by(size).map(batch).collect()
}

fn event(n: u64) -> UsageEvent {
    let seconds = n * 86_400 / PER_DAY;
    let customer = (share(n, 11) * CUSTOMERS as f64) as u64;
    let user = (share(n, 12).powi(2) * 100.0) as u64;
    UsageEvent {
        event_id: format!("{:016x}{:016x}", spread(n), spread(!n)),
        customer: format!("customer-{customer}").as_str().into(),
        feature: format!("feature-{}", spread(n) % 8).as_str().into(),
        user: Some(UserId(format!("user-{user}@customer-{customer}.example"))),
        at: start() + TimeDelta::seconds(seconds as i64),
        count: 1.0,
    }
}

/// The database is done with; its room is needed.
fn remove(folder: &Path, name: &str) -> Result<()> {
    std::fs::remove_file(folder.join(name)).map_err(Error::internal)
}
