//! Every fault, seen over the wire.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mypreferences_mock::{Action, Answer, Apply, ConnectMode, Delivery, Operation, RefusedPort, ResetPoint, Rule};
use support::{COMMIT, Client, LONG, STATUS, TOKEN, ask, commits, service};

fn find(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

/// Plays an action once for a commit and returns all bytes until the server closes.
fn bytes_of(action: Action) -> (Vec<u8>, std::io::Result<()>) {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, action));
    let mut client = Client::connect(&service);
    client.send(COMMIT);
    client.until_closed()
}

#[test]
fn an_answer_can_be_replaced_with_and_without_applying_the_commit() {
    for (action, applied) in [(Action::status(503), 0), (Action::answer_applied(Answer::message(500, "x")), 1)] {
        let service = service();
        service.push_rule(Rule::new(Operation::Commit, action));
        assert!(ask(&service, COMMIT).status >= 500);
        assert_eq!(commits(&service), applied);
    }
}

#[test]
fn a_refused_request_is_not_applied_behind_a_fault() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::answer_applied(Answer::empty(500))));
    ask(&service, COMMIT.replace("=false", "=False"));
    assert_eq!(commits(&service), 0);
    assert_eq!(service.requests()[0].violation, Some(400));
}

#[test]
fn a_request_is_read_and_the_connection_closed_without_a_byte() {
    for (apply, applied) in [(Apply::Never, 0), (Apply::Now, 1)] {
        let service = service();
        service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply }));
        let mut client = Client::connect(&service);
        client.send(COMMIT);
        let (bytes, closed) = client.until_closed();
        assert!(bytes.is_empty() && closed.is_ok());
        assert_eq!(commits(&service), applied);
        assert_eq!(service.requests()[0].answered, None);
    }
}

#[test]
fn a_commit_can_be_applied_after_its_connection_died() {
    let service = service();
    service.push_rule(Rule::new(
        Operation::Commit,
        Action::ReadThenClose { apply: Apply::After(Duration::from_millis(200)) },
    ));
    let mut client = Client::connect(&service);
    client.send(COMMIT);
    client.until_closed().1.unwrap();
    assert_eq!(commits(&service), 0);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(commits(&service), 1);
}

#[test]
fn connections_are_reset_before_within_and_after_the_head() {
    for (at, sent) in [
        (ResetPoint::BeforeHeaders, None),
        (ResetPoint::AfterHeaders, Some("\r\n\r\n")),
        (ResetPoint::MidBody, Some("{\"Message\"")),
    ] {
        let (bytes, closed) = bytes_of(Action::Reset { at, apply: Apply::Now });
        assert_eq!(closed.unwrap_err().kind(), ErrorKind::ConnectionReset);
        match sent {
            None => assert!(bytes.is_empty()),
            Some(part) => assert!(find(&bytes, part)),
        }
    }
}

#[test]
fn a_hanging_request_notes_when_the_client_leaves() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::Hang { apply: Apply::Now }));
    let mut client = Client::connect(&service);
    client.send(COMMIT);
    assert!(service.wait_for_blocking(|log| log.len() == 1, LONG));
    std::thread::sleep(Duration::from_millis(100));
    client.leave();
    assert!(service.wait_for_blocking(|log| log[0].disconnected_at.is_some(), LONG));
    let logged = &service.requests()[0];
    let stayed = logged.disconnected_at.unwrap().saturating_sub(logged.received_at);
    assert!(stayed >= Duration::from_millis(90), "{stayed:?}");
    assert_eq!(logged.answered, None);
    assert_eq!(commits(&service), 1);
}

#[test]
fn a_delayed_answer_is_the_usual_one() {
    for action in [Action::delay(Duration::from_millis(150)), Action::answer_late(Duration::from_millis(150))] {
        let service = service();
        service.push_rule(Rule::new(Operation::Status, action));
        let begun = Instant::now();
        assert_eq!(ask(&service, STATUS).json()["Status"], "Complete");
        assert!(begun.elapsed() >= Duration::from_millis(150));
    }
}

