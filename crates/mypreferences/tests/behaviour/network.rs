//! TLS in every state of health, client certificates, proxies; and settings of them that cannot be used.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use mypreferences::{Client, ClientBuilder, CommitState, Credentials, Error, ErrorKind, OAuth, Sent, TimeoutPhase};
use mypreferences_mock::{MockConfig, MockService, OpenScenario, Operation, PROXIED_HOST, RefusedPort};
use serde_json::json;

use crate::support::*;

/// A scenario that is reached by https, on a mock of its own.
async fn https(mode: &str, proxy: Option<&str>) -> (MockService, OpenScenario) {
    trace();
    let mock = MockService::start(MockConfig::default()).await.unwrap();
    let spec = json!({
        "client_id": CLIENT_ID,
        "authorization": {"hmac": {"user_id": USER_ID, "secret": SECRET}},
        "exports": [{"token": TOKEN}],
        "tls": mode,
        "proxy": proxy,
    });
    let opened = mock.open_scenario(&spec.to_string()).unwrap();
    (mock, opened)
}

/// A file with this text, of the test's own, which nobody else can read.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("network-{name}.pem"));
    std::fs::write(&path, text).unwrap();
    set_mode(&path, 0o600);
    path
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "there are no modes"))]
fn set_mode(path: &std::path::Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn ca_file(name: &str, opened: &OpenScenario) -> PathBuf {
    file(&format!("{name}-ca"), &opened.tls().unwrap().ca_pem)
}

fn trusting(name: &str, opened: &OpenScenario) -> ClientBuilder {
    builder(&opened.base_url()).ca_file(ca_file(name, opened))
}

async fn refused(client: &Client, opened: &OpenScenario) -> Error {
    let error = client.commit(TOKEN, false).await.unwrap_err();
    record(&error);
    assert_eq!(error.sent(), Sent::NotSent, "{error:?}");
    assert_eq!(error.commit_state(), Some(CommitState::NotCommitted));
    assert!(opened.world().requests().is_empty());
    error
}

#[tokio::test]
async fn a_private_ca_is_trusted_when_it_is_given_beside_the_systems_or_alone() {
    for only in [false, true] {
        let (_mock, opened) = https("good", None).await;
        let client = trusting("good", &opened).ca_only(only).build().unwrap();
        client.commit(TOKEN, false).await.unwrap();
    }
    let (_mock, opened) = https("good", None).await;
    let client = builder(&opened.base_url()).build().unwrap();
    assert_eq!(refused(&client, &opened).await.kind(), ErrorKind::Tls);
    // Another authority alone, though of the same name.
    let (_other, another) = https("good", None).await;
    let client = builder(&opened.base_url()).ca_file(ca_file("another", &another)).ca_only(true).build().unwrap();
    assert_eq!(refused(&client, &opened).await.kind(), ErrorKind::Tls);
}

#[tokio::test]
async fn a_certificate_or_a_version_that_is_wrong_is_a_failed_handshake_that_is_not_repeated() {
    for (mode, said) in [
        ("expired", "has expired"),
        ("wrong_host", "for another host"),
        ("unknown_ca", "authority that is not trusted"),
        ("tls11", "nothing as new as TLS 1.2"),
        ("client_certificate", "wants a client certificate"),
    ] {
        let (mock, opened) = https(mode, None).await;
        let client = trusting(mode, &opened).build().unwrap();
        let error = refused(&client, &opened).await;
        assert_eq!(error.kind(), ErrorKind::Tls, "{mode}: {error:?}");
        assert!(error.to_string().contains(said), "{mode}: {error}");
        assert_eq!(error.attempts().len(), 1);
        assert_eq!(mock.connections(), 1);
    }
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_with_the_limit_for_connecting() {
    let (_mock, opened) = https("stall", None).await;
    let client =
        trusting("stall", &opened).connect_timeout(Duration::from_millis(150)).max_attempts(2).build().unwrap();
    let error = refused(&client, &opened).await;
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(TimeoutPhase::Connect)));
    assert_eq!(error.attempts().len(), 2);
}

