//! The service of the model: exports with rows of their own, and the faults that a story asks for. It judges what
//! arrives: a commit may only come when the batch would survive a loss of power, and a second one only after a question
//! that was answered "not yet".

use crate::landing::store::layout::Layout;
use crate::landing::store::read::{read_journal, read_manifest, visible_batches};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use serde_json::json;

use crate::http::delivery::{BodyEnd, Failure};
use crate::landing::tests::model::LIMIT;
use crate::landing::tests::model::disk::ModelDisk;
use crate::landing::tests::model::rows::{OUT, formats, landed_rows, rows_of};
use crate::landing::verify::verify;
use crate::test_hooks::{Answer, ExchangeFuture, Request, TestTransport};
use crate::{ErrorKind, Sent};

/// Where the clock of the model begins.
pub(super) const EPOCH_MS: i64 = 1_795_000_000_000;

/// What goes wrong in a story, beside the stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own, by its name")]
pub(super) struct Story {
    pub(super) name: &'static str,
    /// Rows of each export.
    pub(super) rows: usize,
    /// The answer to the first Initiate is lost.
    pub(super) loses_initiate: bool,
    /// The answer to the first commit is lost, after it was applied or not.
    pub(super) loses_commit: Option<bool>,
    /// A committed token is refused instead of being called Retrieved.
    pub(super) retires_tokens: bool,
    /// The first export expires after so many requests about it.
    pub(super) expires_after: Option<u32>,
    /// And every later one, too.
    pub(super) every_export_expires: bool,
    /// Members of pages: equal ones, or different ones.
    pub(super) members: Option<bool>,
    /// A token that is over is answered 401 instead of 404.
    pub(super) dead_is_401: bool,
    /// The request with this number, and so many from it on, get an answer that says nothing about their token.
    pub(super) odd: Option<(u32, u32, Odd)>,
    /// Somebody else commits the first export before this request about it.
    pub(super) other_consumer: Option<u32>,
    /// `RowCount` of status where it is not the number of rows.
    pub(super) row_count: Option<u64>,
    /// The clock of the answer to the first Initiate is ahead by so many milliseconds.
    pub(super) initiate_ahead_ms: i64,
    /// Pages side by side.
    pub(super) parallel: u32,
    /// So many milliseconds until each of four pages is answered, by its place.
    pub(super) arrives_after: Option<[u8; 4]>,
    /// Parts are no lines.
    pub(super) formatted: bool,
    /// The page at this record is not as it should be, so many times.
    pub(super) page: Option<(usize, u32, PageFault)>,
}

/// What a page has instead of being right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageFault {
    /// No answer, and after so many seconds a refusal of all.
    Throttled,
    Lost,
    /// From here on the export is over.
    Expires,
    /// The server gives no more than one record at a time, of this page or of all.
    Capped {
        always: bool,
    },
    TotalChanges,
    Shifted,
    IsHtml,
}

impl PageFault {
    pub(super) const ALL: [PageFault; 8] = [
        PageFault::Throttled,
        PageFault::Lost,
        PageFault::Expires,
        PageFault::Capped { always: false },
        PageFault::Capped { always: true },
        PageFault::TotalChanges,
        PageFault::Shifted,
        PageFault::IsHtml,
    ];
}

/// An answer of somebody on the way, or of a service that is restarting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    HtmlNotFound,
    Unauthorized,
    NotFound,
    Unavailable,
}

impl Odd {
    pub(super) const ALL: [Odd; 4] = [Odd::HtmlNotFound, Odd::Unauthorized, Odd::NotFound, Odd::Unavailable];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Committed,
    Expired,
}

#[derive(Clone, Debug)]
pub(super) struct ServerExport {
    state: State,
    pub(super) posts: u32,
    pub(super) applied: u32,
    /// Somebody else has committed it.
    pub(super) by_another: bool,
    requests: u32,
    /// Since the last POST, status and a page have said "not yet".
    said_not_yet: (bool, bool),
}

struct Inner {
    story: Story,
    exports: BTreeMap<i64, ServerExport>,
    broken: Vec<String>,
    now_ms: i64,
    initiates: u32,
    commits: u32,
    requests: u32,
    /// How often a page was not as it should be.
    faults: u32,
}

