//! How a PNAUTHINFO3 signature is written, as far as it is a setting.

use strum::{IntoStaticStr, VariantArray};

use crate::settings::value::choice;

/// Hash of the keyed PNAUTHINFO3 scheme. Vendor: SHA-2 with 256, 384 or 512 bits (DOC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
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

choice!(HmacHash, "hmac_hash", "pass one of the three");

/// How a PNAUTHINFO3 timestamp is written. The exact form that the vendor takes is not public (facts 5.1, UNK), so it
/// is a setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum TimestampFormat {
    /// `2026-11-24T06:25:53.042Z`
    #[default]
    UtcMillisZ,
    /// `2026-11-24T06:25:53Z`
    UtcSecondsZ,
    /// `2026-11-24T06:25:53`
    UtcSeconds,
}

choice!(TimestampFormat, "timestamp_format", "pass one of the three");
