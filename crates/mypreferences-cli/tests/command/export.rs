//! `export` and what can be done with its folder.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use mypreferences_mock::{Action, Answer, Apply, ExportKind, MockService, Operation, Rule, Source};
use serde_json::Value;

use crate::support::{
    Finished, SEGMENT, TemporaryFolder, applied, bare, export_service, folder, keys, landed_lines, program, sent,
    visible_batches, wait_for,
};

const KEEP: [&str; 2] = ["--keep-files", "true"];
const NEVER: [&str; 2] = ["--commit", "never"];

/// `export COMMAND DIR`, without credentials.
fn on(out: &Path, command: &str, options: &[&str]) -> Finished {
    bare().args(["export", command]).args([out]).args(options).run()
}

fn states(out: &Path) -> Vec<String> {
    let list = on(out, "list", &["--json"]).exits(0).json();
    list["batches"].as_array().unwrap().iter().map(|batch| batch["state"].as_str().unwrap().to_owned()).collect()
}

/// The body of the newest Initiate.
fn initiated(service: &MockService) -> Value {
    let requests = service.requests_for(Operation::Initiate);
    serde_json::from_slice(&requests.last().unwrap().body).unwrap_or(Value::Null)
}

/// A folder with one batch that is sealed and not committed.
fn sealed(service: &MockService) -> TemporaryFolder {
    let out = folder();
    program(service).export(&out, &NEVER).run().exits(0);
    out
}

#[test]
fn an_export_is_landed_sealed_and_committed_and_a_person_reads_one_line() {
    let service = export_service(2500);
    let out = folder();
    let finished = program(&service).export(&out, &["--keep-files", "false"]).run().exits(0);
    assert_eq!(finished.stdout.lines().count(), 1, "{}", finished.stdout);
    assert!(finished.stdout.starts_with("landed: "), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("2,500 records in 1 part,")
            && finished.stdout.contains("committed; export files deleted, as asked"),
        "{}",
        finished.stdout
    );
    for line in ["starting the export", "sealing", "committing"] {
        assert!(finished.stderr.contains(line), "{line}: {}", finished.stderr);
    }
    assert_eq!(sent(&service, Operation::Page), 3);
    assert_eq!(applied(&service), 1);
    let batches = visible_batches(&out);
    assert_eq!(landed_lines(&batches[0]).len(), 2500);
    // Tokens stay in the journal.
    for export in service.world().exports() {
        let token = export.token.to_string();
        assert!(!finished.stderr.contains(&token) && !finished.stdout.contains(&token));
        for name in ["_manifest.json", "_receipt.json"] {
            assert!(!std::fs::read_to_string(batches[0].join(name)).unwrap().contains(&token));
        }
    }
}

#[test]
fn as_json_it_is_one_object_and_progress_none_is_silent() {
    let service = export_service(10);
    let out = folder();
    let finished = program(&service).export(&out, &KEEP).args(["--json", "--progress", "none"]).run().exits(0);
    assert_eq!(finished.stderr, "");
    let landed = finished.json();
    assert_eq!(landed["rows"], 10);
    assert_eq!(landed["is_new"], true);
    assert_eq!(landed["receipt"]["end"], "committed");
    assert_eq!(landed["receipt"]["keep_files"], true);
}

#[test]
fn an_empty_export_is_sealed_and_committed_too() {
    let service = export_service(0);
    let out = folder();
    program(&service).export(&out, &KEEP).run().exits(0);
    assert_eq!(applied(&service), 1);
    assert_eq!(states(&out), ["committed"]);
}

#[test]
fn the_same_command_again_prints_the_receipt_and_sends_nothing() {
    let service = export_service(10);
    let out = folder();
    let export = || program(&service).export(&out, &KEEP).args(["--json"]).run();
    let first = export().exits(0).json();
    let requests = service.requests().len();
    let again = export().exits(0).json();
    assert_eq!(again["is_new"], false);
    assert_eq!(again["receipt"], first["receipt"]);
    assert_eq!(again["manifest_sha256"], first["manifest_sha256"]);
    assert_eq!(service.requests().len(), requests);
    let told = program(&service).export(&out, &KEEP).run().exits(0);
    assert!(told.stdout.starts_with("landed before, nothing was sent: "));
}

