//! What becomes of each answer to a commit.

use std::time::Duration;

use mypreferences::{Certainty, CommitState, ConfirmedBy, ErrorKind, Files, Outcome, Retry, Sent};
use mypreferences_mock::{
    Action, Answer, Apply, Delivery, Export, MockService, Operation, RefusedPort, ResetPoint, Rule,
};

use crate::support::*;

async fn answering(answer: Answer) -> MockService {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer(answer)).forever());
    mock
}

#[tokio::test]
async fn a_success_is_committed_and_certain() {
    for status in [200, 204] {
        let mock = mock().await;
        mock.push_rule(Rule::new(
            Operation::Commit,
            Action::answer_applied(Answer::empty(status).header("X-Request-Id", "r-17")),
        ));
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.outcome, Outcome::Committed);
        assert_eq!(receipt.certainty, Certainty::Certain);
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Response);
        assert_eq!(receipt.files, Files::AsAsked);
        assert_eq!(receipt.request_id.as_deref(), Some("r-17"));
        assert!(receipt.server_date.is_some());
        let json: serde_json::Value = serde_json::from_str(&receipt.to_json()).unwrap();
        assert_eq!(json["outcome"], "committed");
        assert_eq!(json["keep_files"], false);
        assert_eq!(json["attempts"][0]["status"], status);
    }
}

#[tokio::test]
async fn the_body_never_changes_a_success() {
    let json = || Answer::json(200, "{\"Message\":\"fine\"}");
    for (answer, delivery) in [
        (json(), Delivery::CutBody),
        (json(), Delivery::BadChunks),
        (json(), Delivery::EndlessBody),
        (json(), Delivery::GzipBomb { mebibytes: 8 }),
        (json(), Delivery::Trickle(Duration::from_millis(1))),
        (json(), Delivery::Interim(vec![102, 103])),
        (Answer::bad_gzip(200), Delivery::Whole),
        (Answer::invalid_utf8(200), Delivery::Whole),
    ] {
        let mock = mock().await;
        let action = Action::Answer { answer, apply: Apply::Now, delivery: delivery.clone() };
        mock.push_rule(Rule::new(Operation::Commit, action));
        let receipt = client(&mock).commit(TOKEN, false).await;
        let receipt = receipt.unwrap_or_else(|error| panic!("{delivery:?}: {error}"));
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Response, "{delivery:?}");
        assert_eq!(posts(&mock).len(), 1, "{delivery:?}");
    }
}

#[tokio::test]
async fn a_captive_portals_page_is_no_commit() {
    for with_type in [true, false] {
        let mock = answering(Answer::html(200, with_type)).await;
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
        assert_eq!(posts(&mock).len(), 1);
        assert!(error.to_string().contains("HTML"), "{error}");
    }
}

#[tokio::test]
async fn an_undocumented_success_is_asked_about() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer_applied(Answer::empty(202))));
    let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.confirmed_by, ConfirmedBy::Status);
    assert_eq!(receipt.certainty, Certainty::Certain);
}

#[tokio::test]
async fn a_refused_token_is_asked_about_once_and_keeps_its_error() {
    for (status, kind) in [
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Unauthorized),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::Conflict),
        (410, ErrorKind::Conflict),
        (412, ErrorKind::Conflict),
        (422, ErrorKind::BadRequest),
    ] {
        let mock = answering(Answer::message(status, "no such thing")).await;
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(error.server_message(), Some("no such thing"));
        assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
        assert_eq!(error.retry(), Retry::Permanent);
        assert_eq!(error.sent(), Sent::Answered);
        assert_eq!(posts(&mock).len(), 1);
        assert_eq!(mock.requests_for(Operation::Status).len(), 1);
    }
}

#[tokio::test]
async fn a_refused_token_that_was_retrieved_is_already_committed() {
    for status in [400, 401, 404, 409, 410, 412, 422] {
        let mock = answering(Answer::message(status, "gone")).await;
        mock.set_status(TOKEN, "Retrieved");
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.outcome, Outcome::AlreadyCommitted);
        assert_eq!(receipt.certainty, Certainty::Certain);
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Status);
        assert_eq!(receipt.files, Files::Unknown);
    }
}

