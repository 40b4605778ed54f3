//! Initiate, wait and pages against the mock service.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use mypreferences::export::{Export, ExportRequest, LastDateTime, MatchCriteria, Page};
use mypreferences::{CancelToken, Client, ErrorKind, Operation as On, Sent};
use mypreferences_mock::{Action, Answer, Apply, MockConfig, MockService, OpenScenario, Operation, Rule};

use crate::support::{CLIENT_ID, SECRET, USER_ID, builder, trace};

const WORLD: &str = r#""sources":[
    {"kind":"segment","name":"Everyone","rows":2500},
    {"kind":"segment","name":"Nobody","rows":0},
    {"kind":"segment","name":"A / B","rows":3},
    {"kind":"segment","name":"Profiles","rows":600,"records":"profiles"},
    {"kind":"schedule","name":"Nightly","rows":3},
    {"kind":"cid","rows":5},
    {"kind":"segment","name":"Slow","rows":1,"processing_ms":1500},
    {"kind":"segment","name":"Broken","processing_ms":1,"ends":"Failed"},
    {"kind":"segment","name":"Brief","lifetime_ms":1}]"#;

struct Service {
    _mock: MockService,
    opened: OpenScenario,
}

async fn service() -> Service {
    trace();
    let mock = MockService::start(MockConfig::default()).await.unwrap();
    let spec = format!(
        r#"{{"client_id":"{CLIENT_ID}","authorization":{{"hmac":{{"user_id":"{USER_ID}","secret":"{SECRET}"}}}},{WORLD}}}"#
    );
    let opened = mock.open_scenario(&spec).unwrap();
    Service { _mock: mock, opened }
}

impl Service {
    fn client(&self) -> Client {
        builder(&self.opened.base_url()).build().unwrap()
    }

    fn rule(&self, on: Operation, action: Action) {
        self.opened.world().push_rule(Rule::new(on, action));
    }

    fn count(&self, operation: Operation) -> usize {
        let requests = self.opened.world().requests();
        requests.iter().filter(|request| request.operation == Some(operation)).count()
    }
}

async fn every_page(client: &Client, export: &Export, limit: u32) -> Vec<Page> {
    let mut pages = client.pages(export).limit(limit);
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.push(page);
    }
    assert!(pages.next().await.unwrap().is_none());
    all
}

#[tokio::test]
async fn an_export_is_started_waited_for_read_and_committed() {
    let service = service().await;
    let client = service.client();
    let before = SystemTime::now();
    let export = client
        .initiate(ExportRequest::segment("Everyone").since("2026-11-24T06:25:53.042Z".parse::<LastDateTime>().unwrap()))
        .await
        .unwrap();
    assert!(export.watermark() <= before + Duration::from_secs(1));
    assert!(export.watermark() + Duration::from_secs(60) > before);
    let status = client.wait(&export).await.unwrap();
    assert_eq!(status.row_count, Some(2500));
    // As another task would go on.
    let export = Export::from_json(&export.to_json_with_token()).unwrap();
    let pages = every_page(&client, &export, 1000).await;
    assert_eq!(pages.iter().map(|page| page.count).collect::<Vec<_>>(), [1000, 1000, 500]);
    let records: usize = pages.iter().map(|page| page.records().len()).sum();
    assert_eq!(records, 2500);
    client.commit(export.access_token(), false).await.unwrap();
    for request in service.opened.world().requests() {
        if request.operation == Some(Operation::Page) {
            assert!(request.target.contains("keepAlive=true"));
        }
        assert_eq!((request.violation, request.remarks.len()), (None, 0));
    }
}

