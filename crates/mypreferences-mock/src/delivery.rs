//! Puts an answer on the wire, whole or broken in one of the ways of `Delivery`.
//! Large bodies are made while they are sent: nothing here grows with their size.

use std::io::{self, Write as _};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::answer::{Answer, Reply};
use crate::http::{self, BodyLength};
use crate::rules::{Delivery, ResetPoint};
use crate::wire::Wire;

/// How much of an endless or huge body is made at a time.
const PIECE: usize = 64 * 1024;

/// How much more a cut body promises than it holds.
const MISSING: u64 = 32;

/// A pause before a reset, so that what was sent before it is not overtaken.
const BEFORE_RESET: Duration = Duration::from_millis(20);

/// What an answer needs besides itself to be sent.
pub(crate) struct Envelope {
    /// The headers that every answer of this world has.
    pub(crate) common: Vec<(String, String)>,
    /// Whether the answer says that the connection is closed after it.
    pub(crate) close: bool,
    /// An answer to HEAD has no body.
    pub(crate) head_only: bool,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Keep,
    Close,
    CloseAtOnce,
    Reset,
}

impl Envelope {
    /// Sends the answer.
    ///
    /// # Errors
    /// When the client has left before it had the whole answer.
    pub(crate) async fn deliver(&self, wire: &mut Wire, reply: &Reply, delivery: &Delivery) -> io::Result<After> {
        let kept = if self.close || says_close(&reply.answer) { After::Close } else { After::Keep };
        match delivery {
            // The pause of `Late` is the caller's, who notes when the client leaves meanwhile.
            Delivery::Whole | Delivery::Late(_) => {
                self.whole(wire, reply, &[]).await?;
                Ok(kept)
            }
            Delivery::ThenClose => {
                self.whole(wire, reply, &[]).await?;
                Ok(After::CloseAtOnce)
            }
            Delivery::ExtraHeaders(extra) => {
                self.whole(wire, reply, extra).await?;
                Ok(kept)
            }
            Delivery::Interim(statuses) => {
                for status in statuses {
                    wire.send(&http::interim(*status)).await?;
                }
                self.whole(wire, reply, &[]).await?;
                Ok(kept)
            }
            Delivery::Trickle(pause) => {
                self.trickle(wire, reply, *pause).await?;
                Ok(kept)
            }
            Delivery::Chunked => {
                self.chunked(wire, reply).await?;
                Ok(kept)
            }
            Delivery::Gzip => {
                self.compressed(wire, reply).await?;
                Ok(kept)
            }
            Delivery::CutBody => {
                let reply = reply.with_body();
                let length = BodyLength::Known(reply.length().saturating_add(MISSING));
                self.send_body(wire, &reply, self.head(&reply.answer, length, &[])).await?;
                Ok(After::CloseAtOnce)
            }
            Delivery::BadChunks => {
                let reply = reply.with_body();
                let mut bytes = self.head(&reply.answer, BodyLength::Chunked, &[]);
                bytes.extend_from_slice(&chunk(reply.body().next().unwrap_or_default()));
                bytes.extend_from_slice(b"not-a-size\r\n");
                wire.send(&bytes).await?;
                Ok(After::CloseAtOnce)
            }
            Delivery::EndlessBody => {
                let reply = reply.with_body();
                wire.send(&self.head(&reply.answer, BodyLength::Chunked, &[])).await?;
                let piece = chunk(&vec![b' '; PIECE]);
                loop {
                    wire.send(&piece).await?;
                    // A loopback client may swallow this for ever: let the others have a turn.
                    tokio::task::yield_now().await;
                }
            }
            Delivery::HugeBody(bytes) => {
                let answer = reply.with_body().answer;
                wire.send(&self.head(&answer, BodyLength::Known(*bytes), &[])).await?;
                send_spaces(wire, *bytes).await?;
                Ok(kept)
            }
            Delivery::GzipBomb { mebibytes } => {
                let answer = reply.with_body().answer.header("Content-Encoding", "gzip");
                wire.send(&self.head(&answer, BodyLength::Chunked, &[])).await?;
                send_bomb(wire, *mebibytes).await?;
                Ok(kept)
            }
        }
    }

