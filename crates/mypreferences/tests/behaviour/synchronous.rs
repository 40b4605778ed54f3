//! The synchronous twin.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mypreferences::export::ExportRequest;
use mypreferences::{CancelToken, ErrorKind, Resolution, StatusWord};
use mypreferences_mock::{Action, Answer, Apply, Export, MockConfig, MockService, Operation, Rule, Source};

use crate::support::*;

fn mock_blocking() -> MockService {
    trace();
    let mock = MockService::start_blocking(MockConfig::default().client_id(CLIENT_ID).authorization(hmac())).unwrap();
    mock.add_export(Export::segment(TOKEN, 3));
    mock
}

#[test]
fn every_call_has_a_synchronous_twin() {
    let mock = mock_blocking();
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    assert_eq!(client.status(TOKEN).call().unwrap().status, StatusWord::Complete);
    client.probe_page(TOKEN).call().unwrap();
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    let receipt = client.commit(TOKEN, false).call().unwrap();
    assert_eq!(receipt.sends, 1);
    assert!(matches!(client.resolve_commit(TOKEN).call().unwrap(), Resolution::Committed(_)));
}

#[test]
fn threads_share_one_client() {
    let mock = mock_blocking();
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    for token in 1..=16 {
        mock.add_export(Export::segment(token, 1));
    }
    std::thread::scope(|scope| {
        for token in 1..=16 {
            let client = client.clone();
            scope.spawn(move || client.commit(token, true).call().unwrap());
        }
    });
    assert_eq!(posts(&mock).len(), 16);
}

#[test]
fn an_export_is_started_waited_for_and_read_without_a_runtime() {
    let mock = mock_blocking();
    let kind = mypreferences_mock::ExportKind::Segment;
    mock.add_source(Source::new(kind, "Everyone", 5));
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    let order = ExportRequest::segment("Everyone");
    let export = client.initiate(order).call().unwrap();
    let questions = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&questions);
    let processing = Answer::json(200, r#"{"Status":"Processing"}"#);
    mock.push_rule(Rule::new(Operation::Status, Action::answer(processing)));
    let status = client
        .wait(&export)
        .on_progress(move |progress| seen.store(progress.questions, Ordering::SeqCst))
        .call()
        .unwrap();
    assert_eq!((status.row_count, questions.load(Ordering::SeqCst)), (Some(5), 1));
    assert_eq!(client.wait(&export).call().unwrap().row_count, Some(5));
    let pages: Result<Vec<_>, _> = client.pages(&export).limit(2).collect();
    let counts: Vec<u64> = pages.unwrap().iter().map(|page| page.count).collect();
    assert_eq!(counts, [2, 2, 1]);
    let last = client.pages(&export).offset(5).records();
    let last: Result<Vec<_>, _> = last.collect();
    assert_eq!(last.unwrap().len(), 1);
}

#[test]
fn iterators_end_after_an_error_and_can_be_asked_again() {
    let mock = mock_blocking();
    let kind = mypreferences_mock::ExportKind::Segment;
    mock.add_source(Source::new(kind, "Everyone", 2));
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    let order = ExportRequest::segment("Everyone");
    let export = client.initiate(order).call().unwrap();
    let refuse = || mock.push_rule(Rule::new(Operation::Page, Action::status(403)));
    refuse();
    let mut pages = client.pages(&export);
    assert!(pages.next().unwrap().is_err());
    assert!(pages.next().is_none());
    assert_eq!(pages.next_page().unwrap().unwrap().count, 2);
    refuse();
    let mut records = client.records(&export);
    assert!(records.next().unwrap().is_err());
    assert!(records.next().is_none());
    assert!(records.next_record().unwrap().is_some());
    let cancel = CancelToken::new();
    cancel.cancel();
    let mut cancelled = client.pages(&export).cancel_token(cancel);
    assert_eq!(cancelled.next_page().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_call_is_cancelled_from_another_thread() {
    let mock = mock_blocking();
    mock.push_rule(Rule::new(Operation::Commit, Action::Hang { apply: Apply::Never }));
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    let cancel = CancelToken::new();
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let call = client.commit(TOKEN, false).cancel_token(cancel.clone());
            call.call().unwrap_err()
        });
        assert!(mock.wait_for_blocking(|log| !log.is_empty(), std::time::Duration::from_secs(20)));
        cancel.cancel();
        call.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn inside_a_runtime_it_refuses_instead_of_panicking() {
    let mock = mock().await;
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    let error = client.commit(TOKEN, false).call().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    drop(client);
    assert_eq!(mock.connections(), 0);
}