#[test]
fn since_auto_goes_on_from_the_watermark_minus_the_overlap() {
    let service = export_service(10);
    let out = folder();
    let export = |overlap: &[&str]| {
        program(&service)
            .export(&out, &["--since", "auto", "--keep-files", "true", "--json"])
            .args(overlap)
            .run()
            .exits(0)
            .json()
    };
    let first = export(&["--overlap", "10m"]);
    assert_eq!(initiated(&service)["LastDateTime"], Value::Null);
    let second = export(&["--overlap", "10m"]);
    assert_eq!(second["is_new"], true);
    assert_ne!(first["batch"], second["batch"]);
    let seconds = |text: &Value| {
        let text = text.as_str().unwrap();
        let shown = std::process::Command::new("date").args(["-u", "+%s", "-d", text]).output().unwrap();
        String::from_utf8(shown.stdout).unwrap().trim().parse::<i64>().unwrap()
    };
    let since = initiated(&service)["LastDateTime"].clone();
    assert_eq!(seconds(&since), seconds(&first["watermark"]) - 600);
    assert_eq!(second["since"], since);
    on(&out, "list", &[]).exits(0);
    let verified = bare().args(["verify"]).args([out.as_path()]).args(["--json"]).run().exits(0).json();
    assert_eq!(verified["batches"], 2);
    assert_eq!(verified["rows"], 20);
}

#[test]
fn every_way_to_narrow_it_down_reaches_the_server() {
    let service = export_service(10);
    let world = service.world();
    world.add_source(Source::new(ExportKind::Schedule, "Nightly", 4));
    world.add_source(Source::new(ExportKind::Cid, "", 4));
    let run = |options: &[&str]| {
        let out = folder();
        program(&service).args(["export", "--out"]).args([out.as_path()]).args(NEVER).args(options).run().exits(0);
        initiated(&service)
    };
    let body = run(&[
        "--segment",
        SEGMENT,
        "--since",
        "2026-11-24T06:25:53.042Z",
        "--match-criteria",
        "AlternateId",
        "--match-type",
        "Loyalty",
        "--value",
        "a",
        "b",
        "--value",
        "c",
        "--callback-url",
        "https://a.example/x",
    ]);
    assert_eq!(
        body,
        serde_json::json!({
            "LastDateTime": "2026-11-24T06:25:53.042Z", "MatchCriteria": "AlternateId", "MatchType": "Loyalty",
            "Values": ["a", "b", "c"], "CallbackURL": "https://a.example/x",
        })
    );
    run(&["--schedule", "Nightly", "--start-date", "2026-11-01", "--end-date", "2026-11-24"]);
    let query = service.requests_for(Operation::Initiate).last().unwrap().query().unwrap().to_owned();
    assert_eq!(query, "startDate=2026-11-01&endDate=2026-11-24");
    let body = run(&["--cid", "C1", "C2", "--channel", "Mail"]);
    assert_eq!(body["CID"], serde_json::json!(["C1", "C2"]));
    assert_eq!(body["Channels"], serde_json::json!(["Mail"]));
}

