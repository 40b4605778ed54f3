//! `demo` and `mock`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use mypreferences_mock::Operation;

use crate::support::{SECRET, TOKEN_TEXT, USER_ID, bare, folder, service};

#[test]
fn demo_tells_of_an_export_that_is_killed_and_continued_and_leaves_nothing_behind() {
    let temporary = folder();
    let finished = bare().foreign_env("TMPDIR", temporary.to_str().unwrap()).args(["demo"]).run().exits(0);
    assert_eq!(finished.stderr, "");
    for part in [
        "kill -9: signal: 9 (SIGKILL)",
        "landing     ",
        "of 200,000 records, 1 part, 64.",
        // The earlier run's records do not count for this one's rate.
        "137,000 of 200,000 records, 137,000 of them by an earlier run\n",
        "landed: ",
        "200,000 records in 2 parts, 94.0 MiB; committed; export files deleted, as asked",
        "\"confirmed_by\":\"status\"",
        "verified: 1 sealed batch, 2 parts, 200,000 records",
        "Try next",
        "mypreferences mock",
        "README.md",
    ] {
        assert!(finished.stdout.contains(part), "{part}: {}", finished.stdout);
    }
    // Not a terminal: no colour.
    assert!(!finished.stdout.contains('\u{1b}'));
    assert_eq!(std::fs::read_dir(temporary.as_path()).unwrap().count(), 0);
}

#[test]
fn demo_as_json_is_one_object_and_the_story_goes_to_standard_error() {
    let finished = bare().args(["demo", "--json"]).run().exits(0).says("Try next");
    let value = finished.json();
    assert_eq!(value["receipt"]["end"], "committed");
    assert_eq!(value["receipt"]["receipt"]["sends"], 1);
    assert_eq!(value["verified"]["rows"], 200_000);
}

#[test]
fn demo_does_not_use_the_settings_of_a_real_account() {
    let service = service();
    bare()
        .env("BASE_URL", &service.base_url())
        .env("SECRET", SECRET)
        .env("TIMEOUT", "nonsense")
        .args(["demo"])
        .run()
        .exits(0);
    assert_eq!(service.connections(), 0);
}

#[test]
fn mock_passes_its_arguments_on_and_serves_the_command() {
    let finished = bare().args(["mock", "--help"]).run().exits(0);
    assert!(finished.stdout.contains("--export TOKEN"), "{}", finished.stdout);
    bare().args(["mock", "--no-such"]).run().exits(64);

    let mut mock = bare()
        .args(["mock", "--client-id", "Embedded", "--user-id", USER_ID])
        .args(["--export", TOKEN_TEXT])
        .env("SECRET", SECRET)
        .stdout(Stdio::piped())
        .start();
    let mut line = String::new();
    BufReader::new(mock.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = serde_json::from_str::<serde_json::Value>(&line).unwrap()["port"].as_u64().unwrap();
    bare()
        .env("BASE_URL", &format!("http://127.0.0.1:{port}"))
        .env("CLIENT_ID", "Embedded")
        .env("USER_ID", USER_ID)
        .env("SECRET", SECRET)
        .commit(true)
        .run()
        .exits(0);
    mock.signal("TERM");
    mock.finish().exits(0);
}

#[test]
fn the_suite_reaches_the_mock_it_thinks_it_reaches() {
    let service = service();
    crate::support::program(&service).args(["status", TOKEN_TEXT]).run().exits(0);
    assert_eq!(service.requests_for(Operation::Status).len(), 1);
}