#[tokio::test]
async fn every_kind_and_every_size_can_be_read() {
    let service = service().await;
    let client = service.client();
    let profile = MatchCriteria::ProfileId { customer_type: None };
    for (order, limit, counts) in [
        (ExportRequest::segment("Nobody"), 10, vec![0]),
        (ExportRequest::segment("A / B"), 3, vec![3]),
        (ExportRequest::segment("A / B"), 2, vec![2, 1]),
        (ExportRequest::segment("Everyone").matching(profile, ["1", "2"]), 10, vec![2]),
        (ExportRequest::schedule("Nightly").dates("2026-01-01", "2026-01-31"), 10, vec![3]),
        (ExportRequest::cid(["1", "2"]).channels(["Email"]), 10, vec![2]),
    ] {
        let is_schedule = order == ExportRequest::schedule("Nightly").dates("2026-01-01", "2026-01-31");
        let export = client.initiate(order).await.unwrap();
        client.wait(&export).await.unwrap();
        let pages = every_page(&client, &export, limit).await;
        let found: Vec<u64> = pages.iter().map(|page| page.count).collect();
        assert_eq!(found, counts);
        assert_eq!(pages[0].is_schedule(), is_schedule);
        if is_schedule {
            assert!(pages[0].others().len() > 0, "the column headers are kept");
        }
    }
}

