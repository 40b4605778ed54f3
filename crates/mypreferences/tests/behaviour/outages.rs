//! A landing, a wait and pages while the service does not answer, or answers oddly: hours of it, on tokio's own clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use mypreferences::export::{Export, ExportRequest};
use mypreferences::landing::{CommitPolicy, Landed};
use mypreferences::test_hooks::{Answer, BodyEnd, ExchangeFuture, Failure, Request, TestTransport};
use mypreferences::{CancelToken, Client, Credentials, Error, ErrorKind, Retry, Sent};
use tokio::time::Instant;

use crate::support::trace;

const MINUTE: Duration = Duration::from_secs(60);
/// Seconds since the epoch when a test begins.
const BEGIN: u64 = 1_795_000_000;
const ROWS: u64 = 5;

/// A question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum On {
    Initiate,
    Status,
    /// At this record.
    Page(u64),
}

/// One question: how often it was asked before, and when it is asked.
struct Asked {
    on: On,
    before: u32,
    at: Duration,
}

enum Reply {
    Status(u16),
    Wait(u64),
    Body(String),
    Reset,
    Refused,
}

type Play = Box<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

/// A service that answers as a test says, and well where that says nothing.
struct Service {
    begun: Instant,
    play: Mutex<Play>,
    log: Mutex<Vec<(On, Duration)>>,
}

impl Service {
    fn new(play: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Arc<Service> {
        trace();
        Arc::new(Service { begun: Instant::now(), play: Mutex::new(Box::new(play)), log: Mutex::new(Vec::new()) })
    }

    fn client(self: &Arc<Service>, patience: Duration) -> Client {
        let begun = self.begun;
        let transport: Arc<dyn TestTransport> = self.clone();
        Client::builder()
            .client_id("Acme")
            .base_url("https://service.example/API/3/async/")
            .credentials(Credentials::bearer("made-up-for-the-test"))
            .patience(patience)
            .test_transport(transport)
            .test_wall_clock(move || UNIX_EPOCH + Duration::from_secs(BEGIN) + begun.elapsed())
            .build()
            .unwrap()
    }

    /// From now on all is well.
    fn heal(&self) {
        *self.play.lock().unwrap() = Box::new(|_| None);
    }

    /// When this was asked.
    fn times(&self, on: On) -> Vec<Duration> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|(asked, _)| *asked == on).map(|(_, at)| *at).collect()
    }

    fn on(request: &Request) -> On {
        let path = request.url.path();
        if request.post {
            return On::Initiate;
        }
        if path.contains("/status/") {
            return On::Status;
        }
        let offset = request.url.query_pairs().find(|(key, _)| key == "offset");
        On::Page(offset.unwrap().1.parse().unwrap())
    }
}