#[tokio::test]
async fn a_server_that_demands_a_client_certificate_gets_one_or_no_request_at_all() {
    let (_mock, opened) = https("client_certificate", None).await;
    // In TLS 1.3 the client is done with the handshake before the server has judged it; often enough to see a race.
    for _ in 0..20 {
        let client = trusting("demand", &opened).build().unwrap();
        let error = refused(&client, &opened).await;
        assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
    }
    let (_other, another) = https("client_certificate", None).await;
    let wrong = another.tls().unwrap();
    let wrong = format!("{}{}", wrong.client_certificate_pem, wrong.client_key_pem);
    let client = trusting("demand", &opened).client_cert(file("wrong-client", &wrong)).build().unwrap();
    let error = refused(&client, &opened).await;
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");

    let tls = opened.tls().unwrap();
    let (cert, key) = (&tls.client_certificate_pem, &tls.client_key_pem);
    let together = trusting("demand", &opened).client_cert(file("client", &format!("{cert}{key}"))).build().unwrap();
    together.status(TOKEN).await.unwrap();
    let apart = trusting("demand", &opened)
        .client_cert(file("client-certificate", cert))
        .client_key(file("client-key", key))
        .build()
        .unwrap();
    apart.commit(TOKEN, false).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_private_key_that_others_can_read_is_refused_wherever_it_stands() {
    let (_mock, opened) = https("client_certificate", None).await;
    let tls = opened.tls().unwrap();
    let (cert, key) = (&tls.client_certificate_pem, &tls.client_key_pem);
    let open = |name: &str, text: &str| {
        let path = file(name, text);
        set_mode(&path, 0o644);
        path
    };
    let key_alone = open("open-key", key);
    let together = open("open-both", &format!("{cert}{key}"));
    let public = open("open-certificate", cert);
    let private = file("closed-key", key);
    for (builder, what, path) in [
        (trusting("open", &opened).client_cert(&public).client_key(&key_alone), "client_key", &key_alone),
        (trusting("open", &opened).client_cert(&together), "client_cert", &together),
        (trusting("open", &opened).client_cert(&together).client_key(&private), "client_cert", &together),
    ] {
        let error = builder.build().unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
        for said in [what, "can be read by others (mode 0644)", &format!("chmod 600 {}", path.display())] {
            assert!(text.contains(said), "{text}");
        }
        record(&error);
    }
    // The certificate is public.
    let client = trusting("open", &opened).client_cert(&public).client_key(&private).build().unwrap();
    client.status(TOKEN).await.unwrap();
}

#[tokio::test]
async fn byte_order_marks_in_pem_files_are_no_obstacle() {
    let (_mock, opened) = https("client_certificate", None).await;
    let (_other, another) = https("client_certificate", None).await;
    let tls = opened.tls().unwrap();
    let marked = |name: &str, parts: &[&str]| {
        let parts = parts.iter().map(|part| format!("\u{feff}{part}"));
        file(name, &parts.collect::<String>())
    };
    let (cert, key) = (&tls.client_certificate_pem, &tls.client_key_pem);
    // Each was marked, and then they were put one behind the other.
    let authorities = marked("marked-ca", &[&another.tls().unwrap().ca_pem, &tls.ca_pem]);
    for builder in [
        builder(&opened.base_url()).client_cert(marked("marked-both", &[cert, key])),
        builder(&opened.base_url())
            .client_cert(marked("marked-certificate", &[cert]))
            .client_key(marked("marked-key", &[key])),
    ] {
        let client = builder.ca_file(&authorities).ca_only(true).build().unwrap();
        client.status(TOKEN).await.unwrap();
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_of_before_any_connection_and_never_panic() {
    let (_mock, opened) = https("client_certificate", None).await;
    let (_other, another) = https("client_certificate", None).await;
    let tls = opened.tls().unwrap();
    let garbage = file("garbage", "no PEM at all \u{fffd}");
    let hollow = file("hollow", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let cert = file("alone", &tls.client_certificate_pem);
    let key_of_another = file("other-key", &another.tls().unwrap().client_key_pem);
    let nowhere = PathBuf::from("/nonexistent/ca.pem");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // Whether the base URL is https or plain http on loopback makes no difference.
    for base_url in [opened.base_url(), "http://127.0.0.1:9".to_owned()] {
        let new = || builder(&base_url);
        for (builder, named) in [
            (new().ca_file(&nowhere), "ca_file"),
            (new().ca_file(&folder), "ca_file"),
            (new().ca_file(&garbage), "ca_file"),
            (new().ca_file(&hollow), "ca_file"),
            (new().ca_only(true), "ca_only"),
            (new().client_cert(&nowhere), "client_cert"),
            (new().client_cert(&garbage), "client_cert"),
            (new().client_cert(&cert), "client_cert"),
            (new().client_cert(&cert).client_key(&garbage), "client_key"),
            (new().client_cert(&cert).client_key(&key_of_another), "client_cert"),
            (new().client_key(&key_of_another), "client_key"),
            (new().proxy("socks5://proxy.example"), "proxy"),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert!(error.to_string().contains(named), "{named}: {error}");
        }
    }
}

fn through_proxy(name: &str, opened: &OpenScenario) -> ClientBuilder {
    let base_url = opened.base_url().replace("127.0.0.1", PROXIED_HOST);
    builder(&base_url).ca_file(ca_file(name, opened)).proxy(opened.proxy_url().unwrap())
}

#[tokio::test]
async fn an_explicit_proxy_is_used_and_the_handshake_is_with_the_server_behind_it() {
    let (_mock, opened) = https("good", Some("tunnel")).await;
    let client = through_proxy("tunnel", &opened).build().unwrap();
    client.commit(TOKEN, false).await.unwrap();
    let (_mock, opened) = https("expired", Some("tunnel")).await;
    let client = through_proxy("tunnel-expired", &opened).build().unwrap();
    assert_eq!(refused(&client, &opened).await.kind(), ErrorKind::Tls);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_no_server_that_does() {
    for mode in ["wants_credentials", "bad_gateway"] {
        let (_mock, opened) = https("good", Some(mode)).await;
        let client = through_proxy(mode, &opened).build().unwrap();
        let error = refused(&client, &opened).await;
        assert_eq!(error.kind(), ErrorKind::Proxy, "{mode}: {error:?}");
        assert_eq!(error.attempts().len(), 1);

        let token_url = opened.token_url().replace("127.0.0.1", PROXIED_HOST);
        let oauth = OAuth::new(token_url, "job", SECRET).user_id(USER_ID);
        let client = through_proxy(mode, &opened).credentials(Credentials::oauth(oauth)).build().unwrap();
        let error = refused(&client, &opened).await;
        assert_eq!(error.kind(), ErrorKind::Proxy, "{mode}: {error:?}");
        assert!(error.to_string().contains("OAuth token endpoint"), "{error}");
    }
    let (_mock, opened) = https("good", Some("tunnel")).await;
    let nobody = RefusedPort::take().unwrap();
    let client = through_proxy("nobody", &opened).proxy(nobody.base_url()).max_attempts(1).build().unwrap();
    assert_eq!(refused(&client, &opened).await.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn a_proxys_password_reaches_the_proxy_and_nothing_else() {
    let (_mock, opened) = https("good", Some("tunnel")).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://someone:{SECRET}@{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let length = socket.read(&mut head).unwrap();
        let answer = format!("HTTP/1.1 407 No\r\nX-Echo: {SECRET}\r\nContent-Length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    let builder = through_proxy("password", &opened).proxy(&proxy);
    assert_clean(&format!("{builder:?}"));
    let client = builder.build().unwrap();
    assert_clean(&format!("{client:?}"));
    let error = refused(&client, &opened).await;
    assert_eq!(error.kind(), ErrorKind::Proxy);
    assert_clean(&trace().text());
    let request = heard.join().unwrap().to_lowercase();
    assert!(request.contains("proxy-authorization: basic "), "{request}");
    assert!(!request.contains("\r\nauthorization:"), "the signature is the server's only");
}

#[tokio::test]
async fn no_byte_of_a_request_is_received_whatever_is_wrong_with_the_handshake() {
    for mode in ["expired", "wrong_host", "unknown_ca", "tls11", "client_certificate"] {
        let (_mock, opened) = https(mode, None).await;
        let client = trusting(&format!("byte-{mode}"), &opened).build().unwrap();
        refused(&client, &opened).await;
        for operation in [Operation::Commit, Operation::Any] {
            assert!(opened.world().requests_for(operation).is_empty(), "{mode}");
        }
    }
}
