//! What a commit looks like on the wire, byte by byte.

use mypreferences::{Client, Credentials, ExportKind};
use mypreferences_mock::{Authorization, Export, MockConfig, MockService};

use crate::support::*;

#[tokio::test]
async fn a_commit_is_one_exact_request() {
    let mock = mock().await;
    let receipt = client(&mock).commit(TOKEN, false).await.unwrap();
    assert_eq!(receipt.sends, 1);

    let requests = mock.requests();
    assert_eq!(requests.len(), 1, "one request and nothing else");
    let head = String::from_utf8(requests[0].raw_head.clone()).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    assert!(
        line == format!("POST /acme/export/Segment/Commit/{TOKEN}?keepFiles=false HTTP/1.1"),
        "the request line is another"
    );
    let names: Vec<String> =
        rest.lines().filter_map(|line| line.split_once(':').map(|(name, _)| name.to_ascii_lowercase())).collect();
    let count = |name: &str| names.iter().filter(|given| *given == name).count();
    assert_eq!(count("authorization"), 1);
    assert_eq!(count("content-length"), 1);
    assert_eq!(count("transfer-encoding"), 0);
    assert_eq!(requests[0].header("content-length"), Some("0"));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[0].header("accept"), Some("application/json"));
    assert_eq!(requests[0].header("accept-encoding"), Some("gzip"));
    assert_eq!(requests[0].header("user-agent"), Some(concat!("mypreferences/", env!("CARGO_PKG_VERSION"))));
    assert!(requests[0].body.is_empty(), "there is a body");
    assert_eq!(requests[0].violation, None);
}

#[tokio::test]
async fn keep_files_is_always_sent_in_lower_case() {
    let mock = mock().await;
    client(&mock).commit(TOKEN, true).await.unwrap();
    assert_eq!(posts(&mock)[0].query(), Some("keepFiles=true"));
    assert!(mock.export(TOKEN).unwrap().files_kept);
}

#[tokio::test]
async fn each_kind_has_its_own_path() {
    for (kind, mock_kind, element) in [
        (ExportKind::Schedule, mypreferences_mock::ExportKind::Schedule, "Schedule"),
        (ExportKind::Cid, mypreferences_mock::ExportKind::Cid, "CID"),
    ] {
        let mock = mock().await;
        mock.add_export(Export::new(TOKEN, mock_kind, 3));
        client(&mock).commit(TOKEN, false).kind(kind).await.unwrap();
        assert!(posts(&mock)[0].target.starts_with(&format!("/acme/export/{element}/Commit/")));
    }
}

#[tokio::test]
async fn a_client_id_with_special_characters_is_one_encoded_segment() {
    let client_id = "Zoë & Söhne/1 50%";
    let mock = MockService::start(MockConfig::default().client_id(client_id)).await.unwrap();
    mock.add_export(Export::segment(TOKEN, 3));
    let client = builder(&mock.base_url()).client_id(client_id).build().unwrap();
    client.commit(TOKEN, false).await.unwrap();
    assert!(posts(&mock)[0].target.starts_with("/Zo%C3%AB%20%26%20S%C3%B6hne%2F1%2050%25/export/"));
}

#[tokio::test]
async fn bearer_and_verbatim_credentials_are_sent_as_they_are() {
    let bearer = "canary-bearer-token-Pw8s5Lm2";
    let verbatim = "Custom canary-verbatim-authorization-Hd6t1Rj4";
    for (credentials, authorization) in [
        (Credentials::bearer(bearer), Authorization::Bearer(bearer.to_owned())),
        (Credentials::verbatim(verbatim), Authorization::Verbatim(verbatim.to_owned())),
    ] {
        let mock =
            MockService::start(MockConfig::default().client_id(CLIENT_ID).authorization(authorization)).await.unwrap();
        mock.add_export(Export::segment(TOKEN, 3));
        let client = builder(&mock.base_url()).credentials(credentials).build().unwrap();
        assert!(!format!("{client:?}").contains("canary"));
        client.commit(TOKEN, false).await.unwrap();
    }
}

#[tokio::test]
async fn own_path_templates_are_used() {
    let mock = mock().await;
    let client = builder(&mock.base_url())
        .commit_path("{clientId}/export/Segment/Commit/{accessToken}")
        .status_path("{clientId}/status/Token/{accessToken}")
        .page_path("{clientId}/export/Segment/{accessToken}")
        .kind(ExportKind::SegmentGroup)
        .build()
        .unwrap();
    client.commit(TOKEN, false).await.unwrap();
    assert_eq!(posts(&mock).len(), 1);
}

#[tokio::test]
async fn connections_are_used_again() {
    let mock = mock().await;
    let client = client(&mock);
    for token in 1..=20 {
        mock.add_export(Export::segment(token, 1));
        client.commit(token, false).await.unwrap();
    }
    assert_eq!(mock.connections(), 1);
}

#[tokio::test]
async fn a_client_without_the_needed_settings_is_refused_with_the_reason() {
    let refusal = |builder: mypreferences::ClientBuilder| builder.build().unwrap_err().to_string();
    assert!(refusal(Client::builder()).contains("credentials"));
    let with = || Client::builder().credentials(Credentials::hmac(USER_ID, SECRET));
    assert!(refusal(with()).contains("client_id is missing"));
    assert!(refusal(with().client_id("acme")).contains("environment"));
    let both = with().client_id("acme").base_url("http://127.0.0.1:1").environment(mypreferences::Environment::Staging);
    assert!(refusal(both).contains("contradict"));
    let broken = Client::builder().credentials(Credentials::hmac(USER_ID, format!("{SECRET}\n")));
    let said = refusal(broken.client_id("acme").base_url("http://127.0.0.1:1"));
    assert!(said.contains("holds a line break"), "{said}");
    assert_clean(&said);
    let unreadable = with().client_id("acme").base_url("https://127.0.0.1:1").ca_file("/no/such.pem");
    assert!(refusal(unreadable).contains("/no/such.pem"));
    assert!(with().client_id("acme").environment(mypreferences::Environment::Production).build().is_ok());
}
