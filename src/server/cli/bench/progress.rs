//! `get_progress`: inside the process, and over MCP and JSON-RPC as clients call it.

use super::{
    Bench,
    driver::{Ask, Driver, Load, Script},
    echo,
    figure::{Figure, Goal, Times, median, short},
    filled::Filled,
    sample,
};
use crate::{
    Faces, auth, build_router,
    listen::{self, Limits},
};
use axum::Router;
use domain::{Error, Result};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const TOOL: &str = "get_progress";
const CONNECTIONS: [usize; 2] = [16, 64];
const MCP_VERSION: &str = "2026-07-28";
/// Of calls inside, one after the other.
const MOST: Duration = Duration::from_secs(30);
/// Requests prepared; each names another upsell.
const ASKS: u64 = 500;

pub async fn measure(bench: &Bench<'_>, filled: &Filled) -> Result<Vec<Figure>> {
    let mut figures = vec![
        inside(bench, filled, ("under way", Filled::any_open)).await?,
        inside(bench, filled, ("finished", Filled::any_finished)).await?,
    ];
    let driver = Driver::start()?;
    let ours = Served::start(build_router(&filled.host, &Faces::default())).await?;
    let (plain, rpc, mcp) = (
        Served::start(echo::plain()).await?,
        Served::start(echo::rpc()).await?,
        Served::start(echo::mcp()).await?,
    );
    let marks = upsells(filled);
    let runs = [
        (plain.address, script("/echo", &marks, |upsell| over_rpc(TOOL, upsell))),
        (rpc.address, script("/rpc", &marks, |upsell| over_rpc("echo", upsell))),
        (mcp.address, script("/mcp", &marks, |upsell| over_mcp("echo", upsell))),
        (ours.address, script("/rpc", &marks, |upsell| over_rpc(TOOL, upsell))),
        (ours.address, script("/mcp", &marks, |upsell| over_mcp(TOOL, upsell))),
    ];
    for connections in CONNECTIONS {
        let loads = interleaved(bench, &driver, &runs, connections).await?;
        let rates: Vec<f64> = loads.iter().map(|loads| rate(loads)).collect();
        let name = |face: &str| format!("{TOOL} over {face}, {connections} connections");
        for (face, echo, ours) in [("JSON-RPC", 1, 3), ("MCP", 2, 4)] {
            let against = format!(
                "{face} echo with nothing behind it ({}); a plain HTTP echo does {}/s ({})",
                told(&loads[echo]),
                short(rates[0]),
                told(&loads[0])
            );
            figures.push(
                Figure::new(name(face), rates[ours], "/s", &against, rates[echo]).note(told(&loads[ours])),
            );
        }
    }
    Ok(figures)
}

/// One caller, through the one door.
async fn inside(
    bench: &Bench<'_>,
    filled: &Filled,
    (what, any): (&str, fn(&Filled, u64) -> u64),
) -> Result<Figure> {
    let entry = ::tools::entry(TOOL).expect("the catalogue has it");
    let caller = auth::local();
    let calls = bench.size.upsells.min(2_000);
    let (mut floor, mut times) = (Vec::new(), Vec::new());
    for call in 0..calls + calls / 10 {
        let n = any(filled, call);
        let (visited, answered) = (visit(filled, n).await?, Instant::now());
        entry.call(&filled.host, &caller, json!({ "upsell": sample::upsell(n).id })).await?;
        // The first ones warm the caches.
        if call >= calls / 10 {
            floor.push(visited);
            times.push(answered.elapsed());
        }
        if started_long_ago(&times) {
            break;
        }
    }
    let (times, floor) = (Times::of(times), Times::of(floor));
    let finished = filled.upsells - filled.open;
    let work = format!("{TOOL} inside, {what}, {finished} of {} finished, p99", filled.upsells);
    let against = "the database visits the same observations and hands none over";
    Ok(Figure::new(work, times.ms(0.99), "ms", against, floor.ms(0.99))
        .goal(Goal::AtMost(1.0))
        .note(format!("5 metrics x 90 days; {}; floor {}", times.words(), floor.words())))
}

/// What takes seconds a call is known after some.
fn started_long_ago(times: &[Duration]) -> bool {
    times.iter().sum::<Duration>() > MOST
}

async fn visit(filled: &Filled, n: u64) -> Result<Duration> {
    let plan = sample::plan(n).id;
    let started = Instant::now();
    let mut tx = filled.host.store.read().await?;
    let rows = tx.visit_observations(plan).await?;
    tx.rollback().await?;
    let took = started.elapsed();
    if rows == sample::METRICS * sample::DAYS as u64 {
        Ok(took)
    } else {
        Err(Error::internal("rows are missing"))
    }
}

/// Every run once, then again: what disturbs the machine disturbs all of them.
async fn interleaved(
    bench: &Bench<'_>,
    driver: &Driver,
    runs: &[(SocketAddr, Arc<Script>)],
    connections: usize,
) -> Result<Vec<Vec<Load>>> {
    let mut loads: Vec<Vec<Load>> = runs.iter().map(|_| Vec::new()).collect();
    for _ in 0..bench.size.rounds {
        for (loads, (address, script)) in loads.iter_mut().zip(runs) {
            let size = bench.size;
            loads.push(driver.drive(*address, script, connections, size.warm, size.measured).await?);
        }
    }
    Ok(loads)
}

fn rate(loads: &[Load]) -> f64 {
    median(loads.iter().map(|load| load.per_second).collect())
}

fn told(loads: &[Load]) -> String {
    let of = |figure: fn(&Load) -> f64| short(median(loads.iter().map(figure).collect()));
    let cpu = loads.iter().all(|load| load.cpu_us.is_some());
    let cpu =
        if cpu { format!(", {} us CPU", of(|load| load.cpu_us.unwrap_or(f64::NAN))) } else { String::new() };
    format!("p50 {} ms, p99 {} ms{cpu} a call", of(|load| load.times.ms(0.5)), of(|load| load.times.ms(0.99)))
}

fn upsells(filled: &Filled) -> Vec<String> {
    (0..ASKS).map(|n| sample::upsell(filled.any_open(n)).id.to_string()).collect()
}

fn script(path: &'static str, upsells: &[String], ask: impl Fn(&str) -> Value) -> Arc<Script> {
    let asks: Vec<Ask> = upsells
        .iter()
        .map(|upsell| Ask { body: ask(upsell).to_string().into(), mark: upsell.clone() })
        .collect();
    let mcp = |name: &str| {
        vec![
            ("Accept", "application/json, text/event-stream".to_owned()),
            ("MCP-Protocol-Version", MCP_VERSION.to_owned()),
            ("Mcp-Method", "tools/call".to_owned()),
            ("Mcp-Name", name.to_owned()),
        ]
    };
    let named = ask("")["params"]["name"].as_str().map(mcp);
    Arc::new(Script { path, headers: named.unwrap_or_default(), asks })
}

fn over_rpc(method: &str, upsell: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "upsell": upsell } })
}

fn over_mcp(tool: &str, upsell: &str) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MCP_VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "uptake-bench", "version": "1" },
    });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": tool, "arguments": { "upsell": upsell }, "_meta": meta } })
}

/// A router on the product's own listener, until dropped.
struct Served {
    address: SocketAddr,
    _stops_with_us: DropGuard,
}

impl Served {
    async fn start(router: Router) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::internal)?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let stopping = CancellationToken::new();
        tokio::spawn(listen::serve(listener, router, Limits::default(), stopping.clone()));
        Ok(Self { address, _stops_with_us: stopping.drop_guard() })
    }
}
