//! OAuth 2.0 client credentials, as a job gives them.

use mypreferences_mock::{MockConfig, MockService, OpenScenario, Operation};
use serde_json::json;

use crate::support::{CLIENT_ID, Program, SECRET, TOKEN, TOKEN_TEXT, USER_ID, bare, file};

fn scenario(rules: &serde_json::Value) -> (MockService, OpenScenario) {
    let service = MockService::start_blocking(MockConfig::default()).unwrap();
    let spec = json!({
        "client_id": CLIENT_ID,
        "authorization": {"oauth": {"client_id": "job", "client_secret": SECRET, "user_id": USER_ID}},
        "exports": [{"token": TOKEN}],
        "rules": rules,
    });
    let opened = service.open_scenario(&spec.to_string()).unwrap();
    (service, opened)
}

fn program(opened: &OpenScenario) -> Program {
    bare()
        .env("BASE_URL", &opened.base_url())
        .env("OAUTH_TOKEN_URL", &opened.token_url())
        .env("OAUTH_CLIENT_ID", "job")
        .env("USER_ID", USER_ID)
}

#[test]
fn a_commit_with_oauth_from_variables_a_file_or_flags() {
    for way in 0..3 {
        let (_service, opened) = scenario(&json!([]));
        let path = file(SECRET, 0o600);
        let path = path.to_str().unwrap();
        let program = match way {
            0 => program(&opened)
                .env("OAUTH_CLIENT_SECRET", SECRET)
                .env("OAUTH_SCOPE", &format!("{CLIENT_ID}/{USER_ID}"))
                .without("USER_ID"),
            1 => program(&opened).env("OAUTH_CLIENT_SECRET_FILE", path).env("OAUTH_CLIENT_AUTH", "body"),
            _ => bare().env("BASE_URL", &opened.base_url()).args([
                "--oauth-token-url",
                &opened.token_url(),
                "--oauth-client-id=job",
                "--oauth-client-secret-file",
                path,
                "--oauth-client-auth=basic",
                "--user-id",
                USER_ID,
            ]),
        };
        program.commit(true).args(["--json", "-vv"]).run().exits(0);
        let asked = opened.world().requests_for(Operation::Token);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].header("Authorization").is_none(), way == 1);
    }
}

#[test]
fn a_refused_client_exits_77_and_says_that_it_was_the_token_endpoint() {
    let (_service, opened) = scenario(&json!([]));
    let error = program(&opened)
        .env("OAUTH_CLIENT_SECRET", "wrong")
        .args(["commit", TOKEN_TEXT, "--keep-files=true", "--json", "-vv"])
        .run()
        .exits(77)
        .says("OAuth token endpoint answered 401: invalid_client")
        .error("unauthorized", 401);
    assert_eq!(error["sent"], "not_sent");
    assert_eq!(error["commit_state"], "not_committed");
    assert!(opened.world().requests_for(Operation::Commit).is_empty());
}

#[test]
fn a_secret_file_of_oauth_that_others_can_read_is_refused() {
    let (service, opened) = scenario(&json!([]));
    let path = file(SECRET, 0o644);
    program(&opened)
        .env("OAUTH_CLIENT_SECRET_FILE", path.to_str().unwrap())
        .commit(true)
        .run()
        .exits(78)
        .says("can be read by others");
    assert_eq!(service.connections(), 0);
}
