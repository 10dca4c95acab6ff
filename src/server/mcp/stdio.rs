//! MCP over standard input and output: a line a message, and no line without an answer.
//!
//! rmcp's own transport ignores a line it cannot parse, and its client waits for ever.

use super::message;
use bytes::Bytes;
use futures::StreamExt;
use rmcp::{
    ErrorData, RoleServer,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::{Transport, async_rw::AsyncRwTransport},
};
use std::{io, mem, pin::Pin};
use tokio::io::{AsyncRead, AsyncWrite, Empty, Stdin, Stdout};
use tokio_util::codec::{AnyDelimiterCodec, AnyDelimiterCodecError, FramedRead};

/// As much as `POST /api/usage` takes.
const MAX_LINE_BYTES: usize = 10 * 1024 * 1024;

type Sending = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Reads checked messages, and writes through rmcp.
pub struct Stdio<R: AsyncRead = Stdin, W: AsyncWrite = Stdout> {
    lines: FramedRead<R, AnyDelimiterCodec>,
    /// After an error the lines seem to end once.
    has_erred: bool,
    out: AsyncRwTransport<RoleServer, Empty, W>,
    /// Goes on where it was, when `receive` was dropped meanwhile.
    refusing: Option<Sending>,
}

impl Stdio {
    /// The process's own.
    pub fn of_process() -> Self {
        Self::over(tokio::io::stdin(), tokio::io::stdout())
    }
}

impl<R, W> Stdio<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    fn over(read: R, write: W) -> Self {
        let lines = AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\n".to_vec(), MAX_LINE_BYTES);
        Self {
            lines: FramedRead::new(read, lines),
            has_erred: false,
            out: AsyncRwTransport::new_server(tokio::io::empty(), write),
            refusing: None,
        }
    }
}

impl<R, W> Transport<RoleServer> for Stdio<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.out.send(message)
    }

    /// The next message that is one; what is none is answered here.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(refusing) = &mut self.refusing {
                refusing.await.ok()?;
                self.refusing = None;
            }
            let line = match self.lines.next().await {
                None if mem::take(&mut self.has_erred) => continue,
                line => line?,
            };
            self.has_erred = line.is_err();
            match read(line) {
                Ok(message) => return Some(message),
                Err(Unread::Empty) => {}
                Err(Unread::Refused(error)) => {
                    self.refusing =
                        Some(Box::pin(self.out.send(TxJsonRpcMessage::<RoleServer>::error(error, None))));
                }
                Err(Unread::Broken(error)) => {
                    tracing::warn!(%error, "standard input cannot be read any more");
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.out.close().await
    }
}

/// Why a line is no message.
enum Unread {
    Empty,
    Refused(ErrorData),
    Broken(io::Error),
}

fn read(line: Result<Bytes, AnyDelimiterCodecError>) -> Result<RxJsonRpcMessage<RoleServer>, Unread> {
    let invalid = |what: String| Unread::Refused(ErrorData::invalid_request(what, None));
    let line = line.map_err(|error| match error {
        AnyDelimiterCodecError::MaxChunkLengthExceeded => {
            invalid(format!("a line has at most {MAX_LINE_BYTES} bytes"))
        }
        AnyDelimiterCodecError::Io(error) => Unread::Broken(error),
    })?;
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line).trim_ascii();
    if line.is_empty() {
        return Err(Unread::Empty);
    }
    message::check(line).map_err(Unread::Refused)?;
    serde_json::from_slice(line)
        .map_err(|_| invalid("this is no message of MCP; see its specification".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::{ServerHandler, service::serve_directly};
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    struct Plain;

    impl ServerHandler for Plain {}

    /// What a client reads that sends these lines and closes.
    async fn answers(lines: &str) -> Vec<Value> {
        let (input, mut to_server) = tokio::io::duplex(1 << 20);
        let (output, mut from_server) = tokio::io::duplex(1 << 20);
        let serving = serve_directly(Plain, Stdio::over(input, output), None);
        to_server.write_all(lines.as_bytes()).await.unwrap();
        drop(to_server);
        let mut written = String::new();
        from_server.read_to_string(&mut written).await.unwrap();
        serving.waiting().await.unwrap();
        written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn no_line_is_left_without_an_answer() {
        let lines = [
            r#"{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{"cursor":"\ud83d"}}"#,
            r#"{"jsonrpc":"2.0","id":5,"method":"tools/ca"#,
            "",
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/nothing"}"#,
            r#"{"jsonrpc":"2.0","id":6,"method":"ping"}"#,
        ];
        let answers = answers(&lines.join("\n")).await;
        let codes: Vec<&Value> = answers.iter().filter_map(|answer| answer.pointer("/error/code")).collect();
        assert_eq!(codes, [&json!(-32700), &json!(-32700), &json!(-32600)]);
        assert_eq!(answers.len(), 4, "{answers:?}");
        assert!(answers.iter().any(|answer| answer["id"] == 6), "{answers:?}");
    }

    #[tokio::test]
    async fn a_line_too_long_is_refused_and_the_next_one_read() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        let answers =
            answers(&format!("{long}\n{{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"ping\"}}\n")).await;
        assert_eq!(answers[0]["error"]["code"], -32600);
        assert_eq!(answers[1]["id"], 6);
    }
}
