//! How the bytes of a body may be packed.

use mypreferences::{Client, Error, ErrorKind, ExportStatus, Retry};
use mypreferences_mock::{Action, Answer, Apply, MockService, Operation, Rule};

use crate::support::*;

const STATUS: &str = "{\"Status\":\"Complete\",\"RowCount\":3}";
const WHOLE: usize = usize::MAX;

fn status() -> Answer {
    Answer::json(200, STATUS)
}

async fn answering(answer: Answer) -> MockService {
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Any, Action::answer(answer)).forever());
    mock
}

async fn ask(answer: Answer) -> Result<ExportStatus, Error> {
    client(&answering(answer).await).status(TOKEN).await
}

#[tokio::test]
async fn gzip_is_understood_by_each_of_its_names_and_no_coding_by_its_own() {
    for coding in ["gzip", "GZIP", "x-gzip", "X-GZip", " gzip ", "identity, gzip"] {
        let status = ask(status().gzip(coding, WHOLE)).await;
        assert!(status.is_ok(), "{coding}: {status:?}");
    }
    for coding in ["identity", "Identity", "", "identity, identity"] {
        let status = ask(status().header("Content-Encoding", coding)).await;
        assert!(status.is_ok(), "{coding}: {status:?}");
    }
    let answer = status().header("Content-Encoding", "identity").gzip("gzip", WHOLE);
    assert!(ask(answer).await.is_ok());
}

#[tokio::test]
async fn gzip_members_one_after_another_are_one_body() {
    for part in [1, 7, STATUS.len() - 1] {
        let status = ask(status().gzip("gzip", part)).await.unwrap();
        assert_eq!(status.row_count, Some(3), "{part}");
    }
    // Enough of them that they come in more than one read.
    let long = format!("{}{STATUS}", " ".repeat(40_000));
    let status = ask(Answer::json(200, long).gzip("gzip", 10)).await.unwrap();
    assert_eq!(status.row_count, Some(3));
}

#[tokio::test]
async fn a_gzip_body_that_ends_too_early_is_one_that_was_cut() {
    let whole = status().gzip("gzip", 10);
    for length in [1, 9, 10, 15, whole.body.len() - 9, whole.body.len() - 1] {
        let cut = whole.clone().body(&whole.body[..length]);
        let error = ask(cut).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Interrupted, Retry::Persistent), "{length}: {error:?}");
    }
}

#[tokio::test]
async fn what_stands_behind_the_last_member_breaks_a_gzip_body() {
    for garbage in [&b"\0"[..], b"garbage", &[0; 512], b"\x1f\x8b", b"{}"] {
        let mut answer = status().gzip("gzip", WHOLE);
        answer.body.extend_from_slice(garbage);
        let error = ask(answer).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::InvalidResponse), "{garbage:?}: {error:?}");
    }
    let mut answer = status().gzip("gzip", WHOLE);
    let end = answer.body.len();
    answer.body[end - 5] ^= 1;
    let error = ask(answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "its checksum");
}

#[tokio::test]
async fn a_coding_that_nobody_asked_for_is_told_with_its_name() {
    for coding in ["br", "deflate", "zstd", "gzip, gzip", "gzip, br"] {
        let error = ask(status().header("Content-Encoding", coding)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{coding}");
        assert_eq!(error.attempts().len(), 1, "it will be the same again");
        assert!(error.to_string().contains(coding), "{error}");
        record(&error);
    }
    let secret = format!("x-{SECRET}");
    let error = ask(status().header("Content-Encoding", &secret)).await.unwrap_err();
    assert_clean(&format!("{error} {error:?} {}", error.to_json()));
    // Without a body there is nothing to decode, and a commit's body changes nothing.
    for answer in [Answer::empty(204), Answer::empty(200), status()] {
        let mock = mock().await;
        let answer = answer.header("Content-Encoding", "br");
        let action = Action::answer_applied(answer);
        mock.push_rule(Rule::new(Operation::Commit, action));
        let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
        assert_eq!(receipt.sends, 1);
    }
}

#[tokio::test]
async fn the_limit_of_a_body_holds_for_what_all_its_members_decode_to() {
    let body = format!("{}{STATUS}", " ".repeat(2000));
    let asked = |answer, limit| async move {
        let mock = answering(answer).await;
        let client: Client = builder(&mock.base_url()).max_control_body(limit).build().unwrap();
        client.status(TOKEN).await
    };
    let answer = Answer::json(200, body.as_str()).gzip("gzip", 100);
    asked(answer.clone(), body.len()).await.unwrap();
    let error = asked(answer, body.len() - 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResponseTooLarge);
}

#[tokio::test]
async fn a_compressed_page_of_a_portal_is_no_commit() {
    for part in [3, WHOLE] {
        let mock = mock().await;
        let portal = Answer::html(200, false).gzip("x-gzip", part);
        mock.push_rule(
            Rule::new(
                Operation::Commit,
                Action::Answer {
                    answer: portal,
                    apply: Apply::Never,
                    delivery: mypreferences_mock::Delivery::Trickle(std::time::Duration::from_millis(1)),
                },
            )
            .forever(),
        );
        let error = client(&mock).commit(TOKEN, false).await.unwrap_err();
        assert!(error.to_string().contains("HTML"), "{error}");
    }
}
