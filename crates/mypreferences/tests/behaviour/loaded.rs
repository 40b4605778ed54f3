//! A commit whose proof is the destination, and the ranges that a destination is loaded in, against the mock service.

use mypreferences::export::{Expect, Export as Handle, Page};
use mypreferences::landing::{BatchReceipt, CommitEnd};
use mypreferences::{CancelToken, Client, Error, ErrorKind};
use mypreferences_mock::{
    Action, Answer, Apply, Delivery, Export, MockService, Operation, PageChanges, RecordKind, Rule,
};

use crate::support::*;

const ROWS: u64 = 20;

async fn service() -> MockService {
    let mock = mock().await;
    mock.add_export(Export::segment(TOKEN, ROWS).records(RecordKind::Profiles));
    mock
}

fn handle(client: &Client) -> Handle {
    let handle = serde_json::json!({
        "version": 1, "base_url": client.base_url(), "surface": "async", "client_id": CLIENT_ID, "kind": "segment",
        "name": "Everyone", "access_token": TOKEN.to_string(), "watermark_ms": 0,
    });
    Handle::from_json(&handle.to_string()).unwrap()
}

async fn commit(client: &Client, rows: u64) -> Result<BatchReceipt, Error> {
    client.commit_loaded(&handle(client), rows, false).sink("postgres://etl:hunter22@dwh/people").await
}

/// Pages from this record on are changed.
fn changed(offset: u64, change: impl FnOnce(&mut PageChanges)) -> Rule {
    let mut changes = PageChanges::default();
    change(&mut changes);
    Rule::new(Operation::Page, Action::Page { changes, delivery: Delivery::Whole }).offset(offset)
}

fn shifted(offset: u64, shift: i64) -> Rule {
    changed(offset, |page| (page.shift, page.at_most) = (shift, Some(5)))
}

fn asked(mock: &MockService, operation: Operation) -> usize {
    mock.requests_for(operation).len()
}

#[tokio::test]
async fn what_is_loaded_whole_is_committed_once_whoever_asks() {
    let mock = service().await;
    let receipt = commit(&client(&mock), ROWS).await.unwrap();
    assert_eq!((receipt.end, receipt.files_are_as_asked()), (CommitEnd::Committed, true));
    let vouched = receipt.vouched.unwrap();
    assert_eq!((vouched.rows, vouched.sink.as_deref()), (ROWS, Some("postgres://etl@dwh/people")));
    let page = &mock.requests_for(Operation::Page)[0];
    assert!(page.target.contains("limit=1&offset=1&keepAlive=true"), "{}", page.target);
    // Another process, which does not even know how many there were.
    let again = commit(&client(&mock), 7).await.unwrap();
    assert_eq!(again.end, CommitEnd::AlreadyCommitted);
    assert_eq!(again.receipt, None);
    assert_eq!((posts(&mock).len(), asked(&mock, Operation::Page)), (1, 1));
}

#[tokio::test]
async fn other_rows_than_the_export_has_are_never_committed() {
    for rows in [0, ROWS - 1, ROWS + 1, u64::MAX] {
        let mock = service().await;
        let error = commit(&client(&mock), rows).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CountMismatch);
        assert!(error.to_string().contains(&format!("has {rows} rows, and the export has {ROWS}")), "{error}");
        record(&error);
        assert!(posts(&mock).is_empty());
    }
}

