//! Certificates made at start: a private CA, servers good and bad, and a client. They live in memory only.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::{TlsMaterial, TlsMode};
use crate::proxy::PROXIED_HOST;

/// Why a certificate could not be made, or not used.
#[derive(Debug)]
pub(super) struct CertificateError(String);

impl fmt::Display for CertificateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the certificates: {}", self.0)
    }
}

impl std::error::Error for CertificateError {}

impl From<rcgen::Error> for CertificateError {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rustls::Error> for CertificateError {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

pub(super) struct Certificates {
    ca: CertifiedIssuer<'static, KeyPair>,
    client: Identity,
}

struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Certificates {
    pub(super) fn make() -> Result<Self, CertificateError> {
        let ca = authority("mock CA")?;
        let mut client = CertificateParams::default();
        client.distinguished_name.push(DnType::CommonName, "mock client");
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Ok(Self { client: sign(client, &ca)?, ca })
    }

    pub(super) fn material(&self) -> TlsMaterial {
        TlsMaterial {
            ca_pem: pem("CERTIFICATE", self.ca.der()),
            client_certificate_pem: pem("CERTIFICATE", &self.client.certificate),
            client_key_pem: pem("PRIVATE KEY", &self.client.key),
        }
    }

    /// The configuration of a server that completes handshakes.
    pub(super) fn server(&self, mode: TlsMode) -> Result<ServerConfig, CertificateError> {
        let names = match mode {
            TlsMode::WrongHost => vec!["elsewhere.example".to_owned()],
            _ => vec!["127.0.0.1".to_owned(), "localhost".to_owned(), "::1".to_owned(), PROXIED_HOST.to_owned()],
        };
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name = rcgen::DistinguishedName::new();
        server.distinguished_name.push(DnType::CommonName, "mock server");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if mode == TlsMode::Expired {
            server.not_before = date_time_ymd(2019, 1, 1);
            server.not_after = date_time_ymd(2020, 1, 1);
        }
        let identity = if mode == TlsMode::UnknownCa {
            sign(server, &authority("another mock CA")?)?
        } else {
            sign(server, &self.ca)?
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = if mode == TlsMode::ClientCertificate {
            let mut roots = RootCertStore::empty();
            roots.add(self.ca.der().clone())?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| CertificateError(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key));
        let mut config = builder.with_single_cert(vec![identity.certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, CertificateError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn sign(mut params: CertificateParams, ca: &CertifiedIssuer<'static, KeyPair>) -> Result<Identity, CertificateError> {
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, ca)?;
    Ok(Identity { certificate: certificate.der().clone(), key: key.serialize_der() })
}

/// RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text + &format!("-----END {label}-----\n")
}
