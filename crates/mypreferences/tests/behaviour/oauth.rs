//! OAuth 2.0 client credentials against a mock with a token endpoint.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mypreferences::{
    CancelToken, Client, ClientAuth, ClientBuilder, CommitState, Credentials, Error, ErrorKind, OAuth, Retry, Sent,
    TimeoutPhase,
};
use mypreferences_mock::{Action, Answer, MockConfig, MockService, OpenScenario, Operation, RefusedPort, Rule};
use serde_json::{Value, json};

use crate::support::*;

/// A mock with these exports, and rules for the token endpoint and others.
async fn scenario(expires_in: u64, rules: Value) -> (MockService, OpenScenario) {
    trace();
    let mock = MockService::start(MockConfig::default()).await.unwrap();
    let spec = json!({
        "client_id": CLIENT_ID,
        "authorization": {"oauth": {
            "client_id": "job", "client_secret": SECRET, "user_id": USER_ID, "expires_in": expires_in,
        }},
        "exports": [{"token": TOKEN, "copies": 100}],
        "rules": rules,
    });
    let opened = mock.open_scenario(&spec.to_string()).unwrap();
    (mock, opened)
}

fn oauth(opened: &OpenScenario) -> OAuth {
    OAuth::new(opened.token_url(), "job", SECRET).user_id(USER_ID)
}

fn builder_for(opened: &OpenScenario) -> ClientBuilder {
    builder(&opened.base_url()).credentials(Credentials::oauth(oauth(opened)))
}

fn count(opened: &OpenScenario, operation: Operation) -> usize {
    opened.world().requests_for(operation).len()
}

async fn failed(client: &Client) -> Error {
    let error = client.commit(TOKEN, false).await.unwrap_err();
    record(&error);
    error
}

/// What every failure of the token endpoint has in common: nothing of the commit was sent.
fn nothing_of_the_commit_was_sent(error: &Error, opened: &OpenScenario) {
    assert_eq!(error.sent(), Sent::NotSent, "{error}");
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(error.http_status(), None);
    assert!(error.to_string().contains("OAuth token endpoint"), "{error}");
    assert_eq!(count(opened, Operation::Commit), 0);
}

#[tokio::test]
async fn a_commit_is_authorised_by_either_form_of_request() {
    for form in [ClientAuth::Basic, ClientAuth::Body] {
        let (_mock, opened) = scenario(3600, json!([])).await;
        let client = builder(&opened.base_url())
            .credentials(Credentials::oauth(oauth(&opened).client_auth(form)))
            .build()
            .unwrap();
        client.commit(TOKEN, false).await.unwrap();
        client.status(TOKEN + 1).await.unwrap();
        let asked = opened.world().requests_for(Operation::Token);
        assert_eq!(asked.len(), 1, "one token serves both calls");
        let body = String::from_utf8(asked[0].body.clone()).unwrap();
        assert!(body.contains("scope=acme%2Fetl"));
        assert_eq!(asked[0].header("Authorization").is_some(), form == ClientAuth::Basic);
        assert_eq!(body.contains("client_secret"), form == ClientAuth::Body);
        assert_ne!(asked[0].connection, opened.world().requests_for(Operation::Commit)[0].connection);
        assert_eq!(asked[0].violation, None);
    }
}

#[tokio::test]
async fn a_hundred_parallel_calls_with_an_expired_token_make_exactly_one_token_request() {
    let slow = json!([{"on": "token", "times": "forever", "action": {"delay_ms": 100}}]);
    let (_mock, opened) = scenario(1, slow).await;
    let client = builder_for(&opened).build().unwrap();
    client.status(TOKEN).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let commits = (0..100).map(|n| client.commit(TOKEN + n, false).into_future());
    for receipt in join_all(commits).await {
        receipt.unwrap();
    }
    assert_eq!(count(&opened, Operation::Commit), 100, "none was refused");
    // The first, and one for all hundred.
    assert_eq!(count(&opened, Operation::Token), 2);
}