#[test]
fn parts_are_compressed_when_asked_for() {
    let service = export_service(500);
    let out = folder();
    program(&service)
        .export(&out, &["--compress", "zstd", "--limit", "100", "--max-memory", "1MiB", "--max-wait", "90s"])
        .args(KEEP)
        .run()
        .exits(0);
    let part = std::fs::read(visible_batches(&out)[0].join("part-00001.ndjson.zst")).unwrap();
    assert_eq!(part[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    assert_eq!(sent(&service, Operation::Page), 5);
    let verified = bare().args(["verify"]).args([out.as_path()]).args(["--json"]).run().exits(0).json();
    assert_eq!(verified["rows"], 500);
}

/// Options of an export beside `--out`, and what is said about them.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    ("--keep-files true", "exactly one of --segment"),
    ("--segment a --kind segment --keep-files true", "--segment, --segment-group, --schedule or --cid says"),
    ("--segment a --schedule b --keep-files true", "exactly one of --segment"),
    ("--segment a --cid b --keep-files true", "exactly one of --segment"),
    ("--segment= --keep-files true", "the name of what to export is empty"),
    ("--segment a\u{7}b --keep-files true", "control character"),
    ("--segment a", "--keep-files is missing; it has no default"),
    ("--segment a --commit after-seal", "--keep-files is missing"),
    ("--segment a --commit never --keep-files true", "leave one of the two out"),
    ("--segment a --keep-files True", "--keep-files must be true or false"),
    ("--segment a --keep-files true --commit now", "pass one of after-seal, never"),
    ("--segment a --keep-files true --compress gzip", "pass one of none, zstd"),
    ("--segment a --keep-files true --progress dots", "pass one of auto, bar, log, none"),
    ("--segment a --keep-files true --since yesterday", "--since is neither auto nor a moment"),
    ("--segment a --keep-files true --since 2026-11-24T06:25:53", "time zone"),
    ("--segment a --keep-files true --overlap 5m", "--overlap is for --since auto"),
    ("--segment a --keep-files true --since auto --overlap soon", "--overlap cannot be"),
    ("--schedule a --keep-files true --since auto", "since auto is for segments"),
    ("--cid a --keep-files true --since 2026-11-24T06:25:53Z", "are for segments"),
    ("--segment a --keep-files true --max-wait soon", "--max-wait cannot be"),
    ("--segment a --keep-files true --max-wait 0s", "max_wait is out of range"),
    ("--segment a --keep-files true --max-wait 800h", "max_wait is out of range"),
    ("--segment a --keep-files true --max-memory much", "--max-memory cannot be"),
    ("--segment a --keep-files true --max-memory 64KiB", "at least 1 MiB"),
    ("--segment a --keep-files true --part-size 1MB", "--part-size cannot be"),
    ("--segment a --keep-files true --limit 0", "--limit is no number of records"),
    ("--segment a --keep-files true --limit all", "--limit is no number of records"),
    ("--segment a --keep-files true --match-type x", "are for --match-criteria"),
    ("--segment a --keep-files true --value x", "are for --match-criteria"),
    ("--segment a --keep-files true --match-criteria ProfileId", "has no Values"),
    ("--segment a --keep-files true --match-criteria Name --value x", "pass ProfileId,"),
    ("--segment a --keep-files true --match-criteria AlternateId --value x", "needs a MatchType"),
    ("--segment a --keep-files true --callback-url ftp://a", "CallbackURL is no http"),
    ("--segment a --keep-files true --start-date 2026-11-24", "pass both or none"),
    ("--schedule a --keep-files true --start-date 24.11. --end-date 2026-11-24", "startDate is no day"),
    ("--segment a --keep-files true --channel Mail", "Channels are for customers"),
    ("--segment a --keep-files true --segment b", "is given more than once"),
    ("--segment a --keep-files true --nonsense", "there is no option --nonsense"),
];

/// Other command lines.
#[rustfmt::skip]
const REFUSED_WITHOUT_A_FOLDER: &[(&str, &str)] = &[
    ("export --segment a --keep-files true", "--out is missing"),
    ("export --segment a --keep-files true --out=", "--out lacks a value"),
    ("export list", "an argument of the command is missing"),
    ("export forget x", "export has no such command"),
    ("export --segment a list x", "take no options of an export"),
    ("export commit x", "--keep-files must be true or false"),
    ("verify", "an argument of the command is missing"),
];

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_sent_or_written() {
    let service = export_service(10);
    let out = folder();
    let place = out.join("out");
    for (options, says) in REFUSED {
        let finished = program(&service)
            .args(["export", "--json", "--out"])
            .args([place.as_path()])
            .args(options.split(' '))
            .run()
            .exits(64)
            .says(says);
        let error = finished.error("invalid_argument", 100);
        assert_eq!(error["sent"], "not_sent", "{options}");
    }
    for (line, says) in REFUSED_WITHOUT_A_FOLDER {
        program(&service).args(line.split(' ')).run().exits(64).says(says);
    }
    assert_eq!(service.connections(), 0);
    assert!(!place.exists());
}

#[test]
fn a_folder_without_an_export_is_refused_by_every_command_that_looks_at_one() {
    let empty = folder();
    for command in ["list", "status", "abandon"] {
        on(&empty, command, &["--json"])
            .exits(64)
            .says("pass the folder that the export was landed in")
            .error("invalid_argument", 100);
    }
    on(&empty, "commit", &["--keep-files", "true"]).exits(64);
    bare().args(["verify"]).args([empty.as_path()]).run().exits(64);
    assert_eq!(std::fs::read_dir(empty.as_path()).unwrap().count(), 0);
}

#[test]
fn other_parameters_than_those_of_an_unfinished_batch_end_with_65() {
    let service = export_service(50);
    service.push_rule(Rule::new(Operation::Page, Action::status(404)).forever());
    let out = folder();
    program(&service).export(&out, &KEEP).args(["--limit", "10"]).run();
    service.clear_rules();
    for other in [&["--compress", "zstd"][..], &["--since", "2026-11-24T06:25:53Z"], &["--since", "auto"]] {
        program(&service)
            .export(&out, &KEEP)
            .args(other)
            .args(["--json"])
            .run()
            .exits(65)
            .error("output_conflict", 701);
    }
    program(&service)
        .args(["export", "--segment", "Another", "--keep-files", "true", "--out"])
        .args([out.as_path()])
        .run()
        .exits(65);
    assert_eq!(applied(&service), 0);
}

#[test]
fn a_folder_that_another_process_holds_ends_with_75() {
    let service = export_service(50);
    let hang = Action::Hang { apply: Apply::Never };
    service.push_rule(Rule::new(Operation::Page, hang));
    let out = folder();
    let running = program(&service).export(&out, &KEEP).stdout(Stdio::piped()).start();
    wait_for(&service, Operation::Page, 1);
    program(&service)
        .export(&out, &KEEP)
        .args(["--json"])
        .run()
        .exits(75)
        .says("run this next: mypreferences export --segment Everyone")
        .error("locked", 702);
    on(&out, "abandon", &[]).exits(75);
    // Looking takes no lock.
    assert_eq!(states(&out), ["landing"]);
    running.signal("TERM");
    running.finish().exits(75);
}

#[test]
fn a_failed_export_a_busy_server_and_a_wait_that_is_too_short_have_their_exit_codes() {
    let service = export_service(5);
    let failing = Source {
        ends: Some("Failed".to_owned()),
        processing: Duration::from_millis(1),
        ..Source::new(ExportKind::Segment, SEGMENT, 5)
    };
    service.world().add_source(failing);
    let out = folder();
    program(&service).export(&out, &KEEP).args(["--json"]).run().exits(69).error("export_failed", 800);
    assert_eq!(states(&out), ["abandoned"]);

    let slow = Source { processing: Duration::from_secs(3600), ..Source::new(ExportKind::Segment, SEGMENT, 5) };
    service.world().add_source(slow);
    let out = folder();
    program(&service)
        .export(&out, &KEEP)
        .args(["--max-wait", "100ms", "--json"])
        .run()
        .exits(75)
        .says("waiting: status Processing; next question in")
        .says("run this next: mypreferences export")
        .error("wait_timed_out", 802);

    // Another count than the server said.
    let service = export_service(5);
    let short = Answer::json(
        200,
        r#"{"Count":1,"HasMore":false,"Limit":1000,"Offset":1,"TotalResults":2,"Preferences":[{"CID":"1"}]}"#,
    );
    service.push_rule(Rule::new(Operation::Page, Action::answer(short)).forever());
    let out = folder();
    program(&service).export(&out, &KEEP).args(["--json"]).run().exits(65).error("count_mismatch", 813);
    assert_eq!(sent(&service, Operation::Commit), 0);

    let service = export_service(5);
    let out = folder();
    program(&service).without("SECRET").export(&out, &KEEP).run().exits(78);
    program(&service).env("SECRET", "another").export(&out, &KEEP).run().exits(77);
    service.push_rule(Rule::new(Operation::Initiate, Action::status(404)));
    program(&service).export(&out, &KEEP).run().exits(66);
}

#[test]
fn an_outage_is_told_as_long_as_it_is_borne_and_its_end_is_where_the_command_goes_on() {
    let service = export_service(50);
    let away = Rule::new(Operation::Page, Action::status(503)).forever();
    service.push_rule(away.skip(2));
    let out = folder();
    let limit = ["--limit", "10"];
    let finished = program(&service)
        .export(&out, &KEEP)
        .args(limit)
        .args(["--patience", "2s", "--json"])
        .run()
        .exits(69)
        .says("the service does not answer (service_unavailable); trying again until ");
    finished.error("service_unavailable", 503);
    assert!(finished.stderr.contains("borne for 2 s"), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("trying again until").count(), 1);
    service.clear_rules();
    program(&service).export(&out, &KEEP).args(limit).run().exits(0);
    assert_eq!(sent(&service, Operation::Initiate), 1);
    assert_eq!(landed_lines(&visible_batches(&out)[0]).len(), 50);
}

#[test]
fn status_tells_what_the_folder_says_and_asks_the_server_where_it_can() {
    let service = export_service(5);
    let out = sealed(&service);
    let told = program(&service).args(["export", "status"]).args([out.as_path()]).run().exits(0);
    assert!(told.stdout.contains("sealed") && told.stdout.contains("the server says Complete"), "{}", told.stdout);
    let value = program(&service).args(["export", "status", "--json"]).args([out.as_path()]).run().exits(0).json();
    assert_eq!(keys(&value), ["batch", "server", "server_error"]);
    assert_eq!(value["batch"]["state"], "sealed");
    assert_eq!(value["server"]["status"], "Complete");

    let alone = on(&out, "status", &["--json"]).exits(0).says("the server was not asked");
    assert_eq!(alone.json()["server"], Value::Null);
    service.push_rule(Rule::new(Operation::Status, Action::status(403)));
    let refused = program(&service).args(["export", "status", "--json"]).args([out.as_path()]).run().exits(77).json();
    assert_eq!(refused["server_error"]["kind"], "forbidden");
    assert_eq!(refused["batch"]["state"], "sealed");

    // A finished one is not asked about.
    program(&service).args(["export", "commit", "--keep-files", "true"]).args([out.as_path()]).run().exits(0);
    let asked = sent(&service, Operation::Status);
    let done = program(&service).args(["export", "status", "--json"]).args([out.as_path()]).run().exits(0).json();
    assert_eq!(done["batch"]["state"], "committed");
    assert_eq!(sent(&service, Operation::Status), asked);
}

#[test]
fn sealed_batches_are_committed_later_the_oldest_first() {
    let service = export_service(5);
    let out = folder();
    for _ in 0..2 {
        program(&service).export(&out, &["--since", "auto"]).args(NEVER).run().exits(0);
    }
    assert_eq!(states(&out), ["sealed", "sealed"]);
    let commit = || {
        program(&service)
            .args(["export", "commit", "--keep-files", "false", "--json"])
            .args([out.as_path()])
            .run()
            .exits(0)
            .json()
    };
    let value = commit();
    let batches: Vec<&str> = value["committed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|done| {
            assert_eq!(done["receipt"]["end"], "committed");
            done["batch"].as_str().unwrap()
        })
        .collect();
    let mut in_order = batches.clone();
    in_order.sort_unstable();
    assert_eq!(batches, in_order);
    let tokens: Vec<_> = service.requests_for(Operation::Commit).iter().map(|request| request.token).collect();
    let begun: Vec<_> = service.requests_for(Operation::Page).iter().map(|request| request.token).collect();
    assert_eq!(tokens, begun);
    assert_eq!(applied(&service), 2);
    // Nothing is left, and nothing is sent.
    assert_eq!(commit()["committed"], serde_json::json!([]));
    assert_eq!(sent(&service, Operation::Commit), 2);
}