#[derive(Clone)]
pub(super) struct ModelService {
    inner: Arc<Mutex<Inner>>,
    disk: ModelDisk,
    /// When the running process began, on tokio's clock.
    begun: Arc<Mutex<Option<tokio::time::Instant>>>,
}

enum Reply {
    Html(u16),
    Status(u16, serde_json::Value),
    Raw(String),
    Lost,
}

impl ModelService {
    pub(super) fn new(story: Story, disk: ModelDisk) -> ModelService {
        ModelService {
            inner: Arc::new(Mutex::new(Inner {
                story,
                exports: BTreeMap::new(),
                broken: Vec::new(),
                now_ms: EPOCH_MS,
                initiates: 0,
                commits: 0,
                requests: 0,
                faults: 0,
            })),
            disk,
            begun: Arc::new(Mutex::new(None)),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process begins or ends: its clock becomes the model's.
    pub(super) fn set_clock(&self, running: bool) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(begun) = begun.take() {
            let elapsed = i64::try_from(begun.elapsed().as_millis()).unwrap();
            self.inner().now_ms += elapsed + 1000;
        }
        if running {
            *begun = Some(tokio::time::Instant::now());
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        let begun = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = begun.map_or(0, |begun| i64::try_from(begun.elapsed().as_millis()).unwrap());
        self.inner().now_ms + elapsed
    }

    /// Promises that were broken.
    pub(super) fn broken(&self) -> Vec<String> {
        self.inner().broken.clone()
    }

    pub(super) fn exports(&self) -> BTreeMap<i64, ServerExport> {
        self.inner().exports.clone()
    }

    /// An export that an earlier version of this program has started.
    pub(super) fn has_started(&self, token: i64, is_committed: bool) {
        let export = ServerExport {
            state: if is_committed { State::Committed } else { State::Ready },
            posts: 0,
            applied: u32::from(is_committed),
            by_another: false,
            requests: 0,
            said_not_yet: (false, false),
        };
        self.inner().exports.insert(token, export);
    }

    /// How many requests there were.
    pub(super) fn requests(&self) -> u32 {
        self.inner().requests
    }

    /// Every export that was not committed reaches its natural end.
    pub(super) fn expire_all(&self) {
        for export in self.inner().exports.values_mut() {
            if export.state == State::Ready {
                export.state = State::Expired;
            }
        }
    }

    /// Days pass.
    pub(super) fn pass(&self, ms: i64) {
        self.inner().now_ms += ms;
    }

    fn odd(&self) -> Option<Reply> {
        let mut inner = self.inner();
        inner.requests += 1;
        let (at, times, odd) = inner.story.odd?;
        (at..at + times).contains(&inner.requests).then(|| match odd {
            Odd::HtmlNotFound => Reply::Html(404),
            Odd::Unauthorized => Reply::Status(401, json!({"Message": "who?"})),
            Odd::NotFound => Reply::Status(404, json!({"Message": "what?"})),
            Odd::Unavailable => Reply::Status(503, json!({"Message": "later"})),
        })
    }

    /// What a token that is over is answered.
    fn gone(story: Story) -> Reply {
        let status = if story.dead_is_401 { 401 } else { 404 };
        Reply::Status(status, json!({"Message": "no such token"}))
    }

    fn answer(&self, request: &Request) -> Reply {
        if let Some(odd) = self.odd() {
            return odd;
        }
        let path = request.url.path().to_owned();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let token = segments.last().and_then(|last| last.parse::<i64>().ok());
        if let Some(token) = token
            && let Some(export) = self.inner().exports.get_mut(&token)
        {
            export.requests += 1;
        }
        self.expire();
        match (request.post, token) {
            (true, None) => self.initiate(),
            (true, Some(token)) => self.commit(token),
            (false, Some(token)) if path.contains("/status/") => self.status(token),
            (false, Some(token)) => self.page(token, &request.url),
            (false, None) => Reply::Status(404, json!({"Message": "what?"})),
        }
    }

    /// How long a page takes.
    fn arrives_after(&self, url: &url::Url) -> Option<std::time::Duration> {
        let after = self.inner().story.arrives_after?;
        let (_, offset) = url.query_pairs().find(|(name, _)| name == "offset")?;
        let page = (offset.parse::<usize>().ok()? - 1) / LIMIT as usize;
        Some(std::time::Duration::from_millis(u64::from(after[page % after.len()])))
    }

    fn expire(&self) {
        let mut inner = self.inner();
        if let Some(limit) = inner.story.other_consumer
            && let Some(first) = inner.exports.values_mut().next()
            && first.state == State::Ready
            && first.requests > limit
        {
            first.state = State::Committed;
            first.by_another = true;
        }
        if let Some(limit) = inner.story.expires_after {
            let expiring = if inner.story.every_export_expires { usize::MAX } else { 1 };
            for export in inner.exports.values_mut().take(expiring) {
                if export.state == State::Ready && export.requests > limit {
                    export.state = State::Expired;
                }
            }
        }
    }

    fn initiate(&self) -> Reply {
        let mut inner = self.inner();
        inner.initiates += 1;
        // A program that begins anew without end must end here.
        assert!(inner.initiates < 100, "exports without end");
        let token = 4_000_000 + i64::from(inner.initiates);
        inner.exports.insert(
            token,
            ServerExport {
                state: State::Ready,
                posts: 0,
                applied: 0,
                by_another: false,
                requests: 0,
                said_not_yet: (false, false),
            },
        );
        if inner.story.loses_initiate && inner.initiates == 1 {
            return Reply::Lost;
        }
        Reply::Status(200, json!({"AccessToken": token, "Status": "Processing"}))
    }

    fn status(&self, token: i64) -> Reply {
        let mut inner = self.inner();
        let story = inner.story;
        let rows = story.row_count.unwrap_or(story.rows as u64);
        let Some(export) = inner.exports.get_mut(&token) else {
            return Reply::Status(404, json!({"Message": "no such token"}));
        };
        let word = match export.state {
            State::Ready => {
                export.said_not_yet.0 = true;
                "Complete"
            }
            State::Committed if story.retires_tokens => return ModelService::gone(story),
            State::Expired if story.dead_is_401 => return ModelService::gone(story),
            State::Committed => "Retrieved",
            State::Expired => "Expired",
        };
        Reply::Status(200, json!({"AccessToken": token, "Status": word, "RowCount": rows, "Expires": ""}))
    }

    fn page(&self, token: i64, url: &url::Url) -> Reply {
        let number = |name: &str| -> usize {
            url.query_pairs().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok()).unwrap()
        };
        let keeps_alive = url.query_pairs().any(|(key, value)| key == "keepAlive" && value == "true");
        let mut inner = self.inner();
        if !keeps_alive {
            inner.broken.push("a page without keepAlive".to_owned());
        }
        let story = inner.story;
        let Some(export) = inner.exports.get_mut(&token) else {
            return Reply::Status(404, json!({"Message": "no such token"}));
        };
        if export.state != State::Ready {
            return ModelService::gone(story);
        }
        export.said_not_yet.1 = true;
        let (mut offset, mut limit) = (number("offset"), number("limit"));
        let mut total = story.rows;
        let fault = story.page.and_then(|(at, times, fault)| {
            let is_of_all = fault == PageFault::Capped { always: true };
            (is_of_all || (at == offset && inner.faults < times)).then_some(fault)
        });
        if let Some(fault) = fault {
            inner.faults += 1;
            match fault {
                PageFault::Throttled => return Reply::Status(429, json!({"Message": "slowly"})),
                PageFault::Lost => return Reply::Lost,
                PageFault::IsHtml => return Reply::Html(200),
                PageFault::Expires => {
                    if let Some(export) = inner.exports.get_mut(&token) {
                        export.state = State::Expired;
                    }
                    return ModelService::gone(story);
                }
                PageFault::Capped { .. } => limit = 1,
                PageFault::TotalChanges => total += 1,
                PageFault::Shifted => offset += 1,
            }
        }
        let rows: Vec<String> = rows_of(token, story.rows).into_iter().skip(offset - 1).take(limit).collect();
        let members = match story.members {
            None => String::new(),
            Some(true) => r#""Messages":["all"],"#.to_owned(),
            Some(false) => format!(r#""Messages":["from {offset}"],"#),
        };
        Reply::Raw(format!(
            r#"{{"Count":{},"HasMore":{},"Limit":{limit},"Offset":{offset},"TotalResults":{},{members}"UserProfilePreferences":[{}]}}"#,
            rows.len(),
            offset - 1 + rows.len() < story.rows,
            total,
            rows.join(",")
        ))
    }

    fn commit(&self, token: i64) -> Reply {
        let unsafe_because = self.why_not_safe(token);
        let mut inner = self.inner();
        inner.commits += 1;
        let (story, commits) = (inner.story, inner.commits);
        let Some(export) = inner.exports.get_mut(&token) else {
            return Reply::Status(404, json!({"Message": "no such token"}));
        };
        let mut broken = Vec::new();
        if export.posts > 0 && export.said_not_yet != (true, true) {
            broken.push(format!("a second POST of {token} before \"not yet\""));
        }
        export.posts += 1;
        export.said_not_yet = (false, false);
        if export.state != State::Ready {
            inner.broken.extend(broken);
            return ModelService::gone(story);
        }
        let is_applied = !(commits == 1 && story.loses_commit == Some(false));
        if is_applied {
            if let Some(why) = unsafe_because {
                broken.push(format!("a commit of {token} was applied, and {why}"));
            }
            export.applied += 1;
            export.state = State::Committed;
        }
        inner.broken.extend(broken);
        if commits == 1 && story.loses_commit.is_some() { Reply::Lost } else { Reply::Status(200, json!(null)) }
    }

    /// Whether the batch of this token, all of it, would be there after a loss of power now.
    fn why_not_safe(&self, token: i64) -> Option<String> {
        let disk = self.disk.durable();
        let place = Layout { out: Path::new(OUT).to_owned() };
        let wrong = |what: &str| Some(what.to_owned());
        let Ok(Some(logs)) = read_journal(&disk, &place) else {
            return wrong("the journal would be gone");
        };
        let Some(log) = logs.iter().find(|log| {
            log.initiated.as_ref().is_some_and(|initiated| initiated.export["access_token"] == json!(token.to_string()))
        }) else {
            return wrong("the journal would not know the token");
        };
        if log.committing.is_none() {
            return wrong("COMMITTING would not be in the journal");
        }
        let batch = &log.intent.batch;
        if !visible_batches(&disk, &place).is_ok_and(|batches| batches.contains(batch)) {
            return wrong("the batch would not be visible");
        }
        let Ok(Some((manifest, _))) = read_manifest(&disk, &place, batch) else {
            return wrong("the manifest would be gone");
        };
        if let Err(error) = verify(&disk, &place, &formats(), |_| {}) {
            return Some(format!("the batch would not be whole: {error}"));
        }
        let rows = landed_rows(&disk, &place, &manifest);
        (rows != rows_of(token, self.inner().story.rows)).then(|| "its rows would differ".to_owned())
    }
}

impl TestTransport for ModelService {
    fn exchange(&self, request: Request) -> ExchangeFuture<'_> {
        Box::pin(async move {
            // Operations of the network are places to stop at, too.
            self.disk.request();
            if let Some(after) = self.arrives_after(&request.url) {
                tokio::time::sleep(after).await;
            }
            let is_initiate = request.post && !request.url.path().contains("/Commit/");
            let reply = self.answer(&request);
            let is_first = is_initiate && self.inner().initiates == 1;
            let is_html = matches!(reply, Reply::Html(_));
            let (status, body) = match reply {
                Reply::Html(status) => (status, "<html>not here</html>".to_owned()),
                Reply::Status(status, body) => (status, body.to_string()),
                Reply::Raw(body) => (200, body),
                Reply::Lost => {
                    return Err(Failure {
                        sent: Sent::MaybeSent,
                        kind: ErrorKind::Interrupted,
                        phase: None,
                        tls: None,
                        no_thread: false,
                        source: None,
                    });
                }
            };
            let mut headers = HeaderMap::new();
            if is_html {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            }
            let ahead = if is_first { self.inner().story.initiate_ahead_ms } else { 0 };
            let date = jiff::Timestamp::from_millisecond(self.now_ms() + ahead).unwrap();
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
            headers.insert(DATE, HeaderValue::from_str(&date).unwrap());
            Ok(Answer {
                status,
                headers,
                body: body.into_bytes(),
                body_end: BodyEnd::Complete,
                head_after: std::time::Duration::ZERO,
            })
        })
    }
}
