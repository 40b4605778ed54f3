//! How fast pages are served over the loopback: bytes a second of wall time, and a second of the serving thread.
//!
//! `cargo bench -p mypreferences-mock --bench pages [GIGABYTES]`. The client only reads and forgets; it has a core of
//! its own where there are two.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mypreferences_mock::{Export, ExportKind, MockConfig, MockService, RecordKind};

const TOKEN: i64 = 4711;
const ROWS: u64 = 900_000_000_000;

fn main() {
    let gigabytes: f64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(8.0);
    println!("records      page rows   GB   wall s   GB/s   server core s   GB/s of a core");
    for (name, kind, records) in [
        ("preferences", ExportKind::Segment, RecordKind::Preferences),
        ("profiles", ExportKind::Segment, RecordKind::Profiles),
        ("rows", ExportKind::Schedule, RecordKind::Rows),
    ] {
        for limit in [1000, 10_000_000] {
            let service = MockService::start_blocking(MockConfig::default()).unwrap();
            service.add_export(Export::new(TOKEN, kind, ROWS).records(records));
            let wanted = gigabytes / 6.0 * 1e9;
            let (before, begun) = (server_time(), Instant::now());
            let bytes = read(&service, kind, limit, wanted);
            let wall = begun.elapsed().as_secs_f64();
            let core = server_time().saturating_sub(before).as_secs_f64();
            let gigabytes = bytes / 1e9;
            println!(
                "{name:12} {limit:9} {gigabytes:4.1} {wall:8.2} {:6.2} {core:15.2} {:16.2}",
                gigabytes / wall,
                gigabytes / core,
            );
        }
    }
}

/// Reads pages until it has about so many bytes; says how many it had.
fn read(service: &MockService, kind: ExportKind, limit: u64, wanted: f64) -> f64 {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
    let mut buffer = vec![0; 1024 * 1024];
    let (mut bytes, mut offset) = (0.0, 1);
    while bytes < wanted {
        let path = format!("/ExampleClient/export/{}/{TOKEN}", kind.segment());
        let query = format!("limit={limit}&offset={offset}&keepAlive=true");
        let request = format!("GET {path}?{query} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut received = Vec::new();
        let (head, length) = loop {
            let count = stream.read(&mut buffer).unwrap();
            received.extend_from_slice(&buffer[..count]);
            if let Some(head) = head_and_length(&received) {
                break head;
            }
        };
        let mut left = head as u64 + length - received.len() as u64;
        bytes += length as f64;
        while left > 0 {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed early");
            left -= count as u64;
            // A page of millions of rows is not read to its end when it is larger than what is wanted.
            if bytes - left as f64 > wanted {
                return bytes - left as f64;
            }
        }
        offset += limit;
    }
    bytes
}

fn head_and_length(received: &[u8]) -> Option<(usize, u64)> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?;
    Some((end, length.parse().unwrap()))
}

/// Processor time of the threads that serve, as the kernel tells it; 0 where it does not.
fn server_time() -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    threads
        .flatten()
        .filter(|thread| {
            std::fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name.starts_with("mypreferences-m"))
        })
        .filter_map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse().ok()
        })
        .map(Duration::from_nanos)
        .sum()
}
