//! A web socket in its raw form: what is sent is what a test wrote.

use futures::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

/// A socket on `/rpc`.
pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub async fn open(address: &str, key: &str) -> Result<Self, Error> {
        let mut request = format!("ws://{address}/rpc").into_client_request()?;
        let bearer = format!("Bearer {key}").parse().expect("a key is plain text");
        request.headers_mut().insert("authorization", bearer);
        let (socket, _) = client_async(request, small_connection(address).await).await?;
        Ok(Self(socket))
    }

    pub async fn send(&mut self, message: &str) -> Result<(), Error> {
        self.0.send(Message::Text(message.into())).await
    }

    /// The next text; none when the server closed.
    pub async fn receive(&mut self) -> Option<String> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return Some(text.to_string()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }
}

/// A connection whose system keeps little of what is not read.
pub async fn small_connection(address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("there are descriptors left");
    socket.set_recv_buffer_size(4096).expect("the system takes a size");
    let address = address.parse().expect("an address of loopback");
    socket.connect(address).await.expect("the server is up")
}