    /// Sends as much of a 200 as is wanted before the connection is reset.
    pub(crate) async fn deliver_until(&self, wire: &mut Wire, at: ResetPoint) -> io::Result<After> {
        let answer = Reply::from(Answer::json(200, "")).with_body().answer;
        let mut bytes = self.head(&answer, BodyLength::Known(length(&answer.body)), &[]);
        match at {
            ResetPoint::BeforeHeaders => return Ok(After::Reset),
            ResetPoint::AfterHeaders => {}
            ResetPoint::MidBody => {
                let half = answer.body.len() / 2;
                bytes.extend(answer.body.iter().take(half));
            }
        }
        wire.send(&bytes).await?;
        tokio::time::sleep(BEFORE_RESET).await;
        Ok(After::Reset)
    }

    fn head(&self, answer: &Answer, length: BodyLength, extra: &[(String, String)]) -> Vec<u8> {
        http::response_head(answer, &self.common, length, self.close, extra)
    }

    /// As it should be. What is short goes in one write.
    async fn whole(&self, wire: &mut Wire, reply: &Reply, extra: &[(String, String)]) -> io::Result<()> {
        let head = self.head(&reply.answer, BodyLength::Known(reply.length()), extra);
        if self.is_bare(&reply.answer) {
            return wire.send(&head).await;
        }
        self.send_body(wire, reply, head).await
    }

    /// Whether the answer must not have a body.
    fn is_bare(&self, answer: &Answer) -> bool {
        self.head_only || !http::has_body(answer.status)
    }

    /// Sends the head together with the first piece of the body, then the other pieces.
    async fn send_body(&self, wire: &mut Wire, reply: &Reply, mut head: Vec<u8>) -> io::Result<()> {
        let mut body = reply.body();
        head.extend_from_slice(body.next().unwrap_or_default());
        wire.send(&head).await?;
        while let Some(piece) = body.next() {
            wire.send(piece).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn trickle(&self, wire: &mut Wire, reply: &Reply, pause: Duration) -> io::Result<()> {
        let head = self.head(&reply.answer, BodyLength::Known(reply.length()), &[]);
        for byte in head {
            tokio::time::sleep(pause).await;
            wire.send(&[byte]).await?;
        }
        let mut body = reply.body();
        while let Some(piece) = body.next().filter(|_| !self.is_bare(&reply.answer)) {
            for byte in piece {
                tokio::time::sleep(pause).await;
                wire.send(&[*byte]).await?;
            }
        }
        Ok(())
    }

    async fn chunked(&self, wire: &mut Wire, reply: &Reply) -> io::Result<()> {
        wire.send(&self.head(&reply.answer, BodyLength::Chunked, &[])).await?;
        if self.is_bare(&reply.answer) {
            return Ok(());
        }
        let mut body = reply.body();
        while let Some(piece) = body.next() {
            if !piece.is_empty() {
                wire.send(&chunk(piece)).await?;
            }
        }
        wire.send(b"0\r\n\r\n").await
    }

    async fn compressed(&self, wire: &mut Wire, reply: &Reply) -> io::Result<()> {
        let answer = reply.answer.clone().header("Content-Encoding", "gzip");
        wire.send(&self.head(&answer, BodyLength::Chunked, &[])).await?;
        if self.is_bare(&answer) {
            return Ok(());
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let mut body = reply.body();
        while let Some(piece) = body.next() {
            encoder.write_all(piece)?;
            let ready = std::mem::take(encoder.get_mut());
            if !ready.is_empty() {
                wire.send(&chunk(&ready)).await?;
            }
        }
        let mut last = chunk(&encoder.finish()?);
        last.extend_from_slice(b"0\r\n\r\n");
        wire.send(&last).await
    }
}

fn says_close(answer: &Answer) -> bool {
    answer
        .headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("Connection") && value.eq_ignore_ascii_case("close"))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

async fn send_spaces(wire: &mut Wire, bytes: u64) -> io::Result<()> {
    let piece = vec![b' '; PIECE];
    let mut left = bytes;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        wire.send(piece.get(..now).unwrap_or_default()).await?;
        left -= length(piece.get(..now).unwrap_or_default());
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Spaces, so that a JSON reader swallows them without complaint until the very end.
async fn send_bomb(wire: &mut Wire, mebibytes: u64) -> io::Result<()> {
    let mebibyte = vec![b' '; 1024 * 1024];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..mebibytes {
        encoder.write_all(&mebibyte)?;
        let ready = std::mem::take(encoder.get_mut());
        if !ready.is_empty() {
            wire.send(&chunk(&ready)).await?;
        }
        tokio::task::yield_now().await;
    }
    let mut last = chunk(&encoder.finish()?);
    last.extend_from_slice(b"0\r\n\r\n");
    wire.send(&last).await
}
