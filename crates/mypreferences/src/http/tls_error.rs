//! Why a TLS handshake failed, in words that say what to do: the kind is `tls` for all of them.

use std::error::Error as StdError;

use rustls::{AlertDescription, CertificateError, Error};

/// What the handler of a server's demand for a certificate says when the server ends the connection without a word.
pub(crate) const LEFT_AFTER_ASKING: &str = "the server asked for a certificate and ended the connection";

/// The reasons that can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// The server's certificate has expired.
    Expired,
    /// The server's certificate is not valid yet.
    NotValidYet,
    /// The server's certificate is for another host.
    OtherHost,
    /// Nobody trusted has signed the server's certificate.
    UnknownAuthority,
    /// The server wants a certificate of the client, and there is none.
    WantsClientCertificate,
    /// The server does not like the client's certificate, or its absence.
    RefusesClientCertificate,
    /// No version or cipher that both sides know.
    NothingInCommon,
    /// What the server speaks is not TLS.
    NoTls,
}

impl TlsError {
    /// The reason in an error of the TLS library, if it is one of these.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Option<TlsError> {
        match error.downcast_ref::<Error>()? {
            Error::InvalidCertificate(reason) => match reason {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Some(TlsError::Expired),
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Some(TlsError::NotValidYet)
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Some(TlsError::OtherHost)
                }
                CertificateError::UnknownIssuer => Some(TlsError::UnknownAuthority),
                _ => None,
            },
            Error::AlertReceived(alert) => match alert {
                AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
                    Some(TlsError::WantsClientCertificate)
                }
                AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::DecryptError => Some(TlsError::RefusesClientCertificate),
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity => Some(TlsError::NothingInCommon),
                _ => None,
            },
            Error::PeerIncompatible(_) => Some(TlsError::NothingInCommon),
            Error::InvalidMessage(_) => Some(TlsError::NoTls),
            Error::General(words) if words == LEFT_AFTER_ASKING => Some(TlsError::WantsClientCertificate),
            _ => None,
        }
    }

    /// What was wrong.
    pub(crate) const fn detail(self) -> &'static str {
        match self {
            TlsError::Expired => "the server's certificate has expired",
            TlsError::NotValidYet => "the server's certificate is not valid yet",
            TlsError::OtherHost => "the server's certificate is for another host",
            TlsError::UnknownAuthority => "the server's certificate comes from an authority that is not trusted",
            TlsError::WantsClientCertificate => "the server wants a client certificate",
            TlsError::RefusesClientCertificate => "the server refuses the client certificate, or that there is none",
            TlsError::NothingInCommon => "the server offers nothing as new as TLS 1.2",
            TlsError::NoTls => "the server does not speak TLS",
        }
    }

    /// What to do.
    pub(crate) const fn next_action(self) -> &'static str {
        match self {
            TlsError::Expired | TlsError::NotValidYet => {
                "check the local clock; if it is right, whoever runs the server must renew its certificate"
            }
            TlsError::OtherHost => "check the host in the URL",
            TlsError::UnknownAuthority => "if the server is yours, pass its certificate authority as ca_file",
            TlsError::WantsClientCertificate => "pass client_cert, and client_key if it is apart",
            TlsError::RefusesClientCertificate => "check client_cert",
            TlsError::NothingInCommon => "check the URL: TLS 1.2 or 1.3 is required",
            TlsError::NoTls => "check the URL and its port",
        }
    }
}
