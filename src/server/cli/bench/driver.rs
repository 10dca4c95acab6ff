//! Callers over loopback that ask again as soon as they are answered, on threads of their own.

use super::{
    figure::{Times, per_second},
    machine,
};
use bytes::Bytes;
use domain::{Error, Result};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
};

const THREADS: &str = "bench-driver";

/// What is asked: one request after another, each answered by something that holds its mark.
pub struct Script {
    pub path: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub asks: Vec<Ask>,
}

pub struct Ask {
    pub body: Bytes,
    /// Text the answer must hold.
    pub mark: String,
}

/// What came of it.
pub struct Load {
    pub per_second: f64,
    pub times: Times,
    /// Microseconds of processor a call, of the whole process but the driver.
    pub cpu_us: Option<f64>,
}

pub struct Driver(Option<Runtime>);

impl Driver {
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name(THREADS).enable_all().build();
        runtime.map(Some).map(Self).map_err(Error::internal)
    }

    /// Keeps so many connections busy, and tells of what was answered after `warm`.
    pub async fn drive(
        &self,
        address: SocketAddr,
        script: &Arc<Script>,
        connections: usize,
        warm: Duration,
        measured: Duration,
    ) -> Result<Load> {
        let runtime = self.0.as_ref().ok_or_else(|| Error::internal("the driver was stopped"))?;
        let from = Instant::now() + warm;
        let until = from + measured;
        let mut running = JoinSet::new();
        for number in 0..connections {
            running.spawn_on(keep_asking(address, Arc::clone(script), number, from, until), runtime.handle());
        }
        tokio::time::sleep(warm).await;
        let before = machine::cpu_without(THREADS);
        tokio::time::sleep(measured).await;
        let after = machine::cpu_without(THREADS);
        let mut times = Vec::new();
        while let Some(done) = running.join_next().await {
            times.extend(done.map_err(Error::internal)??);
        }
        let cpu = after.zip(before).map(|(after, before)| after.saturating_sub(before));
        let cpu_us = cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / times.len() as f64);
        Ok(Load { per_second: per_second(times.len(), measured), times: Times::of(times), cpu_us })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// How long the calls took that ended between the two instants.
async fn keep_asking(
    address: SocketAddr,
    script: Arc<Script>,
    number: usize,
    from: Instant,
    until: Instant,
) -> Result<Vec<Duration>> {
    let mut sender = connected(address).await?;
    let mut times = Vec::new();
    for ask in script.asks.iter().cycle().skip(number * 7 % script.asks.len()) {
        let asked = Instant::now();
        answered(&mut sender, address, &script, ask).await?;
        let now = Instant::now();
        if now >= until {
            break;
        }
        if now >= from {
            times.push(now - asked);
        }
    }
    Ok(times)
}

async fn connected(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.map_err(Error::internal)?;
    stream.set_nodelay(true).map_err(Error::internal)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Error::internal)?;
    // Ends when its sender goes.
    tokio::spawn(connection);
    Ok(sender)
}

async fn answered(
    sender: &mut SendRequest<Full<Bytes>>,
    address: SocketAddr,
    script: &Script,
    ask: &Ask,
) -> Result<()> {
    let mut request = Request::post(script.path)
        .header(header::HOST, address.to_string())
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in &script.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(ask.body.clone())).map_err(Error::internal)?;
    sender.ready().await.map_err(Error::internal)?;
    let response = sender.send_request(request).await.map_err(Error::internal)?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(Error::internal)?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    if status == StatusCode::OK && text.contains(&ask.mark) {
        return Ok(());
    }
    Err(Error::internal(format!("{} answered {status}: {:.300}", script.path, text)))
}
