//! Calls that end before they are over: cancelled, dropped, out of time.

use std::time::{Duration, Instant};

use mypreferences::{
    CancelToken, CommitReceipt, CommitState, ConfirmedBy, Error, ErrorKind, Files, Outcome, Sent, TimeoutPhase,
};
use mypreferences_mock::{Action, Answer, Apply, MockService, Operation, Rule};

use crate::support::*;

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn cancelled_before_the_call_nothing_is_sent() {
    let mock = mock().await;
    let token = CancelToken::new();
    token.cancel();
    let error = client(&mock).commit(TOKEN, false).cancel_token(token).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.sent(), Sent::NotSent);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(mock.connections(), 0);
}

#[tokio::test]
async fn cancelled_while_waiting_the_server_sees_the_disconnect() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::Hang { apply: Apply::Never }));
    let cancel = CancelToken::new();
    let call = tokio::spawn({
        let client = client(&mock);
        let cancel = cancel.clone();
        async move { client.commit(TOKEN, false).cancel_token(cancel).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    cancel.cancel();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.sent(), Sent::MaybeSent);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert_eq!(error.attempts().len(), 1);
    assert!(mock.wait_for(|log| log[0].disconnected_at.is_some(), LONG).await);
    record(&error);
}

#[tokio::test]
async fn a_dropped_future_cancels_the_request() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::Hang { apply: Apply::Never }));
    let call = tokio::spawn({
        let client = client(&mock);
        async move { client.commit(TOKEN, false).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    call.abort();
    assert!(mock.wait_for(|log| log[0].disconnected_at.is_some(), LONG).await);
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn cancelled_during_a_backoff_the_earlier_answers_decide_the_state() {
    for (status, state) in [(429, CommitState::NotCommitted), (503, CommitState::Unknown)] {
        let mock = mock().await;
        let busy = Answer::message(status, "later").retry_after("30");
        mock.push_rule(Rule::new(Operation::Commit, Action::answer(busy)).forever());
        let cancel = CancelToken::new();
        let call = tokio::spawn({
            let client = client(&mock);
            let cancel = cancel.clone();
            async move { client.commit(TOKEN, false).cancel_token(cancel).await }
        });
        assert!(mock.wait_for(|log| log.iter().any(|r| r.finished_at.is_some()), LONG).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(error.commit_state(), Some(state), "{status}");
        assert_eq!(posts(&mock).len(), 1);
    }
}

/// A commit whose POST hangs, stopped after it was sent.
async fn stopped(apply: Apply) -> (MockService, Result<CommitReceipt, Error>) {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::Hang { apply }).forever());
    let stop = CancelToken::new();
    let call = tokio::spawn({
        let (client, stop) = (client(&mock), stop.clone());
        async move { client.commit(TOKEN, true).stop_token(stop, Duration::from_secs(2)).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    stop.cancel();
    let ended = call.await.unwrap();
    (mock, ended)
}

#[tokio::test]
async fn stopped_after_a_send_that_was_applied_the_receipt_is_this_calls_own() {
    let (mock, ended) = stopped(Apply::Now).await;
    let receipt = ended.unwrap();
    assert_eq!(receipt.outcome, Outcome::Committed);
    assert_eq!(receipt.keep_files, Some(true));
    // Nobody saw the export ready before.
    assert_eq!(receipt.files, Files::Unknown);
    assert_eq!(receipt.sends, 1);
    assert_eq!(receipt.attempts.len(), 1);
    assert_eq!(receipt.attempts[0].sent, Sent::MaybeSent);
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn stopped_after_a_send_that_was_not_applied_nothing_is_sent_again_and_the_record_says_unknown() {
    let begun = Instant::now();
    let (mock, ended) = stopped(Apply::Never).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.sent(), Sent::MaybeSent);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(posts(&mock).len(), 1);
    assert!(!mock.requests_for(Operation::Status).is_empty());
    record(&error);
}

#[tokio::test]
async fn stopped_before_anything_was_sent_it_ends_at_once() {
    let mock = mock().await;
    let stop = CancelToken::new();
    stop.cancel();
    let error = client(&mock).commit(TOKEN, false).stop_token(stop, LONG).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(mock.connections(), 0);
}

#[tokio::test]
async fn stopped_beside_another_waiter_it_takes_the_end_of_their_call() {
    let mock = mock().await;
    let late = Action::answer_late(Duration::from_millis(500));
    mock.push_rule(Rule::new(Operation::Commit, late));
    let client = client(&mock);
    let other = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    let stop = CancelToken::new();
    stop.cancel();
    let receipt = client.commit(TOKEN, false).stop_token(stop, LONG).await.unwrap();
    assert_eq!(receipt.confirmed_by, ConfirmedBy::Response);
    other.await.unwrap().unwrap();
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn a_call_never_outlives_its_timeout() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Any, Action::Hang { apply: Apply::Never }).forever());
    let begun = Instant::now();
    let error = client(&mock).commit(TOKEN, false).timeout(Duration::from_millis(700)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(1700), "{:?}", begun.elapsed());
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert_eq!(error.sent(), Sent::MaybeSent);
}

#[tokio::test]
async fn a_backoff_that_does_not_fit_ends_with_the_last_answers_error() {
    let mock = mock().await;
    let busy = Answer::message(429, "slowly").retry_after("5");
    mock.push_rule(Rule::new(Operation::Commit, Action::answer(busy)).forever());
    let error = client(&mock).commit(TOKEN, false).timeout(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn a_stalled_connection_attempt_is_known_not_to_be_sent() {
    // A listener whose queue is full accepts nothing more: the handshake of a further connection stalls.
    let listener = tokio::net::TcpSocket::new_v4().unwrap();
    listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = listener.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fill = Vec::new();
    for _ in 0..16 {
        let connecting = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(100), connecting).await {
            Ok(connected) => fill.push(connected),
            Err(_) => break,
        }
    }
    let base_url = format!("http://{address}");
    let client = builder(&base_url).connect_timeout(Duration::from_millis(200)).max_attempts(1).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::Connect)));
    assert_eq!(error.sent(), Sent::NotSent);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));

    // The call's own limit comes first: there never was a connection, so nothing was sent.
    let client = builder(&base_url).build().unwrap();
    let error = client.commit(TOKEN, false).timeout(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::Operation)));
    assert_eq!(error.sent(), Sent::NotSent);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
}

#[tokio::test]
async fn the_first_byte_limit_names_its_phase() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Any, Action::Hang { apply: Apply::Never }).forever());
    let client =
        builder(&mock.base_url()).first_byte_timeout(Duration::from_millis(200)).max_attempts(1).build().unwrap();
    let error = client.status(TOKEN).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::FirstByte)));
    assert_eq!(error.sent(), Sent::MaybeSent);
    assert_eq!(error.commit_state(), None);
}
