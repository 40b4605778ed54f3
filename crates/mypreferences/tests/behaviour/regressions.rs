//! What once went wrong and must not again: each of these was seen red.

use std::time::Duration;

use mypreferences::{
    AuthorizationFuture, AuthorizationProvider, CancelToken, Client, CommitState, Credentials, ErrorKind, Files,
    SecretString, Settings, SigningRequest,
};
use mypreferences_mock::{Action, Answer, Apply, Operation, Rule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

/// A server that answers each POST with this head and these parts, and nothing to a GET.
async fn raw(head: &'static [u8], parts: Vec<&'static [u8]>, hang: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut s, _) = listener.accept().await.unwrap();
            let parts = parts.clone();
            tokio::spawn(async move {
                let mut b = [0; 4096];
                let n = s.read(&mut b).await.unwrap();
                if !b[..n].starts_with(b"POST") {
                    std::future::pending::<()>().await;
                }
                s.write_all(head).await.unwrap();
                for p in parts {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    s.write_all(p).await.unwrap();
                }
                if hang {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    base
}

#[tokio::test]
async fn a_200_head_with_a_stalled_body_is_committed() {
    let base = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", vec![], true).await;
    let r = builder(&base).build().unwrap().commit(TOKEN, false).timeout(Duration::from_secs(2)).await;
    assert!(r.is_ok(), "{}", r.unwrap_err());
}

#[tokio::test]
async fn a_message_in_two_chunks_is_read() {
    let base = raw(
        b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n",
        vec![b"c\r\n{\"Message\": \r\n", b"9\r\n\"no way\"}\r\n0\r\n\r\n"],
        false,
    )
    .await;
    let e = builder(&base).build().unwrap().commit(TOKEN, false).await.unwrap_err();
    assert_eq!(e.http_status(), Some(403));
    assert_eq!(e.server_message(), Some("no way"));
}

#[tokio::test]
async fn a_verbatim_credential_echoed_without_its_scheme_is_masked() {
    let mock = mock().await;
    mock.push_rule(
        Rule::new(Operation::Any, Action::answer(Answer::message(403, "bad key dXNlcjpwYXNzd29yZA=="))).forever(),
    );
    let c = Client::builder()
        .client_id("acme")
        .base_url(mock.base_url())
        .credentials(Credentials::verbatim("Basic dXNlcjpwYXNzd29yZA=="))
        .build()
        .unwrap();
    let e = c.commit(TOKEN, false).await.unwrap_err();
    assert!(!e.to_string().contains("dXNlcjpwYXNzd29yZA"), "{e}");
}

#[tokio::test]
async fn a_status_word_is_scrubbed() {
    let mock = mock().await;
    let body = format!("{{\"Status\":\"x {TOKEN} {SECRET}\\u001b[31m\"}}");
    mock.push_rule(Rule::new(Operation::Status, Action::answer(Answer::json(200, body.as_str()))).forever());
    let s = client(&mock).status(TOKEN).await.unwrap();
    assert_clean(&s.to_json());
}

#[tokio::test]
async fn a_huge_timeout_does_not_panic() {
    let mock = mock().await;
    let r = tokio::spawn({
        let c = client(&mock);
        async move { c.commit(TOKEN, false).timeout(Duration::MAX).await }
    })
    .await;
    assert!(r.is_ok(), "panicked");
}

#[tokio::test]
async fn cancelled_after_the_200_is_never_not_committed() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer_late(Duration::from_millis(300))));
    let cancel = CancelToken::new();
    let c = builder(&mock.base_url())
        .on_attempt({
            let cancel = cancel.clone();
            move |_| cancel.cancel()
        })
        .build()
        .unwrap();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (c, cancel) = (c.clone(), cancel.clone());
            tokio::spawn(async move { c.commit(TOKEN, false).cancel_token(cancel).await })
        })
        .collect();
    let mut bad = Vec::new();
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => {}
            Err(e) => {
                if e.commit_state() == Some(CommitState::NotCommitted) {
                    bad.push(e.to_string());
                }
            }
        }
    }
    assert_eq!(mock.export(TOKEN).unwrap().commits.len(), 1);
    assert!(bad.is_empty(), "{bad:?}");
}

