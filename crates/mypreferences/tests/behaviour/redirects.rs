//! A redirect is never followed: a POST that turns into a GET would fake a commit, and headers would leak.

use mypreferences::{CommitState, ConfirmedBy, ErrorKind};
use mypreferences_mock::{Action, Answer, Apply, Delivery, Operation, Rule};

use crate::support::*;

#[tokio::test]
async fn the_target_of_a_redirect_sees_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let target = mock().await;
        let mock = mock().await;
        let location = format!("{}/acme/export/Segment/Commit/1?keepFiles=false", target.base_url());
        mock.push_rule(Rule::new(Operation::Commit, Action::answer(Answer::redirect(status, &location))));
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RedirectRefused);
        assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
        assert_eq!(posts(&mock).len(), 1);
        assert_eq!(target.connections(), 0, "{status}: the target was connected to");
    }
}

#[tokio::test]
async fn a_redirect_that_hides_a_commit_is_resolved() {
    let mock = mock().await;
    mock.push_rule(Rule::new(
        Operation::Commit,
        Action::Answer { answer: Answer::redirect(302, "/thanks"), apply: Apply::Now, delivery: Delivery::Whole },
    ));
    let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.confirmed_by, ConfirmedBy::Status);
}

#[tokio::test]
async fn a_server_that_redirects_everything_is_given_up_at_once() {
    let mock = mock().await;
    mock.push_rule(
        Rule::new(Operation::Any, Action::answer(Answer::redirect(302, "https://other.example/"))).forever(),
    );
    let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RedirectRefused);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert_eq!(mock.requests().len(), 2);
    let error = client(&mock).status(TOKEN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RedirectRefused);
}