#[test]
fn a_delayed_commit_is_applied_although_the_client_has_left() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::delay(Duration::from_millis(200))));
    let mut client = Client::connect(&service);
    client.send(COMMIT);
    assert!(service.wait_for_blocking(|log| log.len() == 1, LONG));
    client.leave();
    assert!(service.wait_for_blocking(|log| log[0].disconnected_at.is_some(), LONG));
    assert_eq!(commits(&service), 0);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(commits(&service), 1);
    assert_eq!(service.requests()[0].answered, None);
}

#[test]
fn a_trickled_answer_is_the_usual_one() {
    let service = service();
    let pause = Duration::from_micros(100);
    service.push_rule(Rule::new(Operation::Status, Action::Deliver(Delivery::Trickle(pause))));
    assert_eq!(ask(&service, STATUS).json()["Status"], "Complete");
}

#[test]
fn a_cut_body_is_shorter_than_its_length() {
    let (bytes, closed) = bytes_of(Action::Deliver(Delivery::CutBody));
    closed.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && body.len() < length);
}

#[test]
fn chunks_can_be_bad() {
    let (bytes, closed) = bytes_of(Action::Deliver(Delivery::BadChunks));
    closed.unwrap();
    assert!(find(&bytes, "Transfer-Encoding: chunked") && find(&bytes, "\r\nnot-a-size\r\n"));
}

#[test]
fn an_endless_body_ends_when_the_client_leaves() {
    let service = service();
    service.push_rule(Rule::new(Operation::Status, Action::Deliver(Delivery::EndlessBody)));
    let mut client = Client::connect(&service);
    client.send(STATUS);
    let mut much = vec![0; 4 * 1024 * 1024];
    client.stream.read_exact(&mut much).unwrap();
    drop(client);
    assert!(service.wait_for_blocking(|log| log[0].disconnected_at.is_some(), LONG));
}

#[test]
fn a_huge_body_has_its_true_length() {
    let service = service();
    service.push_rule(Rule::new(Operation::Status, Action::Deliver(Delivery::HugeBody(3_000_001))));
    let answer = ask(&service, STATUS);
    assert_eq!(answer.body.len(), 3_000_001);
}

#[test]
fn a_gzip_bomb_is_small_on_the_wire_and_large_when_decoded() {
    let service = service();
    service.push_rule(Rule::new(Operation::Status, Action::Deliver(Delivery::GzipBomb { mebibytes: 8 })));
    let mut client = Client::connect(&service);
    client.send(STATUS.replace("Host: x", "Host: x\r\nConnection: close"));
    let (bytes, closed) = client.until_closed();
    closed.unwrap();
    assert!(find(&bytes, "Content-Encoding: gzip") && bytes.len() < 200_000);
    let start = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let mut packed = Vec::new();
    let mut rest = &bytes[start..];
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        packed.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
    let mut decoded = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut decoded).unwrap();
    assert_eq!(decoded.len(), 8 * 1024 * 1024);
}

#[test]
fn bodies_can_be_bad_gzip_bad_utf8_and_html() {
    for (answer, part) in [
        (Answer::bad_gzip(200), "Content-Encoding: gzip"),
        (Answer::html(503, true), "Content-Type: text/html"),
        (Answer::html(200, false), "<!DOCTYPE html>"),
        (Answer::redirect(302, "https://other.example/x"), "Location: https://other.example/x\r\n"),
        (Answer::message(503, "x").retry_after("soon"), "Retry-After: soon\r\n"),
        (Answer::empty(204), "HTTP/1.1 204 No Content\r\n"),
    ] {
        let answer = answer.header("Connection", "close");
        let (bytes, closed) = bytes_of(Action::answer(answer));
        closed.unwrap();
        assert!(find(&bytes, part), "{part}");
    }
    let answer = Answer::invalid_utf8(200).header("Connection", "close");
    assert!(String::from_utf8(bytes_of(Action::answer(answer)).0).is_err());
}