#[test]
fn a_batch_that_does_not_match_its_hash_is_not_committed_and_not_verified() {
    let service = export_service(5);
    let out = sealed(&service);
    let part = visible_batches(&out)[0].join("part-00001.ndjson");
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    bare().args(["verify", "--json"]).args([out.as_path()]).run().exits(65).error("corrupt", 703);
    for _ in 0..2 {
        program(&service)
            .args(["export", "commit", "--keep-files", "false", "--json"])
            .args([out.as_path()])
            .run()
            .exits(65)
            .error("corrupt", 703);
    }
    program(&service).export(&out, &["--keep-files", "false"]).run().exits(65);
    assert_eq!(sent(&service, Operation::Commit), 0);
    std::fs::remove_file(visible_batches(&out)[0].join("_manifest.json")).unwrap();
    program(&service)
        .args(["export", "commit", "--keep-files", "false", "--json"])
        .args([out.as_path()])
        .run()
        .exits(65)
        .error("not_sealed", 812);
}

#[test]
fn an_unfinished_batch_is_given_up_and_the_next_export_begins_anew() {
    let service = export_service(50);
    service.push_rule(Rule::new(Operation::Page, Action::status(403)).forever());
    let out = folder();
    program(&service).export(&out, &KEEP).run();
    let given_up = on(&out, "abandon", &["--json"]).exits(0).json();
    assert_eq!(given_up["state"], "abandoned");
    on(&out, "abandon", &[]).exits(64).says("no unfinished batch");
    service.clear_rules();
    program(&service).export(&out, &KEEP).run().exits(0);
    assert_eq!(states(&out), ["abandoned", "committed"]);
    assert_eq!(sent(&service, Operation::Initiate), 2);
    let told = on(&out, "list", &[]).exits(0).stdout;
    assert!(told.contains("given up: by the caller"), "{told}");
}

