//! The token endpoint, over the wire. Credentials are made up.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use base64::Engine as _;
use mypreferences_mock::MockService;
use support::{Received, ask, empty_service, get, open, post, request};

const SPEC: &str = r#"{"client_id":"ACME_CORP","seed":5,"virtual_clock":true,"exports":[{"token":7}],
    "authorization":{"oauth":{"client_id":"job","client_secret":"made up+100%","user_id":"John.Doe","expires_in":60}}}"#;

const GRANT: &str = "grant_type=client_credentials&scope=ACME_CORP%2FJohn.Doe";
const CLIENT: &str = "client_id=job&client_secret=made+up%2B100%25";

fn basic(pair: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    format!("Authorization: Basic {encoded}\r\n")
}

fn ask_token(service: &MockService, path: &str, headers: &str, form: &str) -> Received {
    let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
    ask(service, request("POST", &format!("{path}/oauth/token"), &headers, form))
}

fn status(service: &MockService, path: &str, token: &str) -> u16 {
    let head =
        format!("GET {path}/ACME_CORP/status/Token/7 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    ask(service, head).status
}

#[test]
fn a_token_is_given_in_both_forms_and_accepted_until_it_expires() {
    let service = empty_service();
    let (path, opened) = open(&service, SPEC);
    let token_url = opened["token_url"].as_str().unwrap();
    assert!(token_url.ends_with(&format!("{path}/oauth/token")));
    assert_eq!(status(&service, &path, "guess"), 401);
    let by_header = ask_token(&service, &path, &basic("job:made+up%2B100%25"), GRANT);
    let by_body = ask_token(&service, &path, "", &format!("{GRANT}&{CLIENT}"));
    let mut tokens = Vec::new();
    for answer in [by_header, by_body] {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("Cache-Control").as_deref(), Some("no-store"));
        let body = answer.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &60.into()));
        tokens.push(body["access_token"].as_str().unwrap().to_owned());
    }
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!([status(&service, &path, &tokens[0]), status(&service, &path, &tokens[1])], [200, 200]);
    let clock = format!("/__mock/scenarios/{}/clock", opened["id"].as_str().unwrap());
    post(&service, &clock, r#"{"advance_ms":59999}"#);
    assert_eq!(status(&service, &path, &tokens[0]), 200);
    post(&service, &clock, r#"{"advance_ms":1}"#);
    assert_eq!(status(&service, &path, &tokens[0]), 401);
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_the_rfc() {
    let service = empty_service();
    let (path, _) = open(&service, SPEC);
    let client = format!("&{CLIENT}");
    for (status, error, headers, form) in [
        (401, "invalid_client", String::new(), GRANT.to_owned()),
        (401, "invalid_client", basic("job:wrong"), GRANT.to_owned()),
        (401, "invalid_client", "Authorization: Bearer x\r\n".to_owned(), GRANT.to_owned()),
        (400, "invalid_request", basic("job:made+up%2B100%25"), format!("{GRANT}{client}")),
        (400, "invalid_request", String::new(), CLIENT.to_owned()),
        (400, "invalid_request", String::new(), format!("{GRANT}&{GRANT}{client}")),
        (400, "unsupported_grant_type", String::new(), format!("grant_type=password{client}")),
        (400, "invalid_scope", String::new(), format!("grant_type=client_credentials{client}")),
        (400, "invalid_scope", String::new(), format!("grant_type=client_credentials&scope=ACME_CORP%2FEve{client}")),
    ] {
        let answer = ask_token(&service, &path, &headers, &form);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{form}");
        let challenged = answer.header("WWW-Authenticate").is_some();
        assert_eq!(challenged, status == 401 && !headers.is_empty());
    }
    let json = post(&service, &format!("{path}/oauth/token"), "{}");
    assert_eq!((json.status, json.json()["error"].as_str()), (400, Some("invalid_request")));
}

#[test]
fn requests_for_tokens_are_counted_can_fail_and_show_no_secret() {
    let service = empty_service();
    let spec = SPEC.replace("\"seed\":5", r#""rules":[{"on":"token","action":{"answer":{"status":503}}}]"#);
    let (path, opened) = open(&service, &spec);
    let form = format!("{GRANT}&{CLIENT}");
    assert_eq!(ask_token(&service, &path, "", &form).status, 503);
    assert_eq!(ask_token(&service, &path, "", &form).status, 200);
    let log = format!("/__mock/scenarios/{}/log", opened["id"].as_str().unwrap());
    let text = get(&service, &log).text();
    assert_eq!(text.matches(r#""operation":"token""#).count(), 2);
    assert!(!text.contains("made+up"), "{text}");
    assert!(get(&service, &format!("{log}?secrets=true")).text().contains("made+up"));
}

#[test]
fn a_scenario_without_oauth_has_no_token_endpoint() {
    let service = empty_service();
    let (path, _) = open(&service, "{}");
    assert_eq!(ask_token(&service, &path, "", GRANT).status, 404);
}
