//! The server reads the whole POST and closes without an answer, in every combination of what became of the request,
//! what status says, and what was known before. Times are a tenth of the defaults; with
//! `MYPREFERENCES_TEST_FULL_TIME=1` they are the defaults.

use std::time::Duration;

use mypreferences::{Certainty, Client, CommitState, ConfirmedBy, ErrorKind, Files, Outcome, Retry, Sent};
use mypreferences_mock::{
    Action, Answer, Apply, Export, LoggedRequest, MockService, Operation, ResetPoint, Rule, StatusAfterCommit,
};

use crate::support::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applied {
    Now,
    Late,
    Never,
}

/// What status says once the commit was applied, or all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Retrieved,
    Complete,
    Expired,
    Answers(u16),
    BusyAtFirst,
    Unreachable,
}

/// Which POSTs lose their answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loses {
    First,
    Every,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    applied: Applied,
    says: Says,
    baseline: bool,
    loses: Loses,
}

#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Committed(Certainty, ConfirmedBy, Files),
    NotCommitted,
    Unknown,
}

/// The contract, case by case; written from the specification, not from the code.
fn expected(case: Case) -> Expected {
    use Certainty::{Certain, Presumed};
    use Expected::{Committed, NotCommitted, Unknown};
    let certain_files = if case.baseline { Files::AsAsked } else { Files::Unknown };
    let by_second_send = Committed(Certain, ConfirmedBy::Response, certain_files);
    if case.says == Says::Unreachable {
        return Unknown;
    }
    // "Not yet" for the whole quiet moment: the second send is answered.
    if case.loses == Loses::First && case.applied != Applied::Now {
        return by_second_send;
    }
    if case.applied == Applied::Never {
        return NotCommitted;
    }
    let page_worked_before = case.baseline || case.applied == Applied::Late;
    match case.says {
        Says::Retrieved | Says::BusyAtFirst => Committed(Certain, ConfirmedBy::Status, certain_files),
        // One route of one answer is no proof, however often it is given.
        Says::Complete if page_worked_before => Committed(Presumed, ConfirmedBy::TokenRetired, Files::Unknown),
        // The page route never worked for this token: a send more is refused, so it is presumed.
        Says::Complete if case.loses == Loses::First => Committed(Presumed, ConfirmedBy::TokenRetired, Files::Unknown),
        Says::Complete => Unknown,
        Says::Expired if case.baseline => Committed(Certain, ConfirmedBy::EarlyExpiry, Files::AsAsked),
        Says::Answers(_) if case.baseline => Committed(Presumed, ConfirmedBy::TokenRetired, Files::Unknown),
        Says::Expired | Says::Answers(_) => Unknown,
        Says::Unreachable => Unknown,
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for applied in [Applied::Now, Applied::Late, Applied::Never] {
        for says in [
            Says::Retrieved,
            Says::Complete,
            Says::Expired,
            Says::Answers(400),
            Says::Answers(401),
            Says::Answers(404),
            Says::BusyAtFirst,
            Says::Unreachable,
        ] {
            for baseline in [true, false] {
                for loses in [Loses::First, Loses::Every] {
                    cases.push(Case { applied, says, baseline, loses });
                }
            }
        }
    }
    cases
}

/// How long a second of the specification takes here.
fn second() -> Duration {
    if std::env::var_os("MYPREFERENCES_TEST_FULL_TIME").is_some() {
        Duration::from_secs(1)
    } else {
        Duration::from_millis(100)
    }
}

async fn play(case: Case) {
    let second = second();
    let mock = mock().await;
    let mut export = Export::segment(TOKEN, 3);
    export = match case.says {
        Says::Complete => export.status_after_commit(StatusAfterCommit::Word("Complete".to_owned())),
        Says::Expired => export.status_after_commit(StatusAfterCommit::Word("Expired".to_owned())),
        Says::Answers(status) => export.status_after_commit(StatusAfterCommit::Answer(status)),
        Says::Retrieved | Says::BusyAtFirst | Says::Unreachable => export,
    };
    mock.add_export(export);
    let client: Client = builder(&mock.base_url())
        .resend_delay(5 * second)
        .confirm_window(60 * second)
        .timeout(180 * second)
        .send_window(60 * second)
        .resolve_timeout(120 * second)
        .build()
        .unwrap();
    if case.baseline {
        client.status(TOKEN).await.unwrap();
        client.probe_page(TOKEN).await.unwrap();
    }
    mock.clear_log();
    let apply = match case.applied {
        Applied::Now => Apply::Now,
        Applied::Late => Apply::After(20 * second),
        Applied::Never => Apply::Never,
    };
    let lost = Rule::new(Operation::Commit, Action::ReadThenClose { apply });
    mock.push_rule(if case.loses == Loses::Every { lost.forever() } else { lost });
    match case.says {
        Says::BusyAtFirst => mock.push_rule(
            Rule::new(Operation::Status, Action::answer(Answer::message(503, "busy")))
                .forever()
                .for_duration(10 * second),
        ),
        Says::Unreachable => mock.push_rule(
            Rule::new(Operation::Status, Action::Reset { at: ResetPoint::BeforeHeaders, apply: Apply::Never })
                .forever(),
        ),
        Says::Retrieved | Says::Complete | Says::Expired | Says::Answers(_) => {}
    }

    let result = client.commit(TOKEN, false).await;
    let (got, error) = match result {
        Ok(receipt) => {
            assert_eq!(receipt.outcome, Outcome::Committed, "{case:?}");
            (Expected::Committed(receipt.certainty, receipt.confirmed_by, receipt.files), None)
        }
        Err(error) => {
            record(&error);
            let got = match error.commit_state() {
                Some(CommitState::NotCommitted) => Expected::NotCommitted,
                Some(CommitState::Unknown) => Expected::Unknown,
                None => panic!("{case:?}: no commit state"),
            };
            (got, Some(error))
        }
    };
    assert_eq!(got, expected(case), "{case:?}: {error:?}");
    truth(&mock, case, &got);
    match (&got, error) {
        (Expected::NotCommitted, Some(error)) => {
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{case:?}");
            assert_eq!(error.retry(), Retry::Persistent, "{case:?}");
            assert_eq!(error.sent(), Sent::MaybeSent, "{case:?}");
            assert_eq!(error.attempts().len(), 4, "{case:?}");
        }
        (Expected::Unknown, Some(error)) => {
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{case:?}");
        }
        _ => {}
    }
    asked_between_sends(&mock.requests(), case);
    assert!(posts(&mock).len() <= 4, "{case:?}");
}

fn truth(mock: &MockService, case: Case, got: &Expected) {
    let applied = !mock.export(TOKEN).unwrap().commits.is_empty();
    match got {
        Expected::Committed(..) => assert!(applied, "{case:?}: reported committed, but it was not"),
        Expected::NotCommitted => assert!(!applied, "{case:?}: reported not committed, but it was"),
        Expected::Unknown => {}
    }
}

/// Exactly one POST until status has been asked.
fn asked_between_sends(requests: &[LoggedRequest], case: Case) {
    let mut asked = true;
    for request in requests {
        match request.operation {
            Some(Operation::Commit) => {
                assert!(asked, "{case:?}: two POSTs without a question between them");
                asked = false;
            }
            Some(Operation::Status) => asked = true,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_gets_the_right_verdict_in_every_combination() {
    let playing: Vec<_> = cases().into_iter().map(|case| tokio::spawn(play(case))).collect();
    assert_eq!(playing.len(), 96);
    for case in playing {
        case.await.unwrap();
    }
}

/// Every POST of an empty export is lost and none applied.
async fn lost_commits_of_an_empty_export(page_is_refused: bool) -> mypreferences::Error {
    let mock = mock().await;
    mock.add_export(Export::segment(TOKEN, 0));
    if page_is_refused {
        mock.push_rule(Rule::new(Operation::Page, Action::status(404)).forever());
    }
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }).forever());
    let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.attempts().len(), 4, "\"not yet\" allows every send");
    error
}

#[tokio::test]
async fn an_empty_export_whose_page_works_is_not_committed() {
    let error = lost_commits_of_an_empty_export(false).await;
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn an_empty_export_whose_page_is_refused_is_sent_again_and_ends_unknown() {
    let error = lost_commits_of_an_empty_export(true).await;
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_wrong_page_route_leads_to_one_more_send_and_not_to_a_verdict() {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Never }));
    let client = builder(&mock.base_url()).page_path("{clientId}/no/such/{accessToken}").build().unwrap();
    let receipt = client.commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.confirmed_by, ConfirmedBy::Response);
    assert_eq!(receipt.sends, 2);
    assert_eq!(mock.export(TOKEN).unwrap().commits.len(), 1);
}

#[tokio::test]
async fn strict_turns_a_presumed_receipt_into_outcome_unknown() {
    let mock = mock().await;
    mock.add_export(Export::segment(TOKEN, 3).status_after_commit(StatusAfterCommit::Answer(404)));
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
    let client = builder(&mock.base_url()).require_certain(true).preflight(true).build().unwrap();
    let error = client.commit(TOKEN, false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(error.commit_state(), Some(CommitState::Unknown));
    assert!(record(&error)["next_action"].as_str().unwrap().contains("resolve"));
}