#[test]
fn an_export_that_expired_before_its_commit_is_landed_all_the_same_and_says_so() {
    let service = export_service(5);
    let out = sealed(&service);
    let token = service.requests_for(Operation::Page)[0].token.unwrap();
    service.set_status(token, "Expired");
    let landed = program(&service)
        .export(&out, &["--keep-files", "false", "--json"])
        .run()
        .exits(0)
        .says("over without a commit that is known");
    // Once.
    assert_eq!(landed.stderr.matches("the token is over").count(), 1);
    assert_eq!(landed.json()["receipt"]["end"], "expired");
    assert_eq!(sent(&service, Operation::Commit), 0);
}

#[test]
fn the_manual_pages_and_completions_know_the_commands() {
    for command in ["export", "verify"] {
        let page = bare().args(["man", command]).run().exits(0).stdout;
        assert!(page.contains(".TH"), "{command}");
    }
    let completions = bare().args(["completions", "bash"]).run().exits(0).stdout;
    assert!(completions.contains("--match-criteria") && completions.contains("verify"));
    let help = bare().args(["export", "--help"]).run().exits(0).stdout;
    for part in ["--segment <NAME>", "--since <TIME|auto>", "75  unfinished", "de-duplicate"] {
        assert!(help.contains(part), "{part}");
    }
}

