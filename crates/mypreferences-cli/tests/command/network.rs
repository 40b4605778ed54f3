//! TLS and proxies as the environment of a job sets them.

use mypreferences_mock::{MockConfig, MockService, OpenScenario, PROXIED_HOST, RefusedPort};
use serde_json::json;

use crate::support::{
    CLIENT_ID, Program, SECRET, TOKEN, TOKEN_TEXT, TemporaryFile, USER_ID, bare, file, program, service,
};

/// Every name that clients read a proxy from.
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

fn https(proxy: Option<&str>) -> (MockService, OpenScenario) {
    let service = MockService::start_blocking(MockConfig::default()).unwrap();
    let spec = json!({
        "client_id": CLIENT_ID,
        "authorization": {"hmac": {"user_id": USER_ID, "secret": SECRET}},
        "exports": [{"token": TOKEN}],
        "tls": "good",
        "proxy": proxy,
    });
    let opened = service.open_scenario(&spec.to_string()).unwrap();
    (service, opened)
}

fn ca(opened: &OpenScenario) -> TemporaryFile {
    file(&opened.tls().unwrap().ca_pem, 0o644)
}

fn asking(base_url: &str) -> Program {
    let program = bare()
        .env("BASE_URL", base_url)
        .env("USER_ID", USER_ID)
        .env("SECRET", SECRET)
        .env("MAX_ATTEMPTS", "1")
        .args(["status", TOKEN_TEXT, "--json"]);
    through(program, "")
}

/// With this proxy in every variable of the environment, and no exceptions.
fn through(mut program: Program, proxy: &str) -> Program {
    for name in PROXIES {
        program = program.foreign_env(name, proxy);
    }
    program.foreign_env("NO_PROXY", "").foreign_env("no_proxy", "")
}

#[test]
fn a_loopback_call_never_goes_through_a_proxy_of_the_environment() {
    let nobody = RefusedPort::take().unwrap();
    let service = service();
    let plain = program(&service).args(["status", TOKEN_TEXT]);
    through(plain, &nobody.base_url()).run().exits(0);
    let (_service, opened) = https(None);
    let ca = ca(&opened);
    let encrypted = asking(&opened.base_url()).env("CA_FILE", ca.to_str().unwrap());
    through(encrypted, &nobody.base_url()).run().exits(0);
}

#[test]
fn another_call_goes_through_the_proxy_of_the_environment_unless_it_is_excepted_or_switched_off() {
    let (_service, opened) = https(Some("tunnel"));
    let ca = ca(&opened);
    let proxy = opened.proxy_url().unwrap();
    let far = || {
        let base_url = opened.base_url().replace("127.0.0.1", PROXIED_HOST);
        through(asking(&base_url), proxy).env("CA_FILE", ca.to_str().unwrap())
    };
    far().run().exits(0);
    // Nobody knows the host but the proxy.
    for direct in [
        far().foreign_env("NO_PROXY", &format!("other.example,{PROXIED_HOST}")),
        far().args(["--proxy=none"]),
        far().env("PROXY", "none"),
    ] {
        direct.run().exits(69).error("connect", 200);
    }
    let nobody = RefusedPort::take().unwrap();
    through(far(), &nobody.base_url()).args(["--proxy", proxy]).run().exits(0);
}

#[test]
fn a_proxy_variable_that_cannot_be_used_is_no_direct_connection() {
    let (_service, opened) = https(None);
    // Without a proxy the name leads nowhere.
    let base_url = opened.base_url().replace("127.0.0.1", PROXIED_HOST);
    for value in ["http://[::1".to_owned(), ":::".to_owned(), format!("socks5://someone:{SECRET}@proxy.example:1080")] {
        let error = asking(&base_url).foreign_env("HTTPS_PROXY", &value).run().exits(78).error("configuration", 101);
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.starts_with("HTTPS_PROXY is "), "{detail}");
    }
}

#[test]
fn a_proxy_that_refuses_exits_77() {
    for mode in ["wants_credentials", "bad_gateway"] {
        let (_service, opened) = https(Some(mode));
        let ca = ca(&opened);
        let base_url = opened.base_url().replace("127.0.0.1", PROXIED_HOST);
        let error = through(asking(&base_url), opened.proxy_url().unwrap())
            .env("CA_FILE", ca.to_str().unwrap())
            .run()
            .exits(77)
            .error("proxy", 202);
        assert_eq!(error["sent"], "not_sent");
    }
}

#[test]
fn a_proxy_url_that_holds_a_password_is_never_shown() {
    let proxy = format!("socks5://someone:{SECRET}@proxy.example:1080");
    let (_service, opened) = https(None);
    // Every output is searched for the secret.
    asking(&opened.base_url())
        .env("PROXY", &proxy)
        .args(["-vv"])
        .run()
        .exits(78)
        .says("neither an http nor an https URL");
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_without_trust_roots_is_a_configuration_error_and_no_panic() {
    let (_service, opened) = https(None);
    let without = || {
        asking(&opened.base_url())
            .foreign_env("SSL_CERT_FILE", "/nonexistent/roots.pem")
            .foreign_env("SSL_CERT_DIR", "/nonexistent")
    };
    without().run().exits(78).error("configuration", 101);
    let ca = ca(&opened);
    for only in ["false", "true"] {
        without().env("CA_FILE", ca.to_str().unwrap()).env("CA_ONLY", only).run().exits(0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ca_only_shuts_out_the_systems_authorities() {
    let (_service, opened) = https(None);
    let (_other, another) = https(None);
    let (systems, own) = (ca(&opened), ca(&another));
    let program = || {
        asking(&opened.base_url())
            .foreign_env("SSL_CERT_FILE", systems.to_str().unwrap())
            .env("CA_FILE", own.to_str().unwrap())
    };
    program().run().exits(0);
    program().args(["--ca-only"]).run().exits(77).error("tls", 201);
}
