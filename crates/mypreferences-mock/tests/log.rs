//! What the log keeps, and what it shows.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::Duration;

use mypreferences_mock::{Export, MockConfig, MockService, Operation};
use support::{COMMIT, Client, LONG, STATUS, TOKEN, ask, service};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[test]
fn a_request_is_kept_byte_for_byte() {
    let service = service();
    let request = "POST /ExampleClient/export/Segment/Commit/123456789012?keepFiles=true HTTP/1.1\r\nhOsT:  x\r\nContent-Length: 5\r\nauthorization: hush\r\n\r\nab\0cd";
    ask(&service, request);
    let logged = service.requests().pop().unwrap();
    let (head, body) = request.split_at(request.len() - 5);
    assert_eq!(logged.raw_head, head.as_bytes());
    assert_eq!(logged.body, body.as_bytes());
    assert_eq!(logged.method, "POST");
    assert_eq!(logged.query(), Some("keepFiles=true"));
    assert_eq!(logged.headers[0], ("hOsT".to_owned(), b"x".to_vec()));
    assert_eq!(logged.header("Authorization"), Some("hush"));
    assert_eq!(logged.operation, Some(Operation::Commit));
    assert_eq!(logged.token, Some(TOKEN));
    assert_eq!((logged.answered, logged.violation), (Some(400), Some(400)));
    assert!(logged.finished_at.unwrap() >= logged.received_at);
    let shown = format!("{logged:?} {service:?}");
    assert!(!shown.contains("hush") && !shown.contains("12345678"), "{shown}");
}

#[test]
fn a_large_body_is_read_to_its_end_and_kept_to_the_cap() {
    let service = service();
    let mut client = Client::connect(&service);
    client.send(COMMIT.replace("Content-Length: 0", "Content-Length: 3000000"));
    client.send(vec![b'x'; 3_000_000]);
    assert_eq!(client.receive().status, 400);
    assert_eq!(service.requests()[0].body.len(), 64 * 1024);
    assert_eq!(client.ask(STATUS).status, 200);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let service = service();
    let mut client = Client::connect(&service);
    client.send(format!("{STATUS}{COMMIT}{STATUS}"));
    assert_eq!(client.receive().json()["Status"], "Complete");
    assert_eq!(client.receive().status, 200);
    assert_eq!(client.receive().json()["Status"], "Retrieved");
    assert!(service.requests().iter().all(|request| request.connection == 1));
}

#[test]
fn a_request_that_is_not_finished_is_noted() {
    let service = service();
    for begun in ["POST /Example", &COMMIT.replace("Length: 0", "Length: 9")] {
        service.clear_log();
        let mut client = Client::connect(&service);
        client.send(begun);
        client.leave();
        assert!(service.wait_for_blocking(|log| log.iter().any(|request| request.disconnected_at.is_some()), LONG));
        assert_eq!(service.requests()[0].answered, None);
    }
    assert!(service.export(TOKEN).unwrap().commits.is_empty());
}

#[test]
fn an_idle_connection_is_closed_after_its_time() {
    let config = MockConfig { idle_timeout: Some(Duration::from_millis(50)), ..MockConfig::default() };
    let service = MockService::start_blocking(config).unwrap();
    let (bytes, closed) = Client::connect(&service).until_closed();
    assert!(bytes.is_empty() && closed.is_ok());
}

#[test]
fn many_connections_are_served_at_once() {
    let service = service();
    let mut clients: Vec<Client> = (0..200).map(|_| Client::connect(&service)).collect();
    for client in &mut clients {
        client.send(STATUS);
    }
    assert!(clients.iter_mut().all(|client| client.receive().status == 200));
    assert_eq!(service.connections(), 200);
}

#[test]
fn a_dropped_service_closes_its_port_and_its_connections() {
    let service = service();
    let port = service.port();
    let mut client = Client::connect(&service);
    client.ask(STATUS);
    drop(service);
    let (bytes, _) = client.until_closed();
    assert!(bytes.is_empty());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[tokio::test]
async fn a_service_runs_on_the_runtime_of_its_caller() {
    let service = MockService::start(MockConfig::default()).await.unwrap();
    service.add_export(Export::segment(TOKEN, 1));
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", service.port())).await.unwrap();
    stream.write_all(COMMIT.as_bytes()).await.unwrap();
    assert!(service.wait_for(|log| log.len() == 1, LONG).await);
    assert!(service.wait_for_export(TOKEN, |view| view.commits.len() == 1, LONG).await);
    assert!(!service.wait_for(|log| log.len() == 2, Duration::from_millis(50)).await);
    let port = service.port();
    service.shutdown().await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn a_dropped_service_stops_on_the_runtime_of_its_caller() {
    let service = MockService::start(MockConfig::default()).await.unwrap();
    let port = service.port();
    drop(service);
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the port is still open");
}
