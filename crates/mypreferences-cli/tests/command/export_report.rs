//! `export report`, and the line of coverage in `export list`: what they say of folders as they come, and what they never say.

use std::path::Path;
use std::time::Duration;

use mypreferences_mock::{Action, Answer, Delivery, ExportKind, MockService, Operation, Rule, Source};
use serde_json::{Value, json};

use crate::support::{Finished, LONG, bare, export_service, folder, program, visible_batches, wait_for};

const DELETE: &[&str] = &["--keep-files", "false"];
const KEEP: &[&str] = &["--keep-files", "true"];

fn land(service: &MockService, out: &Path, options: &[&[&str]]) -> Finished {
    program(service).export(out, &options.concat()).run()
}

fn facts(out: &Path) -> Value {
    bare().args(["export", "report", "--json"]).args([out]).run().exits(0).json()
}

fn page(out: &Path) -> String {
    let page = bare().args(["export", "report"]).args([out]).run().exits(0).stdout;
    assert!(page.starts_with("<!DOCTYPE html>"));
    for never in ["<script", "http://", "https://", "url(h"] {
        assert!(!page.contains(never), "{never}");
    }
    page
}

fn list(out: &Path) -> String {
    bare().args(["export", "list"]).args([out]).run().exits(0).stdout
}

