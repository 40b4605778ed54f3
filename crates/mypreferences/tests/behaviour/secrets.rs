//! Secrets and access tokens are seen nowhere: not in records, messages, debug forms, events at trace level.

use std::sync::{Arc, Mutex};

use mypreferences::{AccessToken, ConfirmedBy};
use mypreferences_mock::{Action, Answer, Apply, Operation, Rule};

use crate::support::*;

#[tokio::test]
async fn a_server_that_echoes_everything_leaks_nothing() {
    let mock = mock().await;
    let echo =
        format!("token {TOKEN} key {SECRET} in /export/Segment/Commit/{TOKEN}?keepFiles=false");
    let answer = Answer::message(404, &echo).header("X-Request-Id", &format!("id-{TOKEN}"));
    mock.push_rule(Rule::new(Operation::Any, Action::answer(answer)).forever());
    let client = client(&mock);
    for error in [
        client.commit(TOKEN, false).await.unwrap_err(),
        client.status(TOKEN).await.unwrap_err(),
        client.probe_page(TOKEN).await.unwrap_err(),
    ] {
        let json = record(&error);
        assert!(
            json["server_message"]
                .as_str()
                .unwrap()
                .starts_with("token ***5093 key ***")
        );
        assert_eq!(json["request_id"], "id-***5093");
        assert!(json["url"].as_str().unwrap().contains("***5093"));
    }
}

#[tokio::test]
async fn hooks_debug_forms_and_events_are_clean() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mock = mock().await;
    mock.push_rule(Rule::new(
        Operation::Commit,
        Action::ReadThenClose { apply: Apply::Now },
    ));
    let client = builder(&mock.base_url())
        .on_attempt({
            let seen = Arc::clone(&seen);
            move |event| seen.lock().unwrap().push(format!("{event:?}"))
        })
        .build()
        .unwrap();
    let receipt = client.commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.confirmed_by, ConfirmedBy::Status);
    for text in [
        receipt.to_json(),
        format!("{receipt:?}"),
        format!("{client:?}"),
        format!("{:?}", AccessToken::new(TOKEN).unwrap()),
        format!("{}", AccessToken::new(TOKEN).unwrap()),
    ] {
        assert_clean(&text);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2, "the POST and one question");
    seen.iter().for_each(|event| assert_clean(event));

    let trace = trace().text();
    assert!(
        trace.contains("mypreferences"),
        "the events were not recorded"
    );
    assert!(trace.contains("/export/Segment/Commit/***5093?keepFiles=false"));
    assert_clean(&trace);
}
