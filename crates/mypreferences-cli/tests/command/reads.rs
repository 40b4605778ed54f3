//! `status` and `resolve`.

use mypreferences_mock::{Action, Operation, Rule};

use crate::support::{RECEIPT_KEYS, TOKEN_TEXT, keys, program, service};

#[test]
fn status_is_told_to_people_and_to_programs() {
    let service = service();
    let finished = program(&service).args(["status", TOKEN_TEXT]).run().exits(0);
    assert!(finished.stdout.starts_with("Complete: token ***5093; 3 rows, "), "{}", finished.stdout);
    let status = program(&service).args(["status", TOKEN_TEXT, "--json"]).run().exits(0).json();
    assert_eq!(keys(&status), ["byte_count", "expires", "row_count", "server_date", "status"]);
    assert_eq!(status["status"], "Complete");
    assert_eq!(status["row_count"], 3);
    assert!(service.requests_for(Operation::Commit).is_empty());
}

#[test]
fn resolve_exits_1_before_the_commit_and_0_after_it() {
    let service = service();
    let finished = program(&service)
        .args(["resolve", TOKEN_TEXT])
        .run()
        .exits(1)
        .says("run this next: mypreferences commit <ACCESS_TOKEN>");
    assert!(finished.stdout.starts_with("not committed: token ***5093"), "{}", finished.stdout);
    let resolution = program(&service).args(["resolve", TOKEN_TEXT, "--json"]).run().exits(1).json();
    assert_eq!(keys(&resolution), ["as_of", "error", "receipt", "resolution"]);
    assert_eq!(resolution["resolution"], "not_committed");
    assert!(resolution["as_of"].as_str().unwrap().ends_with('Z'));
    assert!(service.requests_for(Operation::Commit).is_empty());

    program(&service).commit(true).run().exits(0);
    let resolution = program(&service)
        .args(["resolve", TOKEN_TEXT, "--json"])
        .run()
        .exits(0)
        .says("this call asked for nothing")
        .json();
    assert_eq!(resolution["resolution"], "committed");
    assert_eq!(keys(&resolution["receipt"]), RECEIPT_KEYS);
    assert_eq!(resolution["receipt"]["outcome"], "already_committed");
    assert_eq!(resolution["receipt"]["sends"], 0);
}

#[test]
fn resolve_exits_75_when_nobody_tells() {
    let service = service();
    service.push_rule(Rule::new(Operation::Any, Action::status(503)).forever());
    let resolution = program(&service)
        .args(["resolve", TOKEN_TEXT, "--json"])
        .run()
        .exits(75)
        .says("run this next: mypreferences resolve <ACCESS_TOKEN>")
        .json();
    assert_eq!(resolution["resolution"], "unknown");
    assert_eq!(keys(&resolution["error"]), crate::support::ERROR_KEYS);
    assert_eq!(resolution["error"]["kind"], "outcome_unknown");
    assert_eq!(resolution["error"]["operation"], "resolve_commit");
}
