//! Secrets and access tokens are seen nowhere: not in records, messages, debug forms, events at trace level.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use mypreferences::configuration::Sources;
use mypreferences::export::Export;
use mypreferences::{AccessToken, ConfirmedBy, Credentials, Error, OAuth, Secret};
use mypreferences_mock::{Action, Answer, Apply, Operation, Rule};

use crate::support::*;

#[tokio::test]
async fn a_server_that_echoes_everything_leaks_nothing() {
    let mock = mock().await;
    let echo = format!("token {TOKEN} key {SECRET} in /export/Segment/Commit/{TOKEN}?keepFiles=false");
    let answer = Answer::message(404, &echo).header("X-Request-Id", &format!("id-{TOKEN}"));
    mock.push_rule(Rule::new(Operation::Any, Action::answer(answer)).forever());
    let client = client(&mock);
    for error in [
        client.commit(TOKEN, false).await.unwrap_err(),
        client.status(TOKEN).await.unwrap_err(),
        client.probe_page(TOKEN).await.unwrap_err(),
    ] {
        let json = record(&error);
        assert!(json["server_message"].as_str().unwrap().starts_with("token ***5093 key ***"));
        assert_eq!(json["request_id"], "id-***5093");
        assert!(json["url"].as_str().unwrap().contains("***5093"));
    }
}

#[tokio::test]
async fn hooks_debug_forms_and_events_are_clean() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mock = mock().await;
    mock.push_rule(Rule::new(Operation::Commit, Action::ReadThenClose { apply: Apply::Now }));
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
    assert!(trace.contains("mypreferences"), "the events were not recorded");
    assert!(trace.contains("/export/Segment/Commit/***5093?keepFiles=false"));
    assert_clean(&trace);
}

/// Every form of an error: line, debug forms, record, and the same of each cause. It says so much all the same.
fn hidden(error: &Error, says: &str) {
    record(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        assert_clean(&error.to_string());
        assert_clean(&format!("{error:?} {error:#?}"));
        cause = error.source();
    }
    let message = error.to_string();
    assert!(message.contains(says), "{says:?} in: {message}");
}

/// A file of its own, readable by its owner alone, which goes with its guard.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("mypreferences-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

