//! Status, the page probe and resolve.

use std::time::Duration;

use mypreferences::{CommitState, ConfirmedBy, ErrorKind, Outcome, Resolution, Retry, StatusWord, TimeoutPhase};
use mypreferences_mock::{Action, Answer, Apply, Delivery, Export, Operation, ResetPoint, Rule};

use crate::support::*;

#[tokio::test]
async fn status_is_read_with_its_counts_and_times() {
    let mock = mock().await;
    let status = client(&mock).status(TOKEN).await.unwrap();
    assert_eq!(status.status, StatusWord::Complete);
    assert_eq!(status.row_count, Some(3));
    assert!(status.expires.unwrap() > std::time::SystemTime::now());
    assert!(status.server_date.is_some());
    assert_clean(&status.to_json());
    mock.set_status(TOKEN, "Archiving");
    let status = client(&mock).status(TOKEN).await.unwrap();
    assert_eq!((status.status, status.word.as_str()), (StatusWord::Unknown, "Archiving"));
}

#[tokio::test]
async fn a_temporary_failure_of_a_read_is_tried_again() {
    for action in [
        Action::status(503),
        Action::status(500),
        Action::status(429),
        Action::ReadThenClose { apply: Apply::Never },
        Action::Reset { at: ResetPoint::MidBody, apply: Apply::Never },
        Action::Deliver(Delivery::CutBody),
        Action::Deliver(Delivery::BadChunks),
        Action::answer(Answer::bad_gzip(200)),
        Action::answer(Answer::html(200, true)),
        Action::answer(Answer::json(200, "[]")),
    ] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Status, action.clone()));
        let status = client(&mock).status(TOKEN).await;
        assert!(status.is_ok(), "{action:?}: {status:?}");
        assert_eq!(mock.requests().len(), 2, "{action:?}");
    }
}

#[tokio::test]
async fn a_failed_read_has_its_kind() {
    for (action, kind, retry) in [
        (Action::status(503), ErrorKind::ServiceUnavailable, Retry::Persistent),
        (Action::status(404), ErrorKind::NotFound, Retry::Permanent),
        (Action::answer(Answer::empty(204)), ErrorKind::InvalidResponse, Retry::Persistent),
        (Action::answer(Answer::html(200, true)), ErrorKind::InvalidResponse, Retry::Persistent),
        (Action::answer(Answer::bad_gzip(200)), ErrorKind::InvalidResponse, Retry::Persistent),
        (Action::Deliver(Delivery::BadChunks), ErrorKind::InvalidResponse, Retry::Persistent),
        (Action::Deliver(Delivery::CutBody), ErrorKind::Interrupted, Retry::Persistent),
        (Action::ReadThenClose { apply: Apply::Never }, ErrorKind::Interrupted, Retry::Persistent),
        (Action::Deliver(Delivery::EndlessBody), ErrorKind::ResponseTooLarge, Retry::Permanent),
        (Action::Deliver(Delivery::GzipBomb { mebibytes: 8 }), ErrorKind::ResponseTooLarge, Retry::Permanent),
    ] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Status, action.clone()).forever());
        let error = client(&mock).status(TOKEN).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, retry), "{action:?}: {error:?}");
        assert_eq!(error.method(), Some("GET"));
        assert_eq!(error.commit_state(), None);
        record(&error);
    }
}

#[tokio::test]
async fn silence_in_a_body_is_a_body_timeout() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    trace();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Status\":").await.unwrap();
        std::future::pending::<()>().await;
    });
    let client = builder(&base_url).body_timeout(Duration::from_millis(100)).max_attempts(1).build().unwrap();
    let error = client.status(TOKEN).timeout(Duration::from_secs(30)).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::Body)));
    assert_eq!(error.sent(), mypreferences::Sent::Answered);
}

#[tokio::test]
async fn the_page_probe_marks_nothing_as_retrieved() {
    let mock = mock().await;
    let client = client(&mock);
    client.probe_page(TOKEN).await.unwrap();
    assert_eq!(mock.requests()[0].query(), Some("limit=1&offset=1&keepAlive=true"));
    assert_eq!(client.status(TOKEN).await.unwrap().status, StatusWord::Complete);
    mock.set_status(TOKEN, "Retrieved");
    assert_eq!(client.probe_page(TOKEN).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn resolve_finds_what_became_of_a_token_and_sends_nothing() {
    let mock = mock().await;
    let client = client(&mock);
    let Resolution::NotCommitted { as_of } = client.resolve_commit(TOKEN).await.unwrap() else {
        panic!("a ready export is not committed")
    };
    assert!(as_of.is_some());
    mock.set_status(TOKEN, "Retrieved");
    let Resolution::Committed(receipt) = client.resolve_commit(TOKEN).await.unwrap() else {
        panic!("a retrieved token is consumed")
    };
    assert_eq!(receipt.outcome, Outcome::AlreadyCommitted);
    assert_eq!(receipt.confirmed_by, ConfirmedBy::Status);
    assert_eq!((receipt.sends, receipt.keep_files), (0, None));
    assert!(posts(&mock).is_empty());
}

#[tokio::test]
async fn resolve_without_an_answer_is_unknown() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Any, Action::status(500)).forever());
    let client = builder(&mock.base_url()).resolve_timeout(Duration::from_secs(1)).build().unwrap();
    let Resolution::Unknown(error) = client.resolve_commit(TOKEN).await.unwrap() else { panic!("nobody answered") };
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.operation().name(), "resolve_commit");
    assert!(mock.requests_for(Operation::Status).len() >= 3);
    record(&error);
}

#[tokio::test]
async fn resolve_after_an_unknown_outcome_finds_the_truth() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    mock.push_rule(Rule::new(Operation::Status, Action::status(500)).forever());
    let client = builder(&mock.base_url()).resolve_timeout(Duration::from_millis(500)).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    mock.clear_rules();
    assert!(matches!(client.resolve_commit(TOKEN).await.unwrap(), Resolution::Committed(_)));
    assert_eq!(mock.export(TOKEN).unwrap().commits.len(), 1);
}

#[tokio::test]
async fn an_expired_export_stays_unclear_for_resolve_but_not_for_long() {
    let mock = mock().await;
    mock.add_export(Export::segment(TOKEN, 3).status("Expired"));
    let begun = std::time::Instant::now();
    assert!(matches!(client(&mock).resolve_commit(TOKEN).await.unwrap(), Resolution::Unknown(_)));
    assert_eq!(mock.requests_for(Operation::Status).len(), 3);
    assert!(begun.elapsed() < Duration::from_secs(30));
}
