//! Small writes of many callers at once, each answered when it is on disk.

use super::{
    Bench,
    figure::{Figure, Goal, Times, per_second},
    filled::Filled,
    sample,
};
use crate::auth;
use ::store::audit::AuditRow;
use ::tools::Host;
use domain::{Error, Result};
use futures::future::try_join_all;
use serde_json::json;
use std::{
    fs::File,
    future::Future,
    io::Write,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

pub const CALLERS: usize = 64;
/// About what a small write says.
const RECORD: [u8; 200] = [b'.'; 200];
const AGAINST: &str = "append and fdatasync by one thread, all who wait in one sync";
/// Longest wait of one call in a hundred.
const WAIT_MS: f64 = 25.0;

pub async fn measure(bench: &Bench<'_>, filled: &Filled) -> Result<Vec<Figure>> {
    let (host, calls) = (&filled.host, bench.size.calls);
    let floor = appends(bench.folder.path(), calls).await?;
    let (recorder, operator) = (Arc::clone(host), Arc::clone(host));
    let rows = closed_loop(calls, move |_| record(Arc::clone(&recorder))).await?;
    let tools = closed_loop(calls, move |n| acknowledge(Arc::clone(&operator), n)).await?;
    Ok([("small write, one row of the audit", rows), ("small write, resolve_alert through the door", tools)]
        .into_iter()
        .flat_map(|(work, (times, took))| figures(work, &times, took, &floor))
        .collect())
}

fn figures(work: &str, times: &Times, took: Duration, floor: &(Times, Duration)) -> [Figure; 2] {
    let rate = per_second(times.len(), took);
    let bare = per_second(floor.0.len(), floor.1);
    [
        Figure::new(format!("{work}, {CALLERS} callers"), rate, "/s", AGAINST, bare)
            .goal(Goal::Ratio(0.3))
            .note(times.words()),
        Figure::new(format!("{work}, p99"), times.ms(0.99), "ms", AGAINST, floor.0.ms(0.99))
            .goal(Goal::AtMost(WAIT_MS)),
    ]
}

/// Each caller calls again as soon as it is answered.
async fn closed_loop<F>(
    calls: usize,
    call: impl Fn(u64) -> F + Clone + Send + 'static,
) -> Result<(Times, Duration)>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let started = Instant::now();
    let callers = (0..CALLERS).map(|caller| {
        let call = call.clone();
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(calls);
            for n in 0..calls {
                let asked = Instant::now();
                call((caller * calls + n) as u64).await?;
                times.push(asked.elapsed());
            }
            Ok::<_, Error>(times)
        })
    });
    let done = try_join_all(callers).await.map_err(Error::internal)?;
    let took = started.elapsed();
    let times: Vec<Vec<Duration>> = done.into_iter().collect::<Result<_>>()?;
    Ok((Times::of(times.concat()), took))
}

async fn record(host: Arc<Host>) -> Result<()> {
    let row = AuditRow {
        at: host.clock.now(),
        caller: "bench".to_owned(),
        key: None,
        role: "admin".to_owned(),
        tool: "bench".to_owned(),
        upsell: None,
        result: "one row".to_owned(),
    };
    let mut tx = host.store.write("bench_write").await?;
    tx.insert_audit(&row).await?;
    tx.commit().await
}

async fn acknowledge(host: Arc<Host>, n: u64) -> Result<()> {
    let entry = ::tools::entry("resolve_alert").expect("the catalogue has it");
    let arguments =
        json!({ "alert": sample::alert_id(n), "action": "acknowledge", "note": "seen by the benchmark" });
    entry.call(&host, &auth::local(), arguments).await.map(|_| ())
}

type Append = oneshot::Sender<()>;

/// The physical limit: nothing but bytes on disk.
async fn appends(folder: &Path, calls: usize) -> Result<(Times, Duration)> {
    let mut file = File::create(folder.join("appended")).map_err(Error::internal)?;
    let (asks, asked) = mpsc::channel::<Append>();
    let writer = thread::spawn(move || -> std::io::Result<()> {
        while let Ok(first) = asked.recv() {
            let waiting: Vec<Append> = std::iter::once(first).chain(asked.try_iter()).collect();
            for _ in &waiting {
                file.write_all(&RECORD)?;
            }
            file.sync_data()?;
            for append in waiting {
                // Nobody stops waiting here.
                let _ = append.send(());
            }
        }
        Ok(())
    });
    let done = closed_loop(calls, move |_| {
        let asks = asks.clone();
        async move {
            let (tell, told) = oneshot::channel();
            asks.send(tell).map_err(|_| Error::internal("the appending thread is gone"))?;
            told.await.map_err(Error::internal)
        }
    })
    .await?;
    let written = tokio::task::spawn_blocking(move || writer.join()).await.map_err(Error::internal)?;
    written.map_err(|_| Error::internal("the appending thread panicked"))?.map_err(Error::internal)?;
    Ok(done)
}
