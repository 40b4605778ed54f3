//! Exactly one source of credentials; secrets from variables and files only.

use mypreferences_mock::{Action, Answer, Authorization, Operation, Rule};

use crate::support::{
    AUTHORIZATION, BEARER, CLIENT_ID, OAUTH_SECRET, PRIVATE_KEY, Program, QUERY_KEY, SECRET, TOKEN_TEXT, URL_PASSWORD,
    USER_ID, bare, file, program, service,
};

#[test]
fn bearer_and_verbatim_authorization_are_sent_as_they_are() {
    let service = service();
    let bare_with_address = || bare().env("BASE_URL", &service.base_url());
    service.set_authorization(Authorization::Bearer(BEARER.to_owned()));
    bare_with_address().env("BEARER_TOKEN", BEARER).args(["status", TOKEN_TEXT, "-vv"]).run().exits(0);
    service.set_authorization(Authorization::Verbatim(AUTHORIZATION.to_owned()));
    bare_with_address().env("AUTHORIZATION", AUTHORIZATION).args(["status", TOKEN_TEXT, "-vv"]).run().exits(0);
}

#[test]
fn several_credentials_are_refused_by_name() {
    let service = service();
    let error = program(&service)
        .env("BEARER_TOKEN", BEARER)
        .env("AUTHORIZATION", AUTHORIZATION)
        .commit(true)
        .args(["--json"])
        .run()
        .exits(78)
        .says("MYPREFERENCES_SECRET, MYPREFERENCES_BEARER_TOKEN, MYPREFERENCES_AUTHORIZATION")
        .error("configuration", 101);
    assert_eq!(error["retry"], "permanent");
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_secret_and_a_secret_file_in_the_environment_contradict_each_other() {
    let service = service();
    let path = file(SECRET, 0o600);
    program(&service)
        .env("SECRET_FILE", path.to_str().unwrap())
        .commit(true)
        .run()
        .exits(78)
        .says("MYPREFERENCES_SECRET, MYPREFERENCES_SECRET_FILE");
}

#[test]
fn no_credentials_are_refused_with_the_ways_to_give_them() {
    let service = service();
    bare()
        .env("BASE_URL", &service.base_url())
        .commit(true)
        .run()
        .exits(78)
        .says("MYPREFERENCES_SECRET")
        .says("MYPREFERENCES_BEARER_TOKEN")
        .says("MYPREFERENCES_AUTHORIZATION")
        .says("--secret-file");
    program(&service).without("SECRET").commit(true).run().exits(78).says("no secret");
    program(&service).without("USER_ID").commit(true).run().exits(78).says("no user id");
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_secret_file_is_read_without_one_line_end_and_refused_with_more() {
    let service = service();
    for end in ["", "\n", "\r\n"] {
        let path = file(&format!("{SECRET}{end}"), 0o600);
        program(&service)
            .without("SECRET")
            .args(["status", TOKEN_TEXT, "--secret-file"])
            .args([path.as_path()])
            .run()
            .exits(0);
        program(&service)
            .without("SECRET")
            .env("SECRET_FILE", path.to_str().unwrap())
            .args(["status", TOKEN_TEXT])
            .run()
            .exits(0);
    }
    let path = file(&format!("{SECRET}\n\n"), 0o600);
    program(&service)
        .without("SECRET")
        .args(["status", TOKEN_TEXT, "--secret-file"])
        .args([path.as_path()])
        .run()
        .exits(78)
        .says("it holds a line break");
}

#[test]
fn a_secret_file_that_others_can_read_is_refused_with_the_line_to_run() {
    let service = service();
    for mode in [0o640, 0o604, 0o644, 0o660, 0o610, 0o601, 0o666] {
        let path = file(SECRET, mode);
        program(&service)
            .without("SECRET")
            .commit(true)
            .args(["--json", "--secret-file"])
            .args([path.as_path()])
            .run()
            .exits(78)
            .says(&format!("run: chmod 600 {}", path.display()))
            .error("configuration", 101);
    }
    for mode in [0o600, 0o400, 0o700] {
        let path = file(SECRET, mode);
        program(&service)
            .without("SECRET")
            .args(["status", TOKEN_TEXT, "--secret-file"])
            .args([path.as_path()])
            .run()
            .exits(0);
    }
}

#[test]
fn a_secret_file_that_is_missing_empty_or_no_text_is_refused() {
    let service = service();
    let refused = |path: &str, why: &str| {
        program(&service).without("SECRET").commit(true).args(["--secret-file", path]).run().exits(78).says(why);
    };
    refused("/no/such/secret", "cannot be read");
    refused(file("", 0o600).to_str().unwrap(), "it is empty");
    refused(file("\n", 0o600).to_str().unwrap(), "it is empty");
    let binary = file("", 0o600);
    std::fs::write(binary.as_path(), b"\xff\xfe\x00").unwrap();
    refused(binary.to_str().unwrap(), "it is not UTF-8");
    let long = file(&"x".repeat(70_000), 0o600);
    refused(long.to_str().unwrap(), "longer than 64 KiB");
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_secret_file_flag_beats_every_credential_of_the_environment() {
    let service = service();
    let path = file(SECRET, 0o600);
    bare()
        .env("BASE_URL", &service.base_url())
        .env("CLIENT_ID", CLIENT_ID)
        .env("USER_ID", USER_ID)
        .env("SECRET", "wrong")
        .env("BEARER_TOKEN", BEARER)
        .env("AUTHORIZATION", AUTHORIZATION)
        .commit(true)
        .args(["--secret-file"])
        .args([path.as_path()])
        .run()
        .exits(0);
}

/// Runs it three times: for people, as JSON, and with everything that it can say. No run shows a canary.
fn fails(program: impl Fn() -> Program, says: &str) {
    program().run().says(says);
    let finished = program().args(["--json"]).run();
    let error = finished.json()["error"].clone();
    assert!(error["detail"].as_str().unwrap().contains(says), "{error}");
    program().args(["-vv"]).run().says(says);
}

#[test]
fn hostile_settings_are_refused_and_none_of_their_secrets_is_shown() {
    let service = service();
    let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
    let literal = file(&format!("{begin}\\n{PRIVATE_KEY}\\n{end}\\n"), 0o600);
    let one_line = file(&format!("{begin}{PRIVATE_KEY}{end}"), 0o600);
    let blanks = file(&format!("\n{begin} {PRIVATE_KEY}\n{end}\n"), 0o600);
    let broken = file(&format!("[profile.default]\nsecret = '{SECRET}' x\n"), 0o600);
    let (literal, one_line) = (literal.to_str().unwrap(), one_line.to_str().unwrap());
    let (blanks, broken) = (blanks.to_str().unwrap(), broken.to_str().unwrap());
    let url = format!("https://user:{URL_PASSWORD}@host/?code={QUERY_KEY}");
    let two_lines = format!("Bearer {BEARER}\nX-Other: {BEARER}");
    for (name, value, says) in [
        ("CLIENT_CERT", literal, "line 1 of the file begins no PEM section"),
        ("CLIENT_CERT", one_line, "has no last line"),
        ("CLIENT_CERT", blanks, "line 2 of the file begins no PEM section"),
        ("CA_FILE", literal, "line 1 of the file begins no PEM section"),
        ("CLIENT_KEY", PRIVATE_KEY, "client_key without client_cert"),
        ("CLIENT_CERT", PRIVATE_KEY, "client_cert cannot be used"),
        ("CONFIG_FILE", broken, "line 2, column "),
        ("BASE_URL", url.as_str(), "base_url must not hold a user name or password"),
        ("PROXY", &url, "proxy "),
        ("ENVIRONMENT", &url, "environment must be"),
        ("TIMEOUT", SECRET, "timeout cannot be a text of"),
    ] {
        let program = || program(&service).env(name, value).commit(true);
        fails(program, says);
        // What is wrong stands in it too, and is hidden.
        bare().env(name, value).args(["config", "show"]).run();
        bare().env(name, value).args(["config", "show", "--json"]).run();
    }
    for (name, value, says) in [
        ("SECRET_FILE", SECRET, "the secret file cannot be read"),
        ("SECRET_COMMAND", &format!("exit 3 # {SECRET}"), "failed (exit status: 3)"),
        ("AUTHORIZATION", &two_lines, "MYPREFERENCES_AUTHORIZATION holds a line break"),
        ("BEARER_TOKEN", &two_lines, "_TOKEN holds a line break"),
    ] {
        let program = || program(&service).without("SECRET").without("USER_ID").env(name, value);
        let program = || match name {
            "SECRET_FILE" | "SECRET_COMMAND" => program().env("USER_ID", USER_ID).commit(true),
            _ => program().commit(true),
        };
        fails(program, says);
        bare().env(name, value).args(["config", "show"]).run().exits(0);
    }
    assert!(service.requests().is_empty());
}

#[test]
fn a_token_endpoint_that_echoes_the_secret_shows_nothing_of_it() {
    let service = service();
    let body = format!("{{\"error\":\"invalid_client\",\"error_description\":\"no {OAUTH_SECRET}\"}}");
    service.push_rule(Rule::new(Operation::Any, Action::answer(Answer::json(401, body))).forever());
    let base_url = service.base_url();
    let token_url = format!("{}/oauth/token?code={QUERY_KEY}", base_url.trim_end_matches('/'));
    let program = || {
        bare()
            .env("BASE_URL", &base_url)
            .env("USER_ID", USER_ID)
            .env("OAUTH_TOKEN_URL", &token_url)
            .env("OAUTH_CLIENT_ID", "job")
            .env("OAUTH_CLIENT_SECRET", OAUTH_SECRET)
            .commit(true)
    };
    fails(program, "invalid_client: no ***");
    bare().env("OAUTH_TOKEN_URL", &token_url).args(["config", "show"]).run().exits(0);
}
