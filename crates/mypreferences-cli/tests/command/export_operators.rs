//! What operators and consumers do with a folder: several sealed batches, some of them bad; batches that are moved away;
//! names that are mistyped; gateways that answer for the service.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mypreferences_mock::{Action, Answer, Apply, MockService, Operation, Rule};
use serde_json::Value;

use crate::support::{
    Finished, TemporaryFolder, applied, bare, export_service, folder, program, sent, visible_batches, wait_for,
};

impl Finished {
    fn failed(&self) -> bool {
        self.exit_code() != Some(0)
    }
}

const COMMIT: [&str; 4] = ["commit", "--keep-files", "false", "--json"];

/// A folder with so many sealed batches that are not committed.
fn sealed(service: &MockService, count: usize) -> TemporaryFolder {
    let out = folder();
    for _ in 0..count {
        program(service).export(&out, &["--commit", "never", "--since", "auto"]).run().exits(0);
    }
    out
}

fn commit(service: &MockService, out: &Path) -> Finished {
    program(service).args(["export"]).args(COMMIT).args([out]).run()
}

fn on(out: &Path, arguments: &[&str]) -> Finished {
    bare().args(arguments).args([out]).run()
}

fn name(batch: &Path) -> String {
    batch.file_name().unwrap().to_str().unwrap().to_owned()
}

fn states(out: &Path) -> Vec<String> {
    let list = on(out, &["export", "list", "--json"]).exits(0).json();
    let batches = list["batches"].as_array().unwrap();
    let state = |batch: &Value| batch["state"].as_str().unwrap().to_owned();
    batches.iter().map(state).collect()
}

fn damage(batch: &Path) {
    std::fs::write(batch.join("part-00001.ndjson"), "{}\n").unwrap();
}

#[test]
fn one_bad_batch_does_not_stop_the_commit_of_the_others() {
    let service = export_service(20);
    let out = sealed(&service, 3);
    let batches = visible_batches(&out);
    damage(&batches[1]);
    let told = commit(&service, &out).exits(65).json();
    assert_eq!(told["committed"].as_array().unwrap().len(), 2);
    assert_eq!(told["failed"][0]["batch"], name(&batches[1]));
    assert_eq!(told["failed"][0]["error"]["kind"], "corrupt");
    assert_eq!(told["error"]["number"], 703);
    assert_eq!(states(&out), ["committed", "sealed", "committed"]);
    assert_eq!(applied(&service), 2);
}

#[test]
fn any_unfinished_batch_is_given_up_by_its_name() {
    let service = export_service(20);
    let out = sealed(&service, 3);
    let batches = visible_batches(&out);
    on(&out, &["export", "abandon", "--batch", &name(&batches[1])]).exits(0);
    assert_eq!(states(&out), ["sealed", "abandoned", "sealed"]);
    commit(&service, &out).exits(0);
    assert_eq!(states(&out), ["committed", "abandoned", "committed"]);
    on(&out, &["export", "abandon", "--batch", &name(&batches[1])]).exits(64).says("is finished");
    on(&out, &["export", "abandon", "--batch", "batch=nothing"]).exits(64).says("has no batch");
}

/// The oldest batch, taken away.
fn taken(out: &TemporaryFolder) -> (TemporaryFolder, PathBuf, String) {
    let elsewhere = folder();
    std::fs::create_dir_all(&*elsewhere).unwrap();
    let batch = visible_batches(out)[0].clone();
    let to = elsewhere.join(batch.file_name().unwrap());
    std::fs::rename(&batch, &to).unwrap();
    let name = name(&batch);
    (elsewhere, to, name)
}

#[test]
fn a_batch_that_was_moved_away_before_its_commit_is_not_committed_and_says_what_to_do() {
    let service = export_service(20);
    let out = sealed(&service, 2);
    let (_elsewhere, there, moved) = taken(&out);
    let told = commit(&service, &out).exits(65);
    assert_eq!(told.json()["failed"][0]["error"]["kind"], "not_sealed");
    let told = told.says("move it back");
    assert!(told.stderr.contains(&format!("--batch {moved}")), "{}", told.stderr);
    assert_eq!(applied(&service), 1);
    std::fs::rename(&there, out.join(&moved)).unwrap();
    commit(&service, &out).exits(0);
    assert_eq!(states(&out), ["committed", "committed"]);
}

#[test]
fn verify_tells_of_a_batch_that_was_moved_away_and_complete_makes_it_an_error() {
    let service = export_service(20);
    let out = sealed(&service, 2);
    let (_elsewhere, _, moved) = taken(&out);
    let verified = on(&out, &["verify", "--json"]).exits(0);
    assert_eq!(verified.json()["moved"], serde_json::json!([moved]));
    assert!(verified.stderr.contains("is not in the folder"), "{}", verified.stderr);
    on(&out, &["verify", "--complete", "--json"]).exits(65).error("corrupt", 703);
}

#[test]
fn verify_tells_of_parts_that_no_manifest_names() {
    let service = export_service(20);
    let out = sealed(&service, 1);
    std::fs::write(visible_batches(&out)[0].join("part-00099.ndjson"), "{}\n").unwrap();
    let verified = on(&out, &["verify", "--json"]).exits(0).json();
    let unnamed = verified["unnamed"][0].as_str().unwrap();
    assert!(unnamed.ends_with("/part-00099.ndjson"), "{unnamed}");
}