fn record(row: u64) -> String {
    format!(r#"{{"ProfileId":{row}}}"#)
}

/// Two rows from this one on.
fn page(offset: u64) -> String {
    body(offset, &(offset..=ROWS).take(2).collect::<Vec<_>>())
}

/// These rows.
fn body(offset: u64, rows: &[u64]) -> String {
    let count = rows.len() as u64;
    let records: Vec<String> = rows.iter().copied().map(record).collect();
    format!(
        r#"{{"Count":{count},"HasMore":{},"Limit":2,"Offset":{offset},"TotalResults":{ROWS},"UserProfilePreferences":[{}]}}"#,
        offset - 1 + count < ROWS,
        records.join(",")
    )
}

impl TestTransport for Service {
    fn exchange(&self, request: Request) -> ExchangeFuture<'_> {
        Box::pin(async move {
            let (on, at) = (Service::on(&request), self.begun.elapsed());
            let before = u32::try_from(self.times(on).len()).unwrap();
            self.log.lock().unwrap().push((on, at));
            let played = self.play.lock().unwrap()(&Asked { on, before, at });
            let well = || match on {
                On::Initiate => r#"{"AccessToken":4711,"Status":"Processing"}"#.to_owned(),
                On::Status => format!(r#"{{"AccessToken":4711,"Status":"Complete","RowCount":{ROWS},"Expires":""}}"#),
                On::Page(offset) => page(offset),
            };
            let mut headers = HeaderMap::new();
            let failed =
                |sent, kind| Err(Failure { sent, kind, phase: None, tls: None, no_thread: false, source: None });
            let (status, body) = match played {
                None => (200, well()),
                Some(Reply::Body(body)) => (200, body),
                Some(Reply::Status(status)) => (status, String::new()),
                Some(Reply::Wait(seconds)) => {
                    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                    (503, String::new())
                }
                Some(Reply::Reset) => return failed(Sent::MaybeSent, ErrorKind::Interrupted),
                Some(Reply::Refused) => return failed(Sent::NotSent, ErrorKind::Connect),
            };
            Ok(Answer {
                status,
                headers,
                body: body.into_bytes(),
                body_end: BodyEnd::Complete,
                head_after: Duration::ZERO,
            })
        })
    }
}

/// A folder of a test's own, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mypreferences-outages-{}-{n}", std::process::id());
        let _ = std::fs::remove_dir_all(std::env::temp_dir().join(&name));
        Scratch(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a landing told.
type Notes = Arc<Mutex<Vec<String>>>;

async fn land(client: &Client, out: &Path, notes: &Notes) -> Result<Landed, Error> {
    let heard = Arc::clone(notes);
    client
        .export(ExportRequest::segment("Everyone"), out, CommitPolicy::Never)
        .limit(2)
        .on_progress(move |now| heard.lock().unwrap().extend(now.note.clone()))
        .await
}

fn rows(landed: &Landed) -> Vec<String> {
    let parts = landed.manifest.parts.iter();
    parts
        .flat_map(|part| {
            let text = std::fs::read_to_string(landed.folder().join(&part.file)).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn all_rows() -> Vec<String> {
    (1..=ROWS).map(record).collect()
}

/// Lands what a service plays, with a patience of ten minutes.
async fn landed(service: &Arc<Service>) -> Result<Landed, Error> {
    let scratch = Scratch::new();
    let landed = land(&service.client(10 * MINUTE), &scratch.0, &Notes::default()).await?;
    assert_eq!(rows(&landed).len(), usize::try_from(ROWS).unwrap());
    Ok(landed)
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_five_minutes_is_borne_and_told_once() {
    let service = Service::new(|asked| {
        let is_out = asked.on == On::Page(3) && asked.at < 5 * MINUTE;
        is_out.then(|| match asked.before % 6 {
            0 => Reply::Status(500),
            1 => Reply::Status(502),
            2 => Reply::Status(504),
            3 => Reply::Reset,
            4 => Reply::Refused,
            _ => Reply::Body("<html>soon</html>".to_owned()),
        })
    });
    let (scratch, notes) = (Scratch::new(), Notes::default());
    let client = service.client(10 * MINUTE);
    let landed = land(&client, &scratch.0, &notes).await.unwrap();
    assert_eq!(rows(&landed), all_rows());
    // Nothing of it is news in the end.
    assert_eq!(landed.notes, [""; 0]);
    let notes = notes.lock().unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    // 1,795,000,000 s after the epoch and ten minutes.
    assert_eq!(notes[0], "the service does not answer (interrupted); trying again until 11:16Z");
    let tries = service.times(On::Page(3));
    assert!(tries.len() < 25, "{tries:?}");
    for pair in tries.windows(2) {
        assert!(pair[1] - pair[0] <= Duration::from_secs(30), "{tries:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_the_patience_ends_with_its_last_failure_and_the_same_call_goes_on() {
    let service = Service::new(|asked| (asked.on == On::Page(3)).then_some(Reply::Status(503)));
    let scratch = Scratch::new();
    let client = service.client(MINUTE);
    let error = land(&client, &scratch.0, &Notes::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable);
    assert_eq!(error.http_status(), Some(503));
    assert_eq!(error.retry(), Retry::Persistent);
    assert_eq!(error.detail(), Some("borne for 60 s"));
    let tries = service.times(On::Page(3));
    assert_eq!(error.attempts().len(), tries.len());
    // One last time at its end, and not after it.
    assert_eq!(tries[tries.len() - 1].as_secs(), 60, "{tries:?}");
    service.heal();
    let landed = land(&client, &scratch.0, &Notes::default()).await.unwrap();
    assert_eq!(rows(&landed), all_rows());
    assert_eq!(service.times(On::Initiate).len(), 1);
    assert_eq!(service.times(On::Page(1)).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_patience_a_page_is_a_single_call() {
    let service = Service::new(|asked| (asked.on == On::Page(3)).then_some(Reply::Status(502)));
    let scratch = Scratch::new();
    let client = service.client(Duration::ZERO);
    let error = land(&client, &scratch.0, &Notes::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerError);
    assert_eq!((error.detail(), error.attempts().len()), (None, 4));
}

#[tokio::test(start_paused = true)]
async fn each_page_has_the_whole_patience() {
    // Every page is out for 50 s, by its first question.
    let first: Mutex<BTreeMap<On, Duration>> = Mutex::default();
    let service = Service::new(move |asked| {
        let since = *first.lock().unwrap().entry(asked.on).or_insert(asked.at);
        let is_out = matches!(asked.on, On::Page(_)) && asked.at - since < MINUTE * 5 / 6;
        is_out.then_some(Reply::Status(500))
    });
    let scratch = Scratch::new();
    let landed = land(&service.client(MINUTE), &scratch.0, &Notes::default()).await.unwrap();
    assert_eq!(rows(&landed), all_rows());
    // The first alone, and the other two, which are asked for side by side, together.
    assert!(service.begun.elapsed() > MINUTE * 3 / 2);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_ends_an_outage_at_once() {
    let service = Service::new(|asked| {
        (asked.on == On::Page(3)).then_some(match asked.before {
            0..6 => Reply::Status(503),
            _ => Reply::Status(403),
        })
    });
    let error = landed(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(service.times(On::Page(3)).len(), 7);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_borne_as_long_as_it_fits_into_the_patience() {
    // Longer than `max_retry_after`.
    let asks_for = |seconds| {
        Service::new(move |asked| (asked.on == On::Page(3) && asked.before == 0).then_some(Reply::Wait(seconds)))
    };
    let service = asks_for(500);
    landed(&service).await.unwrap();
    let tries = service.times(On::Page(3));
    assert_eq!((tries[1] - tries[0]).as_secs(), 500);
    let service = asks_for(601);
    let error = landed(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(601)));
    assert_eq!(service.times(On::Page(3)).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_one_page_is_told_of_holds_the_others_back() {
    let service = Service::new(|asked| match (asked.on, asked.before) {
        (On::Page(3), 0) => Some(Reply::Status(500)),
        (On::Page(5), 0) => Some(Reply::Wait(20)),
        _ => None,
    });
    landed(&service).await.unwrap();
    let (third, fifth) = (service.times(On::Page(3)), service.times(On::Page(5)));
    assert_eq!(third[0], fifth[0], "side by side");
    assert!((third[1] - fifth[0]).as_secs() >= 20, "{third:?}, {fifth:?}");
    assert!((fifth[1] - fifth[0]).as_secs() >= 20, "{third:?}, {fifth:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_an_outage_within_a_second() {
    for on in [On::Status, On::Page(3)] {
        let service = Service::new(move |asked| (asked.on == on).then_some(Reply::Refused));
        let (scratch, cancel) = (Scratch::new(), CancelToken::new());
        let client = service.client(10 * MINUTE);
        let landing = client
            .export(ExportRequest::segment("Everyone"), &scratch.0, CommitPolicy::Never)
            .limit(2)
            .cancel_token(cancel.clone());
        let later = async {
            tokio::time::sleep(3 * MINUTE).await;
            cancel.cancel();
        };
        let (error, ()) = tokio::join!(landing.into_future(), later);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
        let elapsed = service.begun.elapsed();
        assert!(elapsed < 3 * MINUTE + Duration::from_secs(1), "{elapsed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_questions_of_a_wait_have_the_same_patience() {
    let outage = |seconds| {
        Service::new(move |asked| {
            let is_out = asked.on == On::Status && asked.at < Duration::from_secs(seconds);
            is_out.then_some(Reply::Status(503))
        })
    };
    let (service, scratch, notes) = (outage(500), Scratch::new(), Notes::default());
    let client = service.client(10 * MINUTE);
    land(&client, &scratch.0, &notes).await.unwrap();
    let notes = notes.lock().unwrap().clone();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("trying again until 11:16Z"), "{notes:?}");

    let service = outage(500);
    let client = service.client(MINUTE);
    let export = client.initiate(ExportRequest::segment("Everyone")).await.unwrap();
    let error = client.wait(&export).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServiceUnavailable);
    assert_eq!(error.detail(), Some("borne for 60 s"));
    // The caller's own time ends it as it ends any wait.
    let error = client.wait(&export).max_wait(MINUTE / 2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimedOut);
    assert_eq!(
        error.detail(),
        Some("the export was not ready after 30 s, and the last question failed: service_unavailable")
    );
    assert_eq!(service.times(On::Status).last().unwrap().as_secs(), 90);
}

const PROCESSING: &str = r#"{"AccessToken":4711,"Status":"Processing","RowCount":0,"Expires":""}"#;

#[tokio::test(start_paused = true)]
async fn a_wait_asks_once_more_when_its_time_is_over() {
    let ready_after = |seconds| {
        Service::new(move |asked| {
            let is_busy = asked.on == On::Status && asked.at < Duration::from_secs(seconds);
            is_busy.then(|| Reply::Body(PROCESSING.to_owned()))
        })
    };
    for (seconds, is_ready) in [(100, true), (101, false)] {
        let service = ready_after(seconds);
        let client = service.client(10 * MINUTE);
        let export = client.initiate(ExportRequest::segment("Everyone")).await.unwrap();
        let waiting = client.wait(&export).max_wait(Duration::from_secs(100));
        assert_eq!(waiting.await.is_ok(), is_ready);
        assert_eq!(service.times(On::Status).last().unwrap().as_secs(), 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_unknown_in_its_first_seconds_is_waited_for() {
    let unknown_until = |seconds| {
        Service::new(move |asked| {
            let is_unknown = asked.on == On::Status && asked.at < Duration::from_secs(seconds);
            is_unknown.then_some(Reply::Status(404))
        })
    };
    landed(&unknown_until(20)).await.unwrap();
    let service = unknown_until(1000);
    let error = landed(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let last = service.times(On::Status).last().unwrap().as_secs();
    assert!((30..45).contains(&last), "{last}");
    // One that was known once is gone; so is an old one.
    let service = Service::new(|asked| {
        (asked.on == On::Status).then(|| match asked.before {
            0 => Reply::Body(PROCESSING.to_owned()),
            _ => Reply::Status(404),
        })
    });
    let client = service.client(10 * MINUTE);
    let export: Export = client.initiate(ExportRequest::segment("Everyone")).await.unwrap();
    assert_eq!(client.wait(&export).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(service.times(On::Status).len(), 2);
    tokio::time::sleep(MINUTE).await;
    assert_eq!(client.wait(&export).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(service.times(On::Status).len(), 3);
}

/// Pages that are not what was asked for, and what they come to when they stay so.
fn odd_pages() -> Vec<(String, ErrorKind, &'static str)> {
    let (well, mismatch) = (page(3), ErrorKind::CountMismatch);
    let invalid = ErrorKind::InvalidResponse;
    vec![
        (well.replace(r#""Offset":3"#, r#""Offset":2"#), mismatch, "the page begins at record 2 instead of 3"),
        (well.replace(r#""TotalResults":5"#, r#""TotalResults":6"#), mismatch, "TotalResults was 5 and is 6 now"),
        (well.replace(r#""Count":2"#, r#""Count":1"#), mismatch, "the page says 1 records and holds 2"),
        (body(3, &[]), mismatch, "the page is empty although there should be more"),
        (well.replace("]}", r#"],"hasMore":false}"#), invalid, "the page at record 3: HasMore stands there twice"),
        (
            well.replace(r#""TotalResults":5"#, r#""TotalResults":"5""#),
            invalid,
            "the page at record 3: TotalResults is a text",
        ),
        (
            well.replace("]}", r#"],"Preferences":[]}"#),
            invalid,
            "the page at record 3: two arrays of records: UserProfilePreferences and Preferences",
        ),
        (r#"{"Message":"what?"}"#.to_owned(), invalid, "the page at record 3: it has no HasMore"),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_odd_page_is_asked_for_again_and_three_times_at_most() {
    for (odd, kind, why) in odd_pages() {
        for times in 1..=3 {
            let odd = odd.clone();
            let service = Service::new(move |asked| {
                let is_odd = asked.on == On::Page(3) && asked.before < times;
                is_odd.then(|| Reply::Body(odd.clone()))
            });
            let ended = landed(&service).await;
            let asked = service.times(On::Page(3)).len();
            if times < 3 {
                ended.unwrap();
                assert_eq!(asked, times as usize + 1, "{why}");
            } else {
                let error = ended.unwrap_err();
                assert_eq!((error.kind(), error.detail()), (kind, Some(why)));
                assert_eq!(asked, 3, "{why}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn more_records_than_the_total_end_the_landing_at_once() {
    // Rows far beyond the total, and always more to come.
    let service = Service::new(|asked| match asked.on {
        On::Page(offset) if offset < 100 => {
            Some(Reply::Body(body(offset, &[offset, offset + 1]).replace(r#""HasMore":false"#, r#""HasMore":true"#)))
        }
        On::Page(_) | On::Initiate | On::Status => None,
    });
    let error = landed(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    assert_eq!(error.detail(), Some("the export has 5 records, and its pages have 6 already"));
    assert!(error.next_action().contains("run the same command again"));
    assert_eq!(service.times(On::Page(5)).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn equal_records_are_no_crime_when_they_come_again_and_the_total_is_right() {
    for equal in [[2, 3], [1, 2]] {
        let service = Service::new(move |asked| (asked.on == On::Page(3)).then(|| Reply::Body(body(3, &equal))));
        let landed = landed(&service).await.unwrap();
        assert_eq!(landed.notes.len(), 1);
        assert!(landed.notes[0].contains("equal records"));
        assert_eq!(service.times(On::Page(3)).len(), 2);
    }
    // Each time another one of those that were there already.
    let service = Service::new(|asked| {
        (asked.on == On::Page(3)).then(|| Reply::Body(body(3, &[2, 10 + u64::from(asked.before)])))
    });
    let error = landed(&service).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    assert_eq!(service.times(On::Page(3)).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn pages_have_the_patience_that_they_are_given() {
    let service = Service::new(|asked| (asked.at < MINUTE && asked.on == On::Page(1)).then_some(Reply::Reset));
    let client = service.client(Duration::ZERO);
    let export = client.initiate(ExportRequest::segment("Everyone")).await.unwrap();
    let error = client.pages(&export).next().await.unwrap_err();
    assert_eq!(error.attempts().len(), 4);
    let mut pages = client.pages(&export).limit(2).patience(2 * MINUTE);
    assert_eq!(pages.next().await.unwrap().unwrap().count, 2);
    let too_long = client.pages(&export).patience(25 * 60 * MINUTE).next().await;
    assert_eq!(too_long.unwrap_err().kind(), ErrorKind::InvalidArgument);
}
