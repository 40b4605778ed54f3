//! The settings of a client: one table of names, defaults, units and ranges, the same in every language. The
//! environment variable of a setting is `MYPREFERENCES_` and its name in upper case.

pub(crate) mod access_token;
pub(crate) mod file_trust;
pub(crate) mod signature;
pub(crate) mod surface;
pub(crate) mod table;
pub(crate) mod value;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use strum::{IntoStaticStr, VariantArray};

use crate::error::{Error, Operation};
use crate::settings::signature::{HmacHash, TimestampFormat};
use crate::settings::surface::{Environment, ExportKind, Surface};
use crate::settings::table::{RENAMED, for_each_setting};
use crate::settings::value::{SettingValue, choice, within};

/// Longest duration that a setting takes: a day.
pub(crate) const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

/// What a difference between the `RowCount` of the last status and `TotalResults` of the pages means. The unit of
/// `RowCount` is not documented (facts 3.2), so a difference is no loss for sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum RowCount {
    /// The batch is sealed, nothing is committed: `count_mismatch`.
    #[default]
    Check,
    /// The batch is committed all the same. Both numbers are in its manifest.
    Ignore,
}

choice!(RowCount, "row_count", "pass one of the two");

/// The type of a setting of this sort.
macro_rules! type_of {
    (text) => { Option<String> };
    (file) => { Option<PathBuf> };
    (duration) => { Duration };
    (size) => { usize };
    (count) => { u32 };
    (switch) => { bool };
    (choice $type:ident) => { $type };
    (some_choice $type:ident) => { Option<$type> };
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $sort:ident $name:ident $(: $type:ident)? $(= $default:literal)? $(in $range:literal)?;)+) => {
        /// Every setting of a client. Made by [`crate::Client::builder`]; each field has a setter of the same name there.
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct Settings {
            $(
                $(#[doc = $doc])+
                $(#[doc = concat!("\n\nDefault: `", $default, "`.")])?
                $(#[doc = concat!("From ", $range, ".")])?
                pub $name: type_of!($sort $($type)?),
            )+
        }

        impl Default for Settings {
            fn default() -> Settings {
                Settings {
                    $($name: default_of!(stringify!($name) $(, $default)?),)+
                }
            }
        }

        impl Settings {
            /// Every name that [`Settings::set`] takes.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            #[cfg(test)]
            const RANGES: &'static [&'static str] = &[$($($range,)?)+];

            #[cfg(test)]
            const DEFAULTS: &'static [(&'static str, &'static str)] = &[$($((stringify!($name), $default),)?)+];

            /// Sets one setting from text, as it stands in an environment variable or on a command line. Durations are
            /// seconds (`2.5`) or carry a unit (`250ms`, `90s`, `3m`); sizes are bytes or carry one (`64KiB`, `8MiB`).
            ///
            /// # Errors
            /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an unknown name or an unreadable
            /// value.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
                let name = Settings::renamed(name).unwrap_or(name);
                match name {
                    $(stringify!($name) => self.$name = SettingValue::read(name, value)?,)+
                    _ => return Err(Settings::unknown(name)),
                }
                Ok(())
            }

            /// One setting as text that [`Settings::set`] takes; none when it has no value.
            #[cfg(feature = "configuration")]
            pub(crate) fn get(&self, name: &str) -> Option<String> {
                match name {
                    $(stringify!($name) => self.$name.show(),)+
                    _ => None,
                }
            }

            fn check_ranges(&self) -> Result<(), Error> {
                $($(within(stringify!($name), &self.$name, $range)?;)?)+
                Ok(())
            }
        }
    };
}

macro_rules! default_of {
    ($name:expr) => {
        Default::default()
    };
    // The tests read every default of the table.
    ($name:expr, $default:literal) => {
        SettingValue::read($name, $default).unwrap_or_default()
    };
}

for_each_setting!(settings);

/// Shows where calls go and how they are bounded. URLs may hold passwords (a proxy's), so they are left out.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("client_id", &self.client_id)
            .field("environment", &self.environment)
            .field("surface", &self.surface.name())
            .field("kind", &self.kind)
            .field("timeout", &self.timeout)
            .field("max_attempts", &self.max_attempts)
            .field("require_certain", &self.require_certain)
            .field("preflight", &self.preflight)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The name now of a setting that had this one in the version before. [`Settings::set`] and the configuration still
    /// read it, and whoever is told of it should say so.
    pub fn renamed(name: &str) -> Option<&'static str> {
        RENAMED.iter().find_map(|(old, new)| (*old == name).then_some(*new))
    }

    /// A name that is none of ours.
    pub(crate) fn unknown(name: &str) -> Error {
        Error::invalid_argument(
            Operation::Configure,
            format!("there is no setting {name:?}"),
            format!("pass one of: {}", Settings::NAMES.join(", ")),
        )
    }

    /// Ranges, and what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_ranges()?;
        if self.http2 {
            return Err(Error::configuration(
                "http2 is not in this build",
                "leave http2 out: the service is reached over HTTP/1.1",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_set_from_text_and_no_other() {
        let mut settings = Settings::default();
        for &name in Settings::NAMES {
            let value = match name {
                "environment" => "staging",
                "surface" => "v4",
                "kind" => "cid",
                "hmac_hash" => "sha512",
                "timestamp_format" => "utc-seconds",
                "require_certain" | "preflight" | "ca_only" | "http2" => "true",
                "max_attempts" => "3",
                "max_control_body" | "max_page_body" => "2MiB",
                "row_count" => "ignore",
                _ => "7",
            };
            settings.set(name, value).unwrap();
            #[cfg(feature = "configuration")]
            {
                let text = settings.get(name).unwrap();
                assert!(text == value || text == format!("{value}s"), "{name}: {text}");
            }
        }
        assert_eq!(settings.timeout, Duration::from_secs(7));
        assert_eq!(settings.max_page_body, 2 << 20);
        assert!(settings.set("no_such", "1").is_err());
    }

    #[test]
    fn every_default_of_the_table_is_read_and_in_its_range() {
        assert!(Settings::RANGES.iter().all(|range| range.matches(" to ").count() == 1));
        for (name, default) in Settings::DEFAULTS {
            Settings::default().set(name, default).unwrap();
        }
        let settings = Settings::default();
        settings.check().unwrap();
        assert_eq!(settings.timeout, Duration::from_secs(180));
        assert_eq!(settings.max_page_body, 64 << 20);
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        let settings = Settings { timeout: Duration::ZERO, ..Settings::default() };
        let message = settings.check().unwrap_err().to_string();
        assert!(message.contains("timeout") && message.contains("24h"), "{message}");
        assert!(Settings { max_attempts: 0, ..Settings::default() }.check().is_err());
        assert!(Settings { max_page_body: 10, ..Settings::default() }.check().is_err());
        assert!(Settings::default().check().is_ok());
    }
}
