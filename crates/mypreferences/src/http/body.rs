//! A body while it comes: what its `Content-Encoding` says is undone, up to a cap on the decoded bytes. Not left to the
//! HTTP library, which knows `gzip` in small letters alone and takes what stands behind it for the body.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use hyper::body::{Buf, Bytes};

use crate::http::delivery::BodyEnd;

/// So much memory is taken for a body before it has come: more has to be shown to be meant.
const MOST_BELIEVED: usize = 4 << 20;

/// As far as it has come.
pub(crate) struct Body {
    decoded: Vec<u8>,
    /// So long it says that it is, as far as it may be.
    announced: usize,
    cap: usize,
    coding: Coding,
}

enum Coding {
    None,
    /// Several members are one body (RFC 1952, 2.2).
    Gzip(Box<MultiGzDecoder<Come>>),
    /// What it is said to be.
    Unknown(String),
}

impl Coding {
    fn of(headers: &HeaderMap) -> Coding {
        let values = headers.get_all(CONTENT_ENCODING).into_iter();
        let names: Vec<String> = values
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        match names.as_slice() {
            [] => Coding::None,
            [name] if name == "gzip" || name == "x-gzip" => {
                Coding::Gzip(Box::new(MultiGzDecoder::new(Come::default())))
            }
            [_, ..] => Coding::Unknown(names.join(", ")),
        }
    }
}

impl Body {
    /// Into this buffer. `announced`: what its `Content-Length` says.
    pub(crate) fn new(headers: &HeaderMap, announced: usize, cap: usize, mut decoded: Vec<u8>) -> Body {
        let announced = announced.min(cap);
        decoded.reserve_exact(announced.min(MOST_BELIEVED));
        Body { decoded, announced, cap, coding: Coding::of(headers) }
    }

    /// What is decoded so far.
    pub(crate) fn decoded(&self) -> &[u8] {
        &self.decoded
    }

    pub(crate) fn into_decoded(self) -> Vec<u8> {
        self.decoded
    }

    /// Takes the next piece. The end of the body, where it makes one: `TooLarge` for more than the cap.
    pub(crate) fn push(&mut self, piece: Bytes) -> Option<BodyEnd> {
        match &mut self.coding {
            Coding::None => {
                let room = self.cap - self.decoded.len();
                let taken = &piece[..piece.len().min(room)];
                let length = self.decoded.len();
                if length + taken.len() > self.decoded.capacity() && length < self.announced {
                    // Twice as much, as ever, but no more than will be needed.
                    let most = self.announced.max(length + taken.len());
                    self.decoded.reserve_exact((2 * length).clamp(length + taken.len(), most) - length);
                }
                self.decoded.extend_from_slice(taken);
                (piece.len() > room).then_some(BodyEnd::TooLarge)
            }
            Coding::Gzip(decoder) => {
                decoder.get_mut().bytes = piece;
                self.decode()
            }
            Coding::Unknown(names) => Some(BodyEnd::Encoded(std::mem::take(names))),
        }
    }

    /// Nothing more comes.
    pub(crate) fn end(&mut self) -> BodyEnd {
        if let Coding::Gzip(decoder) = &mut self.coding
            && decoder.get_ref().has_begun
        {
            decoder.get_mut().has_ended = true;
            return self.decode().unwrap_or(BodyEnd::Complete);
        }
        BodyEnd::Complete
    }

    /// Decodes what has come.
    fn decode(&mut self) -> Option<BodyEnd> {
        let Coding::Gzip(decoder) = &mut self.coding else {
            return None;
        };
        let room = self.cap - self.decoded.len();
        // One byte more shows that it is too large.
        let most = u64::try_from(room).map_or(u64::MAX, |room| room.saturating_add(1));
        let read = decoder.by_ref().take(most).read_to_end(&mut self.decoded);
        if self.decoded.len() > self.cap {
            self.decoded.truncate(self.cap);
            return Some(BodyEnd::TooLarge);
        }
        let error = read.err()?;
        match error.kind() {
            io::ErrorKind::WouldBlock => None,
            io::ErrorKind::UnexpectedEof => Some(BodyEnd::Interrupted(String::from("its gzip data ends too early"))),
            _ => Some(BodyEnd::Malformed(error.to_string())),
        }
    }
}

/// The piece that is being decoded. When it is used up, the decoder waits for the next, unless that was the last.
#[derive(Default)]
struct Come {
    bytes: Bytes,
    has_begun: bool,
    has_ended: bool,
}

impl BufRead for Come {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.bytes.is_empty() && !self.has_ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.bytes)
    }

    fn consume(&mut self, count: usize) {
        self.has_begun |= count > 0;
        self.bytes.advance(count);
    }
}

impl Read for Come {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}
