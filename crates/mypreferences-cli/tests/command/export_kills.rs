//! `kill -9` at random moments, from the first instruction to the commit's answer, again and again, until the command
//! ends by itself: then the records are the server's, and one commit was applied.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use mypreferences::landing::Folder;
use mypreferences_mock::{Action, ExportKind, MockConfig, MockService, Operation, Rule, Source};
use serde_json::value::RawValue;

use crate::support::{CLIENT_ID, Program, SEGMENT, applied, bare, folder, landed_lines, visible_batches};

/// How often is killed in the ordinary test run; `MYPREFERENCES_TEST_KILLS` says otherwise.
const KILLS: u32 = 200;
/// Several parts from some thousand records.
const PART_SIZE: &str = "150000";
/// A run that is not killed takes about so long; kills come up to then.
const RUN: Duration = Duration::from_millis(300);

#[test]
fn a_program_that_is_killed_at_any_moment_ends_with_the_servers_records_and_one_commit() {
    let wanted: u32 =
        std::env::var("MYPREFERENCES_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let threads = 2;
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || kill(thread, wanted.div_ceil(threads)))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (mut kills, mut exports, mut found, mut formats) = (0, 0, BTreeMap::new(), BTreeMap::new());
    for tally in tallies {
        kills += tally.kills;
        exports += tally.exports;
        for (state, count) in tally.found {
            *found.entry(state).or_insert(0) += count;
        }
        for (format, count) in tally.formats {
            *formats.entry(format).or_insert(0) += count;
        }
    }
    println!("{kills} kills, {exports} exports, {formats:?}; found after a kill: {found:?}");
    assert!(kills >= wanted);
}

#[derive(Default)]
struct Tally {
    kills: u32,
    exports: u32,
    /// What the folder said after a kill, and how often.
    found: BTreeMap<String, u32>,
    /// How many exports were landed as what.
    formats: BTreeMap<&'static str, u32>,
}

fn kill(thread: u32, wanted: u32) -> Tally {
    let mut random = fastrand::Rng::with_seed(u64::from(thread) + 1);
    let mut tally = Tally::default();
    while tally.kills < wanted {
        one_export(&mut random, &mut tally);
        tally.exports += 1;
    }
    tally
}

/// One export into a folder of its own, of a service of its own.
fn one_export(random: &mut fastrand::Rng, tally: &mut Tally) {
    let rows = random.u64(0..2500);
    let service = MockService::start_blocking(MockConfig::default().client_id(CLIENT_ID)).unwrap();
    let source = Source::new(ExportKind::Segment, SEGMENT, rows);
    service.world().add_source(source);
    slow_down(&service);
    let out = folder();
    let format = if random.bool() { "ndjson" } else { "parquet" };
    let before = tally.kills;
    loop {
        // A folder that is killed too often would never end.
        let patience = RUN * (1 + (tally.kills - before) / 8);
        let mut running = command(&service, &out).args(["--format", format]).start();
        std::thread::sleep(patience.mul_f64(random.f64()));
        let _ = running.0.kill();
        let finished = running.0.wait().unwrap();
        if finished.signal() == Some(9) {
            tally.kills += 1;
            *tally.found.entry(state(&out)).or_insert(0) += 1;
            continue;
        }
        if finished.code() != Some(0) {
            let mut stderr = String::new();
            running.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
            panic!("ended with {finished}: {stderr}");
        }
        break;
    }
    *tally.formats.entry(format).or_insert(0) += 1;
    check(&service, &out, rows);
}

/// So that a kill finds every stage: the loopback is too fast for that.
fn slow_down(service: &MockService) {
    for (on, pause) in
        [(Operation::Initiate, 20), (Operation::Status, 10), (Operation::Page, 20), (Operation::Commit, 30)]
    {
        let late = Action::answer_late(Duration::from_millis(pause));
        service.push_rule(Rule::new(on, late).forever());
    }
}

fn command(service: &MockService, out: &Path) -> Program {
    bare()
        .env("BASE_URL", &service.base_url())
        .env("AUTHORIZATION", "made-up")
        .export(out, &["--keep-files", "false", "--limit", "100", "--progress", "none"])
        .args(["--parallel", "8", "--part-size", PART_SIZE])
        .stdout(Stdio::null())
}

