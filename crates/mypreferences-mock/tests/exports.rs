//! The life of an export, seen over the wire.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use mypreferences_mock::{Export, ExportKind, StatusAfterCommit};
use support::{COMMIT, Client, STATUS, TOKEN, ask, commits, service};

fn page(query: &str) -> String {
    format!("GET /ExampleClient/export/Segment/{TOKEN}{query} HTTP/1.1\r\nHost: x\r\n\r\n")
}

#[test]
fn status_has_the_five_documented_fields() {
    let service = service();
    let answer = ask(&service, STATUS);
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let mut names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["AccessToken", "ByteCount", "Expires", "RowCount", "Status"]);
    assert_eq!(body["AccessToken"], TOKEN);
    assert_eq!(body["Status"], "Complete");
    assert_eq!(body["RowCount"], 3);
    assert!(body["Expires"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_processing_export_has_no_expiry_and_no_counts() {
    let service = service();
    service.set_status(TOKEN, "Processing");
    let body = ask(&service, STATUS).json();
    assert_eq!(body["Expires"], "");
    assert_eq!(body["RowCount"], 0);
    assert_eq!(ask(&service, page("")).status, 400);
}

#[test]
fn any_status_word_can_be_set() {
    let service = service();
    for word in ["Error", "Failed", "Expired", "Archiviert"] {
        service.set_status(TOKEN, word);
        assert_eq!(ask(&service, STATUS).json()["Status"], word);
        assert_ne!(ask(&service, COMMIT).status, 200);
    }
    assert_eq!(commits(&service), 0);
}

#[test]
fn a_commit_retrieves_the_token_and_deletes_the_files() {
    let service = service();
    let answer = ask(&service, COMMIT);
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let view = service.export(TOKEN).unwrap();
    assert_eq!(view.status, "Retrieved");
    assert!(!view.files_kept && !view.commits[0].keep_files);
    assert_eq!(ask(&service, page("")).status, 404);
    assert_eq!(ask(&service, STATUS).json()["Status"], "Retrieved");
}

#[test]
fn a_commit_with_keep_files_keeps_them() {
    let service = service();
    ask(&service, COMMIT.replace("=false", "=true"));
    let view = service.export(TOKEN).unwrap();
    assert!(view.files_kept && view.commits[0].keep_files);
    assert_eq!(ask(&service, page("")).status, 404);
}

#[test]
fn a_second_commit_answers_404() {
    let service = service();
    ask(&service, COMMIT);
    let answer = ask(&service, COMMIT);
    assert_eq!(answer.status, 404);
    assert!(answer.json()["Message"].is_string());
    assert_eq!(commits(&service), 1);
}

#[test]
fn what_status_says_after_a_commit_can_be_chosen() {
    let service = service();
    for (token, after) in [(1, StatusAfterCommit::Word("Complete".to_owned())), (2, StatusAfterCommit::Answer(401))] {
        service.add_export(Export::segment(token, 1).status_after_commit(after));
    }
    let own = |text: &str, token: &str| text.replace("123456789012", token);
    assert_eq!(ask(&service, own(STATUS, "2")).status, 200);
    ask(&service, own(COMMIT, "1"));
    ask(&service, own(COMMIT, "2"));
    assert_eq!(ask(&service, own(STATUS, "1")).json()["Status"], "Complete");
    assert_eq!(ask(&service, own(STATUS, "2")).status, 401);
}

#[test]
fn the_last_page_without_keep_alive_retrieves_the_token() {
    let service = service();
    let mut client = Client::connect(&service);
    let first = client.ask(page("?limit=2&offset=1&keepAlive=false")).json();
    assert_eq!(first["Count"], 2);
    assert_eq!(first["HasMore"], true);
    let last = client.ask(page("?limit=2&offset=3&keepAlive=false")).json();
    assert_eq!(last["Count"], 1);
    assert_eq!(last["HasMore"], false);
    assert_eq!(last["TotalResults"], 3);
    assert_eq!(service.export(TOKEN).unwrap().status, "Retrieved");
    assert_eq!(client.ask(page("")).status, 404);
    assert_eq!(service.connections(), 1);
}

#[test]
fn pages_with_keep_alive_change_nothing() {
    let service = service();
    for _ in 0..2 {
        let body = ask(&service, page("?keepAlive=true")).json();
        assert_eq!(body["Limit"], 1000);
        assert_eq!(body["Offset"], 1);
        assert_eq!(body["Preferences"].as_array().unwrap().len(), 3);
    }
    assert_eq!(service.export(TOKEN).unwrap().pages_read, 2);
    assert_eq!(service.export(TOKEN).unwrap().status, "Complete");
}

#[test]
fn a_token_belongs_to_its_kind() {
    let service = service();
    service.add_export(Export::new(5, ExportKind::Schedule, 1));
    let request = |kind: &str| format!("GET /ExampleClient/export/{kind}/5?keepAlive=true HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(ask(&service, request("Segment")).status, 404);
    let body = ask(&service, request("Schedule")).json();
    assert_eq!(body["ExportScheduleRows"].as_array().unwrap().len(), 1);
}

#[test]
fn a_changed_seed_changes_the_records() {
    let service = service();
    let before = ask(&service, page("?keepAlive=true")).text();
    assert!(service.update_export(TOKEN, |export| export.seed = 9));
    let after = ask(&service, page("?keepAlive=true")).text();
    assert_ne!(before, after);
    assert!(service.update_export(TOKEN, |export| export.seed = 0));
    assert_eq!(before, ask(&service, page("?keepAlive=true")).text());
}