#[tokio::test]
async fn totals_that_differ_between_pages_or_are_missing_prove_nothing() {
    let mock = service().await;
    mock.push_rule(changed(11, |page| page.total_results = Some(ROWS + 1)).forever());
    let client = client(&mock);
    let mut pages = client.pages(&handle(&client)).limit(10);
    while pages.next().await.unwrap().is_some() {}
    let error = commit(&client, ROWS + 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    assert!(error.to_string().contains("TotalResults was 20 and is 21 now"), "{error}");
    assert!(posts(&mock).is_empty());
}

#[tokio::test]
async fn a_total_that_a_page_told_is_not_asked_for_again_not_even_by_another_process() {
    let mock = service().await;
    let reader = client(&mock);
    let mut pages = reader.pages(&handle(&reader));
    while pages.next().await.unwrap().is_some() {}
    let wrapped = reader.wrap(&handle(&reader)).unwrap();
    assert_clean(&wrapped);
    let committer = client(&mock);
    let export = committer.unwrap(&wrapped).unwrap();
    let before = asked(&mock, Operation::Page);
    assert_eq!(committer.commit_loaded(&export, ROWS - 1, true).await.unwrap_err().kind(), ErrorKind::CountMismatch);
    let receipt = committer.commit_loaded(&export, ROWS, true).await.unwrap();
    assert_eq!((receipt.end, receipt.keep_files), (CommitEnd::Committed, true));
    assert_eq!(asked(&mock, Operation::Page), before);
}

#[tokio::test]
async fn a_lost_answer_is_resolved_and_a_token_that_is_over_is_not_committed() {
    let mock = service().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    let receipt = commit(&client(&mock), ROWS).await.unwrap();
    assert_eq!(receipt.end, CommitEnd::Committed);
    assert_eq!((receipt.receipt.unwrap()["confirmed_by"].as_str(), posts(&mock).len()), (Some("status"), 1));

    for (word, expected) in [("Expired", CommitEnd::Expired), ("Failed", CommitEnd::Expired)] {
        let mock = service().await;
        mock.set_status(TOKEN, word);
        assert_eq!(commit(&client(&mock), ROWS).await.unwrap().end, expected);
        assert!(posts(&mock).is_empty());
    }
    let mock = service().await;
    mock.set_status(TOKEN, "Processing");
    assert_eq!(commit(&client(&mock), ROWS).await.unwrap_err().kind(), ErrorKind::WaitTimedOut);
    assert!(posts(&mock).is_empty());
}

/// A gateway answers 200 with a page of its own, for status or for the record that tells the total.
#[tokio::test]
async fn a_gateway_that_answers_for_the_service_proves_nothing() {
    for operation in [Operation::Status, Operation::Page] {
        let mock = service().await;
        mock.push_rule(Rule::new(operation, Action::answer(Answer::html(200, true))).forever());
        let error = commit(&client(&mock), ROWS).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{operation:?}: {error}");
        assert!(posts(&mock).is_empty());
        mock.clear_rules();
        assert_eq!(commit(&client(&mock), ROWS).await.unwrap().end, CommitEnd::Committed);
    }
}

#[tokio::test]
async fn files_are_hashed_before_the_commit_and_a_missing_one_prevents_it() {
    let mock = service().await;
    let folder = std::env::temp_dir().join(format!("mypreferences-loaded-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("people")).unwrap();
    let (client, files) = (client(&mock), [folder.join("people"), folder.join("*.json")]);
    let call = || client.commit_loaded(&handle(&client), ROWS, false).files(files.clone());
    std::fs::write(folder.join("people/1.parquet"), "rows").unwrap();
    let error = call().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("*.json"), "{error}");
    assert!(posts(&mock).is_empty());
    std::fs::write(folder.join("log.json"), "").unwrap();
    let vouched = call().await.unwrap().vouched.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let names: Vec<_> = vouched.files.iter().map(|file| (&file.path[folder.as_os_str().len()..], file.bytes)).collect();
    assert_eq!(names, [("/log.json", 0), ("/people/1.parquet", 4)]);
    // Asked about when they are gone.
    let again = call().await.unwrap();
    assert_eq!((again.end, again.vouched.unwrap().files.len()), (CommitEnd::AlreadyCommitted, 0));
}

#[tokio::test]
async fn a_cancelled_call_and_a_foreign_handle_send_no_commit() {
    let mock = service().await;
    let one = client(&mock);
    let cancel = CancelToken::new();
    cancel.cancel();
    let call = one.commit_loaded(&handle(&one), ROWS, false).cancel_token(cancel);
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Cancelled);
    let other = builder(&mock.base_url()).client_id("other").build().unwrap();
    let error = other.commit_loaded(&handle(&one), ROWS, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(posts(&mock).is_empty());
}

/// The pages of a range.
async fn range(client: &Client, begin: u64, end: Option<u64>, expect: Expect, limit: u32) -> Result<Vec<Page>, Error> {
    let mut pages = client.pages(&handle(client)).limit(limit).offset(begin).expect(expect);
    if let Some(end) = end {
        pages = pages.until(end);
    }
    let mut all = Vec::new();
    while let Some(page) = pages.next().await? {
        all.push(page);
    }
    Ok(all)
}

fn records(pages: &[Page]) -> Vec<Vec<u8>> {
    pages.iter().flat_map(Page::records).map(|record| record.bytes().to_vec()).collect()
}

/// Both halves of the export, with the boundary between them.
async fn halves(client: &Client, limit: u32) -> Result<Vec<Vec<u8>>, Error> {
    let cut = client.boundaries(&handle(client), [10]).await?;
    let (last, first) = cut[0].clone();
    let total = Some(ROWS);
    let mut one = records(&range(client, 1, Some(10), Expect { total, first: None, last: Some(last) }, limit).await?);
    one.extend(records(&range(client, 11, None, Expect { total, first: Some(first), last: None }, limit).await?));
    Ok(one)
}

#[tokio::test]
async fn ranges_that_join_are_the_export_whatever_the_size_of_their_pages() {
    let mock = service().await;
    let client = client(&mock);
    let whole = records(&range(&client, 1, None, Expect::default(), 1000).await.unwrap());
    assert_eq!(whole.len(), 20);
    for limit in [1, 3, 7, 10, 1000] {
        mock.clear_log();
        assert_eq!(halves(&client, limit).await.unwrap(), whole);
        // The boundary's two records, and no page reaches behind the end of its range.
        for request in mock.requests_for(Operation::Page) {
            let number = |name: &str| -> u64 {
                let rest = request.target.split_once(name).unwrap().1;
                rest.split('&').next().unwrap().parse().unwrap()
            };
            let (begin, records) = (number("offset="), number("limit="));
            assert!(begin > 10 || begin + records <= 11 || (begin, records) == (10, 2), "{}", request.target);
        }
    }
}

#[tokio::test]
async fn a_service_that_counts_right_and_gives_other_rows_is_found_out() {
    // The record before; the page before; from the second range on, a record too early.
    for (offset, shift, limit) in [(6, -1, 5), (6, -5, 5), (16, -5, 5), (11, -1, 5), (11, -5, 5), (11, 1, 5)] {
        let mock = service().await;
        let client = client(&mock);
        mock.push_rule(shifted(offset, shift).forever());
        // Counting finds nothing.
        let counted = range(&client, 1, Some(10), Expect::default(), 10).await;
        let error = halves(&client, limit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CountMismatch, "{offset} {shift} {counted:?}");
        record(&error);
    }
}

#[tokio::test]
async fn a_last_range_with_more_behind_it_is_not_the_last() {
    let mock = service().await;
    let client = client(&mock);
    mock.push_rule(changed(16, |page| page.has_more = Some(true)).forever());
    let total = Expect { total: Some(ROWS), ..Expect::default() };
    let error = range(&client, 11, Some(ROWS), total, 5).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    // Of a range in the middle nobody asks.
    range(&client, 11, Some(ROWS), Expect::default(), 5).await.unwrap();
}

#[tokio::test]
async fn a_page_that_is_wrong_once_is_asked_for_again() {
    let mock = service().await;
    let client = client(&mock);
    let whole = halves(&client, 5).await.unwrap();
    for (offset, shift) in [(6, -5), (11, -1), (11, 1)] {
        mock.push_rule(shifted(offset, shift));
        assert_eq!(halves(&client, 5).await.unwrap(), whole);
    }
}

#[tokio::test]
async fn a_range_that_is_none_and_one_that_the_export_does_not_reach_are_refused() {
    let mock = service().await;
    let client = client(&mock);
    let digest = client.boundaries(&handle(&client), [1]).await.unwrap()[0].0.clone();
    let last = Expect { last: Some(digest), ..Expect::default() };
    assert_eq!(range(&client, 5, Some(4), Expect::default(), 5).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(range(&client, 5, None, last, 5).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(range(&client, 15, Some(21), Expect::default(), 5).await.unwrap_err().kind(), ErrorKind::CountMismatch);
    let total = Expect { total: Some(ROWS - 1), ..Expect::default() };
    assert_eq!(range(&client, 1, None, total, 5).await.unwrap_err().kind(), ErrorKind::CountMismatch);
    for (place, kind) in [(0, ErrorKind::InvalidArgument), (ROWS, ErrorKind::CountMismatch)] {
        assert_eq!(client.boundaries(&handle(&client), [place]).await.unwrap_err().kind(), kind);
    }
}
