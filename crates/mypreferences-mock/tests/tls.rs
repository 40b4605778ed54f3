//! Scenarios that are reached by https, each with another state of health, seen by a real TLS client.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use mypreferences_mock::MockService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;
use support::{LONG, empty_service, get, open};

fn opened(service: &MockService, mode: &str) -> Value {
    let spec = format!(r#"{{"tls":"{mode}","exports":[{{"token":7}}]}}"#);
    open(service, &spec).1
}

fn port(opened: &Value) -> u16 {
    let rest = opened["base_url"].as_str().unwrap().strip_prefix("https://127.0.0.1:").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

/// Asks for the status of the export, and says what came of it; `show` sends the client's certificate along.
fn ask_over_tls(opened: &Value, show: bool, timeout: Duration) -> Result<String, std::io::Error> {
    let pem = |name: &str| opened["tls"][name].as_str().unwrap().as_bytes().to_vec();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem("ca_pem")).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = if show {
        let certificate = CertificateDer::from_pem_slice(&pem("client_certificate_pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&pem("client_key_pem")).unwrap();
        builder.with_client_auth_cert(vec![certificate], key).unwrap()
    } else {
        builder.with_no_client_auth()
    };
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port(opened))).unwrap();
    socket.set_read_timeout(Some(timeout)).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket);
    let path = opened["base_url"].as_str().unwrap().splitn(4, '/').nth(3).unwrap();
    stream.write_all(
        format!("GET /{path}/ExampleClient/status/Token/7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_good_certificate_is_trusted_through_the_private_ca() {
    let service = empty_service();
    let opened = opened(&service, "good");
    let answer = ask_over_tls(&opened, false, LONG).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""AccessToken":7"#));
    let id = opened["id"].as_str().unwrap();
    let log = get(&service, &format!("/__mock/scenarios/{id}/log")).json();
    assert_eq!(log["requests"][0]["answered"], 200);
}

#[test]
fn what_is_wrong_with_a_certificate_is_what_the_client_complains_about() {
    let service = empty_service();
    for (mode, complaint) in
        [("expired", "Expired"), ("wrong_host", "NotValidForName"), ("unknown_ca", "UnknownIssuer")]
    {
        let opened = opened(&service, mode);
        let error = format!("{:?}", ask_over_tls(&opened, false, LONG).unwrap_err());
        assert!(error.contains(complaint), "{mode}: {error}");
        assert_eq!(opened["requests"], 0);
    }
    assert_eq!(service.connections(), 6, "three to open the scenarios, and three that failed");
}

#[test]
fn a_client_certificate_is_demanded_and_the_mocks_own_accepted() {
    let service = empty_service();
    let opened = opened(&service, "client_certificate");
    let error = format!("{:?}", ask_over_tls(&opened, false, LONG).unwrap_err());
    assert!(error.contains("CertificateRequired"), "{error}");
    assert!(ask_over_tls(&opened, true, LONG).unwrap().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_handshake_can_stall_or_be_refused_as_too_new() {
    let service = empty_service();
    let short = Duration::from_millis(200);
    let error = ask_over_tls(&opened(&service, "stall"), false, short).unwrap_err();
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{error:?}");
    let error = format!("{:?}", ask_over_tls(&opened(&service, "tls11"), false, LONG).unwrap_err());
    assert!(error.contains("ProtocolVersion"), "{error}");
}

#[test]
fn scenarios_of_one_mode_share_a_port_and_one_authority() {
    let service = empty_service();
    let (one, other, third) = (opened(&service, "good"), opened(&service, "good"), opened(&service, "expired"));
    assert_eq!(port(&one), port(&other));
    assert_ne!(port(&one), port(&third));
    assert_eq!(one["tls"]["ca_pem"], third["tls"]["ca_pem"]);
    assert_ne!(one["base_url"], other["base_url"]);
    let rust = service.open_scenario(r#"{"tls":"good"}"#).unwrap();
    assert_eq!(rust.tls().unwrap().ca_pem, one["tls"]["ca_pem"].as_str().unwrap());
}

#[test]
fn byte_level_faults_work_within_tls() {
    let service = empty_service();
    let spec = r#"{"tls":"good","exports":[{"token":7}],"rules":[
        {"on":"status","action":{"read_then_close":"never"}},
        {"on":"status","action":{"deliver":"cut_body"}},
        {"on":"status","action":{"deliver":{"trickle_ms":0}}}]}"#;
    let (_, opened) = open(&service, spec);
    assert_eq!(ask_over_tls(&opened, false, LONG).unwrap(), "");
    let cut = ask_over_tls(&opened, false, LONG).unwrap();
    assert!(cut.contains(r#""AccessToken":7"#), "{cut}");
    let whole = ask_over_tls(&opened, false, LONG).unwrap();
    assert!(whole.starts_with("HTTP/1.1 200 OK\r\n") && whole.ends_with('}'), "{whole}");
}

#[test]
fn listeners_end_with_the_service() {
    let service = empty_service();
    let opened = opened(&service, "good");
    drop(service);
    assert!(TcpStream::connect(("127.0.0.1", port(&opened))).is_err());
}
