//! Standard output and standard error: what is told to whom, and what never is.

use std::process::Stdio;
use std::time::Duration;

use mypreferences_mock::{Action, Apply, Operation, Rule};

use crate::support::{TOKEN_TEXT, program, service};

#[test]
fn trace_output_has_the_requests_and_neither_secret_nor_token() {
    // `run` looks for the canaries in every output.
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }));
    for verbose in ["-v", "-vv", "-vvv"] {
        let finished = program(&service).commit(true).args([verbose]).run().exits(0);
        assert!(finished.stderr.contains("/export/Segment/Commit/***5093?keepFiles=true"), "{}", finished.stderr);
        assert!(finished.stderr.contains("DEBUG mypreferences"), "{}", finished.stderr);
        assert!(!finished.stderr.contains("hyper") && !finished.stderr.contains("PNAUTHINFO3"), "{}", finished.stderr);
    }
}

#[test]
fn json_with_verbose_is_still_one_object() {
    let service = service();
    let finished = program(&service).commit(true).args(["-v", "--json"]).run().exits(0);
    assert_eq!(finished.json()["outcome"], "committed");
    assert!(!finished.stderr.is_empty());
}

#[test]
fn a_server_message_cannot_carry_the_token_into_the_output() {
    let service = service();
    let echo = mypreferences_mock::Answer::message(
        403,
        &format!("no rights for {TOKEN_TEXT}\u{1b}[2J and {}", crate::support::SECRET),
    );
    service.push_rule(Rule::new(Operation::Any, Action::answer(echo)).forever());
    for arguments in [&[][..], &["--json"], &["-vv"]] {
        let finished = program(&service).commit(true).args(arguments).run().exits(77);
        assert!(!finished.stderr.contains('\u{1b}') && !finished.stdout.contains('\u{1b}'));
    }
}

#[test]
fn progress_is_told_with_verbose_when_a_call_takes_long() {
    let service = service();
    let slow = Rule::new(Operation::Commit, Action::answer_late(Duration::from_millis(2500)));
    service.push_rule(slow.clone());
    service.push_rule(slow);
    let finished = program(&service).commit(true).args(["-v", "--json"]).run().exits(0);
    assert!(finished.stderr.contains("commit: sent, answered 200 after"), "{}", finished.stderr);
    // A program that did not ask for it gets none.
    service.set_status(crate::support::TOKEN, "Complete");
    let finished = program(&service).commit(true).args(["--json"]).run().exits(0);
    assert_eq!(finished.stderr, "");
}

#[test]
fn a_reader_that_left_is_no_failure_and_no_panic() {
    let service = service();
    for arguments in [&["status", TOKEN_TEXT][..], &["commit", "--help"], &["demo"]] {
        let mut running = program(&service).args(arguments).stdout(Stdio::piped()).start();
        drop(running.0.stdout.take());
        let finished = running.finish().exits(0);
        assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    }
}