#[tokio::test]
async fn error_bodies_of_every_sort_keep_the_kind() {
    let long = format!("{{\"Message\":\"{}\"}}", "x".repeat(5000));
    for (answer, message) in [
        (Answer::message(404, "gone\u{1b}[31m\r\n"), Some("gone\\u{1b}[31m\\u{d}\\u{a}")),
        (Answer::html(404, true), None),
        (Answer::empty(404), None),
        (Answer::json(404, "{\"Message\":null}"), None),
        (Answer::json(404, "{\"message\":\"lower\"}"), Some("lower")),
        (Answer::json(404, "{broken"), None),
        (Answer::invalid_utf8(404), None),
        (Answer::bad_gzip(404), None),
    ] {
        let mock = answering(answer).await;
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.server_message(), message);
        record(&error);
    }
    let mock = answering(Answer::json(404, long.as_str())).await;
    let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
    assert!(error.server_message().unwrap().len() <= 2048);
}

#[tokio::test]
async fn a_denial_is_final_and_nothing_is_asked() {
    for (status, kind) in [
        (403, ErrorKind::Forbidden),
        (405, ErrorKind::UnexpectedStatus),
        (411, ErrorKind::UnexpectedStatus),
        (418, ErrorKind::UnexpectedStatus),
    ] {
        let mock = answering(Answer::message(status, "no")).await;
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
        assert_eq!(mock.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn busy_and_throttled_servers_are_tried_again() {
    for status in [408, 429, 503] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Commit, Action::status(status)).times(2));
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.sends, 3);
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Response);
        assert_eq!(mock.requests_for(Operation::Status).len(), 0, "no question in between");
        // After 408 and 503 the earlier send was open, and there was no baseline.
        let files = if status == 429 { Files::AsAsked } else { Files::Unknown };
        assert_eq!(receipt.files, files, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_ends_in_its_own_error() {
    for (status, kind) in
        [(408, ErrorKind::Timeout), (429, ErrorKind::RateLimited), (503, ErrorKind::ServiceUnavailable)]
    {
        let mock = answering(Answer::message(status, "later")).await;
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.retry(), Retry::Persistent);
        assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
        assert_eq!(error.attempts().len(), 4);
        assert_eq!(posts(&mock).len(), 4);
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_and_never_shortened() {
    let mock = mock().await;
    let busy = Answer::message(503, "busy").retry_after("1");
    mock.push_rule(Rule::new(Operation::Commit, Action::answer(busy)));
    let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.sends, 2);
    let posts = posts(&mock);
    assert!(posts[1].received_at - posts[0].received_at >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_retry_after_that_is_too_long_ends_the_call_at_once() {
    let mock = answering(Answer::message(503, "closed for today").retry_after("3600")).await;
    let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(error.retry(), Retry::Temporary);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(posts(&mock).len(), 1);
    assert!(error.to_string().contains("wait 3600 s"), "{error}");
}

#[tokio::test]
async fn when_post_and_status_are_both_busy_the_state_is_unknown() {
    let mock = mock().await;
    let busy = Answer::message(503, "closed for today").retry_after("3600");
    mock.push_rule(Rule::new(Operation::Any, Action::answer(busy)).forever());
    let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
}

#[tokio::test]
async fn a_server_error_is_asked_about_before_the_next_send() {
    for status in [500, 502, 504, 507] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Commit, Action::status(status)));
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.sends, 2);
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Response);
        assert!(!mock.requests_for(Operation::Status).is_empty());

        let mock = self::mock().await;
        mock.push_rule(Rule::new(
            Operation::Commit,
            Action::answer_applied(Answer::message(status, "applied all the same")),
        ));
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.sends, 1);
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Status);
        assert_eq!(receipt.files, Files::Unknown, "there was no baseline");
    }
}

#[tokio::test]
async fn a_refused_resend_of_a_ready_token_is_a_contradiction() {
    for status in [400, 404, 409, 410] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }));
        mock.push_rule(Rule::new(Operation::Commit, Action::status(status)));
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{status}");
        assert_eq!(error.commit_state(), Some(CommitState::Unknown), "{status}");
        assert_eq!(posts(&mock).len(), 2);
    }
}

