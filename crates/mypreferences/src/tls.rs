//! TLS settings: rustls with the ring provider, given explicitly, so that no process-wide default is needed or
//! touched. Trust roots are read only when an https client is made.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;
use crate::settings::Settings;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// TLS 1.2 and 1.3; the platform's verifier, plus the authorities of `ca_file`.
pub(crate) fn client_config(settings: &Settings) -> Result<ClientConfig, Error> {
    let provider = provider();
    let extra = match &settings.ca_file {
        Some(file) => certificates("ca_file", file)?,
        None => Vec::new(),
    };
    let verifier =
        rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
            .map_err(|error| {
                Error::configuration(
                    format!("there are no usable trust roots: {error}"),
                    "install the system's CA certificates, or pass ca_file",
                )
            })?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match &settings.client_cert {
        None => Ok(builder.with_no_client_auth()),
        Some(file) => {
            let chain = certificates("client_cert", file)?;
            let key = PrivateKeyDer::from_pem_file(file).map_err(|error| {
                Error::configuration(
                    format!(
                        "client_cert {} holds no private key: {error}",
                        file.display()
                    ),
                    "pass a PEM file with the certificate chain and its private key",
                )
            })?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| cannot(&error))
        }
    }
}

/// For plain http to loopback: trusts nobody, reads nothing.
pub(crate) fn no_trust() -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Error::configuration(
            format!("{setting} {} cannot be read: {error}", file.display()),
            format!("pass a readable PEM file for {setting}"),
        )
    };
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(|error| unreadable(&error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(&error))?;
    if certificates.is_empty() {
        return Err(unreadable(&"there is no certificate in it"));
    }
    Ok(certificates)
}

fn cannot(error: &rustls::Error) -> Error {
    Error::configuration(
        format!("the TLS settings cannot be used: {error}"),
        "check ca_file and client_cert",
    )
}
