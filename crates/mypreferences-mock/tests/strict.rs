//! Requests that the service refuses, and credentials.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mypreferences_mock::{Authorization, Operation};
use support::{COMMIT, Client, STATUS, ask, commits, service};

/// 2026-03-04T05:06:07Z.
const ISSUED: i64 = 1_772_600_767_000;
/// Signed with another implementation, with made-up credentials.
const SIGNED: &str = "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07Z Signature=1iYCy4rWuzi2z97MpnneOgQBeJ127gsxpnynWNJPg7Q=";

fn with_header(request: &str, header: &str) -> String {
    request.replacen("Host: x\r\n", &format!("Host: x\r\n{header}\r\n"), 1)
}

#[test]
fn everything_that_is_not_documented_is_refused() {
    let service = service();
    let path = "/ExampleClient/export/Segment/Commit/123456789012";
    let post = |target: &str| format!("POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
    let cases = [
        (404, get("/")),
        (404, get("/ExampleClient/status/token/123456789012")),
        (404, post("/Other/export/Segment/Commit/123456789012?keepFiles=true")),
        (404, post("/ExampleClient/export/Segment/Commit/99?keepFiles=true")),
        (405, get(&format!("{path}?keepFiles=true"))),
        (405, post("/ExampleClient/status/Token/123456789012")),
        (405, post("/ExampleClient/export/CID/123456789012")),
        (404, post("/ExampleClient/export/Segment/123456789012")),
        (411, COMMIT.replace("Content-Length: 0\r\n", "")),
        (411, COMMIT.replace("Content-Length: 0", "Transfer-Encoding: chunked")),
        (400, post(path)),
        (400, post(&format!("{path}?"))),
        (400, post(&format!("{path}?keepFiles=True"))),
        (400, post(&format!("{path}?keepFiles=1"))),
        (400, post(&format!("{path}?keepfiles=true"))),
        (400, post(&format!("{path}?keepFiles=true&keepFiles=true"))),
        (400, post(&format!("{path}?keepFiles=true&x=1"))),
        (400, post("/ExampleClient/export/Segment/Commit/0?keepFiles=true")),
        (400, post("/ExampleClient/export/Segment/Commit/-5?keepFiles=true")),
        (400, post("/ExampleClient/export/Segment/Commit/9223372036854775808?keepFiles=true")),
        (400, get("/ExampleClient/status/Token/123456789012?x=1")),
        (400, get("/ExampleClient/export/Segment/123456789012?offset=0")),
        (400, get("/ExampleClient/export/Segment/123456789012?limit=1&limit=1")),
        (400, get("/ExampleClient/export/Segment/123456789012?keepAlive=yes")),
        (400, COMMIT.replace("Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\n{}")),
        (400, with_header(COMMIT, "Authorization: a\r\nauthorization: a")),
    ];
    for (status, request) in cases {
        let answer = ask(&service, &request);
        assert_eq!(answer.status, status, "{request}");
        assert!(answer.json()["Message"].is_string(), "{request}");
        let logged = service.requests().pop().unwrap();
        assert_eq!(
            logged.violation,
            // What is not there is no wrong request.
            if request.contains("/99?") || request.starts_with("POST /ExampleClient/export/Segment/1") {
                None
            } else {
                Some(status)
            }
        );
    }
    assert_eq!(commits(&service), 0);
}

#[test]
fn a_refused_method_names_the_allowed_one() {
    let answer = ask(&service(), STATUS.replace("GET", "DELETE"));
    assert_eq!(answer.header("Allow").as_deref(), Some("GET"));
}

#[test]
fn malformed_http_is_answered_400_and_the_connection_closed() {
    for nonsense in [
        "hello\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
        let service = service();
        let mut client = Client::connect(&service);
        assert_eq!(client.ask(nonsense).status, 400, "{nonsense}");
        let (rest, closed) = client.until_closed();
        assert!(rest.is_empty() && closed.is_ok());
        assert_eq!(service.requests()[0].raw_head, nonsense.as_bytes());
    }
}

#[test]
fn an_endless_head_is_cut_off() {
    let service = service();
    let mut client = Client::connect(&service);
    client.send("GET / HTTP/1.1\r\n");
    client.send(format!("X: {}", "y".repeat(70_000)));
    assert_eq!(client.receive().status, 431);
}

#[test]
fn signatures_are_checked_by_the_servers_clock() {
    let service = service();
    service.set_authorization(Authorization::Hmac {
        client_id: "ExampleClient".to_owned(),
        user_id: "api.user".to_owned(),
        secret: "correct horse battery staple".to_owned(),
    });
    let world = service.world();
    let set_clock = |wanted: i64| {
        world.set_clock_offset(0);
        world.set_clock_offset(wanted - world.now_millis());
    };
    let signed = with_header(STATUS, &format!("Authorization: {SIGNED}"));
    let other_scheme = with_header(STATUS, "Authorization: PNAUTHINFO100-SHA256 Credential=x");
    let wrong = signed.replace("Signature=1", "Signature=2");
    for (clock, request, reason) in [
        (ISSUED + 2_000, STATUS, "Missing Authorization Header"),
        (ISSUED + 2_000, other_scheme.as_str(), "The scheme is invalid"),
        (ISSUED + 2_000, wrong.as_str(), "Unable to authenticate request"),
        (ISSUED - 2_000, signed.as_str(), "The specified date does not match an expected ISO 8601 format"),
        (
            ISSUED + 902_000,
            signed.as_str(),
            "The difference between the issued timestamp and the current time is too large",
        ),
    ] {
        set_clock(clock);
        let answer = ask(&service, request);
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["Message"], reason);
        assert_eq!(
            answer.header("WWW-Authenticate").as_deref(),
            Some("PNAUTHINFO3 realm=\"https://pm.mypreferences.com\"")
        );
        assert_eq!(answer.header("Expires").as_deref(), Some("-1"));
        assert_eq!(answer.header("Server").as_deref(), Some("Microsoft-IIS/8.0"));
    }
    set_clock(ISSUED + 2_000);
    let answer = ask(&service, &signed);
    assert_eq!(answer.status, 200);
    assert!(answer.header("Date").unwrap().starts_with("Wed, 04 Mar 2026 05:06:"));
}

#[test]
fn the_date_can_be_left_out_and_other_headers_added() {
    let service = service();
    assert!(ask(&service, STATUS).header("Date").is_some());
    service.set_date_header(false);
    service.set_extra_headers(vec![("Age".to_owned(), "7".to_owned())]);
    let answer = ask(&service, STATUS);
    assert_eq!(answer.header("Date"), None);
    assert_eq!(answer.header("Age").as_deref(), Some("7"));
}

#[test]
fn a_client_id_is_compared_decoded() {
    let service = service();
    let request = STATUS.replace("ExampleClient", "Example%43lient");
    assert_eq!(ask(&service, request).status, 200);
    assert_eq!(service.requests_for(Operation::Status).len(), 1);
}

#[test]
fn an_answer_to_head_has_no_body() {
    let service = service();
    let mut client = Client::connect(&service);
    client.send(STATUS.replace("GET", "HEAD").replace("Host: x", "Host: x\r\nConnection: close"));
    let (bytes, closed) = client.until_closed();
    assert!(closed.is_ok());
    assert!(bytes.starts_with(b"HTTP/1.1 405 ") && bytes.ends_with(b"\r\n\r\n"));
}
