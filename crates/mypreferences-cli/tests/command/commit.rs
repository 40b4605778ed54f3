//! `commit`: receipts, in text and as JSON, and what arrives at the service.

use mypreferences_mock::{Action, Apply, MockService, Operation, Rule, StatusAfterCommit};

use crate::support::{ATTEMPT_KEYS, RECEIPT_KEYS, TOKEN, TOKEN_TEXT, keys, program, service};

#[test]
fn a_commit_prints_one_line_and_sends_one_request() {
    let service = service();
    let finished = program(&service).commit(false).run().exits(0);
    assert_eq!(finished.stderr, "");
    assert_eq!(finished.stdout.lines().count(), 1);
    assert!(
        finished
            .stdout
            .starts_with("committed: token ***5093; the server answered the commit; export files deleted, as asked"),
        "{}",
        finished.stdout
    );
    let requests = service.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].raw_head.starts_with(
            format!("POST /SanchezAssociates/export/Segment/Commit/{TOKEN_TEXT}?keepFiles=false HTTP/1.1\r\n")
                .as_bytes()
        ),
        "the request line is another one"
    );
    assert!(!service.export(TOKEN).unwrap().files_kept);
}

#[test]
fn keep_files_true_keeps_the_files() {
    let service = service();
    let finished = program(&service).commit(true).run().exits(0);
    assert!(finished.stdout.contains("export files kept, as asked"), "{}", finished.stdout);
    assert!(service.export(TOKEN).unwrap().files_kept);
}

#[test]
fn json_is_the_receipt_with_every_field() {
    let service = service();
    let finished = program(&service).commit(false).args(["--json"]).run().exits(0);
    assert_eq!(finished.stderr, "");
    let receipt = finished.json();
    assert_eq!(keys(&receipt), RECEIPT_KEYS);
    assert_eq!(receipt["outcome"], "committed");
    assert_eq!(receipt["certainty"], "certain");
    assert_eq!(receipt["confirmed_by"], "response");
    assert_eq!(receipt["keep_files"], false);
    assert_eq!(receipt["files"], "as_asked");
    assert_eq!(receipt["sends"], 1);
    assert!(receipt["elapsed"].as_f64().unwrap() >= 0.0);
    assert!(receipt["request_id"].is_null() || receipt["request_id"].is_string());
    assert!(receipt["server_date"].as_str().unwrap().ends_with('Z'));
    let attempts = receipt["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(keys(&attempts[0]), ATTEMPT_KEYS);
    assert_eq!(attempts[0]["n"], 1);
    assert_eq!(attempts[0]["sent"], "answered");
    assert_eq!(attempts[0]["status"], 200);
    assert!(attempts[0]["kind"].is_null());
    assert!(attempts[0]["elapsed"].is_number() && attempts[0]["delay_before"].is_number());
}

#[test]
fn a_lost_answer_is_resolved_by_asking_and_the_files_are_not_claimed() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    let finished = program(&service)
        .commit(false)
        .args(["--json"])
        .run()
        .exits(0)
        .says("not certain how the export files were handled")
        .says("ask PossibleNOW Support when you need to know\n");
    let receipt = finished.json();
    assert_eq!(receipt["outcome"], "committed");
    assert_eq!(receipt["confirmed_by"], "status");
    assert_eq!(receipt["files"], "unknown");
    assert_eq!(receipt["attempts"][0]["sent"], "maybe_sent");
    assert_eq!(receipt["attempts"][0]["kind"], "interrupted");
    assert_eq!(service.requests_for(Operation::Commit).len(), 1);
}

#[test]
fn preflight_makes_the_files_of_a_lost_answer_certain() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    let finished = program(&service).commit(false).args(["--preflight"]).run().exits(0);
    assert_eq!(finished.stderr, "");
    assert!(finished.stdout.contains("deleted, as asked"), "{}", finished.stdout);
}

#[test]
fn a_commit_that_was_not_applied_is_sent_again() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }));
    let finished = program(&service).commit(false).args(["--json"]).run().exits(0);
    let receipt = finished.json();
    assert_eq!(receipt["sends"], 2);
    assert_eq!(receipt["confirmed_by"], "response");
    assert_eq!(service.export(TOKEN).unwrap().commits.len(), 1);
}

#[test]
fn a_token_that_is_consumed_already_is_a_receipt_that_says_so() {
    let service = service();
    program(&service).commit(true).run().exits(0);
    let finished = program(&service).commit(false).run().exits(0);
    assert!(finished.stdout.starts_with("already committed: token ***5093"), "{}", finished.stdout);
    assert!(service.export(TOKEN).unwrap().files_kept);
    finished.says("this call asked to delete them");
}

/// An export that ends in a presumed receipt: the answer is lost, and afterwards the token is simply refused.
fn presumed() -> MockService {
    let service = service();
    service.update_export(TOKEN, |export| {
        export.status_after_commit = Some(StatusAfterCommit::Answer(404));
    });
    service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    service
}

#[test]
fn a_presumed_receipt_says_so() {
    let service = presumed();
    let finished = program(&service)
        .env("RESOLVE_TIMEOUT", "15s")
        .commit(false)
        .args(["--preflight"])
        .run()
        .exits(0)
        .says("not certain how the export files were handled");
    assert!(finished.stdout.starts_with("presumably committed"), "{}", finished.stdout);
}

#[test]
fn strict_refuses_a_presumed_receipt() {
    let service = presumed();
    program(&service)
        .env("RESOLVE_TIMEOUT", "15s")
        .commit(false)
        .args(["--preflight", "--require-certain", "--json"])
        .run()
        .exits(75)
        .error("outcome_unknown", 810);
}
