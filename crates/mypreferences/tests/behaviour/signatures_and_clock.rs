//! PNAUTHINFO3 against a mock that checks it, and a local clock that is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use mypreferences::{
    AuthorizationFuture, AuthorizationProvider, CommitState, Credentials, ErrorKind, HmacHash, SecretString,
    SigningRequest, TimestampFormat,
};
use mypreferences_mock::{Action, Answer, Authorization, Export, MockConfig, MockService, Operation, Refusal, Rule};

use crate::support::*;

#[tokio::test]
async fn every_hash_and_timestamp_format_is_accepted() {
    for hash in [HmacHash::Sha256, HmacHash::Sha384, HmacHash::Sha512] {
        for format in [TimestampFormat::UtcMillisZ, TimestampFormat::UtcSecondsZ, TimestampFormat::UtcSeconds] {
            let mock = mock().await;
            let client = builder(&mock.base_url()).hmac_hash(hash).timestamp_format(format).build().unwrap();
            client.commit(TOKEN, false).await.unwrap();
            assert_eq!(mock.requests().len(), 1, "{hash:?} {format:?}");
        }
    }
}

#[cfg(feature = "test-hooks")]
#[tokio::test]
async fn a_wrong_local_clock_costs_at_most_one_request() {
    for (wrong_by, behind, posts_expected) in [
        (Duration::from_secs(5), false, 2),
        (Duration::from_secs(20 * 60), false, 2),
        (Duration::from_secs(20 * 60), true, 2),
        // Within the signature's life and not ahead: nothing to repair.
        (Duration::from_secs(50), true, 1),
        (Duration::from_secs(2), false, 1),
    ] {
        let mock = mock().await;
        let local = move || {
            let now = SystemTime::now();
            if behind { now - wrong_by } else { now + wrong_by }
        };
        let client = builder(&mock.base_url()).test_wall_clock(local).build().unwrap();
        let receipt = client.commit(TOKEN, false).await.unwrap();
        assert_eq!(posts(&mock).len(), posts_expected, "{wrong_by:?} behind: {behind}");
        assert_eq!(receipt.attempts.len(), posts_expected);
        // The offset is known from now on.
        mock.add_export(Export::segment(4712, 1));
        client.commit(4712, false).await.unwrap();
        assert_eq!(posts(&mock).len(), posts_expected + 1);
    }
}

#[cfg(feature = "test-hooks")]
#[tokio::test]
async fn a_clock_that_cannot_be_repaired_is_clock_skew_and_asked_about_once() {
    let mock = mock().await;
    let refused = Answer::unauthorized(Refusal::TooOld, "https://pm.mypreferences.com");
    mock.push_rule(Rule::new(Operation::Any, Action::answer(refused)).forever());
    let local = || SystemTime::now() - Duration::from_secs(20 * 60);
    let client = builder(&mock.base_url()).test_wall_clock(local).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClockSkew);
    assert_eq!(error.number(), 490);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(posts(&mock).len(), 2, "healed once and only once");
    assert!(error.to_string().contains("set the local clock"));
}

#[tokio::test]
async fn a_wrong_secret_is_unauthorized_and_not_repaired() {
    let mock = mock().await;
    let client = builder(&mock.base_url()).credentials(Credentials::hmac(USER_ID, "wrong")).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(posts(&mock).len(), 1);
    assert!(error.to_string().contains("check client id, user id, the secret and the authorization scheme"));
}

#[tokio::test]
async fn a_cached_date_teaches_nothing() {
    let mock = mock().await;
    mock.set_clock_offset(-3_600_000);
    mock.set_extra_headers(vec![("Age".to_owned(), "3600".to_owned())]);
    let client = client(&mock);
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(posts(&mock).len(), 1, "{error}");
}

struct Renewing(AtomicUsize);

impl AuthorizationProvider for Renewing {
    fn authorization<'a>(&'a self, request: &'a SigningRequest) -> AuthorizationFuture<'a> {
        assert_eq!(request.client_id, CLIENT_ID);
        let token = if self.0.load(Ordering::SeqCst) == 0 { "old" } else { "canary-bearer-token-Pw8s5Lm2" };
        Box::pin(async move { Ok(SecretString::from(format!("Bearer {token}"))) })
    }

    fn renew<'a>(&'a self) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { true })
    }
}

struct Refusing;

impl AuthorizationProvider for Refusing {
    fn authorization<'a>(&'a self, _: &'a SigningRequest) -> AuthorizationFuture<'a> {
        Box::pin(async { Err("the vault is closed".to_owned()) })
    }
}

#[tokio::test]
async fn a_provider_of_ones_own_renews_once_after_a_401() {
    let mock = MockService::start(
        MockConfig::default()
            .client_id(CLIENT_ID)
            .authorization(Authorization::Bearer("canary-bearer-token-Pw8s5Lm2".to_owned())),
    )
    .await
    .unwrap();
    mock.add_export(Export::segment(TOKEN, 3));
    let client =
        builder(&mock.base_url()).credentials(Credentials::provider(Renewing(AtomicUsize::new(0)))).build().unwrap();
    let receipt = client.commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.attempts.len(), 2);
    assert_eq!(receipt.attempts[0].status, Some(401));
}

#[tokio::test]
async fn a_provider_that_refuses_ends_the_call_before_the_send() {
    let mock = mock().await;
    let client = builder(&mock.base_url()).credentials(Credentials::provider(Refusing)).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert!(error.to_string().contains("the vault is closed"));
    assert_eq!(mock.connections(), 0);
    let _: Arc<dyn Send> = Arc::new(client);
}
