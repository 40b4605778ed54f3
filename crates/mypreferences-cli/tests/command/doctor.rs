//! `doctor` names the cause: each thing that can be wrong, one at a time.

use mypreferences_mock::{Authorization, MockConfig, MockService, RefusedPort};
use serde_json::{Value, json};

use crate::support::{CLIENT_ID, Finished, SECRET, TOKEN, TOKEN_TEXT, USER_ID, bare, file, program, service};

/// The checks of a run with `--json`, as `name result`, and their words.
fn checks(finished: &Finished) -> (Vec<String>, String) {
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap();
    (
        checks.iter().map(|check| format!("{} {}", text(check, "name"), text(check, "result"))).collect(),
        checks.iter().map(|check| text(check, "words")).collect::<Vec<_>>().join("\n"),
    )
}

#[test]
fn nothing_is_wrong_with_and_without_a_token() {
    let service = service();
    let finished = program(&service).args(["doctor"]).run().exits(0);
    assert_eq!(finished.stdout, "nothing is wrong\n");
    for line in ["configuration", "address", "clock", "credentials", "client id"] {
        assert!(finished.stderr.contains(&format!("ok      {line}: ")), "{}", finished.stderr);
    }
    program(&service).args(["doctor", TOKEN_TEXT]).run().exits(0).says("status is Complete");
}

#[test]
fn a_wrong_secret_is_named() {
    let service = service();
    service.set_authorization(Authorization::Hmac {
        client_id: CLIENT_ID.to_owned(),
        user_id: USER_ID.to_owned(),
        secret: "another one".to_owned(),
    });
    let finished = program(&service).args(["doctor", "--json"]).run().exits(77);
    let (checks, words) = checks(&finished);
    assert_eq!(checks.last().unwrap(), "credentials failed");
    assert!(words.contains("the secret is wrong"), "{words}");
}

#[test]
fn a_clock_that_is_twenty_minutes_off_is_named() {
    for (offset, said) in [(20, "behind"), (-20, "ahead")] {
        let service = service();
        service.set_clock_offset(offset * 60_000);
        let finished = program(&service).args(["doctor", "--json"]).run().exits(0);
        let (checks, words) = checks(&finished);
        assert!(checks.contains(&"clock warning".to_owned()), "{checks:?}");
        assert!(words.contains(&format!("clock is wrong: {said}")) && words.contains("20 min"), "{words}");
    }
}

#[test]
fn a_wrong_client_id_is_named() {
    let service = service();
    let finished = program(&service).args(["doctor", "--json", "--client-id", "Nobody"]).run().exits(66);
    let (checks, words) = checks(&finished);
    assert_eq!(checks.last().unwrap(), "client id failed");
    assert!(words.contains("\"Nobody\" is not known"), "{words}");
}

#[test]
fn a_wrong_base_url_is_named() {
    let nobody = RefusedPort::take().unwrap();
    let service = service();
    let elsewhere = format!("{}/wrong/path/", service.base_url());
    for (base_url, code) in [(nobody.base_url(), 69), (elsewhere, 78), ("https://no-such-host.invalid/".to_owned(), 69)]
    {
        let finished = program(&service)
            .args(["doctor", "--json", "--base-url", &base_url])
            .env("MAX_ATTEMPTS", "1")
            .run()
            .exits(code);
        let (checks, words) = checks(&finished);
        assert_eq!(checks.last().unwrap(), "address failed", "{base_url}");
        assert!(words.contains("base URL"), "{words}");
        assert!(words.contains(base_url.trim_end_matches('/')), "{words}");
    }
}

#[test]
fn a_private_authority_that_is_not_given_is_named() {
    let service = MockService::start_blocking(MockConfig::default()).unwrap();
    let spec = json!({
        "client_id": CLIENT_ID,
        "authorization": {"hmac": {"user_id": USER_ID, "secret": SECRET}},
        "exports": [{"token": TOKEN}],
        "tls": "good",
    });
    let opened = service.open_scenario(&spec.to_string()).unwrap();
    let asking = || {
        bare()
            .env("BASE_URL", &opened.base_url())
            .env("USER_ID", USER_ID)
            .env("SECRET", SECRET)
            .args(["doctor", "--json"])
    };
    let finished = asking().run().exits(77);
    let (found, words) = checks(&finished);
    assert_eq!(found.last().unwrap(), "tls failed");
    assert!(words.contains("--ca-file"), "{words}");
    let ca = file(&opened.tls().unwrap().ca_pem, 0o644);
    let finished = asking().env("CA_FILE", ca.to_str().unwrap()).run().exits(0);
    assert!(checks(&finished).0.contains(&"tls ok".to_owned()));
}

#[test]
fn what_cannot_even_be_read_is_named() {
    let finished = bare().args(["doctor", "--json"]).run().exits(78);
    let (checks, words) = checks(&finished);
    assert_eq!(checks, ["configuration failed"]);
    assert!(words.contains("there are no credentials"), "{words}");
}

#[test]
fn a_token_endpoint_that_refuses_is_named_and_not_taken_for_the_service() {
    let service = MockService::start_blocking(MockConfig::default()).unwrap();
    let spec = json!({
        "client_id": CLIENT_ID,
        "authorization": {"oauth": {"client_id": "job", "client_secret": SECRET, "user_id": USER_ID}},
        "exports": [{"token": TOKEN}],
    });
    let opened = service.open_scenario(&spec.to_string()).unwrap();
    for (path, scope, said) in [("", "wrong/scope", "answered 400"), ("/nowhere", "", "answered 404")] {
        let mut asking = bare()
            .env("BASE_URL", &opened.base_url())
            .env("OAUTH_TOKEN_URL", &format!("{}{path}", opened.token_url()))
            .env("OAUTH_CLIENT_ID", "job")
            .env("OAUTH_CLIENT_SECRET", SECRET)
            .env("USER_ID", USER_ID);
        if !scope.is_empty() {
            asking = asking.env("OAUTH_SCOPE", scope);
        }
        let finished = asking.args(["doctor", "--json"]).run();
        assert_ne!(finished.code, Some(0));
        let (checks, words) = checks(&finished);
        assert_eq!(checks.last().unwrap(), "credentials failed", "{words}");
        assert!(words.contains(said), "{words}");
    }
}
