//! One HTTP exchange: request out, response head and a bounded body in. Time limits for each phase, caps for each
//! body, no redirects, no retries, no shared secrets. What the answer means is decided elsewhere.

#[cfg(feature = "test-hooks")]
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT,
};
use tokio::time::Instant;
use url::Url;

use crate::error::{Error, ErrorKind, TimeoutPhase};
use crate::http::body::Body;
use crate::http::connection::{Connecting, Watch};
use crate::http::delivery::{self, BodyEnd, Failure};
use crate::http::proxy::{self, Route};
use crate::http::status_code::{StatusClass, class};
use crate::http::tls;
use crate::settings::Settings;
use crate::threads::Names;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
pub(crate) const AGENT: HeaderValue = HeaderValue::from_static(concat!("mypreferences/", env!("CARGO_PKG_VERSION")));

/// Bodies of errors are read so far, and no further.
const MAX_ERROR_BODY: usize = 64 << 10;
/// A success is looked at so far: enough to see whether it is a portal's HTML page.
const SNIFF: usize = 512;
/// After that, a short body is read to its end so that the connection can be used again, but not for long.
const DRAIN_TIME: Duration = Duration::from_millis(250);
/// The head of a commit's answer decides, so its body gets so long in all, however slowly it comes.
const BODY_OF_A_COMMIT: Duration = Duration::from_secs(2);

/// What to do with the body of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPlan {
    /// The body of a success changes nothing, unless it is HTML.
    Sniff,
    /// The body of a 200 is what was asked for, up to this many decoded bytes.
    Read {
        /// The cap in bytes.
        cap: usize,
    },
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// POST, else GET.
    pub post: bool,
    /// The JSON of a POST; a commit has none.
    pub content: Vec<u8>,
    /// Where to. Holds the access token: never shown.
    pub url: Url,
    /// The `Authorization` value, marked as sensitive.
    pub authorization: HeaderValue,
    /// The moment when the call's time is over.
    pub deadline: Instant,
    /// The moment when a body is given up; what the response head says stays. No later than `deadline`.
    pub body_deadline: Instant,
    /// What to do with the body.
    pub body: BodyPlan,
    /// Memory for the body of the answer.
    pub buffer: Vec<u8>,
}

/// A complete response head and what was read of the body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The decoded body as far as it was read.
    pub body: Vec<u8>,
    /// How its reading ended.
    pub body_end: BodyEnd,
    /// From the start of the exchange to the response head.
    pub head_after: Duration,
}

/// The future of one exchange.
#[cfg(feature = "test-hooks")]
pub type ExchangeFuture<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// A transport of a test's own.
#[cfg(feature = "test-hooks")]
pub trait TestTransport: Send + Sync + 'static {
    /// Plays one exchange.
    fn exchange(&self, request: Request) -> ExchangeFuture<'_>;
}

pub(crate) enum Transport {
    Http(Http),
    #[cfg(feature = "test-hooks")]
    Test(Arc<dyn TestTransport>),
}

impl Transport {
    pub(crate) async fn exchange(&self, request: Request) -> Result<Answer, Failure> {
        match self {
            Transport::Http(http) => http.exchange(request).await,
            #[cfg(feature = "test-hooks")]
            Transport::Test(test) => test.exchange(request).await,
        }
    }

    /// Whether a request of this client can have reached the server at all.
    pub(crate) fn ever_connected(&self) -> bool {
        match self {
            Transport::Http(http) => http.watch.ever_connected(),
            #[cfg(feature = "test-hooks")]
            Transport::Test(_) => true,
        }
    }
}

/// The real transport: reqwest over rustls. Each has a pool of connections of its own.
pub(crate) struct Http {
    client: reqwest::Client,
    first_byte_timeout: Duration,
    body_timeout: Duration,
    watch: Watch,
}

impl Http {
    /// A transport for requests to the host of this URL.
    pub(crate) fn new(url: &str, settings: &Settings) -> Result<Http, Error> {
        let cannot = |error: reqwest::Error| {
            Error::configuration(
                format!("the HTTP client cannot be made: {}", error.without_url()),
                "check ca_file, client_cert and proxy",
            )
        };
        let route = proxy::route(url, settings)?;
        let watch = Watch::default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(settings.pool_idle_timeout)
            .tcp_keepalive(settings.tcp_keepalive)
            .tcp_nodelay(true)
            .connector_layer(watch.clone())
            .dns_resolver(Names)
            .tls_backend_preconfigured(tls::client_config(
                settings,
                url.starts_with("https:") || route.is_encrypted(),
            )?);
        builder = match route {
            Route::Environment => builder,
            Route::Direct => builder.no_proxy(),
            Route::Proxy { proxy, .. } => builder.no_proxy().proxy(*proxy),
        };
        Ok(Http {
            client: builder.build().map_err(cannot)?,
            first_byte_timeout: settings.first_byte_timeout,
            body_timeout: settings.body_timeout,
            watch,
        })
    }

    async fn exchange(&self, mut request: Request) -> Result<Answer, Failure> {
        let limits = (request.deadline, request.body_deadline);
        let (plan, buffer) = (request.body, std::mem::take(&mut request.buffer));
        self.perform(outgoing(request), limits, plan, buffer).await
    }