struct Flaky(std::sync::atomic::AtomicU32);
impl AuthorizationProvider for Flaky {
    fn authorization<'a>(&'a self, _: &'a SigningRequest) -> AuthorizationFuture<'a> {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async move {
            if n == 0 {
                Ok(SecretString::from("Bearer abc".to_owned()))
            } else {
                Err("token endpoint is down".to_owned())
            }
        })
    }
}
#[tokio::test]
async fn a_provider_that_fails_after_a_send_keeps_the_attempts() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer(Answer::message(503, "later"))).forever());
    let c = Client::builder()
        .client_id("acme")
        .base_url(mock.base_url())
        .throttle_base(Duration::from_millis(10))
        .credentials(Credentials::provider(Flaky(0.into())))
        .build()
        .unwrap();
    let e = c.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(e.attempts().len(), 1);
}
struct Slow(std::sync::atomic::AtomicU32);
impl AuthorizationProvider for Slow {
    fn authorization<'a>(&'a self, _: &'a SigningRequest) -> AuthorizationFuture<'a> {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async move {
            if n > 0 {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            Ok(SecretString::from("Bearer abc".to_owned()))
        })
    }
}
#[tokio::test]
async fn a_slow_provider_does_not_send_after_the_window() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer(Answer::message(503, "later"))).forever());
    let c = Client::builder()
        .client_id("acme")
        .base_url(mock.base_url())
        .throttle_base(Duration::from_millis(10))
        .send_window(Duration::from_millis(500))
        .credentials(Credentials::provider(Slow(0.into())))
        .build()
        .unwrap();
    let _ = c.commit(TOKEN, false).timeout(Duration::from_secs(10)).await;
    assert_eq!(posts(&mock).len(), 1);
}
#[tokio::test]
async fn another_keep_files_after_an_unknown_outcome_claims_no_files() {
    let mock = mock().await;
    // first call: applied late (1.2 s), its answer lost; ends unknown
    mock.push_rule(Rule::new(
        Operation::Commit,
        Action::ReadThenClose { apply: Apply::After(Duration::from_millis(1500)) },
    ));
    let c = builder(&mock.base_url()).max_attempts(1).build().unwrap();
    let error = c.commit(TOKEN, true).timeout(Duration::from_millis(800)).await.unwrap_err();
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }));
    let r = c.commit(TOKEN, false).timeout(Duration::from_secs(5)).await;
    if let Ok(r) = r {
        assert!(!(r.files == Files::AsAsked && mock.export(TOKEN).unwrap().commits[0].keep_files));
    }
}
#[tokio::test]
async fn a_redirect_with_an_html_body_everywhere_is_given_up_at_once() {
    let mock = mock().await;
    mock.push_rule(
        Rule::new(Operation::Any, Action::answer(Answer::html(302, true).header("Location", "/x"))).forever(),
    );
    let begun = std::time::Instant::now();
    let e = client(&mock).commit(TOKEN, false).timeout(Duration::from_secs(8)).await.unwrap_err();
    assert_eq!(e.kind(), ErrorKind::RedirectRefused);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
#[tokio::test]
async fn a_bearer_echoed_by_a_providers_server_is_masked() {
    let mock = mock().await;
    mock.push_rule(
        Rule::new(Operation::Any, Action::answer(Answer::message(403, "token abcdefgh-secret is bad"))).forever(),
    );
    struct P;
    impl AuthorizationProvider for P {
        fn authorization<'a>(&'a self, _: &'a SigningRequest) -> AuthorizationFuture<'a> {
            Box::pin(async { Ok(SecretString::from("Bearer abcdefgh-secret".to_owned())) })
        }
    }
    let c = Client::builder()
        .client_id("acme")
        .base_url(mock.base_url())
        .credentials(Credentials::provider(P))
        .build()
        .unwrap();
    let e = c.commit(TOKEN, false).await.unwrap_err();
    assert!(!e.to_json().contains("abcdefgh-secret"), "{e}");
}
#[tokio::test]
async fn a_percent_encoded_secret_is_masked() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Any, Action::answer(Answer::message(403, "q=pa%2Bss%2Fword%3D"))).forever());
    let c = Client::builder()
        .client_id("acme")
        .base_url(mock.base_url())
        .credentials(Credentials::hmac("etl", "pa+ss/word="))
        .build()
        .unwrap();
    let e = c.commit(TOKEN, false).await.unwrap_err();
    assert!(!e.to_json().contains("pa%2Bss%2Fword%3D"), "{e}");
}
#[test]
fn settings_debug_hides_the_proxy_password() {
    let mut s = Settings::default();
    s.set("proxy", "http://user:hunter22@proxy:3128").unwrap();
    assert!(!format!("{s:?}").contains("hunter22"));
}
