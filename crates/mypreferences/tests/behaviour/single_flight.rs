//! Several callers of one token in one client.

use std::time::Duration;

use futures_util::future::join_all;
use mypreferences::{CancelToken, CommitState, ErrorKind};
use mypreferences_mock::{Action, Apply, Export, Operation, Rule};

use crate::support::*;

const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_one_token_share_one_request_and_one_receipt() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer_late(Duration::from_millis(300))));
    let client = client(&mock);
    let receipts = join_all((0..64).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.commit(TOKEN, false).await.unwrap() })
    }))
    .await;
    let first = receipts[0].as_ref().unwrap();
    assert!(receipts.iter().all(|receipt| receipt.as_ref().unwrap() == first));
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tokens_are_committed_side_by_side() {
    let mock = mock().await;
    let client = client(&mock);
    for token in 1..=64 {
        mock.add_export(Export::segment(token, 1));
    }
    let receipts = join_all((1..=64).map(|token| {
        let client = client.clone();
        tokio::spawn(async move { client.commit(token, token % 2 == 0).await.unwrap() })
    }))
    .await;
    assert_eq!(receipts.len(), 64);
    assert_eq!(posts(&mock).len(), 64);
    for token in 1..=64 {
        assert_eq!(mock.export(token).unwrap().commits[0].keep_files, token % 2 == 0);
    }
}

#[tokio::test]
async fn another_keep_files_while_it_runs_is_a_conflict() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer_late(Duration::from_millis(500))));
    let client = client(&mock);
    let running = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    let error = client.commit(TOKEN, true).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict);
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    running.await.unwrap().unwrap();
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn one_who_leaves_never_ends_the_call_for_the_others() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer_late(Duration::from_millis(600))));
    let client = client(&mock);
    let cancel = CancelToken::new();
    let first = tokio::spawn({
        let (client, cancel) = (client.clone(), cancel.clone());
        async move { client.commit(TOKEN, false).cancel_token(cancel).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    let second = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).await }
    });
    let dropped = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    cancel.cancel();
    dropped.abort();
    let error = first.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert_eq!(second.await.unwrap().unwrap().sends, 1);
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn each_waiter_keeps_its_own_deadline() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::answer_late(Duration::from_millis(2500))));
    let client = client(&mock);
    let short = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).timeout(Duration::from_millis(300)).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    let long = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).timeout(LONG).await }
    });
    let error = short.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    let receipt = long.await.unwrap().unwrap();
    assert_eq!(receipt.confirmed_by, mypreferences::ConfirmedBy::Response, "the short one cut nothing off");
    assert_eq!(receipt.outcome, mypreferences::Outcome::Committed);
    assert_eq!(mock.export(TOKEN).unwrap().commits.len(), 1);
}

#[tokio::test]
async fn a_call_that_everybody_left_can_be_made_again() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::Hang { apply: Apply::Never }));
    let client = client(&mock);
    let left = tokio::spawn({
        let client = client.clone();
        async move { client.commit(TOKEN, false).await }
    });
    assert!(mock.wait_for(|log| !log.is_empty(), LONG).await);
    left.abort();
    let _ = left.await;
    assert_eq!(client.commit(TOKEN, false).await.unwrap().sends, 1);
}
