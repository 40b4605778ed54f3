//! TLS settings: rustls with the ring provider, given explicitly, so that no process-wide default is needed or
//! touched. TLS 1.2 and 1.3. The system's trust roots are read only when an https client is made; the files of the
//! settings always, so that a wrong one is told of at once.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;
use crate::http::handshake;
use crate::settings::Settings;
use crate::settings::file_trust::named;
use crate::settings::file_trust::refuse_if_others_can_read;

/// Larger than any bundle of certificates; a file that is longer is the wrong one.
const MAX_FILE: u64 = 16 << 20;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The configuration of a client. One that is for plain http to loopback trusts nobody.
pub(crate) fn client_config(settings: &Settings, encrypted: bool) -> Result<ClientConfig, Error> {
    let provider = provider();
    let extra = match &settings.ca_file {
        Some(file) => authorities(file)?,
        None if settings.ca_only => {
            return Err(Error::configuration(
                "ca_only without ca_file trusts nobody",
                "pass ca_file with the certificate authorities to trust, or leave ca_only out",
            ));
        }
        None => Vec::new(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| cannot(&error))?;
    let builder = if encrypted {
        builder.dangerous().with_custom_certificate_verifier(verifier(settings, extra, Arc::clone(&provider))?)
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    let mut config = match identity(settings, &provider)? {
        None => builder.with_no_client_auth(),
        Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))),
    };
    handshake::observable(&mut config);
    Ok(config)
}

/// The platform's verifier with the authorities of `ca_file`, or those alone.
fn verifier(
    settings: &Settings,
    extra: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if settings.ca_only {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(extra);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| no_trust(&error))?;
        return Ok(verifier);
    }
    platform(extra, provider)
}

#[cfg(not(target_os = "android"))]
fn platform(
    extra: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider)
        .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
        .map_err(|error| no_trust(&error))
}

/// Untested. Android's verifier panics where nobody has given it the Java virtual machine, and takes no extra roots.
#[cfg(target_os = "android")]
fn platform(
    _extra: Vec<CertificateDer<'static>>,
    _provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    Err(Error::configuration(
        "the trust roots of Android cannot be used from here",
        "pass ca_file with the certificate authorities to trust, and ca_only",
    ))
}

/// The certificates of `ca_file`, each of which can be a trust root.
fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates = certificates("ca_file", file)?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| unusable("ca_file", file, &error))?;
    }
    Ok(certificates)
}

/// The client's own certificate chain and key. The server judges the certificate: one of version 1, say, which rustls
/// would not take, may be what it wants.
fn identity(settings: &Settings, provider: &CryptoProvider) -> Result<Option<CertifiedKey>, Error> {
    let (setting, key_file) = match (&settings.client_cert, &settings.client_key) {
        (None, None) => return Ok(None),
        (None, Some(_)) => {
            return Err(Error::configuration(
                "client_key without client_cert",
                "pass client_cert with the certificate chain too",
            ));
        }
        (Some(cert), None) => ("client_cert", cert),
        (Some(_), Some(key)) => ("client_key", key),
    };
    let Some(cert_file) = &settings.client_cert else {
        return Ok(None);
    };
    let chain = certificates("client_cert", cert_file)?;
    let key = PrivateKeyDer::from_pem_slice(&content(setting, key_file)?).map_err(|_| {
        Error::configuration(
            format!("{setting}{} holds no private key", named(key_file)),
            "pass a PEM file with the private key, without a passphrase; client_key if it is a file of its own",
        )
    })?;
    let unusable = |why: &str| {
        Error::configuration(
            format!("client_cert and its key cannot be used: {why}"),
            "pass the certificate chain, the client's own certificate first, and the key that belongs to it",
        )
    };
    let key = provider.key_provider.load_private_key(key).map_err(|error| unusable(&error.to_string()))?;
    let belongs = key
        .public_key()
        .is_none_or(|public| chain.first().is_some_and(|own| memchr::memmem::find(own, &public).is_some()));
    if !belongs {
        return Err(unusable("the key belongs to another certificate"));
    }
    Ok(Some(CertifiedKey::new(chain, key)))
}

fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let content = content(setting, file)?;
    let certificates = CertificateDer::pem_slice_iter(&content)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(setting, file, &trouble(&error, &content)))?;
    if certificates.is_empty() {
        return Err(unusable(setting, file, &"there is no certificate in it"));
    }
    Ok(certificates)
}

/// What is wrong with a PEM file, in words of our own: the reader's repeat what it holds, and that may be a key.
fn trouble(error: &pem::Error, content: &[u8]) -> String {
    match error {
        pem::Error::IllegalSectionStart { line } => {
            let mut lines = content.split(|byte| *byte == b'\n');
            let number = lines.position(|other| other.trim_ascii() == line.trim_ascii());
            let number = number.map_or(1, |index| index + 1);
            format!("line {number} of the file begins no PEM section; a section's first and last line stand alone")
        }
        pem::Error::MissingSectionEnd { .. } => {
            "a PEM section has no last line; a section's first and last line stand alone".to_owned()
        }
        pem::Error::Base64Decode(_) => "a PEM section in it is not base64".to_owned(),
        pem::Error::SectionTooLarge => "a PEM section in it is too large".to_owned(),
        pem::Error::NoItemsFound => "there is no certificate in it".to_owned(),
        // The library may know more ways to be wrong; none of them is repeated.
        _ => "it is no PEM file".to_owned(),
    }
}

