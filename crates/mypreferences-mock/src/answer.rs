//! An answer before it goes on the wire: status, headers, body.
//! How it is sent, whole or broken, is the business of `delivery`.

use std::fmt;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::authorization::Refusal;
use crate::records::{Page, Pieces};

/// An HTTP answer. `Date`, `Content-Length` and the headers every answer of the service has are added
/// when it is sent, unless a header of the same name is given here.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers in the order in which they are sent; names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body, as bytes: it may be anything.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer with neither body nor headers of its own.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer with a JSON body, given as text.
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body: body.into(),
        }
    }

    /// The documented error body: an object with the one attribute `Message`.
    pub fn message(status: u16, message: &str) -> Self {
        Self::json(status, serde_json::json!({ "Message": message }).to_string())
    }

    /// A 401 with one of the documented reasons and the documented challenge.
    pub fn unauthorized(refusal: Refusal, realm: &str) -> Self {
        Self::message(401, refusal.text()).header("WWW-Authenticate", &format!("PNAUTHINFO3 realm=\"{realm}\""))
    }

    /// An HTML page, as proxies and captive portals send; with or without a content type.
    pub fn html(status: u16, with_content_type: bool) -> Self {
        let answer = Self::empty(status).body(
            "<!DOCTYPE html>\r\n<html><head><title>Please wait</title></head>\
             <body><h1>Please wait</h1></body></html>\r\n",
        );
        if with_content_type { answer.header("Content-Type", "text/html; charset=utf-8") } else { answer }
    }

    /// A redirect; `location` is sent as given.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::empty(status).header("Location", location)
    }

    /// An answer whose JSON body holds bytes that are not UTF-8.
    pub fn invalid_utf8(status: u16) -> Self {
        Self::json(status, b"{\"Message\":\"\xC3\x28 \xFF\xFE \xE2\x82\"}".to_vec())
    }

    /// A JSON body that says it is gzip and is not.
    pub fn bad_gzip(status: u16) -> Self {
        // A correct gzip head, so that decoding begins, and then nonsense.
        let mut body = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3];
        body.extend_from_slice(&[0xFF; 64]);
        Self::json(status, body).header("Content-Encoding", "gzip")
    }

    /// The same answer compressed: one gzip member for each part of its body that is so long, under this name.
    #[must_use]
    pub fn gzip(mut self, coding: &str, part: usize) -> Self {
        let mut body = Vec::new();
        for part in self.body.chunks(part.max(1)) {
            let mut member = GzEncoder::new(&mut body, Compression::fast());
            // Into memory: nothing can fail there.
            let _ = member.write_all(part);
        }
        self.body = body;
        self.header("Content-Encoding", coding)
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer with `Retry-After`, whose text may be seconds, a date or nonsense.
    #[must_use]
    pub fn retry_after(self, text: &str) -> Self {
        self.header("Retry-After", text)
    }

    /// The same answer with another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name))
    }
}

/// Shows no body: it may hold an access token.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Answer")
            .field("status", &self.status)
            .field("header_names", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// An answer whose body may be a page that is made while it is sent.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) page: Option<Page>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, page: None }
    }
}

impl Reply {
    pub(crate) fn page(page: Page) -> Self {
        Self { answer: Answer::json(200, ""), page: Some(page) }
    }

    /// A body can only be broken where there is one: an answer without gets a stand-in.
    pub(crate) fn with_body(&self) -> Self {
        let mut same = self.clone();
        if same.length() == 0 {
            same.answer.body = br#"{"Message":"A body that is not what it should be."}"#.to_vec();
            if !same.answer.has_header("Content-Type") {
                same.answer = same.answer.header("Content-Type", "application/json; charset=utf-8");
            }
        }
        same
    }

    pub(crate) fn length(&self) -> u64 {
        match &self.page {
            Some(page) => page.size(),
            None => u64::try_from(self.answer.body.len()).unwrap_or(u64::MAX),
        }
    }

    pub(crate) fn body(&self) -> Body<'_> {
        match &self.page {
            Some(page) => Body::Made(page.pieces()),
            None => Body::Given(Some(&self.answer.body)),
        }
    }
}

/// A body, piece by piece.
pub(crate) enum Body<'a> {
    Given(Option<&'a [u8]>),
    Made(Pieces<'a>),
}

impl Body<'_> {
    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        match self {
            Self::Given(bytes) => bytes.take(),
            Self::Made(pieces) => pieces.next(),
        }
    }
}
