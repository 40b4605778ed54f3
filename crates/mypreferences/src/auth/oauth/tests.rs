//! The life of tokens, in virtual time.

#![allow(clippy::unchecked_time_subtraction, reason = "a test may fail in any way")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use http::HeaderValue;
use tokio::time::{Instant, advance, sleep};

use crate::auth::oauth::endpoint::Granted;
use crate::auth::oauth::failure::TokenFailure;
use crate::auth::oauth::{ClientAuth, OAuth, Tokens};
use crate::error::{ErrorKind, TimeoutPhase};

const HOUR: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);

/// A token endpoint that answers by the number of the request, from 1.
struct Fake {
    tokens: Tokens,
    asked: Arc<AtomicUsize>,
}

impl Fake {
    fn new<F>(answer: F) -> Fake
    where
        F: Fn(usize) -> (Duration, Result<Duration, ErrorKind>) + Send + Sync + 'static,
    {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let tokens = Tokens::of_a_test(move || {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            let (takes, result) = answer(number);
            async move {
                sleep(takes).await;
                match result {
                    Ok(lifetime) => Ok(Granted { authorization: token(number), lifetime }),
                    Err(kind) => Err(TokenFailure::new(kind, "the OAuth token endpoint, made up")),
                }
            }
            .boxed()
        });
        Fake { tokens, asked }
    }

