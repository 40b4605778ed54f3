//! The byte stream of one connection, plain or within TLS: bytes in, bytes out, watching whether the client is still
//! there. What the bytes mean is left to `http`, what to send to `delivery`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

use crate::http::{HEAD_CAP, Head, Parsed, parse_head};
use crate::line::{self, Line};

/// How much a client may send ahead while it waits for an answer.
const AHEAD_CAP: usize = 64 * 1024;

/// What a connection talks over.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(crate) struct Wire {
    stream: Stream,
    /// Bytes that have arrived and belong to no request yet.
    buffer: Vec<u8>,
    line: Option<Arc<Line>>,
    /// When what was sent before has left.
    free: Instant,
}

/// What came where a request head was expected.
pub(crate) enum Arrival {
    /// The client closed between requests.
    Closed,
    /// The client closed, or was cut off, within a head.
    Truncated(Vec<u8>),
    Malformed(Vec<u8>),
    TooLarge(Vec<u8>),
    Request(Box<Head>),
}

/// A request body: what is kept of it, how long it was, and whether all of it came.
pub(crate) struct Body {
    pub(crate) kept: Vec<u8>,
    pub(crate) received: u64,
    pub(crate) complete: bool,
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    async fn read_buf(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                // What is written may still wait in TLS records.
                stream.flush().await
            }
        }
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        // Byte-level faults must leave the machine as they are written. Without it they still work, if less exactly.
        let _ = stream.socket().set_nodelay(true);
        Self { stream, buffer: Vec::new(), line: None, free: Instant::now() }
    }

    pub(crate) async fn read_head(&mut self) -> Arrival {
        loop {
            match parse_head(&self.buffer) {
                Parsed::Complete(head, length) => {
                    self.buffer.drain(..length);
                    return Arrival::Request(head);
                }
                Parsed::Malformed => return Arrival::Malformed(self.take_buffer()),
                Parsed::Incomplete if self.buffer.len() >= HEAD_CAP => {
                    return Arrival::TooLarge(self.take_buffer());
                }
                Parsed::Incomplete => {}
            }
            match self.read_more().await {
                Ok(0) | Err(_) if self.buffer.is_empty() => return Arrival::Closed,
                Ok(0) | Err(_) => return Arrival::Truncated(self.take_buffer()),
                Ok(_) => {}
            }
        }
    }

    /// Reads a body to its end and keeps at most `cap` bytes of it.
    pub(crate) async fn read_body(&mut self, length: u64, cap: usize) -> Body {
        let mut body = Body { kept: Vec::new(), received: 0, complete: true };
        while body.received < length {
            if self.buffer.is_empty() && !matches!(self.read_more().await, Ok(1..)) {
                body.complete = false;
                break;
            }
            let missing = usize::try_from(length - body.received).unwrap_or(usize::MAX);
            let taken = missing.min(self.buffer.len());
            let room = cap.saturating_sub(body.kept.len());
            body.kept.extend(self.buffer.drain(..taken).take(room));
            body.received += u64::try_from(taken).unwrap_or(u64::MAX);
        }
        body
    }

    /// What is sent from now on goes over this line.
    pub(crate) fn goes_over(&mut self, line: &Arc<Line>) {
        self.line = Some(Arc::clone(line));
    }

    /// As fast as the line allows.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(line) = self.line.clone().filter(|line| line.is_slow()) else {
            return self.stream.send(bytes).await;
        };
        for piece in bytes.chunks(line::PIECE) {
            line.pace(piece.len(), &mut self.free).await;
            self.stream.send(piece).await?;
        }
        Ok(())
    }

    /// Waits until the client closes or resets the connection. What it sends meanwhile is kept for later,
    /// up to a cap; beyond it the client's leaving is no longer seen.
    pub(crate) async fn until_gone(&mut self) {
        while self.buffer.len() < AHEAD_CAP {
            if !matches!(self.read_more().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Waits, and says whether the client left meanwhile; if so, at once.
    pub(crate) async fn gone_within(&mut self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.until_gone()).await.is_ok()
    }

    /// Closes cleanly: what was sent arrives, then the end of the stream.
    pub(crate) async fn close(mut self) {
        let _ = self.stream.shutdown().await;
        // Closing a socket with unread bytes resets it, and a reset may overtake the answer.
        let drain = async {
            loop {
                self.buffer.clear();
                if !matches!(self.read_more().await, Ok(1..)) {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(500), drain).await;
    }

    /// Closes cleanly and does not look back.
    pub(crate) async fn close_at_once(mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Closes with a reset.
    pub(crate) fn reset(self) {
        let _ = self.stream.socket().set_zero_linger();
    }

    fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Reads what has arrived into the buffer; safe to be dropped while it waits.
    async fn read_more(&mut self) -> io::Result<usize> {
        self.buffer.reserve(4096);
        self.stream.read_buf(&mut self.buffer).await
    }
}
