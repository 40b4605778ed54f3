//! Bad input is refused before any I/O, with what to pass instead.

use mypreferences::{Client, Credentials, ErrorKind, Sent};

use crate::support::*;

fn assert_refused(error: &mypreferences::Error, what: &str) {
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{what}: {error}");
    assert_eq!(error.number(), 100);
    assert_eq!(error.sent(), Sent::NotSent);
    assert!(error.next_action().starts_with("pass "), "{what}: {error}");
    assert!(!error.to_string().contains(['\r', '\n', '\0']), "{what}");
}

#[tokio::test]
async fn thirty_hostile_client_ids_and_tokens_are_refused_without_a_connection() {
    let mock = mock().await;
    let too_long = "a".repeat(257);
    let client_ids = [
        "",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2e%2e",
        "%2E%2E",
        ".%2e",
        "%2e.",
        ".%2E",
        "\0",
        "a\0b",
        "a\nb",
        "a\r\nHost: evil",
        "a\tb",
        "\u{7f}",
        "\u{85}",
        "a\u{9f}b",
        too_long.as_str(),
    ];
    for client_id in client_ids {
        let built = Client::builder()
            .client_id(client_id)
            .base_url(mock.base_url())
            .credentials(Credentials::hmac(USER_ID, SECRET))
            .build();
        assert_refused(&built.unwrap_err(), &format!("client id {client_id:?}"));
    }
    let client = client(&mock);
    let tokens = [
        "",
        "0",
        "-1",
        "+1",
        " 1",
        "1 ",
        "01",
        "1.0",
        "1e3",
        "0x10",
        "٣",
        "9223372036854775808",
        "-9223372036854775808",
        "4711/../4712",
        "4711?keepFiles=true",
        "4711%2F",
        "{accessToken}",
        "1\n",
    ];
    for token in tokens {
        let without_waiting = client.commit(token, false).validate().unwrap_err();
        let error = client.commit(token, false).await.unwrap_err();
        assert_eq!(without_waiting.to_json(), error.to_json());
        assert_refused(&error, &format!("token {token:?}"));
        assert!(token.len() < 6 || !error.to_string().contains(token), "the token is shown");
    }
    for token in [0, -1, i64::MIN] {
        assert_refused(&client.commit(token, false).await.unwrap_err(), "a token that is not positive");
    }
    assert_refused(&client.commit(u64::MAX, false).await.unwrap_err(), "a token over 64 bits");
    assert!(client_ids.len() + tokens.len() >= 30);
    assert_eq!(mock.connections(), 0);
}

#[tokio::test]
async fn every_operation_refuses_a_bad_token_under_its_own_name() {
    let mock = mock().await;
    let client = client(&mock);
    let named = |error: mypreferences::Error| error.operation().name();
    assert_eq!(named(client.commit(0, true).await.unwrap_err()), "commit");
    assert_eq!(named(client.status(0).await.unwrap_err()), "status");
    assert_eq!(named(client.probe_page(0).await.unwrap_err()), "page");
    assert_eq!(named(client.resolve_commit(0).await.unwrap_err()), "resolve_commit");
    assert_eq!(mock.connections(), 0);
}

#[tokio::test]
async fn a_zero_timeout_is_refused() {
    let mock = mock().await;
    let call = client(&mock).commit(TOKEN, false).timeout(std::time::Duration::ZERO);
    assert_refused(&call.await.unwrap_err(), "timeout");
    assert_eq!(mock.connections(), 0);
}
