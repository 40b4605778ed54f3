//! What was received: every request with its raw bytes and moments, up to a cap.
//! Kept whole for tests; its printed form shows neither credentials nor tokens.

use std::fmt;
use std::time::Duration;

use crate::redact::{MaskedToken, REDACTED, is_secret_header, mask_in_text};
use crate::route::Operation;

/// How much of a request body is kept; the rest is read and dropped.
pub(crate) const BODY_CAP: usize = 64 * 1024;

/// How many bytes of heads and bodies a log keeps in all.
const BYTES_CAP: usize = 64 * 1024 * 1024;

/// One request as it was received, and what became of it. Moments count from the start of the world.
#[derive(Clone)]
pub struct LoggedRequest {
    /// A running number within the world, from 0.
    pub number: u64,
    /// The connection it came on, from 1 in the order of being accepted.
    pub connection: u64,
    /// The head as received, up to and including the empty line (or what arrived of it).
    pub raw_head: Vec<u8>,
    /// The body as received, at most 64 KiB of it.
    pub body: Vec<u8>,
    /// The method; empty when the head could not be read.
    pub method: String,
    /// The request target, undecoded; empty when the head could not be read.
    pub target: String,
    /// The headers in their order, names as sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What was asked, when path and method name an operation. Never [`Operation::Any`].
    pub operation: Option<Operation>,
    /// The access token of the path, when it is a positive 64-bit integer.
    pub token: Option<i64>,
    /// The status that the strict checks alone would answer, when they refuse the request: set even when a rule hid it,
    /// and 400 when there are `remarks`.
    pub violation: Option<u16>,
    /// What of the request the service accepts in silence although no page of the vendor documents it.
    pub remarks: Vec<String>,
    /// When the last byte of the request had arrived.
    pub received_at: Duration,
    /// The status that was answered, noted when the answer begins.
    pub answered: Option<u16>,
    /// When the exchange was over.
    pub finished_at: Option<Duration>,
    /// When the client was seen to have left before it had the whole answer.
    pub disconnected_at: Option<Duration>,
}

impl LoggedRequest {
    /// The value of the first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// The text after the question mark of the target.
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    fn size(&self) -> usize {
        self.raw_head.len() + self.body.len()
    }
}

impl fmt::Debug for LoggedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<(&str, String)> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let shown = if is_secret_header(name) {
                    REDACTED.to_owned()
                } else {
                    mask_in_text(&String::from_utf8_lossy(value), self.token)
                };
                (name.as_str(), shown)
            })
            .collect();
        formatter
            .debug_struct("LoggedRequest")
            .field("number", &self.number)
            .field("connection", &self.connection)
            .field("method", &self.method)
            .field("target", &mask_in_text(&self.target, self.token))
            .field("headers", &headers)
            .field("raw_head_bytes", &self.raw_head.len())
            .field("body_bytes", &self.body.len())
            .field("operation", &self.operation)
            .field("token", &self.token.map(MaskedToken))
            .field("violation", &self.violation)
            .field("remarks", &self.remarks.len())
            .field("received_at", &self.received_at)
            .field("answered", &self.answered)
            .field("finished_at", &self.finished_at)
            .field("disconnected_at", &self.disconnected_at)
            .finish()
    }
}

/// The requests of one world; the oldest are dropped when there are too many.
#[derive(Debug)]
pub(crate) struct Log {
    requests: Vec<LoggedRequest>,
    capacity: usize,
    bytes: usize,
    next_number: u64,
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { requests: Vec::new(), capacity: capacity.max(1), bytes: 0, next_number: 0 }
    }

    pub(crate) fn requests(&self) -> &[LoggedRequest] {
        &self.requests
    }

    /// How many requests there were, the dropped ones too.
    pub(crate) fn count(&self) -> u64 {
        self.next_number
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.bytes = 0;
    }

    /// Adds a request and gives it its number.
    pub(crate) fn push(&mut self, mut request: LoggedRequest) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        request.number = number;
        self.bytes += request.size();
        self.requests.push(request);
        if self.requests.len() > self.capacity || self.bytes > BYTES_CAP {
            // A quarter at a time, so that a full log does not move all its entries for each new one.
            let dropped = (self.requests.len() / 4).max(1);
            self.bytes -= self.requests.drain(..dropped).map(|old| old.size()).sum::<usize>();
        }
        number
    }

    /// The request of this number, unless it was dropped.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut LoggedRequest> {
        let first = self.requests.first()?.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        self.requests.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn request() -> LoggedRequest {
        LoggedRequest {
            number: 0,
            connection: 1,
            raw_head: b"secret head".to_vec(),
            body: Vec::new(),
            method: "POST".to_owned(),
            target: "/C/export/Segment/Commit/123456789012?keepFiles=true".to_owned(),
            headers: vec![
                ("authorization".to_owned(), b"PNAUTHINFO3 hush".to_vec()),
                ("Referer".to_owned(), b"/123456789012".to_vec()),
            ],
            operation: Some(Operation::Commit),
            token: Some(123_456_789_012),
            violation: None,
            remarks: Vec::new(),
            received_at: Duration::ZERO,
            answered: None,
            finished_at: None,
            disconnected_at: None,
        }
    }

    #[test]
    fn debug_output_shows_neither_authorization_nor_token() {
        let shown = format!("{:?}", request());
        assert!(!shown.contains("hush") && !shown.contains("secret"), "{shown}");
        assert!(!shown.contains("12345678"), "{shown}");
        assert!(shown.contains("***9012"), "{shown}");
    }

    #[test]
    fn the_oldest_requests_are_dropped_when_the_log_is_full() {
        let mut log = Log::new(8);
        for _ in 0..100 {
            log.push(request());
        }
        assert!(log.requests().len() <= 8);
        assert_eq!(log.requests().last().map(|last| last.number), Some(99));
        assert!(log.get_mut(0).is_none());
        assert_eq!(log.get_mut(99).map(|request| request.number), Some(99));
    }
}
