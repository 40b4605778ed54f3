//! Ctrl-C and SIGTERM, before and after the send.

use std::process::Stdio;

use mypreferences_mock::{Action, Apply, MockService, Operation, Rule};

use crate::support::{Running, TOKEN, TOKEN_TEXT, program, service, wait_for};

fn hang(service: &MockService, on: Operation, apply: Apply) {
    service.push_rule(Rule::new(on, Action::Hang { apply }).forever());
}

/// Starts a commit and waits until the service has so many requests of a sort.
fn started(service: &MockService, on: Operation, arguments: &[&str]) -> Running {
    let running = program(service).commit(false).args(["--json"]).args(arguments).stdout(Stdio::piped()).start();
    wait_for(service, on, 1);
    running
}

#[test]
fn before_the_send_the_first_signal_cancels_and_nothing_was_sent() {
    for signal in ["INT", "TERM"] {
        let service = service();
        hang(&service, Operation::Status, Apply::Never);
        let running = started(&service, Operation::Status, &["--preflight"]);
        running.signal(signal);
        let error = running.finish().exits(75).error("cancelled", 230);
        assert_eq!(error["commit_state"], "not_committed");
        assert_eq!(error["sent"], "not_sent");
        assert!(service.requests_for(Operation::Commit).is_empty());
    }
}

#[test]
fn after_the_send_the_first_signal_asks_and_a_commit_that_was_applied_is_a_receipt() {
    let service = service();
    hang(&service, Operation::Commit, Apply::Now);
    let running = started(&service, Operation::Commit, &[]);
    running.signal("INT");
    let receipt = running
        .finish()
        .exits(0)
        .says("asking for up to 5 s what became of it")
        .says("not certain how the export files were handled")
        .json();
    assert_eq!(receipt["confirmed_by"], "status");
    assert_eq!(service.requests_for(Operation::Commit).len(), 1);
    assert_eq!(service.export(TOKEN).unwrap().commits.len(), 1);
}

#[test]
fn the_receipt_after_a_first_signal_is_that_of_the_call_that_was_stopped() {
    let service = service();
    hang(&service, Operation::Commit, Apply::Now);
    let running = started(&service, Operation::Commit, &[]);
    running.signal("INT");
    let receipt = running.finish().exits(0).json();
    assert_eq!(receipt["outcome"], "committed");
    assert_eq!(receipt["keep_files"], false);
    assert_eq!(receipt["sends"], 1);
    assert_eq!(receipt["attempts"][0]["sent"], "maybe_sent");
    assert_eq!(receipt["attempts"][0]["kind"], "cancelled");
}

#[test]
fn after_the_send_a_commit_that_was_not_applied_ends_with_75_and_the_record() {
    let service = service();
    hang(&service, Operation::Commit, Apply::Never);
    let running = started(&service, Operation::Commit, &[]);
    running.signal("TERM");
    let error =
        running.finish().exits(75).says("run this next: mypreferences resolve <ACCESS_TOKEN>").error("cancelled", 230);
    assert_eq!(error["commit_state"], "unknown");
    assert_eq!(error["sent"], "maybe_sent");
    assert_eq!(service.requests_for(Operation::Commit).len(), 1);
}

#[test]
fn the_second_signal_leaves_at_once_with_the_record() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let service = service();
        hang(&service, Operation::Commit, Apply::Never);
        hang(&service, Operation::Status, Apply::Never);
        let running = started(&service, Operation::Commit, &[]);
        running.signal("INT");
        wait_for(&service, Operation::Status, 1);
        running.signal(signal);
        let error = running.finish().exits(code).error("cancelled", 230);
        assert_eq!(error["commit_state"], "unknown");
    }
}

#[test]
fn reads_are_cancelled_with_a_record() {
    for command in ["status", "resolve"] {
        let service = service();
        hang(&service, Operation::Status, Apply::Never);
        let running = program(&service).args([command, TOKEN_TEXT, "--json"]).stdout(Stdio::piped()).start();
        wait_for(&service, Operation::Status, 1);
        running.signal("INT");
        running.finish().exits(75).error("cancelled", 230);
    }
}