/// A moment after the watermark of what was landed just now.
fn later() -> String {
    std::thread::sleep(Duration::from_millis(2_100));
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[test]
fn an_ordinary_folder_is_covered_and_says_what_may_be_claimed() {
    let service = export_service(2_500);
    let out = folder();
    land(&service, &out, &[&["--since", "auto"], DELETE]).exits(0);
    later();
    land(&service, &out, &[&["--since", "auto"], KEEP]).exits(0);
    let told = facts(&out);
    let batches = told["batches"].as_array().unwrap();
    assert_eq!(told["coverage"]["until"], batches[1]["watermark"]);
    assert_eq!(told["coverage"]["batch"], batches[1]["batch"]);
    assert_eq!(told["coverage"]["gaps"], json!([]));
    assert_eq!(told["attention"], json!([]));
    assert_eq!(told["rows"], 5_000);
    assert_eq!(told["identity"]["kind"], "segment");
    for (batch, files) in batches.iter().zip(["deleted", "kept"]) {
        assert_eq!(batch["chain"], "member");
        assert_eq!(batch["server_files"], files);
        assert_eq!(batch["certainty"], "certain");
        assert_eq!(batch["effort"]["failures"], 0);
        assert!(batch["records_per_second"].as_u64().unwrap() > 0);
        assert!(batch["begun_at"].as_str().unwrap() <= batch["sealed_at"].as_str().unwrap());
    }
    let page = page(&out);
    assert!(page.contains("Every change up to") && page.contains("deleted, as asked"), "{page}");
    assert!(page.contains("The parts were not read"));
    // The journal has the tokens; nothing that was made of it has.
    let journal = std::fs::read_to_string(out.join(".mypreferences/journal")).unwrap();
    for export in service.world().exports().iter().filter(|export| !export.commits.is_empty()) {
        let token = export.token.to_string();
        assert!(journal.contains(&token) && !page.contains(&token) && !told.to_string().contains(&token));
    }
    let line = list(&out).lines().last().unwrap().to_owned();
    assert_eq!(line, format!("coverage: everything up to {}", told["coverage"]["until"].as_str().unwrap()));
    // Into a file, whose name is what is printed.
    let file = out.join("report.html");
    let told = bare().args(["export", "report", "--verify", "--out"]).args([&file]).args([&*out]).run().exits(0);
    assert_eq!(told.stdout.trim(), file.display().to_string());
    assert!(std::fs::read_to_string(&file).unwrap().contains("verified: 2 sealed batches"));
}

#[test]
fn a_gap_is_shown_until_a_later_batch_has_closed_it() {
    let service = export_service(20);
    let out = folder();
    land(&service, &out, &[&["--since", "auto"], DELETE]).exits(0);
    let first = facts(&out)["coverage"]["until"].clone();
    let since = later();
    land(&service, &out, &[&["--since", &since], DELETE]).exits(0);
    let told = facts(&out);
    assert_eq!(told["coverage"]["until"], first);
    assert_eq!(told["coverage"]["gaps"][0]["from"], first);
    assert_eq!(told["coverage"]["gaps"][0]["until"], since);
    assert_eq!(told["batches"][1]["chain"], "begins_later");
    let command: Vec<_> =
        told["attention"][0]["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(command[..3], ["mypreferences", "export", "--segment=Everyone"]);
    assert!(page(&out).contains("there is a gap"));
    assert!(list(&out).contains("; nothing from "));
    later();
    land(&service, &out, &[&["--since", "auto"], DELETE]).exits(0);
    let told = facts(&out);
    assert_eq!(told["coverage"]["gaps"], json!([]));
    assert_ne!(told["coverage"]["until"], first);
    assert!(page(&out).contains("Every change up to"));
}

#[test]
fn what_is_not_finished_needs_a_person_and_has_its_command() {
    let service = export_service(20);
    let out = folder();
    land(&service, &out, &[&["--since", "auto", "--commit", "never"]]).exits(0);
    service.world().add_source(Source { processing: LONG * 60, ..Source::new(ExportKind::Segment, "Everyone", 9) });
    land(&service, &out, &[&["--since", "auto", "--max-wait", "1s", "--commit", "never"]]).exits(75);
    let told = facts(&out);
    assert_eq!(told["batches"][0]["state"], "sealed");
    assert_eq!(told["batches"][0]["server_files"], "not_committed");
    assert_eq!(told["batches"][1]["chain"], "unsealed");
    let words = |at: usize| told["attention"][at]["command"].to_string();
    assert!(words(0).contains(r#""commit""#) && words(0).ends_with(r#""--keep-files","KEEP_FILES"]"#), "{}", words(0));
    assert!(words(1).contains(r#""abandon""#), "{}", words(1));
    assert!(page(&out).contains("Needs a person"));
}

/// With another setting in the second run, too: what is counted is the batch's, not the run's.
#[test]
fn outages_and_throttling_are_counted_and_a_stopped_run_loses_none_of_them() {
    let service = export_service(3_000);
    let out = folder();
    let second = |answer, times| Rule::new(Operation::Page, Action::answer(answer)).offset(1_001).times(times);
    service.push_rule(second(Answer::empty(429), 1));
    // A gateway's page, which is none of the service's.
    service.push_rule(second(Answer::html(200, true), 1));
    // Longer than one call bears.
    service.push_rule(second(Answer::empty(500), 6));
    service.push_rule(Rule::new(Operation::Page, Action::answer(Answer::empty(403))).offset(2_001));
    let run =
        |parallel| program(&service).env("PARALLEL", parallel).export(&out, DELETE).args(["--part-size", "1"]).run();
    run("1").exits(77);
    let effort = facts(&out)["batches"][0]["effort"].clone();
    let count = |name: &str| effort[name].as_u64().unwrap();
    // Eight before the second page came; the refusal that ended the run came before its part was over, or after.
    let failures = count("failures");
    assert!((8..=9).contains(&failures) && count("throttled") == 1, "{effort}");
    assert!(count("outages") >= 1 && count("outage_ms") > 0, "{effort}");
    assert!(count("outage_ms") <= count("landed_ms"), "{effort}");
    run("4").exits(0);
    let whole = facts(&out)["batches"][0]["effort"].clone();
    assert_eq!((&whole["failures"], &whole["outage_ms"]), (&effort["failures"], &effort["outage_ms"]), "{whole}");
    assert!(whole["landed_ms"].as_u64() >= effort["landed_ms"].as_u64(), "{whole}");
    let page = page(&out);
    assert!(page.contains("throttled 1×") && page.contains(&format!("{failures} requests failed")), "{page}");
}

#[test]
fn what_is_damaged_or_moved_away_is_told_and_hides_nothing_else() {
    let service = export_service(20);
    let out = folder();
    for _ in 0..3 {
        land(&service, &out, &[&["--since", "auto"], DELETE]).exits(0);
    }
    let batches = visible_batches(&out);
    let part = batches[2].join("part-00001.ndjson");
    std::fs::write(&part, "{}\n").unwrap();
    let verified = bare().args(["export", "report", "--json", "--verify"]).args([&*out]).run().exits(65).json();
    assert_eq!(verified["verification"]["error"]["kind"], "corrupt");
    assert!(
        bare()
            .args(["export", "report", "--verify"])
            .args([&*out])
            .run()
            .exits(65)
            .stdout
            .contains("Verifying has failed")
    );
    std::fs::remove_dir_all(&batches[0]).unwrap();
    std::fs::write(batches[1].join("_manifest.json"), "{").unwrap();
    let told = facts(&out);
    assert_eq!(told["batches"][0]["chain"], "moved");
    assert_eq!(told["batches"][0]["is_there"], false);
    assert!(told["batches"][0]["watermark"].is_string(), "of the journal");
    assert!(told["batches"][1]["problem"].as_str().unwrap().contains("no manifest of this batch"));
    let whys = told["attention"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap());
    assert_eq!(whys.filter(|why| why.starts_with("It cannot be read")).count(), 1);
    assert!(page(&out).contains("moved away"));
}

#[test]
fn a_folder_that_is_landed_into_is_looked_at_without_a_lock() {
    let service = export_service(20_000);
    let out = folder();
    let late = Action::Deliver(Delivery::Late(Duration::from_millis(60)));
    service.push_rule(Rule::new(Operation::Page, late).forever());
    let landing = program(&service).export(&out, DELETE).args(["--part-size", "1"]).start();
    wait_for(&service, Operation::Page, 3);
    let mut states = Vec::new();
    while applied_pages(&service) < 20 {
        states.push(facts(&out)["batches"][0]["state"].clone());
    }
    landing.finish().exits(0);
    assert!(states.contains(&json!("landing")), "{states:?}");
    assert_eq!(facts(&out)["batches"][0]["state"], "committed");
}

fn applied_pages(service: &MockService) -> usize {
    service.requests_for(Operation::Page).len()
}

/// A folder of batches without a journal, as a consumer may have copied it; each begins where the one before it ended.
fn copied(out: &Path, count: u32, identity: &Value) {
    for number in 0..count {
        let moment = |hours: u32| jiff::Timestamp::from_second(1_600_000_000 + i64::from(hours) * 3600).unwrap();
        let (since, end) = (moment(number).to_string(), moment(number + 1).to_string());
        let batch = format!("batch={}", end.replace([':', '-'], ""));
        let manifest = json!({
            "version": 1, "batch": batch, "identity": identity,
            "parameters": {"since": "auto", "body": {}, "query": "", "compression": "none", "adopted": false},
            "since": (number > 0).then_some(since), "previous": null,
            "watermark_ms": moment(number + 1).as_millisecond(), "watermark": end, "total_results": 1_000, "row_count": null,
            "parts": [{"file": "part-00001.ndjson", "sha256": "", "rows": 1_000, "bytes": 512_000}],
            "members": null, "envelopes": null,
        });
        let receipt = json!({
            "end": "committed", "keep_files": false, "at": end, "server_date": end,
            "receipt": {"certainty": "certain", "files": "as_asked"},
        });
        let folder = out.join(&batch);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("_manifest.json"), manifest.to_string()).unwrap();
        std::fs::write(folder.join("_receipt.json"), receipt.to_string()).unwrap();
    }
}

#[test]
fn a_name_is_shown_as_text_whatever_is_in_it() {
    let hostile = "<script>alert('x')</script>\"><img src=x>&amp;\u{202e}gnp.exe\u{0}";
    let long = "x".repeat(200);
    let out = folder();
    let out = out.join(format!("<i>\"'\u{202e}{}", "y".repeat(150)));
    let identity = json!({
        "base_url": "https://a.example", "surface": "pm", "client_id": format!("{hostile}{long}"),
        "kind": "segment", "name": format!("{hostile}{long}"),
    });
    copied(&out, 2, &identity);
    let page = bare().args(["export", "report"]).args([&out]).run().exits(0).stdout;
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<i>"), "{page}");
    assert!(!page.contains('\u{202e}') && !page.contains('\0'), "{page}");
    let text = "&lt;script&gt;alert('x')&lt;/script&gt;&quot;&gt;&lt;img src=x&gt;&amp;amp;⟨U+202E⟩gnp.exe⟨U+0000⟩";
    assert!(page.contains(&format!("{text}{long}")), "{page}");
}

#[test]
fn a_thousand_batches_are_a_page_of_less_than_two_megabytes() {
    let out = folder();
    let identity = json!({"base_url": "", "surface": "", "client_id": "Acme", "kind": "segment", "name": "Everyone"});
    copied(&out, 1_000, &identity);
    let page = page(&out);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("950 older batches"));
    assert_eq!(page.matches("<rect class=\"member\"").count(), 1_000);
}

#[test]
fn a_folder_without_an_export_is_refused() {
    let out = folder();
    bare().args(["export", "report", "--json"]).args([&*out]).run().exits(64).error("invalid_argument", 100);
    let nowhere = out.join("no/such/report.html");
    let identity = json!({"base_url": "", "surface": "", "client_id": "Acme", "kind": "cid", "name": null});
    copied(&out, 1, &identity);
    let told = bare().args(["export", "report", "--out"]).args([&nowhere]).args([&*out]).run().exits(74);
    assert!(told.stderr.contains("cannot write"), "{}", told.stderr);
}