/// Answers a token endpoint by hand, so that the token is one that the mock knows: the mock's own, in other words.
async fn granted_as(status: u16, kind: &str, more: &str) -> (Result<(), Error>, usize) {
    let (_mock, opened) = scenario(3600, json!([])).await;
    let first = builder_for(&opened).build().unwrap();
    first.status(TOKEN).await.unwrap();
    let known = opened.world().requests_for(Operation::Status)[0]
        .header("Authorization")
        .unwrap()
        .trim_start_matches("Bearer ")
        .to_owned();
    let answer =
        Answer::empty(status).header("Content-Type", kind).body(format!(r#"{{"access_token":"{known}"{more}}}"#));
    let rule = Rule::new(Operation::Token, Action::answer(answer)).forever();
    opened.world().push_rule(rule);
    let before = count(&opened, Operation::Token);
    let client = builder_for(&opened).max_attempts(1).build().unwrap();
    let mut result = Ok(());
    for _ in 0..2 {
        result = result.and(client.status(TOKEN).await.map(|_| ()));
    }
    (result, count(&opened, Operation::Token) - before)
}

#[tokio::test]
async fn a_plain_token_is_taken_whatever_else_its_answer_says() {
    const JSON: &str = "application/json";
    for (status, kind, more, asked) in [
        (200, JSON, "", 1),
        (200, JSON, r#","expires_in":null,"token_type":null"#, 1),
        (200, JSON, r#","expires_in":"3600""#, 1),
        (200, JSON, r#","expires_in":"soon""#, 1),
        (200, JSON, r#","expires_in":3600.5"#, 1),
        // Good for the request that it was asked for, and no longer.
        (200, JSON, r#","expires_in":0"#, 2),
        (200, JSON, r#","expires_in":"0""#, 2),
        (200, JSON, r#","expires_in":-1"#, 2),
        (200, JSON, r#","token_type":"BEARER""#, 1),
        (200, JSON, r#","token_type":"BearerToken""#, 1),
        (200, JSON, r#","token_type":"bearer token""#, 1),
        (200, JSON, r#","token_type":"""#, 1),
        (201, JSON, "", 1),
        (202, JSON, r#","expires_in":60"#, 1),
        (200, "text/html; charset=utf-8", "", 1),
        (200, "text/plain", "", 1),
        (200, "", "", 1),
    ] {
        let (result, count) = granted_as(status, kind, more).await;
        assert!(result.is_ok(), "{status} {kind} {more}: {result:?}");
        assert_eq!(count, asked, "{status} {kind} {more}");
    }
    let (refused, _) = granted_as(200, JSON, r#","token_type":"mac""#).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn a_token_endpoint_that_fails_gives_its_kind_and_nothing_is_sent() {
    let answer = |status: u16, body: &str| json!({"answer": {"status": status, "body": {"json": body}}});
    let html = json!({"answer": {"status": 200, "body": "html"}});
    let redirect = json!({"answer": {"status": 302, "headers": [["Location", "http://127.0.0.1:9/"]]}});
    let large = format!("{{\"access_token\":\"{}\"}}", "x".repeat(2 << 20));
    let echo = format!(r#"{{"error":"invalid_scope","error_description":"no {SECRET}"}}"#);
    let table = [
        (answer(500, ""), ErrorKind::ServerError),
        (answer(503, ""), ErrorKind::ServiceUnavailable),
        (answer(429, ""), ErrorKind::RateLimited),
        (answer(400, r#"{"error":"invalid_client"}"#), ErrorKind::Unauthorized),
        (answer(401, r#"{"error":"invalid_client"}"#), ErrorKind::Unauthorized),
        (answer(400, &echo), ErrorKind::BadRequest),
        (answer(400, "nonsense"), ErrorKind::BadRequest),
        (answer(403, ""), ErrorKind::Forbidden),
        (answer(404, ""), ErrorKind::NotFound),
        (answer(418, ""), ErrorKind::UnexpectedStatus),
        (html, ErrorKind::InvalidResponse),
        (answer(200, "not JSON"), ErrorKind::InvalidResponse),
        (answer(200, "{}"), ErrorKind::InvalidResponse),
        (answer(200, r#"{"access_token":"a b"}"#), ErrorKind::InvalidResponse),
        (answer(200, r#"{"access_token":"a","token_type":"mac"}"#), ErrorKind::InvalidResponse),
        (answer(201, r#"{"access_token":"a\u0007"}"#), ErrorKind::UnexpectedStatus),
        (answer(200, &large), ErrorKind::ResponseTooLarge),
        (redirect, ErrorKind::RedirectRefused),
        (json!({"read_then_close": "never"}), ErrorKind::Interrupted),
        (json!({"garbage": {"text": "no HTTP at all\r\n\r\n"}}), ErrorKind::InvalidResponse),
    ];
    for (action, kind) in table {
        let rule = json!([{"on": "token", "times": "forever", "action": action}]);
        let (_mock, opened) = scenario(3600, rule).await;
        let client = builder_for(&opened).max_attempts(1).build().unwrap();
        let error = failed(&client).await;
        assert_eq!(error.kind(), kind, "{action}: {error}");
        nothing_of_the_commit_was_sent(&error, &opened);
        assert_eq!(error.attempts().len(), 1);
        assert_eq!(error.attempts()[0].kind, Some(kind));
        let waits = error.retry() != Retry::Permanent;
        assert_eq!(error.retry_after(), waits.then_some(Duration::from_secs(10)), "{action}");
        // The failure is remembered: no second request, the same kind.
        assert_eq!(failed(&client).await.kind(), kind);
        assert_eq!(count(&opened, Operation::Token), 1);
        let read = client.status(TOKEN).await.unwrap_err();
        record(&read);
        assert_eq!((read.kind(), read.sent()), (kind, Sent::NotSent));
    }
}

#[tokio::test]
async fn a_slow_token_endpoint_is_a_timeout_by_its_own_limit_or_by_the_callers() {
    let hang = || json!([{"on": "token", "times": "forever", "action": {"hang": "never"}}]);
    let (_mock, opened) = scenario(3600, hang()).await;
    let limit = Duration::from_millis(200);
    let client = builder_for(&opened).first_byte_timeout(limit).max_attempts(1).build().unwrap();
    let error = failed(&client).await;
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::FirstByte)));
    nothing_of_the_commit_was_sent(&error, &opened);

    let (_mock, opened) = scenario(3600, hang()).await;
    let client = builder_for(&opened).timeout(limit).build().unwrap();
    let error = failed(&client).await;
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::Operation)));
    nothing_of_the_commit_was_sent(&error, &opened);
    assert_eq!(error.retry_after(), None);
}

#[tokio::test]
async fn a_token_endpoint_that_cannot_be_reached_is_told_from_the_service() {
    let (_mock, opened) = scenario(3600, json!([])).await;
    let refused = RefusedPort::take().unwrap();
    for (url, kind) in [
        (refused.base_url(), ErrorKind::Connect),
        // The mock, as if it spoke TLS.
        (opened.token_url().replace("http:", "https:"), ErrorKind::Tls),
    ] {
        let oauth = OAuth::new(url, "job", SECRET).user_id(USER_ID);
        let client =
            builder(&opened.base_url()).credentials(Credentials::oauth(oauth)).max_attempts(1).build().unwrap();
        let error = failed(&client).await;
        assert_eq!(error.kind(), kind, "{error}");
        nothing_of_the_commit_was_sent(&error, &opened);
    }
}

#[tokio::test]
async fn a_commit_rides_out_a_token_endpoint_that_is_down_for_a_moment() {
    let down = json!([{"on": "token", "times": 1, "action": {"answer": {"status": 503}}}]);
    let (_mock, opened) = scenario(3600, down).await;
    let client = builder_for(&opened).build().unwrap();
    let begun = Instant::now();
    let receipt = client.commit(TOKEN, false).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(10), "it was left alone");
    assert_eq!((receipt.sends, receipt.attempts.len()), (1, 2));
    assert_eq!(receipt.attempts[0].sent, Sent::NotSent);
    assert_eq!(count(&opened, Operation::Token), 2);
}

#[tokio::test]
async fn a_valid_token_is_used_while_its_renewal_fails() {
    let fails = json!([{"on": "token", "skip": 1, "times": "forever", "action": {"answer": {"status": 500}}}]);
    // A fifth of ten seconds is left after eight.
    let (_mock, opened) = scenario(10, fails).await;
    let client = builder_for(&opened).build().unwrap();
    client.commit(TOKEN, false).await.unwrap();
    tokio::time::sleep(Duration::from_millis(8200)).await;
    for n in 1..5 {
        let receipt = client.commit(TOKEN + n, false).await.unwrap();
        assert_eq!(receipt.attempts.len(), 1);
    }
    assert_eq!(count(&opened, Operation::Token), 2, "one renewal was tried");
}

#[tokio::test]
async fn a_401_of_the_service_renews_the_token_once_and_no_more() {
    let once = json!([{"on": "commit", "times": 1, "action": {"answer": {"status": 401}}}]);
    let (_mock, opened) = scenario(3600, once).await;
    let receipt = builder_for(&opened).build().unwrap().commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.attempts[0].status, Some(401));
    assert_eq!(count(&opened, Operation::Token), 2);

    let always = json!([{"on": "any", "times": "forever", "action": {"answer": {"status": 401}}}]);
    let (_mock, opened) = scenario(3600, json!([])).await;
    let client = builder_for(&opened).build().unwrap();
    client.status(TOKEN).await.unwrap();
    opened.world().clear_log();
    let (_other, refusing) = scenario(3600, always).await;
    let client = builder(&refusing.base_url()).credentials(Credentials::oauth(oauth(&opened))).build().unwrap();
    let error = failed(&client).await;
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(count(&refusing, Operation::Commit), 2, "one repair");
    assert_eq!(count(&refusing, Operation::Status), 1, "then as 404: one question");
    assert_eq!(count(&opened, Operation::Token), 2);
}

#[tokio::test]
async fn a_caller_who_cancels_while_the_token_is_awaited_has_sent_nothing() {
    let slow = json!([{"on": "token", "action": {"delay_ms": 600}}]);
    let (_mock, opened) = scenario(3600, slow).await;
    let client = builder_for(&opened).build().unwrap();
    let cancel = CancelToken::new();
    let cancelled = client.commit(TOKEN, false).cancel_token(cancel.clone());
    let (cancelled, other, ()) =
        tokio::join!(cancelled.into_future(), client.commit(TOKEN + 1, false).into_future(), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        });
    let error = cancelled.unwrap_err();
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Cancelled, Sent::NotSent));
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    other.unwrap();
    assert_eq!(count(&opened, Operation::Token), 1);
}

#[tokio::test]
async fn the_oauth_secret_and_its_tokens_are_seen_nowhere() {
    let (_mock, opened) = scenario(3600, json!([])).await;
    let client = builder_for(&opened).build().unwrap();
    client.commit(TOKEN, false).await.unwrap();
    let requests = opened.world().requests_for(Operation::Commit);
    let token = requests[0].header("Authorization").unwrap();
    let token = token.strip_prefix("Bearer ").unwrap();
    // A server that says all of it back.
    let echo = Answer::message(403, &format!("not {token} of {SECRET}"));
    let world = opened.world();
    world.push_rule(Rule::new(Operation::Any, Action::answer(echo)).forever());
    let error = client.status(TOKEN).await.unwrap_err();
    record(&error);
    assert_eq!(error.server_message(), Some("not *** of ***"));
    for text in [format!("{client:?}"), format!("{error:?}"), format!("{:?}", oauth(&opened)), trace().text()] {
        assert_clean(&text);
        assert!(!text.contains(token), "the token is shown");
    }
}

#[tokio::test]
async fn wrong_settings_are_told_before_any_request() {
    let (_mock, opened) = scenario(3600, json!([])).await;
    for (oauth, kind) in [
        (OAuth::new("", "job", SECRET).user_id(USER_ID), ErrorKind::InvalidArgument),
        (OAuth::new("http://host/", "job", SECRET).user_id(USER_ID), ErrorKind::InvalidArgument),
        (OAuth::new(opened.token_url(), "job", SECRET), ErrorKind::Configuration),
    ] {
        let error = builder(&opened.base_url()).credentials(Credentials::oauth(oauth)).build().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        record(&error);
    }
}
