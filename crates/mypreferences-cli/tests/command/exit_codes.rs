//! Every exit code that a server, a network or a disk can provoke. (65 and 70 need a second call in one process and
//! a bug: unit tests have them. 64, 78, 130 and 143 are in modules of their own.)

use mypreferences_mock::{Action, Answer, Apply, Operation, RefusedPort, Rule};

use crate::support::{ATTEMPT_KEYS, SECRET, TOKEN, TOKEN_TEXT, USER_ID, bare, keys, program, service};

fn commit_answered(status: u16) -> crate::support::Finished {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::status(status)).forever());
    program(&service).commit(false).args(["--json"]).run()
}

#[test]
fn error_record_has_every_field_and_the_text_ends_with_the_next_step() {
    let finished = commit_answered(503)
        .exits(69)
        .says("commit failed: service unavailable (503)")
        .says("run this next: mypreferences commit <ACCESS_TOKEN> --keep-files false");
    let error = finished.error("service_unavailable", 503);
    assert_eq!(error["operation"], "commit");
    assert_eq!(error["http_status"], 503);
    assert_eq!(error["server_message"], "Made to fail with 503.");
    assert_eq!(error["retry"], "persistent");
    assert!(error["retry_after"].is_null());
    assert_eq!(error["sent"], "answered");
    assert_eq!(error["commit_state"], "not_committed");
    assert_eq!(error["method"], "POST");
    assert!(
        error["url"].as_str().unwrap().ends_with("/SanchezAssociates/export/Segment/Commit/***5093?keepFiles=false")
    );
    assert!(!error["next_action"].as_str().unwrap().is_empty());
    assert!(error["phase"].is_null() && error["detail"].is_null());
    assert!(error["request_id"].is_null() || error["request_id"].is_string());
    assert!(error["source"].is_null() || error["source"].is_string());
    assert!(error["elapsed"].as_f64().unwrap() > 0.0);
    let attempts = error["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 4);
    for attempt in attempts {
        assert_eq!(keys(attempt), ATTEMPT_KEYS);
        assert_eq!(attempt["kind"], "service_unavailable");
    }
}

#[test]
fn a_refused_commit_exits_with_the_code_of_its_kind() {
    for (status, kind, number, code) in [
        (400, "bad_request", 400, 76),
        (409, "conflict", 409, 76),
        (401, "unauthorized", 401, 77),
        (403, "forbidden", 403, 77),
        (404, "not_found", 404, 66),
        (418, "unexpected_status", 599, 76),
        (429, "rate_limited", 429, 69),
    ] {
        let error = commit_answered(status).exits(code).error(kind, number);
        assert_eq!(error["commit_state"], "not_committed", "{error}");
    }
}

#[test]
fn a_server_error_that_settles_as_not_committed_exits_69() {
    let error = commit_answered(500).exits(69).error("server_error", 500);
    assert_eq!(error["commit_state"], "not_committed", "{error}");
}

#[test]
fn a_redirect_is_refused_with_76() {
    let service = service();
    let redirect = Answer::redirect(302, "http://127.0.0.1:9/elsewhere");
    service.push_rule(Rule::new(Operation::Commit, Action::answer(redirect)).forever());
    program(&service).commit(false).args(["--json"]).run().exits(76).error("redirect_refused", 300);
}

#[test]
fn an_answer_that_makes_no_sense_exits_76() {
    let service = service();
    service.push_rule(Rule::new(Operation::Status, Action::answer(Answer::json(200, "{\"half\":"))).forever());
    program(&service).args(["status", TOKEN_TEXT, "--json"]).run().exits(76).error("invalid_response", 600);
}

#[test]
fn nobody_at_the_address_exits_69() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _entered = runtime.enter();
    let port = RefusedPort::take().unwrap();
    let error = bare()
        .env("BASE_URL", &port.base_url())
        .env("USER_ID", USER_ID)
        .env("SECRET", SECRET)
        .commit(false)
        .args(["--json"])
        .run()
        .exits(69)
        .says("not committed")
        .error("connect", 200);
    assert_eq!(error["sent"], "not_sent");
    assert_eq!(error["commit_state"], "not_committed");
}

#[test]
fn a_server_without_tls_exits_77() {
    let service = service();
    let base_url = service.base_url().replace("http://", "https://");
    program(&service).env("BASE_URL", &base_url).commit(false).args(["--json"]).run().exits(77).error("tls", 201);
}

#[test]
fn a_status_that_takes_too_long_exits_69() {
    let service = service();
    service.push_rule(Rule::new(Operation::Status, Action::Hang { apply: Apply::Never }).forever());
    program(&service)
        .args(["status", TOKEN_TEXT, "--json", "--timeout", "300ms"])
        .run()
        .exits(69)
        .error("timeout", 210);
}

#[test]
fn an_export_that_expired_or_failed_exits_69_and_one_that_is_not_ready_75() {
    for (word, kind, number, code) in [
        ("Expired", "export_expired", 801, 69),
        ("Error", "export_failed", 800, 69),
        ("Processing", "wait_timed_out", 802, 75),
    ] {
        let service = service();
        service.set_status(TOKEN, word);
        program(&service)
            .env("RESOLVE_TIMEOUT", "500ms")
            .commit(false)
            .args(["--preflight", "--json"])
            .run()
            .exits(code)
            .error(kind, number);
        assert!(service.requests_for(Operation::Commit).is_empty());
    }
}

#[test]
fn a_commit_that_may_have_been_applied_exits_75_and_says_resolve() {
    let service = service();
    service.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }).forever());
    service.push_rule(Rule::new(Operation::Any, Action::status(503)).forever());
    let error = program(&service)
        .commit(false)
        .args(["--json"])
        .run()
        .exits(75)
        .says("may have been committed")
        .says("run this next: mypreferences resolve <ACCESS_TOKEN>")
        .error("outcome_unknown", 810);
    assert_eq!(error["commit_state"], "unknown");
    assert_eq!(service.requests_for(Operation::Commit).len(), 1);
}

#[test]
fn an_error_whose_outcome_is_unknown_exits_75_whatever_its_kind() {
    let service = service();
    // 408 leaves the send open, and nobody answers the question.
    service.push_rule(Rule::new(Operation::Any, Action::status(408)).forever());
    let finished = program(&service).env("TIMEOUT", "3s").commit(false).args(["--json"]).run().exits(75);
    let error = &finished.json()["error"];
    assert_ne!(error["kind"], "outcome_unknown", "{error}");
    assert_eq!(error["commit_state"], "unknown", "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_exits_74() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let service = service();
    program(&service)
        .args(["status", TOKEN_TEXT])
        .stdout(full())
        .start()
        .finish()
        .exits(74)
        .says("standard output cannot be written");
}
