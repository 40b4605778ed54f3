//! The proxy of a scenario, over the wire.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use mypreferences_mock::MockService;
use support::{empty_service, open};

/// Sends this to the proxy of a new scenario and returns the first answer head.
fn ask(service: &MockService, mode: &str, request: &str) -> (TcpStream, String) {
    let (_, opened) = open(service, &format!(r#"{{"proxy":"{mode}"}}"#));
    let address = opened["proxy_url"].as_str().unwrap().to_owned();
    let mut socket = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    (socket, String::from_utf8(head).unwrap())
}

fn connect(service: &MockService) -> String {
    let port = service.port();
    format!("CONNECT mypreferences.invalid:{port} HTTP/1.1\r\nHost: x\r\n\r\n")
}

#[test]
fn a_tunnel_leads_to_this_machine_whatever_host_is_asked_for() {
    let service = empty_service();
    let (mut socket, head) = ask(&service, "tunnel", &connect(&service));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    socket.write_all(b"GET /__mock/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(r#""status":"ok""#), "{answer}");
}

#[test]
fn a_proxy_can_want_credentials_or_not_get_through() {
    let service = empty_service();
    let (_, head) = ask(&service, "wants_credentials", &connect(&service));
    assert!(head.starts_with("HTTP/1.1 407 "), "{head}");
    assert!(head.contains("Proxy-Authenticate: Basic"), "{head}");
    let (_, head) = ask(&service, "bad_gateway", &connect(&service));
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    let nobody = "CONNECT x:1 HTTP/1.1\r\n\r\n";
    let (_, head) = ask(&service, "tunnel", nobody);
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    let (_, head) = ask(&service, "tunnel", "GET http://x/ HTTP/1.1\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
}

#[test]
fn a_scenario_without_a_proxy_has_none() {
    let service = empty_service();
    assert!(open(&service, "{}").1["proxy_url"].is_null());
}
