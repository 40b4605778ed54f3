//! Landing on the real disk against the mock service: edges of the issue that the model and the suite do not play.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mypreferences::export::ExportRequest;
use mypreferences::landing::{BatchState, CommitEnd, CommitPolicy, Compression, Folder, Landed, PageLimit};
use mypreferences::{CancelToken, Client, Error, ErrorKind};
use mypreferences_mock::{Action, MockConfig, MockService, OpenScenario, Operation, Rule};

use crate::support::{CLIENT_ID, SECRET, USER_ID, builder, trace};

const DELETE: CommitPolicy = CommitPolicy::AfterSeal { keep_files: false };

/// A folder of a test's own, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mypreferences-landing-{}-{n}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Scratch(folder)
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Service {
    _mock: MockService,
    opened: OpenScenario,
}

impl Service {
    async fn of(rows: u32) -> Service {
        Service::over(rows, "{}").await
    }

    /// With this line.
    async fn over(rows: u32, line: &str) -> Service {
        trace();
        let mock = MockService::start(MockConfig::default()).await.unwrap();
        let spec = format!(
            r#"{{"client_id":"{CLIENT_ID}","authorization":{{"hmac":{{"user_id":"{USER_ID}","secret":"{SECRET}"}}}},
                "sources":[{{"kind":"segment","name":"Everyone","rows":{rows}}}],"line":{line}}}"#
        );
        let opened = mock.open_scenario(&spec).unwrap();
        Service { _mock: mock, opened }
    }

    fn client(&self) -> Client {
        builder(&self.opened.base_url()).build().unwrap()
    }

    fn count(&self, operation: Operation) -> usize {
        let requests = self.opened.world().requests();
        requests.iter().filter(|request| request.operation == Some(operation)).count()
    }

    /// What the last Initiate asked for.
    fn last_initiate(&self) -> serde_json::Value {
        let requests = self.opened.world().requests();
        let body = requests
            .iter()
            .rfind(|request| request.operation == Some(Operation::Initiate))
            .map(|request| request.body.clone())
            .unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}

async fn export(client: &Client, out: &Path) -> Result<Landed, Error> {
    client.export(ExportRequest::segment("Everyone"), out, DELETE).limit(100).await
}