fn content(setting: &str, file: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|error| unusable(setting, file, &error))?;
    let found = opened.metadata();
    opened.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| unusable(setting, file, &error))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(unusable(setting, file, &"it is longer than 16 MiB"));
    }
    if memchr::memmem::find(&bytes, b"PRIVATE KEY-----").is_some() {
        let found = found.map_err(|error| unusable(setting, file, &error))?;
        refuse_if_others_can_read(&found, file, &format!("private key in {setting}"))?;
    }
    Ok(without_marks(&bytes))
}

/// Without the byte order marks that some editors put before a file, also where several such files became one: a PEM
/// section begins at the beginning of its line.
fn without_marks(bytes: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let mut clean = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, MARK) {
        clean.extend_from_slice(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    clean.extend_from_slice(rest);
    clean
}

fn unusable(setting: &str, file: &Path, error: &dyn std::fmt::Display) -> Error {
    // The authorities are public, and their file is shown even when it is not there; not a PEM in place of its name.
    let text = file.to_string_lossy();
    let name = if setting == "ca_file" && !text.contains("-----") && !text.contains(char::is_control) {
        format!(" {text}")
    } else {
        named(file)
    };
    Error::configuration(
        format!("{setting}{name} cannot be used: {error}"),
        format!("pass a readable PEM file for {setting}"),
    )
}

fn no_trust(error: &dyn std::fmt::Display) -> Error {
    Error::configuration(
        format!("there are no usable trust roots: {error}"),
        "install the system's CA certificates, or pass ca_file",
    )
}

fn cannot(error: &rustls::Error) -> Error {
    Error::configuration(format!("the TLS settings cannot be used: {error}"), "check ca_file and client_cert")
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SigningKey as _};
    use rustls::client::danger::HandshakeSignatureValid;
    use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
    use rustls::{
        ClientConnection, DigitallySignedStruct, DistinguishedName, ServerConfig, ServerConnection, SignatureScheme,
    };
    use rustls_pki_types::UnixTime;

    use super::*;

    /// The first element of some DER, whole, its content, and what stands behind it.
    fn element(der: &[u8]) -> (&[u8], &[u8], &[u8]) {
        let (start, length) = match usize::from(der[1]) {
            short @ ..0x80 => (2, short),
            bytes => {
                let start = 2 + (bytes & 0x7f);
                let length = der[2..start].iter();
                (start, length.fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
            }
        };
        let (whole, rest) = der.split_at(start + length);
        (whole, &whole[start..], rest)
    }

    fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content].concat()
    }

    /// A certificate as it was before there were extensions: without them and without its version, signed anew.
    fn of_version_1(certificate: &[u8], key: &KeyPair) -> Vec<u8> {
        const VERSION: u8 = 0xa0;
        const EXTENSIONS: u8 = 0xa3;
        let (_, parts, _) = element(certificate);
        let (_, mut rest, behind) = element(parts);
        let mut kept = Vec::new();
        while !rest.is_empty() {
            let (whole, _, after) = element(rest);
            if ![VERSION, EXTENSIONS].contains(&whole[0]) {
                kept.extend_from_slice(whole);
            }
            rest = after;
        }
        let signed = wrapped(0x30, &kept);
        let signature = [&[0], &*key.sign(&signed).unwrap()].concat();
        let (algorithm, _, _) = element(behind);
        wrapped(0x30, &[&signed, algorithm, &wrapped(0x03, &signature)].concat())
    }

    /// Takes whatever certificate a client has.
    #[derive(Debug)]
    struct Anybody;

    impl ClientCertVerifier for Anybody {
        fn root_hint_subjects(&self) -> &[DistinguishedName] {
            &[]
        }

        fn verify_client_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: UnixTime,
        ) -> Result<ClientCertVerified, rustls::Error> {
            Ok(ClientCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            let algorithms = provider().signature_verification_algorithms;
            algorithms.supported_schemes()
        }
    }

    fn file(name: &str, text: &str) -> std::path::PathBuf {
        let name = format!("mypreferences-tls-{}-{name}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    fn pem(label: &str, der: &[u8]) -> String {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    #[test]
    fn a_client_certificate_of_version_1_is_the_servers_to_judge() {
        let names = || CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let server = names().self_signed(&other).unwrap();
        let certificate = of_version_1(names().self_signed(&key).unwrap().der(), &key);
        let mine = pem("CERTIFICATE", &certificate);
        let settings = Settings {
            ca_file: Some(file("ca", &pem("CERTIFICATE", server.der()))),
            ca_only: true,
            client_cert: Some(file("cert", &mine)),
            client_key: Some(file("key", &pem("PRIVATE KEY", &key.serialize_der()))),
            ..Settings::default()
        };
        let config = client_config(&settings, true).unwrap();
        let mut client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        let identity = PrivateKeyDer::Pkcs8(other.serialize_der().into());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(Arc::new(Anybody))
            .with_single_cert(vec![server.der().clone()], identity)
            .unwrap();
        let mut server = ServerConnection::new(Arc::new(config)).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut bytes = Vec::new();
            client.write_tls(&mut bytes).unwrap();
            server.read_tls(&mut bytes.as_slice()).unwrap();
            server.process_new_packets().unwrap();
            bytes.clear();
            server.write_tls(&mut bytes).unwrap();
            client.read_tls(&mut bytes.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        assert_eq!(server.peer_certificates().unwrap()[0].as_ref(), certificate);

        let wrong =
            Settings { client_key: Some(file("other", &pem("PRIVATE KEY", &other.serialize_der()))), ..settings };
        let error = client_config(&wrong, true).unwrap_err().to_string();
        assert!(error.contains("belongs to another certificate"), "{error}");
    }
}