    /// One exchange of any request. The second limit is for the body; what the response head says stays.
    pub(crate) async fn perform(
        &self,
        mut request: reqwest::Request,
        (deadline, body_deadline): (Instant, Instant),
        plan: BodyPlan,
        buffer: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let body_deadline = body_deadline.min(deadline);
        request.headers_mut().insert(ACCEPT_ENCODING, GZIP);
        let started = Instant::now();
        let connecting = Connecting::current();
        let head = connecting.watch(self.client.execute(request));
        let mut head = std::pin::pin!(head);
        // The first-byte limit starts when the request has a connection; connecting has a limit of its own.
        let mut limit = Instant::now() + self.first_byte_timeout;
        let response = loop {
            match tokio::time::timeout_at(limit.min(deadline), head.as_mut()).await {
                Ok(Ok(response)) => break response,
                Ok(Err(error)) => return Err(delivery::classify(error)),
                Err(_) if Instant::now() >= deadline => {
                    return Err(self.aborted(TimeoutPhase::Operation));
                }
                Err(_) => match connecting.since_connected(self.first_byte_timeout) {
                    Some(later) => limit = later,
                    None => return Err(self.aborted(TimeoutPhase::FirstByte)),
                },
            }
        };
        Ok(self.read(response, plan, buffer, body_deadline, started.elapsed()).await)
    }

    fn aborted(&self, phase: TimeoutPhase) -> Failure {
        Failure {
            sent: delivery::sent_if_aborted(self.watch.ever_connected()),
            kind: ErrorKind::Timeout,
            phase: Some(phase),
            tls: None,
            no_thread: false,
            source: None,
        }
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        plan: BodyPlan,
        buffer: Vec<u8>,
        deadline: Instant,
        head_after: Duration,
    ) -> Answer {
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let (cap, over_cap) = match (class(status), plan) {
            (StatusClass::Success | StatusClass::OtherSuccess, BodyPlan::Sniff) => (SNIFF, BodyEnd::Stopped),
            (StatusClass::Success, BodyPlan::Read { cap }) => (cap, BodyEnd::TooLarge),
            (
                StatusClass::OtherSuccess
                | StatusClass::Redirect
                | StatusClass::RefusesToken
                | StatusClass::Unauthorized
                | StatusClass::Busy
                | StatusClass::Throttled
                | StatusClass::Denied
                | StatusClass::ServerError,
                BodyPlan::Sniff | BodyPlan::Read { .. },
            ) => (MAX_ERROR_BODY, BodyEnd::Stopped),
        };
        let deadline = match plan {
            BodyPlan::Sniff => deadline.min(Instant::now() + BODY_OF_A_COMMIT),
            BodyPlan::Read { .. } => deadline,
        };
        let is_success = matches!(class(status), StatusClass::Success | StatusClass::OtherSuccess);
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let mut body = Body::new(&headers, announced, cap, buffer);
        let body_end = loop {
            let silence = Instant::now() + self.body_timeout;
            match tokio::time::timeout_at(silence.min(deadline), response.chunk()).await {
                Ok(Ok(Some(chunk))) => match body.push(chunk) {
                    Some(BodyEnd::TooLarge) => break over_cap,
                    Some(end) => break end,
                    None if plan == BodyPlan::Sniff && is_success && sniffed(body.decoded()) => {
                        break BodyEnd::Stopped;
                    }
                    None => {}
                },
                Ok(Ok(None)) => match body.end() {
                    BodyEnd::TooLarge => break over_cap,
                    end => break end,
                },
                Ok(Err(error)) => break delivery::body_failure(error),
                Err(_) if Instant::now() >= deadline => {
                    break BodyEnd::TimedOut(TimeoutPhase::Operation);
                }
                Err(_) => break BodyEnd::TimedOut(TimeoutPhase::Body),
            }
        };
        if matches!(body_end, BodyEnd::Stopped) {
            drain(response, deadline).await;
        }
        Answer { status, headers, body: body.into_decoded(), body_end, head_after }
    }
}

/// Whether enough was read to know that a body is not HTML.
fn sniffed(body: &[u8]) -> bool {
    crate::http::response::first_text(body).len() >= crate::http::response::LONGEST_HTML_START
}

/// Reads the rest of a short body, so that its connection goes back to the pool.
async fn drain(mut response: reqwest::Response, deadline: Instant) {
    let until = (Instant::now() + DRAIN_TIME).min(deadline);
    let mut budget = MAX_ERROR_BODY;
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until, response.chunk()).await {
        if chunk.len() >= budget {
            break;
        }
        budget -= chunk.len();
    }
}

fn outgoing(request: Request) -> reqwest::Request {
    let method = if request.post { reqwest::Method::POST } else { reqwest::Method::GET };
    let mut outgoing = reqwest::Request::new(method, request.url);
    let headers = outgoing.headers_mut();
    headers.reserve(7);
    headers.insert(AUTHORIZATION, request.authorization);
    headers.insert(ACCEPT, JSON);
    headers.insert(USER_AGENT, AGENT);
    if request.post {
        headers.insert(CONTENT_TYPE, JSON);
        // Written out, because the library leaves it away on a POST without a body, and the vendor's IIS answers 411
        // to that (facts 2.5, INF).
        headers.insert(CONTENT_LENGTH, HeaderValue::from(request.content.len()));
        if !request.content.is_empty() {
            *outgoing.body_mut() = Some(request.content.into());
        }
    }
    outgoing
}
