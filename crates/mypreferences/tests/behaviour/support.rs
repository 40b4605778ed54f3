//! What the tests share: a mock that checks signatures, a client for it, and the canaries that must be seen nowhere.

use std::io;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

use mypreferences::{Client, ClientBuilder, Credentials, Error};
use mypreferences_mock::{Authorization, Export, LoggedRequest, MockConfig, MockService, Operation};
use tracing_subscriber::fmt::MakeWriter;

/// Looked for in all output of the tests by the test command.
pub(crate) const SECRET: &str = "canary-hmac-secret-Zk3v9Qx7";
/// The same: of an OAuth client, of a private key, in the user part of a URL and in its query.
pub(crate) const OAUTH_SECRET: &str = "canary-oauth-secret-Yb4n8Fg3";
pub(crate) const PRIVATE_KEY: &str = "canaryPrivateKeyQw7Tn5Zb";
pub(crate) const URL_PASSWORD: &str = "canary-url-password-Mv2c8Ds1";
pub(crate) const QUERY_KEY: &str = "canary-query-key-Kx4p6Wy9";
/// The same.
pub(crate) const TOKEN: i64 = 7_731_902_846_155_093;
pub(crate) const CLIENT_ID: &str = "acme";
pub(crate) const USER_ID: &str = "etl";

/// Every event of every test at trace level, kept to be searched; printed too, for the test command's own search.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Vec<u8>>>);

impl Trace {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Trace {
    type Writer = Trace;
    fn make_writer(&'a self) -> Trace {
        self.clone()
    }
}

/// The one subscriber of this test binary.
pub(crate) fn trace() -> &'static Trace {
    static TRACE: OnceLock<Trace> = OnceLock::new();
    static INSTALL: Once = Once::new();
    let trace = TRACE.get_or_init(Trace::default);
    INSTALL.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(trace.clone())
            .init();
    });
    trace
}

pub(crate) fn hmac() -> Authorization {
    Authorization::Hmac { client_id: CLIENT_ID.to_owned(), user_id: USER_ID.to_owned(), secret: SECRET.to_owned() }
}

/// A mock that knows one client and one ready export of three rows.
pub(crate) async fn mock() -> MockService {
    trace();
    let mock = MockService::start(MockConfig::default().client_id(CLIENT_ID).authorization(hmac())).await.unwrap();
    mock.add_export(Export::segment(TOKEN, 3));
    mock
}

/// A client of the mock with short quiet moments and backoffs.
pub(crate) fn builder(base_url: &str) -> ClientBuilder {
    trace();
    Client::builder()
        .client_id(CLIENT_ID)
        .base_url(base_url)
        .credentials(Credentials::hmac(USER_ID, SECRET))
        .resend_delay(Duration::from_millis(200))
        .confirm_window(Duration::from_secs(1))
        .backoff_base(Duration::from_millis(10))
        .throttle_base(Duration::from_millis(20))
}

pub(crate) fn client(mock: &MockService) -> Client {
    builder(&mock.base_url()).build().unwrap()
}

pub(crate) fn posts(mock: &MockService) -> Vec<LoggedRequest> {
    mock.requests_for(Operation::Commit)
}

/// The record as JSON, checked to be free of canaries, as every text form of it is.
pub(crate) fn record(error: &Error) -> serde_json::Value {
    let json = error.to_json();
    for text in [&json, &error.to_string(), &format!("{error:?}"), &format!("{error:#?}")] {
        assert_clean(text);
    }
    // The library's texts carry the URL, which must be stripped and not only masked.
    assert!(error.source_text().is_none_or(|source| !source.contains("://")));
    serde_json::from_str(&json).unwrap()
}

/// Fails, without showing the text, when it holds a canary.
pub(crate) fn assert_clean(text: &str) {
    for secret in [SECRET, OAUTH_SECRET, PRIVATE_KEY, URL_PASSWORD, QUERY_KEY] {
        let kind = &secret[..secret.len() - 8];
        assert!(!text.contains(secret), "a secret is shown ({kind})");
        // The numbers of its bytes, as `{:?}` writes them.
        let bytes = format!("{:?}", secret.as_bytes());
        let bytes = bytes.trim_matches(['[', ']']);
        assert!(!text.contains(bytes), "a secret's bytes are shown ({kind})");
    }
    assert!(!text.contains(&TOKEN.to_string()), "the access token is shown");
    assert!(!text.contains("Signature="), "an Authorization value is shown");
}