#[tokio::test]
async fn what_never_had_a_connection_is_not_committed() {
    let refused = RefusedPort::take().unwrap();
    let client = builder(&refused.base_url()).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.sent(), Sent::NotSent);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(error.retry(), Retry::Persistent);
    assert_eq!(error.attempts().len(), 4);
    assert!(error.source_text().unwrap().to_lowercase().contains("refused"));
    record(&error);
}

#[tokio::test]
async fn an_https_url_of_a_plain_server_is_a_failed_handshake() {
    let mock = mock().await;
    let client = builder(&mock.base_url().replace("http:", "https:")).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    assert_eq!(error.sent(), Sent::NotSent);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(error.attempts().len(), 1, "a handshake is not tried again");
    assert!(posts(&mock).is_empty());
}

#[tokio::test]
async fn every_way_to_lose_an_answer_is_maybe_sent() {
    for action in [
        Action::ReadThenClose { apply: Apply::Now },
        Action::Reset { at: ResetPoint::BeforeHeaders, apply: Apply::Now },
        Action::Garbage { bytes: b"220 mail ready\r\n".to_vec(), apply: Apply::Now },
        Action::Hang { apply: Apply::Now },
    ] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Commit, action.clone()));
        let client = builder(&mock.base_url()).first_byte_timeout(Duration::from_millis(300)).build().unwrap();
        let receipt = client.commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.confirmed_by, ConfirmedBy::Status, "{action:?}");
        assert_eq!(receipt.attempts[0].sent, Sent::MaybeSent, "{action:?}");
        let kind = receipt.attempts[0].kind.unwrap();
        let expected = match action {
            Action::Hang { .. } => ErrorKind::Timeout,
            Action::Garbage { .. } => ErrorKind::InvalidResponse,
            _ => ErrorKind::Interrupted,
        };
        assert_eq!(kind, expected, "{action:?}");
    }
}

#[tokio::test]
async fn a_reset_after_the_response_head_is_an_answer() {
    for at in [ResetPoint::AfterHeaders, ResetPoint::MidBody] {
        let mock = mock().await;
        mock.push_rule(Rule::new(Operation::Commit, Action::Reset { at, apply: Apply::Now }));
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.sends, 1, "{at:?}");
    }
}

#[tokio::test]
async fn a_second_commit_of_a_token_is_already_committed() {
    let mock = mock().await;
    let client = client(&mock);
    assert_eq!(client.commit(TOKEN, false).await.unwrap().outcome, Outcome::Committed);
    let second = client.commit(TOKEN, false).await.unwrap();
    assert_eq!(second.outcome, Outcome::AlreadyCommitted);
    assert_eq!(mock.export(TOKEN).unwrap().commits.len(), 1);
    let error = client.commit(TOKEN, true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict);
    assert_eq!(posts(&mock).len(), 2, "the conflict sent nothing");
}

#[tokio::test]
async fn preflight_sends_nothing_for_an_export_that_cannot_be_committed() {
    for (word, kind) in [
        ("Processing", ErrorKind::WaitTimedOut),
        ("Expired", ErrorKind::ExportExpired),
        ("Error", ErrorKind::ExportFailed),
        ("Failed", ErrorKind::ExportFailed),
    ] {
        let mock = mock().await;
        mock.set_status(TOKEN, word);
        let client = builder(&mock.base_url()).preflight(true).build().unwrap();
        let error = client.commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{word}");
        assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
        assert_eq!(error.sent(), Sent::NotSent);
        assert!(posts(&mock).is_empty());
    }
    let mock = mock().await;
    mock.set_status(TOKEN, "Retrieved");
    let client = builder(&mock.base_url()).preflight(true).build().unwrap();
    let receipt = client.commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.outcome, Outcome::AlreadyCommitted);
    assert_eq!(receipt.sends, 0);
    assert!(posts(&mock).is_empty());
}

#[tokio::test]
async fn preflight_gives_the_baseline_that_makes_the_verdict_certain() {
    let mock = mock().await;
    mock.add_export(
        Export::segment(TOKEN, 3)
            .status_after_commit(mypreferences_mock::StatusAfterCommit::Word("Expired".to_owned())),
    );
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    let client = builder(&mock.base_url()).preflight(true).build().unwrap();
    let receipt = client.commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.confirmed_by, ConfirmedBy::EarlyExpiry);
    assert_eq!(receipt.certainty, Certainty::Certain);
    assert_eq!(receipt.files, Files::AsAsked);
}