#[tokio::test]
async fn a_private_key_is_in_no_message_however_its_file_is_spoilt() {
    trace();
    let spoilt = [
        (format!("{BEGIN}\\n{PRIVATE_KEY}\\n{END}\\n"), "line 1 of the file begins no PEM section"),
        (format!("{BEGIN} {PRIVATE_KEY} {END}\n"), "has no last line"),
        (format!("{BEGIN}{PRIVATE_KEY}{END}"), "has no last line"),
        (format!("# a key\n\n{BEGIN} {PRIVATE_KEY}\n{END}\n"), "line 3 of the file begins no PEM section"),
        (format!("{BEGIN}\n{PRIVATE_KEY}\n"), "has no last line"),
        (format!("{BEGIN}\n{PRIVATE_KEY}!*\n{END}\n"), "not base64"),
        (PRIVATE_KEY.to_owned(), "there is no certificate in it"),
    ];
    for (index, (text, says)) in spoilt.iter().enumerate() {
        let file = File::new(&format!("spoilt-{index}.pem"), text);
        for builder in
            [builder("https://host.invalid/").client_cert(&file.0), builder("https://host.invalid/").ca_file(&file.0)]
        {
            hidden(&builder.build().unwrap_err(), says);
        }
        // The text itself where the name of its file belongs.
        for builder in [
            builder("https://host.invalid/").client_cert(text),
            builder("https://host.invalid/").client_cert(&file.0).client_key(text),
        ] {
            hidden(&builder.build().unwrap_err(), "client_");
        }
        if text.contains(BEGIN) {
            let builder = builder("https://host.invalid/").ca_file(text);
            hidden(&builder.build().unwrap_err(), "ca_file cannot be used");
        }
    }
    assert_clean(&trace().text());
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_repeats_nothing() {
    trace();
    for (index, (text, says)) in [
        (format!("[profile.default]\nuser_id = 'u'\nsecret = \"{SECRET}\n"), "line 3, column "),
        (format!("[profile.default]\nsecret {SECRET}\n"), "line 2, column "),
        (format!("[profile.default]\nsecret = {SECRET}\n"), "line 2, column 10 is not TOML"),
        (format!("[profile.default]\nsecret = '{SECRET}' '{SECRET}'\n"), "line 2, column "),
        (format!("[profile.default]\n'{SECRET}' = 1\n'{SECRET}' = 2\n"), "line 3, column 1"),
        (format!("[profile.default]\n'{SECRET}' = 1\n"), "no setting a text of"),
        (format!("'{SECRET}' = 1\n"), "outside of a [profile.NAME] table"),
        (format!("[profile.default]\nsecret = {{ a = '{SECRET}' }}\n"), "neither a text"),
    ]
    .iter()
    .enumerate()
    {
        let file = File::new(&format!("config-{index}.toml"), text);
        hidden(&Sources::default().file(&file.0).read().err().unwrap(), says);
    }
    let url = format!("https://user:{URL_PASSWORD}@host/?code={QUERY_KEY}");
    for (name, value) in [
        ("timeout", SECRET),
        ("max_attempts", SECRET),
        ("max_page_body", SECRET),
        ("require_certain", SECRET),
        ("environment", url.as_str()),
        ("surface", &url),
        ("kind", &url),
        ("hmac_hash", SECRET),
        ("timestamp_format", SECRET),
        ("row_count", SECRET),
    ] {
        let sources = Sources::default().argument(name, name, value).unwrap();
        hidden(&sources.read().unwrap().settings().unwrap_err(), name);
    }
}

#[tokio::test]
async fn a_url_that_is_refused_or_shown_keeps_its_password_and_its_query() {
    trace();
    let url = format!("https://user:{URL_PASSWORD}@host/a?code={QUERY_KEY}#{QUERY_KEY}");
    let bad = format!("https://user:{URL_PASSWORD}@ho st:port?code={QUERY_KEY}");
    for url in [&url, &bad] {
        hidden(&builder(url).build().unwrap_err(), "base_url ");
        hidden(&builder("https://host/").proxy(url).build().unwrap_err(), "proxy ");
        let oauth = Credentials::oauth(OAuth::new(url, "id", OAUTH_SECRET).user_id("u"));
        hidden(&builder("https://host/").credentials(oauth).build().unwrap_err(), "oauth_token_url ");
        for name in ["base_url", "proxy", "oauth_token_url", "commit_path", "secret_file", "client_key"] {
            let sources = Sources::default().argument(name, name, url).unwrap();
            let entries = sources.read().unwrap().entries();
            assert_clean(&format!("{entries:?}"));
        }
    }
    for command in [format!("VAULT={SECRET} vault read"), format!("vault read {SECRET}")] {
        let sources = Sources::default().argument("secret_command", "secret_command", command).unwrap();
        assert_clean(&format!("{:?}", sources.read().unwrap().entries()));
    }
}

#[tokio::test]
async fn a_secret_in_the_place_of_its_file_or_of_a_header_is_not_repeated() {
    trace();
    for secret in [SECRET.to_owned(), format!("{SECRET}\n"), SECRET.repeat(20)] {
        let hmac = Credentials::hmac(USER_ID, Secret::file(&secret));
        hidden(&builder("https://host/").credentials(hmac).build().unwrap_err(), "the secret file cannot be read");
        let oauth = OAuth::new("https://host/", "id", Secret::file(&secret)).user_id("u");
        let oauth = Credentials::oauth(oauth);
        hidden(&builder("https://host/").credentials(oauth).build().unwrap_err(), "the secret file cannot be read");
        for name in ["secret_file", "oauth_client_secret_file"] {
            let sources = Sources::default().argument(name, name, &secret).unwrap();
            let configuration = sources.read().unwrap();
            assert_clean(&format!("{:?}", configuration.entries()));
            hidden(&configuration.credentials().unwrap_err(), "");
        }
    }
    for credentials in [
        Credentials::bearer(format!("{SECRET}\n")),
        Credentials::verbatim(format!("Custom {SECRET}\r\nX-Other: {SECRET}")),
        Credentials::hmac(format!("{USER_ID}\n"), SECRET),
        Credentials::oauth(OAuth::new("https://host/", "id", format!("{OAUTH_SECRET}\n")).user_id("u")),
        Credentials::oauth(OAuth::new("https://host/", format!("id\n{SECRET}"), OAUTH_SECRET).user_id("u")),
    ] {
        assert_clean(&format!("{credentials:?}"));
        hidden(&builder("https://host/").credentials(credentials).build().unwrap_err(), "");
    }
    let handle = format!("{{\"version\":1,\"access_token\":\"{SECRET}\",\"kind\":{TOKEN}}}");
    for text in [handle.as_str(), SECRET, &format!("{{\"access_token\":\"{TOKEN}\"")] {
        hidden(&Export::from_json(text).unwrap_err(), "no export handle");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_echoes_the_secret_leaks_nothing() {
    let mock = mock().await;
    // With characters that a form and a URL write in other ways.
    let secret = format!("{OAUTH_SECRET}+/= *");
    let in_a_form = format!("{OAUTH_SECRET}%2B%2F%3D+*");
    let echo = format!("{secret} {in_a_form} {}", in_a_form.to_lowercase());
    let body = serde_json::json!({ "error": "invalid_client", "error_description": echo });
    for (answer, says) in [
        (Answer::json(401, body.to_string()), "invalid_client: *** ***"),
        (Answer::json(400, format!("{{\"error\":\"{OAUTH_SECRET}")), "400"),
        (Answer::json(200, format!("{{\"access_token\":[\"{OAUTH_SECRET}\"]}}")), "no usable access_token"),
        (Answer::json(200, OAUTH_SECRET), "is not a JSON object"),
    ] {
        mock.push_rule(Rule::new(Operation::Token, Action::answer(answer)).forever());
        let token_url = format!("{}/oauth/token?code={QUERY_KEY}", mock.base_url().trim_end_matches('/'));
        let oauth = OAuth::new(token_url, "id", secret.as_str()).user_id("u");
        let client = builder(&mock.base_url()).credentials(Credentials::oauth(oauth)).build().unwrap();
        hidden(&client.commit(TOKEN, false).await.unwrap_err(), says);
        mock.clear_rules();
    }
    assert_clean(&trace().text());
}