/// What a person would see after the kill.
fn state(out: &Path) -> String {
    match Folder::new(out).batches() {
        Ok(batches) => batches.last().map_or_else(
            || "an empty journal".to_owned(),
            |batch| {
                let has_parts = batch.parts > 0 && batch.state.name() == "landing";
                let more = if has_parts { " with parts" } else { "" };
                format!("{}{more}", batch.state.name())
            },
        ),
        Err(_) => "no journal".to_owned(),
    }
}

fn check(service: &MockService, out: &Path, rows: u64) {
    assert_eq!(applied(service), 1);
    let exports = service.world().exports();
    let export = exports.iter().find(|export| !export.commits.is_empty()).unwrap();
    assert!(!export.files_kept);
    // The files come back, so that what the server had can be read once more.
    assert!(service.set_status(export.token, "Complete"));
    let batches = visible_batches(out);
    assert_eq!(batches.len(), 1, "{batches:?}");
    let landed = landed_lines(&batches[0]);
    assert_eq!(landed.len() as u64, rows);
    assert!(landed == records(service, export.token), "other records");
    assert!(batches[0].join("_receipt.json").exists());
    let left = std::fs::read_dir(out.join(".staging")).unwrap().count();
    assert_eq!(left, 0, "something is left in .staging");
    bare().args(["verify"]).args([out]).run().exits(0);
}

/// The server's own bytes, by a client that knows nothing of ours.
fn records(service: &MockService, token: i64) -> Vec<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        preferences: Vec<Box<RawValue>>,
    }
    service.clear_rules();
    let mut stream = TcpStream::connect(("127.0.0.1", service.port())).unwrap();
    write!(
        stream,
        "GET /{CLIENT_ID}/export/Segment/{token}?limit=1000000&offset=1&keepAlive=true HTTP/1.1\r\n\
         Host: 127.0.0.1\r\nAuthorization: made-up\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let page: Page = serde_json::from_str(body).unwrap();
    page.preferences.iter().map(|record| record.get().to_owned()).collect()
}

/// A conversion has no journal: what is seen is whole, and the same command goes on.
#[test]
fn a_conversion_that_is_killed_at_any_moment_is_continued() {
    let service = MockService::start_blocking(MockConfig::default().client_id(CLIENT_ID)).unwrap();
    service.world().add_source(Source::new(ExportKind::Segment, SEGMENT, 2500));
    let (lines, parts) = (folder(), folder());
    let auto = ["--keep-files", "true", "--since", "auto", "--progress", "none", "--part-size", PART_SIZE];
    for format in ["ndjson", "ndjson", "parquet"] {
        let export = bare().env("BASE_URL", &service.base_url()).env("AUTHORIZATION", "made-up").export(&lines, &auto);
        export.args(["--format", format]).run().exits(0);
    }
    let convert = || bare().args(["export", "convert"]).args([&*lines]).args(["--to", "parquet"]).args([&*parts]);
    let mut random = fastrand::Rng::with_seed(3);
    let mut kills = 0;
    for _ in 0..40 {
        let mut running = convert().stdout(Stdio::null()).start();
        std::thread::sleep(RUN.mul_f64(random.f64()));
        let _ = running.0.kill();
        if running.0.wait().unwrap().signal() == Some(9) {
            kills += 1;
        } else {
            // Done before it was killed: from the beginning.
            std::fs::remove_dir_all(&*parts).unwrap();
        }
        for batch in if parts.exists() { visible_batches(&parts) } else { Vec::new() } {
            assert!(batch.join("_manifest.json").exists(), "a batch is seen before it is whole");
        }
    }
    convert().run().exits(0);
    println!("{kills} kills");
    assert!(kills > 3, "{kills}");
    bare().args(["verify"]).args([&*parts]).run().exits(0);
    let of = |out: &Path| visible_batches(out).iter().map(|batch| landed_lines(batch)).collect::<Vec<_>>();
    assert!(of(&lines) == of(&parts), "other records");
    for batch in visible_batches(&parts) {
        let read = |out: &Path| std::fs::read(out.join(batch.file_name().unwrap()).join("_receipt.json")).unwrap();
        assert_eq!(read(&parts), read(&lines));
    }
}