#[test]
fn headers_can_be_doubled_and_interim_answers_sent() {
    let service = service();
    let twice = vec![("Content-Length".to_owned(), "1".to_owned())];
    service.push_rule(Rule::new(Operation::Status, Action::Deliver(Delivery::ExtraHeaders(twice))));
    let answer = ask(&service, STATUS);
    assert_eq!(answer.head.matches("Content-Length: ").count(), 2);

    service.push_rule(Rule::new(Operation::Status, Action::Deliver(Delivery::Interim(vec![102, 103]))));
    let mut client = Client::connect(&service);
    assert_eq!(client.ask(STATUS).status, 102);
    assert_eq!(client.receive().status, 103);
    assert_eq!(client.receive().status, 200);
}

#[test]
fn garbage_is_no_http() {
    let (bytes, closed) = bytes_of(Action::garbage());
    closed.unwrap();
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP/"));
}

#[test]
fn a_connection_can_be_closed_after_an_answer_that_did_not_say_so() {
    let (bytes, closed) = bytes_of(Action::Deliver(Delivery::ThenClose));
    closed.unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 200 ") && !find(&bytes, "Connection"));
}

#[test]
fn connections_can_be_closed_before_anything_is_read() {
    let service = service();
    service.set_connect_mode(ConnectMode::CloseAtOnce);
    let (bytes, _) = Client::connect(&service).until_closed();
    assert!(bytes.is_empty());
    service.set_connect_mode(ConnectMode::ResetAtOnce);
    let (bytes, closed) = Client::connect(&service).until_closed();
    assert!(bytes.is_empty());
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::ConnectionReset);
    service.set_connect_mode(ConnectMode::Serve);
    assert_eq!(ask(&service, STATUS).status, 200);
    assert_eq!(service.connections(), 3);
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn nothing_listens_on_a_refused_port() {
    let refused = RefusedPort::take().unwrap();
    let error = TcpStream::connect(("127.0.0.1", refused.port())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn rules_last_as_often_and_as_long_as_they_say() {
    let service = service();
    service.push_rule(Rule::new(Operation::Status, Action::status(500)).times(2).skip(1).token(TOKEN));
    let mut client = Client::connect(&service);
    let statuses = [(); 4].map(|()| client.ask(STATUS).status);
    assert_eq!(statuses, [200, 500, 500, 200]);

    service.push_rule(Rule::new(Operation::Any, Action::status(503)).for_duration(Duration::from_millis(300)));
    assert_eq!(client.ask(STATUS).status, 503);
    std::thread::sleep(Duration::from_millis(350));
    assert_eq!(client.ask(STATUS).status, 200);

    service.push_rule(Rule::new(Operation::Any, Action::status(503)).forever());
    assert_eq!(client.ask(STATUS).status, 503);
    service.clear_rules();
    assert_eq!(client.ask(STATUS).status, 200);
}

#[test]
fn a_page_is_the_same_whole_chunked_and_compressed() {
    let service = service();
    service.add_export(mypreferences_mock::Export::segment(9, 3000));
    let page = "GET /ExampleClient/export/Segment/9?limit=3000&keepAlive=true HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let whole = ask(&service, page).body;
    assert!(whole.len() > 600_000);
    for delivery in [Delivery::Chunked, Delivery::Gzip] {
        let compressed = delivery == Delivery::Gzip;
        service.push_rule(Rule::new(Operation::Page, Action::Deliver(delivery)));
        let mut client = Client::connect(&service);
        client.send(page);
        let (bytes, closed) = client.until_closed();
        assert!(closed.is_ok());
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let mut body = unchunked(&bytes[end..]);
        if compressed {
            assert!(find(&bytes[..end], "Content-Encoding: gzip"));
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
            body = plain;
        }
        assert!(body == whole, "{} bytes instead of {}", body.len(), whole.len());
    }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&bytes[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let begin = line + 2;
        body.extend_from_slice(&bytes[begin..begin + size]);
        assert_eq!(&bytes[begin + size..begin + size + 2], b"\r\n");
        bytes = &bytes[begin + size + 2..];
        if size == 0 {
            assert!(bytes.is_empty());
            return body;
        }
    }
}
