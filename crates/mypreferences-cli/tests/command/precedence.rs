//! A flag beats the environment, also where the two contradict each other.

use mypreferences_mock::{Authorization, Export, ExportKind, Operation};

use crate::support::{TOKEN_TEXT, bare, program, service};

#[test]
fn a_flag_beats_the_variable_of_its_setting() {
    let service = service();
    bare()
        .env("BASE_URL", "https://wrong.invalid/")
        .env("CLIENT_ID", "wrong")
        .env("USER_ID", "wrong")
        .env("SECRET", crate::support::SECRET)
        .env("TIMEOUT", "not even a time")
        .env("KIND", "cid")
        .args(["--base-url", &service.base_url()])
        .args(["--client-id", crate::support::CLIENT_ID])
        .args(["--timeout", "20s", "--kind", "segment"])
        .args(["--user-id", crate::support::USER_ID])
        .commit(true)
        .run()
        .exits(0);
}

#[test]
fn a_base_url_flag_beats_the_environments_environment() {
    let service = service();
    bare()
        .env("ENVIRONMENT", "production")
        .env("USER_ID", crate::support::USER_ID)
        .env("SECRET", crate::support::SECRET)
        .args(["status", TOKEN_TEXT, "--base-url", &service.base_url()])
        .run()
        .exits(0);
}

#[test]
fn base_url_and_environment_in_the_same_place_contradict_each_other() {
    let service = service();
    program(&service)
        .env("ENVIRONMENT", "staging")
        .commit(true)
        .args(["--json"])
        .run()
        .exits(78)
        .error("configuration", 101);
    program(&service)
        .commit(true)
        .args(["--environment", "staging", "--base-url", &service.base_url()])
        .run()
        .exits(78);
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_boolean_flag_can_say_false_against_the_environment() {
    let service = service();
    program(&service).env("PREFLIGHT", "true").commit(true).args(["--preflight=false"]).run().exits(0);
    assert!(service.requests_for(Operation::Status).is_empty());
}

#[test]
fn settings_without_a_flag_come_from_the_environment() {
    let service = service();
    service
        .push_rule(mypreferences_mock::Rule::new(Operation::Commit, mypreferences_mock::Action::status(503)).forever());
    let error = program(&service)
        .env("MAX_ATTEMPTS", "2")
        .commit(true)
        .args(["--json"])
        .run()
        .exits(69)
        .error("service_unavailable", 503);
    assert_eq!(error["attempts"].as_array().unwrap().len(), 2);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let service = service();
    program(&service)
        .env("ENVIRONMENT", "")
        .env("BEARER_TOKEN", "")
        .env("SECRET_FILE", "")
        .env("TIMEOUT", "")
        .commit(true)
        .run()
        .exits(0);
}

#[test]
fn without_an_address_or_a_client_id_nothing_is_sent() {
    let service = service();
    program(&service)
        .without("BASE_URL")
        .commit(true)
        .run()
        .exits(78)
        .says("environment (production or staging) or base_url");
    program(&service).without("CLIENT_ID").commit(true).run().exits(78).says("client_id is missing");
    assert_eq!(service.connections(), 0);
}

#[test]
fn kinds_templates_hashes_and_timestamps_arrive_on_the_wire() {
    let service = service();
    service.add_export(Export::new(4242, ExportKind::Cid, 1));
    for (hash, format) in [("sha256", "utc-millis-z"), ("sha384", "utc-seconds-z"), ("sha512", "utc-seconds")] {
        program(&service)
            .args(["status", "4242", "--hmac-hash", hash])
            .args(["--timestamp-format", format])
            .run()
            .exits(0);
    }
    program(&service).args(["commit", "4242", "--keep-files", "true", "--kind", "cid"]).run().exits(0);
    service.set_authorization(Authorization::None);
    program(&service).args(["--commit-path", "own/{clientId}/{accessToken}/commit"]).commit(true).run().exits(66);
    let requests = service.requests();
    let last = requests.iter().rfind(|request| request.method == "POST").unwrap();
    assert!(last.target.starts_with("/own/SanchezAssociates/"));
}