#[test]
fn a_since_by_hand_leaves_a_gap_that_is_told_and_that_the_next_auto_closes() {
    let service = export_service(20);
    let out = folder();
    let export = |since: &str| {
        program(&service).export(&out, &["--since", since, "--keep-files", "true", "--json"]).run().exits(0).json()
    };
    let first = export("auto");
    export("2099-01-01T00:00:00Z");
    let third = export("auto");
    let told = third["notes"].to_string();
    assert!(told.contains("begins after what the batches before it cover"), "{told}");
    let since = third["since"].as_str().unwrap();
    assert!(since <= first["watermark"].as_str().unwrap(), "{since}");
    let verified = on(&out, &["verify", "--json"]).exits(0).json();
    assert_eq!(verified["gaps"].as_array().unwrap().len(), 1);
}

#[test]
fn a_mistyped_name_that_never_got_a_token_binds_nobody() {
    let service = export_service(20);
    let out = folder();
    program(&service)
        .args(["export", "--segment", "Evreyone", "--keep-files", "true", "--out"])
        .args([out.as_path()])
        .run()
        .exits(66);
    program(&service).export(&out, &["--keep-files", "true"]).run().exits(0);
    assert_eq!(states(&out), ["abandoned", "committed"]);
}

#[test]
fn another_name_than_that_of_an_initiated_batch_is_named() {
    let service = export_service(20);
    let out = sealed(&service, 1);
    program(&service)
        .args(["export", "--segment", "Others", "--keep-files", "true", "--out"])
        .args([out.as_path()])
        .run()
        .exits(65)
        .says("name is Everyone there and Others now");
}

#[test]
fn an_html_page_never_closes_a_sealed_batch() {
    for status in [400, 404, 410] {
        let service = export_service(20);
        let out = sealed(&service, 1);
        service.push_rule(Rule::new(Operation::Status, Action::answer(Answer::html(status, true))).forever());
        assert!(commit(&service, &out).failed(), "{status}");
        assert_eq!(states(&out), ["sealed"], "{status}");
        service.clear_rules();
        commit(&service, &out).exits(0);
        assert_eq!(applied(&service), 1, "{status}");
    }
}

#[test]
fn an_html_page_abandons_no_batch_that_is_landed() {
    for (on, skip) in [(Operation::Status, 0), (Operation::Page, 1)] {
        let service = export_service(2500);
        let out = folder();
        let page = Action::answer(Answer::html(404, true));
        service.push_rule(Rule::new(on, page).skip(skip).forever());
        let finished = program(&service).export(&out, &["--keep-files", "true"]).run();
        assert!(finished.failed());
        assert_eq!(states(&out), ["landing"]);
        service.clear_rules();
        program(&service).export(&out, &["--keep-files", "true"]).run().exits(0);
        assert_eq!(sent(&service, Operation::Initiate), 1);
    }
}

#[test]
fn a_row_count_that_differs_is_not_committed_before_somebody_says_so() {
    let service = export_service(20);
    let out = folder();
    let status = r#"{"AccessToken":1,"Expires":"","Status":"Complete","RowCount":1000,"ByteCount":1}"#;
    service.push_rule(Rule::new(Operation::Status, Action::answer(Answer::json(200, status))).forever());
    let export =
        |options: &[&str]| program(&service).export(&out, &["--keep-files", "false", "--json"]).args(options).run();
    for _ in 0..2 {
        let error = export(&[]).exits(65).error("count_mismatch", 813);
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains("1000") && detail.contains("20"), "{detail}");
    }
    assert_eq!(applied(&service), 0);
    assert_eq!(states(&out), ["sealed"]);
    export(&["--row-count", "ignore"]).exits(0);
    assert_eq!(applied(&service), 1);
}

/// What the next run says of the files after a commit that was applied and whose process was killed so long after it left.
fn files_after_a_kill(after: Duration) -> Value {
    let service = export_service(20);
    let out = folder();
    let hangs = Action::Hang { apply: Apply::Now };
    service.push_rule(Rule::new(Operation::Commit, hangs));
    let export = || program(&service).export(&out, &["--keep-files", "false", "--json"]);
    let running = export().start();
    wait_for(&service, Operation::Commit, 1);
    std::thread::sleep(after);
    running.signal("KILL");
    assert!(running.finish().failed());
    let landed = export().run().exits(0).json();
    assert_eq!(applied(&service), 1);
    assert_eq!(sent(&service, Operation::Commit), 1);
    assert_eq!(landed["receipt"]["end"], "committed");
    landed["receipt"]["receipt"].clone()
}

#[test]
fn after_a_kill_only_a_send_that_is_known_to_have_left_says_what_became_of_the_files() {
    let known = files_after_a_kill(Duration::from_secs(4));
    assert_eq!((&known["files"], &known["sends"]), (&"as_asked".into(), &1.into()));
    let unknown = files_after_a_kill(Duration::ZERO);
    assert_eq!((&unknown["files"], &unknown["sends"]), (&"unknown".into(), &0.into()));
    assert_eq!(unknown["certainty"], "certain", "status says Retrieved");
}
