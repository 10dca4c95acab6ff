//! The accept loop: peers that stand still are let go, connections are capped, and stopping has a deadline.

mod connections;
mod limits;

pub use self::{
    connections::{Connection, claim},
    limits::Limits,
};

use self::connections::Connections;
use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::SockRef;
use std::{io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a peer may take to send a request's head, and how long an idle connection is kept.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Anyone may fill it, on as many connections as there are.
const HEAD_BYTES: usize = 16 * 1024;
/// What the system holds of an answer that its peer does not read; it would take some MiB otherwise.
const SEND_BYTES: usize = 128 * 1024;
/// Connections on their way out beside those allowed.
const MOST_CLOSING: usize = 64;
const PAUSE: Duration = Duration::from_millis(5);
/// What is still open then is closed: an orchestrator kills after ten seconds.
const DRAIN_LIMIT: Duration = Duration::from_secs(8);

/// Serves until `stopping`, then answers what is under way.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stopping: CancellationToken) {
    if let Err(error) = SockRef::from(&listener).set_send_buffer_size(SEND_BYTES) {
        tracing::warn!(%error, "the system keeps its own size of send buffers");
    }
    let connections = Connections::within(limits);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connections.admit();
                tokio::spawn(serve_one(stream, router.clone(), stopping.clone(), connection));
            }
            // Out of file descriptors, mostly: others will close.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(PAUSE * 10).await;
            }
        }
        while connections.not_yet_closed() > MOST_CLOSING {
            sleep(PAUSE).await;
        }
    }
    drop(listener);
    if timeout(DRAIN_LIMIT, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "still open at the deadline, closing them");
    }
}

async fn serve_one(stream: TcpStream, router: Router, stopping: CancellationToken, held: Arc<Connection>) {
    // Without it an event stream is 40 ms late.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the peer left before it was served");
        return;
    }
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(held.stall()));
    let of_request = Arc::clone(&held);
    let service = TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&of_request));
        request.map(axum::body::Body::new)
    }));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = held.closing() => return,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Cancels `stopping` on SIGTERM or SIGINT.
pub fn stop_on_signals(stopping: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopping.cancel();
    });
    Ok(())
}
