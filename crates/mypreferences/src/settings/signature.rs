//! How a PNAUTHINFO3 signature is written, as far as it is a setting.

use crate::error::quoted::quoted;
use crate::error::{Error, Operation};

/// Hash of the keyed PNAUTHINFO3 scheme. Vendor: SHA-2 with 256, 384 or 512 bits (DOC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HmacHash {
    /// `PNAUTHINFO3-HMAC-SHA256`
    #[default]
    Sha256,
    /// `PNAUTHINFO3-HMAC-SHA384`
    Sha384,
    /// `PNAUTHINFO3-HMAC-SHA512`
    Sha512,
}

impl HmacHash {
    pub(crate) const fn scheme(self) -> &'static str {
        match self {
            HmacHash::Sha256 => "PNAUTHINFO3-HMAC-SHA256",
            HmacHash::Sha384 => "PNAUTHINFO3-HMAC-SHA384",
            HmacHash::Sha512 => "PNAUTHINFO3-HMAC-SHA512",
        }
    }
}

impl HmacHash {
    /// As in a setting.
    #[cfg(feature = "configuration")]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            HmacHash::Sha256 => "sha256",
            HmacHash::Sha384 => "sha384",
            HmacHash::Sha512 => "sha512",
        }
    }
}

impl std::str::FromStr for HmacHash {
    type Err = Error;
    fn from_str(text: &str) -> Result<HmacHash, Error> {
        match text {
            "sha256" => Ok(HmacHash::Sha256),
            "sha384" => Ok(HmacHash::Sha384),
            "sha512" => Ok(HmacHash::Sha512),
            other => Err(Error::invalid_argument(
                Operation::Configure,
                format!(
                    "hmac_hash must be sha256, sha384 or sha512, got {}",
                    quoted(other)
                ),
                "pass one of the three",
            )),
        }
    }
}

/// How a PNAUTHINFO3 timestamp is written. The exact form that the vendor takes is not public (facts 5.1, UNK), so it
/// is a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-24T06:25:53.042Z`
    #[default]
    UtcMillisZ,
    /// `2026-11-24T06:25:53Z`
    UtcSecondsZ,
    /// `2026-11-24T06:25:53`
    UtcSeconds,
}

impl TimestampFormat {
    /// As in a setting.
    #[cfg(feature = "configuration")]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            TimestampFormat::UtcMillisZ => "utc-millis-z",
            TimestampFormat::UtcSecondsZ => "utc-seconds-z",
            TimestampFormat::UtcSeconds => "utc-seconds",
        }
    }
}

impl std::str::FromStr for TimestampFormat {
    type Err = Error;
    fn from_str(text: &str) -> Result<TimestampFormat, Error> {
        match text {
            "utc-millis-z" => Ok(TimestampFormat::UtcMillisZ),
            "utc-seconds-z" => Ok(TimestampFormat::UtcSecondsZ),
            "utc-seconds" => Ok(TimestampFormat::UtcSeconds),
            other => Err(Error::invalid_argument(
                Operation::Configure,
                format!(
                    "timestamp_format must be utc-millis-z, utc-seconds-z or utc-seconds, got {}",
                    quoted(other)
                ),
                "pass one of the three",
            )),
        }
    }
}
