//! `demo` and `mock`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use mypreferences_mock::Operation;

use crate::support::{RECEIPT_KEYS, SECRET, TOKEN_TEXT, USER_ID, bare, keys, service};

#[test]
fn demo_tells_three_stories_and_ends_with_what_to_try_next() {
    let finished = bare().args(["demo"]).run().exits(0);
    assert_eq!(finished.stderr, "");
    assert_eq!(finished.stdout.matches("receipt: {").count(), 3);
    assert_eq!(
        finished
            .stdout
            .matches("sent, no answer (interrupted)")
            .count(),
        2
    );
    for part in ["Try next", "mypreferences mock", "curl ", "README.md"] {
        assert!(finished.stdout.contains(part), "{part}");
    }
    // Not a terminal: no colour.
    assert!(!finished.stdout.contains('\u{1b}'));
}

#[test]
fn demo_as_json_is_one_object_and_the_story_goes_to_standard_error() {
    let finished = bare()
        .args(["demo", "--json"])
        .run()
        .exits(0)
        .says("Try next");
    let value = finished.json();
    let receipts = value["receipts"].as_array().unwrap();
    let sends: Vec<u64> = receipts
        .iter()
        .map(|receipt| {
            assert_eq!(keys(receipt), RECEIPT_KEYS);
            assert_eq!(receipt["certainty"], "certain");
            receipt["sends"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(sends, [1, 1, 2]);
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
    assert!(
        finished.stdout.contains("--export TOKEN"),
        "{}",
        finished.stdout
    );
    bare().args(["mock", "--no-such"]).run().exits(64);

    let mut mock = bare()
        .args(["mock", "--client-id", "Embedded", "--user-id", USER_ID])
        .args(["--export", TOKEN_TEXT])
        .env("SECRET", SECRET)
        .stdout(Stdio::piped())
        .start();
    let mut line = String::new();
    BufReader::new(mock.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let port = serde_json::from_str::<serde_json::Value>(&line).unwrap()["port"]
        .as_u64()
        .unwrap();
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
    crate::support::program(&service)
        .args(["status", TOKEN_TEXT])
        .run()
        .exits(0);
    assert_eq!(service.requests_for(Operation::Status).len(), 1);
}
