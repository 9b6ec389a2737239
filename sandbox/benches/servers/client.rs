//! The client: connections that stay open, answers that are checked.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Result;
use crate::signing::Signed;

/// One connection, opened when it is needed.
pub(crate) struct Connection {
    port: u16,
    sender: Option<SendRequest<Full<Bytes>>>,
}

/// What came back.
pub(crate) struct Answer {
    status: StatusCode,
    length: usize,
    /// The answer's last bytes, to show what went wrong.
    end: Bytes,
}

impl Connection {
    pub(crate) fn to(port: u16) -> Self {
        Self { port, sender: None }
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn send(&mut self, request: Signed) -> Result<Answer> {
        let mut response = self.sender().await?.send_request(request).await?;
        let (mut length, mut end) = (0, Bytes::new());
        while let Some(frame) = response.body_mut().frame().await {
            if let Ok(data) = frame?.into_data() {
                length += data.len();
                end = data;
            }
        }
        Ok(Answer { status: response.status(), length, end })
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        // A server may close a connection after any answer.
        let open = match self.sender.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let sender = match open {
            Some(sender) => sender,
            None => {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
                stream.set_nodelay(true)?;
                let (sender, connection) = handshake(TokioIo::new(stream)).await?;
                tokio::spawn(connection);
                sender
            }
        };
        Ok(self.sender.insert(sender))
    }
}

impl Answer {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// # Errors
    /// Another status or length than expected.
    pub(crate) fn check(&self, status: u16, length: Option<usize>) -> Result<()> {
        if self.status == status && length.is_none_or(|length| length == self.length) {
            return Ok(());
        }
        let end = String::from_utf8_lossy(&self.end);
        let end: String = end.chars().take(500).collect();
        let length = length.map_or_else(String::new, |length| format!(" and {length} bytes"));
        Err(format!(
            "expected {status}{length}, got {} and {} bytes: {end}",
            self.status, self.length
        )
        .into())
    }
}