fn lines(landed: &Landed) -> Vec<String> {
    let mut lines = Vec::new();
    for part in &landed.manifest.parts {
        let text = std::fs::read(landed.folder().join(&part.file)).unwrap();
        let text = String::from_utf8(text).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

#[tokio::test]
async fn the_batch_after_goes_on_at_the_watermark_minus_the_overlap() {
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let client = service.client();
    let next = || {
        client
            .export(ExportRequest::segment("Everyone"), scratch.out(), DELETE)
            .since_auto(Some(Duration::from_secs(60)))
    };
    let first = next().await.unwrap();
    assert!(service.last_initiate()["LastDateTime"].is_null());
    let second = next().await.unwrap();
    let since: jiff_like::Moment = service.last_initiate()["LastDateTime"].as_str().unwrap().into();
    assert_eq!(since.ms, first.manifest.watermark_ms - 60_000);
    assert_eq!(second.manifest.previous.as_deref(), Some(first.sealed.batch()));
    let verified = Folder::new(scratch.out()).verify(|_| {}).unwrap();
    assert_eq!((verified.batches, verified.rows), (2, 6));
}

/// A moment of the vendor's form, read without the client's code.
mod jiff_like {
    pub(super) struct Moment {
        pub(super) ms: i64,
    }

    impl From<&str> for Moment {
        fn from(text: &str) -> Moment {
            let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
            let (year, month, day) = (number(0..4), number(5..7), number(8..10));
            // Days since the epoch, by the civil calendar.
            let (shifted, month_index) = (year - i64::from(month <= 2), (month + 9) % 12);
            let era = shifted.div_euclid(400);
            let of_era = shifted.rem_euclid(400);
            let of_year = (153 * month_index + 2) / 5 + day - 1;
            let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
            let seconds = number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
            Moment { ms: (days * 86_400 + seconds) * 1000 + number(20..23) }
        }
    }
}

#[tokio::test]
async fn compressed_parts_hold_the_same_lines() {
    let (service, scratch) = (Service::of(250).await, Scratch::new());
    let plain = export(&service.client(), &scratch.out()).await.unwrap();
    let compressed = service
        .client()
        .export(ExportRequest::segment("Everyone"), scratch.0.join("compressed"), DELETE)
        .compression(Compression::Zstd)
        .await
        .unwrap();
    let part = &compressed.manifest.parts[0];
    assert_eq!(part.file, "part-00001.ndjson.zst");
    let bytes = std::fs::read(compressed.folder().join(&part.file)).unwrap();
    let text = String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap();
    assert_eq!(text.lines().count(), 250);
    assert_eq!(lines(&plain).len(), 250);
    assert!(part.bytes < plain.manifest.parts[0].bytes);
    Folder::new(scratch.0.join("compressed")).verify(|_| {}).unwrap();
}

#[tokio::test]
async fn a_cancelled_landing_keeps_its_pages_and_the_same_call_goes_on() {
    let (service, scratch) = (Service::of(1000).await, Scratch::new());
    let cancel = CancelToken::new();
    let at_page = cancel.clone();
    let stopped = service
        .client()
        .export(ExportRequest::segment("Everyone"), scratch.out(), DELETE)
        .limit(100)
        .cancel_token(cancel)
        .on_progress(move |now| {
            if now.rows >= 300 {
                at_page.cancel();
            }
        })
        .await
        .unwrap_err();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
    let before = Folder::new(scratch.out()).batches().unwrap();
    assert_eq!(before[0].state, BatchState::Landing);
    assert!(before[0].rows >= 300, "{}", before[0].rows);
    let landed = export(&service.client(), &scratch.out()).await.unwrap();
    assert_eq!(lines(&landed).len(), 1000);
    assert_eq!(service.count(Operation::Initiate), 1);
    assert_eq!(service.count(Operation::Commit), 1);
}

#[tokio::test]
async fn another_call_that_holds_the_folder_is_waited_for_by_the_caller() {
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let client = service.client();
    let out = scratch.out();
    service.opened.world().push_rule(Rule::new(
        Operation::Status,
        Action::Delay { pause: Duration::from_millis(1500), then: Box::new(Action::Normal) },
    ));
    let (one, two) = tokio::join!(export(&client, &out), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        export(&client, &out).await
    });
    one.unwrap();
    let error = two.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
}

#[tokio::test]
async fn a_part_that_was_changed_after_the_seal_is_never_committed() {
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let landed =
        service.client().export(ExportRequest::segment("Everyone"), scratch.out(), CommitPolicy::Never).await.unwrap();
    let part = landed.folder().join(&landed.manifest.parts[0].file);
    let text = std::fs::read(&part).unwrap();
    std::fs::write(&part, &text[1..]).unwrap();
    let error = service.client().commit_landed(&landed.sealed, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let verified = Folder::new(scratch.out()).verify(|_| {}).unwrap_err();
    assert_eq!(verified.kind(), ErrorKind::Corrupt);
    std::fs::write(&part, &text).unwrap();
    let receipt = service.client().commit_landed(&landed.sealed, false).await.unwrap();
    assert_eq!(receipt.end, CommitEnd::Committed);
    // Once more: the receipt, and nothing sent.
    let again = service.client().commit_landed(&landed.sealed, false).await.unwrap();
    assert_eq!(again, receipt);
    assert_eq!(service.count(Operation::Commit), 1);
}

#[tokio::test]
async fn a_manifest_that_is_not_the_sealed_one_is_no_proof() {
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let landed =
        service.client().export(ExportRequest::segment("Everyone"), scratch.out(), CommitPolicy::Never).await.unwrap();
    let file = landed.folder().join("_manifest.json");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push('\n');
    std::fs::write(&file, text).unwrap();
    let error = service.client().commit_landed(&landed.sealed, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSealed);
    assert_eq!(service.count(Operation::Commit), 0);
}

#[tokio::test]
async fn batches_whose_journal_is_gone_are_refused_unless_they_have_receipts() {
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let client = service.client();
    client.export(ExportRequest::segment("Everyone"), scratch.out(), CommitPolicy::Never).await.unwrap();
    std::fs::remove_dir_all(scratch.out().join(".mypreferences")).unwrap();
    let error = export(&client, &scratch.out()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("journal"), "{error}");
}

#[tokio::test]
async fn a_token_that_expires_after_the_seal_leaves_the_data_and_says_so() {
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let client = service.client();
    let landed = client.export(ExportRequest::segment("Everyone"), scratch.out(), CommitPolicy::Never).await.unwrap();
    let expire = Action::SetStatus("Expired".to_owned());
    service.opened.world().push_rule(Rule::new(Operation::Status, expire));
    let receipt = client.commit_landed(&landed.sealed, false).await.unwrap();
    assert_eq!(receipt.end, CommitEnd::Expired);
    assert!(!receipt.files_are_as_asked());
    assert_eq!(service.count(Operation::Commit), 0);
}

#[tokio::test]
async fn folders_are_their_owners_and_the_journal_too() {
    use std::os::unix::fs::PermissionsExt;
    let (service, scratch) = (Service::of(3).await, Scratch::new());
    let landed = export(&service.client(), &scratch.out()).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in [scratch.out(), scratch.out().join(".mypreferences"), landed.folder()] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    assert_eq!(mode(&scratch.out().join(".mypreferences/journal")), 0o600);
}

/// What pages were asked for, limit and offset, in their order.
fn pages_of(service: &Service) -> Vec<(u32, u64)> {
    let requests = service.opened.world().requests();
    let pages = requests.iter().filter(|request| request.operation == Some(Operation::Page));
    let number = |target: &str, name: &str| -> u64 {
        let (_, rest) = target.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().parse().unwrap()
    };
    pages.map(|page| (u32::try_from(number(&page.target, "limit")).unwrap(), number(&page.target, "offset"))).collect()
}

/// Lands all rows with a size that is found by trying.
async fn tried(service: &Service, parallel: u32) -> Vec<(u32, u64)> {
    let scratch = Scratch::new();
    let client = builder(&service.opened.base_url()).parallel(parallel).build().unwrap();
    let landing = client.export(ExportRequest::segment("Everyone"), scratch.out(), DELETE).limit(PageLimit::Auto);
    let landed = landing.await.unwrap();
    assert_eq!(landed.rows(), landed.manifest.total_results);
    pages_of(service)
}

#[tokio::test]
async fn pages_grow_while_that_is_faster() {
    let service = Service::over(60_000, r#"{"page_latency_ms":250}"#).await;
    let asked = tried(&service, 4).await;
    assert!(asked.iter().any(|(limit, _)| *limit >= 4000), "{asked:?}");
    assert!(asked.len() < 40, "{asked:?}");
}

#[tokio::test]
async fn a_server_that_gives_no_more_than_it_gives_is_read_to_the_end() {
    let service = Service::over(30_000, r#"{"page_latency_ms":10,"largest_limit":1000}"#).await;
    let asked = tried(&service, 4).await;
    // Those that were predicted wrong come again.
    assert!((30..60).contains(&asked.len()), "{asked:?}");
}

#[tokio::test]
async fn the_first_refusal_of_a_larger_page_leads_back() {
    let service = Service::over(12_000, r#"{"page_latency_ms":20}"#).await;
    let refused = Rule::new(Operation::Page, Action::status(400)).skip(4);
    service.opened.world().push_rule(refused);
    let asked = tried(&service, 1).await;
    assert_eq!(asked[4..6], [(2000, 4001), (1000, 4001)]);
    assert!(asked[5..].iter().all(|(limit, _)| *limit == 1000), "{asked:?}");
}