    /// Gives tokens of one hour, after a tenth of a second.
    fn healthy() -> Fake {
        Fake::new(|_| (SECOND / 10, Ok(HOUR)))
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn authorization(&self) -> Result<HeaderValue, TokenFailure> {
        self.tokens.authorization(Instant::now() + HOUR).await
    }

    /// Lets what runs in the background come to its end.
    async fn settle(&self) {
        sleep(SECOND).await;
    }
}

fn token(number: usize) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer token-{number}")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_with_an_expired_token_make_one_request() {
    let fake = Fake::healthy();
    for round in 1..=2 {
        let all = join_all((0..100).map(|_| fake.authorization())).await;
        assert!(all.into_iter().all(|one| one.unwrap() == token(round)));
        assert_eq!(fake.asked(), round);
        advance(HOUR).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_in_the_background_when_a_fifth_or_five_minutes_are_left() {
    for (lifetime, renewed_after) in
        [(HOUR, HOUR - 300 * SECOND), (100 * SECOND, 80 * SECOND), (1500 * SECOND, 1200 * SECOND)]
    {
        let fake = Fake::new(move |_| (Duration::ZERO, Ok(lifetime)));
        let begun = Instant::now();
        fake.authorization().await.unwrap();
        advance(renewed_after - SECOND - (Instant::now() - begun)).await;
        assert_eq!(fake.authorization().await.unwrap(), token(1));
        fake.settle().await;
        assert_eq!(fake.asked(), 1, "{lifetime:?}: too early");
        assert_eq!(fake.authorization().await.unwrap(), token(1));
        fake.settle().await;
        assert_eq!(fake.asked(), 2, "{lifetime:?}: not at all");
        assert_eq!(fake.authorization().await.unwrap(), token(2));
    }
}

#[tokio::test(start_paused = true)]
async fn the_lifetime_counts_from_the_request_and_not_from_its_answer() {
    let fake = Fake::new(|_| (8 * SECOND, Ok(10 * SECOND)));
    fake.authorization().await.unwrap();
    advance(2 * SECOND).await;
    assert_eq!(fake.authorization().await.unwrap(), token(2));
}

#[tokio::test(start_paused = true)]
async fn a_valid_token_is_used_at_once_while_its_renewal_hangs_or_fails() {
    for renewal in [(HOUR, Ok(HOUR)), (SECOND, Err(ErrorKind::ServerError))] {
        let fake = Fake::new(move |number| match number {
            1 => (Duration::ZERO, Ok(HOUR)),
            _ => renewal,
        });
        fake.authorization().await.unwrap();
        advance(HOUR - 100 * SECOND).await;
        for _ in 0..9 {
            let before = Instant::now();
            assert_eq!(fake.authorization().await.unwrap(), token(1));
            assert_eq!(Instant::now(), before, "it waited");
            fake.settle().await;
        }
        assert_eq!(fake.asked(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_request_is_not_repeated_for_ten_seconds() {
    let fake = Fake::new(|number| match number {
        1 => (SECOND, Err(ErrorKind::ServerError)),
        _ => (SECOND, Ok(HOUR)),
    });
    let first = fake.authorization().await.unwrap_err();
    assert_eq!(first.kind, ErrorKind::ServerError);
    assert_eq!(first.retry_after, Some(10 * SECOND));
    advance(Duration::from_millis(9_500)).await;
    let second = fake.authorization().await.unwrap_err();
    assert_eq!(second.kind, ErrorKind::ServerError);
    assert_eq!(second.retry_after, Some(SECOND));
    assert_eq!(fake.asked(), 1);
    advance(Duration::from_millis(500)).await;
    assert_eq!(fake.authorization().await.unwrap(), token(2));
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_asks_for_patience_gets_it_within_bounds() {
    for (wish, waits) in [(60, 60), (3, 10), (3600, 10)] {
        let tokens = Tokens::of_a_test(move || {
            let failure = TokenFailure {
                retry_after: Some(wish * SECOND),
                ..TokenFailure::new(ErrorKind::ServiceUnavailable, "made up")
            };
            std::future::ready(Err(failure)).boxed()
        });
        let begun = Instant::now();
        let told = tokens.authorization(begun + HOUR).await.unwrap_err();
        assert_eq!(told.retry_after, Some(wish.max(10) * SECOND));
        advance(waits * SECOND - Duration::from_millis(10)).await;
        let cached = tokens.authorization(begun + HOUR).await.unwrap_err();
        assert_eq!(cached.kind, ErrorKind::ServiceUnavailable);
    }
}

#[tokio::test(start_paused = true)]
async fn every_waiter_has_its_own_deadline_and_leaves_without_ending_the_request() {
    let fake = Fake::new(|_| (5 * SECOND, Ok(HOUR)));
    let now = Instant::now();
    let (early, late) =
        tokio::join!(fake.tokens.authorization(now + SECOND), fake.tokens.authorization(now + 9 * SECOND),);
    let early = early.unwrap_err();
    assert_eq!((early.kind, early.phase), (ErrorKind::Timeout, Some(TimeoutPhase::Operation)));
    assert_eq!(late.unwrap(), token(1));
    assert_eq!(fake.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_waiter_to_leave_does_not_waste_the_request() {
    let fake = Fake::new(|_| (5 * SECOND, Ok(HOUR)));
    let waiting = fake.tokens.authorization(Instant::now() + SECOND);
    waiting.await.unwrap_err();
    sleep(5 * SECOND).await;
    assert_eq!(fake.authorization().await.unwrap(), token(1));
    assert_eq!(fake.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_for_all_who_had_it() {
    let fake = Fake::healthy();
    fake.authorization().await.unwrap();
    let deadline = Instant::now() + HOUR;
    let old = token(1);
    let all = join_all((0..50).map(|_| fake.tokens.renew(&old, deadline))).await;
    assert!(all.into_iter().all(|renewed| renewed));
    assert_eq!(fake.asked(), 2);
    assert!(fake.tokens.renew(&old, deadline).await, "there is a newer one");
    assert_eq!(fake.asked(), 2);
    assert_eq!(fake.authorization().await.unwrap(), token(2));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_keeps_the_refused_token_because_a_401_may_have_other_reasons() {
    let fake = Fake::new(|number| match number {
        1 => (SECOND, Ok(HOUR)),
        _ => (SECOND, Err(ErrorKind::Connect)),
    });
    fake.authorization().await.unwrap();
    let deadline = Instant::now() + HOUR;
    assert!(!fake.tokens.renew(&token(1), deadline).await);
    assert!(!fake.tokens.renew(&token(1), deadline).await);
    assert_eq!(fake.asked(), 2, "the failure is remembered");
    assert_eq!(fake.authorization().await.unwrap(), token(1));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_stood_still_between_two_calls_is_asked_for_again() {
    let fake = Fake::new(|number| match number {
        2 => (20 * SECOND, Err(ErrorKind::Timeout)),
        _ => (SECOND, Ok(10 * SECOND)),
    });
    fake.authorization().await.unwrap();
    advance(8 * SECOND).await;
    assert_eq!(fake.authorization().await.unwrap(), token(1));
    sleep(10 * SECOND).await;
    let all = join_all((0..100).map(|_| fake.authorization())).await;
    assert!(all.into_iter().all(|one| one.unwrap() == token(3)));
    assert_eq!(fake.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn callers_who_wait_from_the_beginning_share_the_failure() {
    let fake = Fake::new(|_| (20 * SECOND, Err(ErrorKind::Timeout)));
    let all = join_all((0..100).map(|_| fake.authorization())).await;
    assert!(all.into_iter().all(|one| one.is_err()));
    assert_eq!(fake.asked(), 1);
}

#[test]
fn a_request_that_was_lost_with_its_runtime_is_made_anew_in_the_next() {
    let fake = Fake::new(|number| match number {
        1 => (HOUR, Ok(HOUR)),
        _ => (Duration::ZERO, Ok(HOUR)),
    });
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime().block_on(async {
        let soon = Instant::now() + Duration::from_millis(10);
        fake.tokens.authorization(soon).await.unwrap_err();
    });
    runtime().block_on(async {
        assert_eq!(fake.authorization().await.unwrap(), token(2));
    });
}

#[tokio::test(start_paused = true)]
async fn a_request_that_panics_is_an_error_and_the_next_one_works() {
    let asked = AtomicUsize::new(0);
    let tokens = Tokens::of_a_test(move || {
        assert!(asked.fetch_add(1, Ordering::SeqCst) > 0, "made up");
        let granted = Granted { authorization: token(2), lifetime: HOUR };
        std::future::ready(Ok(granted)).boxed()
    });
    let deadline = Instant::now() + HOUR;
    let failure = tokens.authorization(deadline).await.unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Internal);
    assert_eq!(tokens.authorization(deadline).await.unwrap(), token(2));
}

fn oauth() -> OAuth {
    OAuth::new("https://host/token", "id", "very-secret").user_id("John.Doe")
}

#[test]
fn id_and_secret_stand_in_the_header_or_in_the_body_form_encoded() {
    use secrecy::ExposeSecret;
    let oauth = OAuth::new("https://host/token", "a b", "s+/%");
    assert_eq!(oauth.basic(&oauth.client_secret.now().unwrap()).unwrap().expose_secret(), "YStiOnMlMkIlMkYlMjU=");
    assert_eq!(
        oauth.form("ACME/John.Doe", &oauth.client_secret.now().unwrap()).expose_secret(),
        "grant_type=client_credentials&scope=ACME%2FJohn.Doe"
    );
    let oauth = oauth.client_auth(ClientAuth::Body);
    assert!(oauth.basic(&oauth.client_secret.now().unwrap()).is_none());
    assert_eq!(
        oauth.form("ACME/John.Doe", &oauth.client_secret.now().unwrap()).expose_secret(),
        "grant_type=client_credentials&scope=ACME%2FJohn.Doe&client_id=a+b&client_secret=s%2B%2F%25"
    );
}

#[test]
fn the_scope_is_made_from_account_and_user_unless_it_is_given() {
    assert_eq!(oauth().scope_for("ACME").unwrap(), "ACME/John.Doe");
    assert_eq!(oauth().scope("own").scope_for("ACME").unwrap(), "own");
    assert!(oauth().scope_for("A\"B").is_err());
}

#[test]
fn what_could_never_make_a_request_is_refused_without_its_value() {
    let url = |url: &str| OAuth::new(url, "id", "very-secret").user_id("u");
    for bad in [
        url(""),
        url("host/token"),
        url("http://host/token"),
        url("ftp://127.0.0.1/"),
        url("https://hush:hush@host/"),
        url("https://host/#hush"),
        OAuth::new("https://host/", "", "very-secret").user_id("u"),
        OAuth::new("https://host/", "id", "").user_id("u"),
        OAuth::new("https://host/", "id", "hush\n").user_id("u"),
        OAuth::new("https://host/", "id", "very-secret"),
        oauth().user_id("a b"),
        oauth().scope(""),
        oauth().scope("a\\b"),
    ] {
        let error = bad.check().unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(!format!("{bad:?}").contains("secret"));
    }
    for good in [
        oauth(),
        url("http://127.0.0.1:8/token?tenant=a"),
        OAuth::new("https://host/", "id", "very-secret").scope("a b"),
    ] {
        good.check().unwrap();
    }
}