/// As somebody copies them, in a folder of their own.
#[test]
fn the_commands_of_the_page_about_exports_do_what_it_says() {
    let page = include_str!("../../../../docs/export.md");
    let (_, rest) = page.split_once("```sh\n").unwrap();
    let (commands, _) = rest.split_once("```\n").unwrap();
    let service = export_service(20);
    let here = folder();
    let script = format!("set -e; cd \"$HERE\"; mypreferences() {{ \"$PROGRAM\" \"$@\"; }}\n{commands}");
    let finished = program(&service).foreign_env("HERE", here.to_str().unwrap()).in_a_shell(&script).run().exits(0);
    assert_eq!(finished.stdout.lines().count(), 5, "{}", finished.stdout);
    assert!(finished.stdout.contains("verified: 1 sealed batch"), "{}", finished.stdout);
    assert_eq!(states(&here.join("people")), ["committed"]);
}

#[test]
fn parts_may_be_parquet_and_a_folder_of_lines_becomes_one() {
    let service = export_service(300);
    let (lines_at, parts_at, again_at) = (folder(), folder(), folder());
    program(&service).export(&lines_at, &NEVER).run().exits(0);
    let parquet = ["--format", "parquet", "--keep-files", "true"];
    program(&service).export(&parts_at, &parquet).run().exits(0);
    assert_eq!(landed_lines(&visible_batches(&parts_at)[0]), landed_lines(&visible_batches(&lines_at)[0]));
    let listed = |out: &Path| on(out, "list", &["--json"]).exits(0).json()["batches"][0]["format"].clone();
    assert_eq!([listed(&lines_at), listed(&parts_at)], ["ndjson", "parquet"]);
    assert!(on(&parts_at, "list", &[]).exits(0).stdout.contains("1 part (parquet)"));
    let verified = bare().args(["verify"]).args([&*parts_at]).args(["--json"]).run().exits(0).json();
    assert_eq!(verified["rows"], 300);

    // What was begun as lines is not gone on with as something else.
    let other = program(&service).export(&lines_at, &parquet).args(["--json"]).run().exits(65);
    let error = other.error("output_conflict", 701);
    let told = error["detail"].as_str().unwrap();
    assert!(told.ends_with("is not finished: format is ndjson there and parquet now"), "{told}");

    let convert = |to: &Path| {
        bare()
            .args(["export", "convert"])
            .args([&*lines_at])
            .args(["--to", "parquet"])
            .args([to])
            .args(["--json"])
            .run()
    };
    let converted = convert(&again_at).exits(0).json();
    assert_eq!((&converted["batches"], &converted["rows"]), (&1.into(), &300.into()));
    assert_eq!(convert(&again_at).exits(0).json()["already"], 1);
    assert_eq!(landed_lines(&visible_batches(&again_at)[0]), landed_lines(&visible_batches(&lines_at)[0]));
    convert(&lines_at).exits(64).error("invalid_argument", 100);
    program(&service)
        .export(&folder(), &["--format", "parquet", "--compress", "zstd", "--keep-files", "true", "--json"])
        .run()
        .exits(64)
        .error("invalid_argument", 100);
    program(&service).export(&folder(), &["--shape", "json", "--keep-files", "true"]).run().exits(64).says("--format");
}

#[test]
fn the_columns_of_an_export_are_told_without_an_account() {
    let schema = |options: &[&str]| bare().args(["schema"]).args(options).run().exits(0);
    let preferences = schema(&["--kind", "segment", "--json"]).json();
    assert_eq!(preferences["records"], "PreferenceWithOperation");
    assert_eq!(preferences["columns"][0], serde_json::json!({"name": "_row", "type": "int64"}));
    let profiles = schema(&["--surface", "v4", "--shape", "typed"]);
    let emails = profiles.stdout.lines().skip_while(|line| !line.starts_with("Emails ")).nth(1).unwrap();
    assert!(emails.starts_with("  "), "{}", profiles.stdout);
    let flat = schema(&["--surface", "v4", "--shape", "json", "--record", "drop"]);
    assert!(!flat.stdout.contains("_record") && !flat.stdout.contains(" list"), "{}", flat.stdout);
    assert!(schema(&["--kind", "schedule"]).stdout.contains("Headers"));
}
