//! The synchronous twin.

use mypreferences::blocking::CallOptions;
use mypreferences::{CancelToken, ErrorKind, Resolution, StatusWord};
use mypreferences_mock::{Action, Apply, Export, MockConfig, MockService, Operation, Rule};

use crate::support::*;

fn mock_blocking() -> MockService {
    trace();
    let mock = MockService::start_blocking(
        MockConfig::default()
            .client_id(CLIENT_ID)
            .authorization(hmac()),
    )
    .unwrap();
    mock.add_export(Export::segment(TOKEN, 3));
    mock
}

#[test]
fn every_call_has_a_synchronous_twin() {
    let mock = mock_blocking();
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    let options = CallOptions::default();
    assert_eq!(
        client.status(TOKEN, &options).unwrap().status,
        StatusWord::Complete
    );
    client.probe_page(TOKEN, &options).unwrap();
    mock.push_rule(Rule::new(
        Operation::Commit,
        Action::ReadThenClose { apply: Apply::Now },
    ));
    let receipt = client.commit(TOKEN, false).unwrap();
    assert_eq!(receipt.sends, 1);
    assert!(matches!(
        client.resolve_commit(TOKEN, &options).unwrap(),
        Resolution::Committed(_)
    ));
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
            scope.spawn(move || client.commit(token, true).unwrap());
        }
    });
    assert_eq!(posts(&mock).len(), 16);
}

#[test]
fn a_call_is_cancelled_from_another_thread() {
    let mock = mock_blocking();
    mock.push_rule(Rule::new(
        Operation::Commit,
        Action::Hang {
            apply: Apply::Never,
        },
    ));
    let client = builder(&mock.base_url()).build_blocking().unwrap();
    let cancel = CancelToken::new();
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let mut options = CallOptions::default();
            options.cancel_token = Some(cancel.clone());
            client.commit_with(TOKEN, false, &options).unwrap_err()
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
    let error = client.commit(TOKEN, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    drop(client);
    assert_eq!(mock.connections(), 0);
}
