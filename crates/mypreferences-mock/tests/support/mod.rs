//! A client of raw bytes, so that the tests see what is really on the wire.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use mypreferences_mock::{Export, MockConfig, MockService};

pub(crate) const TOKEN: i64 = 123_456_789_012;
pub(crate) const LONG: Duration = Duration::from_secs(10);
pub(crate) const COMMIT: &str = "POST /ExampleClient/export/Segment/Commit/123456789012?keepFiles=false HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
pub(crate) const STATUS: &str = "GET /ExampleClient/status/Token/123456789012 HTTP/1.1\r\nHost: x\r\n\r\n";

/// A service with one export of three rows that is ready.
pub(crate) fn service() -> MockService {
    let service = MockService::start_blocking(MockConfig::default()).unwrap();
    service.add_export(Export::segment(TOKEN, 3));
    service
}

/// How often the export of [`service`] was committed.
pub(crate) fn commits(service: &MockService) -> usize {
    service.export(TOKEN).unwrap().commits.len()
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head.lines().skip(1).find_map(|line| {
            let (given, value) = line.split_once(": ")?;
            given.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }
}

impl Client {
    pub(crate) fn connect(service: &MockService) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        Self { stream }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request and reads an answer with a `Content-Length`.
    pub(crate) fn ask(&mut self, request: impl AsRef<[u8]>) -> Received {
        self.send(request);
        self.receive()
    }

    pub(crate) fn receive(&mut self) -> Received {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut received = Received { status, head, body: Vec::new() };
        let length = received.header("Content-Length").unwrap_or("0".to_owned());
        received.body = vec![0; length.parse().unwrap()];
        self.stream.read_exact(&mut received.body).unwrap();
        received
    }

    /// Everything until the server closes, and how it did.
    pub(crate) fn until_closed(&mut self) -> (Vec<u8>, std::io::Result<()>) {
        let mut bytes = Vec::new();
        let mut scratch = [0; 4096];
        loop {
            match self.stream.read(&mut scratch) {
                Ok(0) => return (bytes, Ok(())),
                Ok(count) => bytes.extend_from_slice(&scratch[..count]),
                Err(error) => return (bytes, Err(error)),
            }
        }
    }

    pub(crate) fn leave(self) {
        self.stream.shutdown(Shutdown::Both).unwrap();
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(service: &MockService, request: impl AsRef<[u8]>) -> Received {
    Client::connect(service).ask(request)
}

/// A request with a body, as text.
pub(crate) fn request(method: &str, target: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

pub(crate) fn get(service: &MockService, target: &str) -> Received {
    ask(service, format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"))
}

/// Posts JSON.
pub(crate) fn post(service: &MockService, target: &str, body: &str) -> Received {
    let json = "Content-Type: application/json\r\n";
    ask(service, request("POST", target, json, body))
}

pub(crate) fn empty_service() -> MockService {
    MockService::start_blocking(MockConfig::default()).unwrap()
}

/// The path of a scenario that is opened over HTTP, and the answer to that.
pub(crate) fn open(service: &MockService, spec: &str) -> (String, serde_json::Value) {
    let opened = post(service, "/__mock/scenarios", spec);
    assert_eq!(opened.status, 201, "{}", opened.text());
    let body = opened.json();
    (format!("/s/{}", body["id"].as_str().unwrap()), body)
}