#[tokio::test]
async fn a_wait_tells_how_it_goes_and_how_it_ends() {
    let service = service().await;
    let client = service.client();
    let slow = client.initiate(ExportRequest::segment("Slow")).await.unwrap();
    service.rule(Operation::Status, Action::status(503));
    let questions = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&questions);
    let status =
        client.wait(&slow).on_progress(move |progress| seen.store(progress.questions, Ordering::SeqCst)).await.unwrap();
    assert_eq!(status.word, "Complete");
    assert!(questions.load(Ordering::SeqCst) >= 1);
    for (name, kind) in [("Broken", ErrorKind::ExportFailed), ("Brief", ErrorKind::ExportExpired)] {
        let export = client.initiate(ExportRequest::segment(name)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let error = client.wait(&export).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, On::Wait), "{name}");
    }
    let slow = client.initiate(ExportRequest::segment("Slow")).await.unwrap();
    let error = client.wait(&slow).max_wait(Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimedOut);
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = client.wait(&slow).cancel_token(cancel).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn a_lost_initiate_is_never_sent_again() {
    let service = service().await;
    service.rule(Operation::Initiate, Action::ReadThenClose { apply: Apply::Never });
    let error = service.client().initiate(ExportRequest::segment("Everyone")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!((error.sent(), error.commit_state()), (Sent::MaybeSent, None));
    assert_eq!(service.count(Operation::Initiate), 1);
    assert!(error.to_string().contains("expires unread"), "{error}");
}

#[tokio::test]
async fn an_initiate_that_was_turned_away_is_sent_again_and_others_are_not() {
    let service = service().await;
    service.rule(Operation::Initiate, Action::status(503));
    service.rule(Operation::Initiate, Action::status(429));
    let client = service.client();
    client.initiate(ExportRequest::segment("Everyone")).await.unwrap();
    assert_eq!(service.count(Operation::Initiate), 3);
    for (status, kind) in [
        (500, ErrorKind::ServerError),
        (400, ErrorKind::BadRequest),
        (403, ErrorKind::Forbidden),
        (302, ErrorKind::RedirectRefused),
    ] {
        let before = service.count(Operation::Initiate);
        service.rule(Operation::Initiate, Action::status(status));
        let error = client.initiate(ExportRequest::segment("Everyone")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(service.count(Operation::Initiate), before + 1, "{status}");
    }
    let error = client.initiate(ExportRequest::segment("No such segment")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for body in ["{}", "{\"AccessToken\":0}", "nothing"] {
        service.rule(Operation::Initiate, Action::answer(Answer::json(200, body)));
        let error = client.initiate(ExportRequest::segment("Everyone")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
    }
}

#[tokio::test]
async fn a_page_is_read_again_after_a_passing_failure_and_a_wrong_one_is_said() {
    let service = service().await;
    let client = service.client();
    let export = client.initiate(ExportRequest::segment("A / B")).await.unwrap();
    service.rule(Operation::Page, Action::status(503));
    assert_eq!(every_page(&client, &export, 10).await.len(), 1);
    for (body, kind) in [
        (r#"{"Count":2,"HasMore":false,"Offset":1,"Preferences":[{}]}"#, ErrorKind::CountMismatch),
        (r#"{"Count":1,"HasMore":false,"Offset":2,"Preferences":[{}]}"#, ErrorKind::CountMismatch),
        (r#"{"Count":0,"HasMore":true,"Offset":1,"Preferences":[]}"#, ErrorKind::CountMismatch),
    ] {
        service.rule(Operation::Page, Action::answer(Answer::json(200, body)));
        let error = client.pages(&export).next().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
    }
    let error = client.pages(&export).limit(0).next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn records_come_one_by_one_in_their_order_and_can_be_read_as_profiles() {
    let service = service().await;
    let client = service.client();
    let order = ExportRequest::segment("Profiles");
    let export = client.initiate(order).await.unwrap();
    client.wait(&export).await.unwrap();
    let mut expected = Vec::new();
    for page in every_page(&client, &export, 1000).await {
        expected.extend(page.records().map(|record| record.bytes().to_vec()));
    }
    let mut records = client.pages(&export).limit(250).records();
    let mut found = Vec::new();
    while let Some(record) = records.next().await.unwrap() {
        let profile = record.profile().unwrap();
        assert!(profile.profile_id.is_some() && profile.others.is_empty());
        assert_eq!(record.line(), record.bytes());
        found.push(record.into_bytes());
    }
    assert!(records.next().await.unwrap().is_none());
    assert_eq!(found, expected);
    // One page for all, and three of 250.
    assert_eq!(service.count(Operation::Page), 4);

    let order = ExportRequest::schedule("Nightly");
    let export = client.initiate(order).await.unwrap();
    let row = client.records(&export).next().await.unwrap().unwrap();
    let error = row.profile().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn after_a_failure_records_go_on_where_they_stopped() {
    let service = service().await;
    let client = service.client();
    let export = client.initiate(ExportRequest::segment("A / B")).await.unwrap();
    let mut records = client.pages(&export).limit(2).records();
    for _ in 0..2 {
        records.next().await.unwrap().unwrap();
    }
    service.rule(Operation::Page, Action::status(403));
    let error = records.next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(records.next().await.unwrap().is_some());
    assert!(records.next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_initiate_that_is_cancelled_in_flight_says_that_it_may_have_been_sent() {
    let service = service().await;
    service.rule(Operation::Initiate, Action::Hang { apply: Apply::Never });
    let client = service.client();
    let cancel = CancelToken::new();
    let starting =
        tokio::spawn(client.initiate(ExportRequest::segment("Everyone")).cancel_token(cancel.clone()).into_future());
    while service.count(Operation::Initiate) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cancel.cancel();
    let error = starting.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.sent(), error.attempts().len()), (ErrorKind::Cancelled, Sent::MaybeSent, 1));
    assert!(error.to_json().contains("\"method\":\"POST\""));
    assert!(error.to_string().contains("expires unread"), "{error}");
}

#[tokio::test]
async fn a_server_that_asks_for_endless_patience_ends_the_wait_and_not_the_program() {
    let service = service().await;
    let client = service.client();
    let export = client.initiate(ExportRequest::segment("Slow")).await.unwrap();
    service.rule(Operation::Status, Action::answer(Answer::empty(503).retry_after("99999999999999999999")));
    let error = client.wait(&export).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WaitTimedOut);
}

#[tokio::test]
async fn waiting_and_reading_leave_a_baseline_for_the_commit() {
    let service = service().await;
    let client = service.client();
    let export = client.initiate(ExportRequest::segment("A / B")).await.unwrap();
    client.wait(&export).await.unwrap();
    every_page(&client, &export, 10).await;
    service.rule(Operation::Commit, Action::ReadThenClose { apply: Apply::Now });
    for operation in [Operation::Status, Operation::Page] {
        let gone = Rule::new(operation, Action::status(404)).forever();
        service.opened.world().push_rule(gone);
    }
    let receipt = client.commit(export.access_token(), false).await.unwrap();
    assert_eq!(receipt.certainty, mypreferences::Certainty::Presumed);
}

#[tokio::test]
async fn a_handle_of_another_account_is_refused() {
    let service = service().await;
    let client = service.client();
    let export = client.initiate(ExportRequest::segment("A / B")).await.unwrap();
    let other = builder(&service.opened.base_url()).client_id("another").build().unwrap();
    let requests = service.opened.world().requests().len();
    let error = other.wait(&export).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = other.pages(&export).next().await.unwrap_err();
    assert!(error.to_string().contains("another client id"), "{error}");
    assert_eq!(service.opened.world().requests().len(), requests);
}
