//! A web socket: one message is read, answered and written before the next is read, so that what a peer does not read
//! never piles up.

use super::{message, session::Session};
use crate::{
    face::{refusal, refusal_with},
    guard,
    listen::Connection,
};
use axum::{
    extract::{
        Extension, State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code,
            rejection::WebSocketUpgradeRejection,
        },
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use domain::{Error, error::Code};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tools::{Caller, Host};

const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
const BUFFER_BYTES: usize = 8 * 1024;
const MOST_OF_A_CALLER: usize = 64;
/// After so long without a word the peer is pinged; after as long again it is gone.
const SILENCE: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(1);

/// The open sockets, counted by caller.
pub struct Sockets {
    stopping: CancellationToken,
    of_callers: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Sockets {
    pub fn until(stopping: CancellationToken) -> Self {
        Self { stopping, of_callers: Mutex::default() }
    }

    fn one_more(&self, caller: &str) -> Result<OwnedSemaphorePermit, Error> {
        let mut of_callers = self.of_callers.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs =
            of_callers.entry(caller.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_A_CALLER)));
        Arc::clone(theirs).try_acquire_owned().map_err(|_| {
            let message = format!(
                "{caller} has {MOST_OF_A_CALLER} sockets open, which is the most; close one of them first"
            );
            Error::new(Code::TooMany, message)
        })
    }
}

/// Opens a socket, or says what is missing.
pub async fn open(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Extension(sockets): Extension<Arc<Sockets>>,
    connection: Option<Extension<Arc<Connection>>>,
    headers: HeaderMap,
    opening: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(opening) = opening else { return no_opening(&headers) };
    let permit = match sockets.one_more(&caller.name) {
        Ok(permit) => permit,
        Err(error) => return refusal(&error),
    };
    let connection = connection.map(|Extension(connection)| connection);
    let open = Open { session: Session::opened_with(host, headers), sockets, connection, _permit: permit };
    opening
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(|socket| open.serve(socket))
}

fn no_opening(headers: &HeaderMap) -> Response {
    let upgrade = headers.get(header::UPGRADE).and_then(|upgrade| upgrade.to_str().ok());
    if !upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket")) {
        let error = Error::invalid("calls are sent with POST; GET only opens a WebSocket");
        let mut response = refusal_with(StatusCode::METHOD_NOT_ALLOWED, &error);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let error = Error::invalid(
        "this opens no WebSocket: send Connection: Upgrade, Upgrade: websocket, Sec-WebSocket-Version: 13 and a \
         Sec-WebSocket-Key over HTTP/1.1",
    );
    let is_13 = headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let status = if is_13 { StatusCode::BAD_REQUEST } else { StatusCode::UPGRADE_REQUIRED };
    let mut response = refusal_with(status, &error);
    response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}

struct Open {
    session: Session,
    sockets: Arc<Sockets>,
    connection: Option<Arc<Connection>>,
    _permit: OwnedSemaphorePermit,
}

impl Open {
    async fn serve(self, mut socket: WebSocket) {
        let Some((code, reason)) = self.converse(&mut socket).await else { return };
        let farewell = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let _ = timeout(FAREWELL, async {
            let _ = socket.send(farewell).await;
            while let Some(Ok(_)) = socket.recv().await {}
        })
        .await;
    }

    /// Until the peer leaves; if we are to leave first, with what to say.
    async fn converse(&self, socket: &mut WebSocket) -> Option<(u16, &'static str)> {
        let mut is_pinged = false;
        loop {
            let received = tokio::select! {
                received = timeout(SILENCE, socket.recv()) => received,
                () = self.must_end() => return Some((close_code::AWAY, "the server closes this socket; open another")),
            };
            let answer = match received {
                Err(_) if is_pinged => return None,
                Err(_) => Some(Message::Ping(bytes::Bytes::new())),
                Ok(None) => return None,
                Ok(Some(Ok(message))) => self.answer(message).await,
                Ok(Some(Err(_))) => {
                    return Some((close_code::POLICY, "not a WebSocket message of at most 1 MiB"));
                }
            };
            is_pinged = matches!(answer, Some(Message::Ping(_)));
            if let Some(answer) = answer {
                self.send(socket, answer).await?;
            }
        }
    }

    async fn must_end(&self) {
        let crowded_out = async {
            match &self.connection {
                Some(connection) => connection.closing().await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = self.sockets.stopping.cancelled() => {}
            () = crowded_out => {}
        }
    }

    async fn answer(&self, message: Message) -> Option<Message> {
        if !matches!(message, Message::Text(_) | Message::Binary(_)) {
            return None;
        }
        if let Some(connection) = &self.connection {
            connection.used_again();
        }
        let message = message.into_data();
        let answer = match guard::check_depth(&message) {
            Ok(()) => message::answer(&self.session, &message).await,
            Err(error) => Some(message::unreadable(&error)),
        };
        answer.map(|answer| Message::Text(answer.into()))
    }

    /// The listener ends a write that stands still; when we must end, one that goes on has little time left.
    async fn send(&self, socket: &mut WebSocket, message: Message) -> Option<()> {
        tokio::select! {
            sent = socket.send(message) => sent.ok(),
            () = async { self.must_end().await; sleep(FAREWELL).await } => None,
        }
    }
}
