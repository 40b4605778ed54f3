//! The values of settings as text: read, shown, and held against their range.

use std::path::PathBuf;
use std::time::Duration;

use strum::VariantArray;

use crate::error::quoted::quoted;
use crate::error::{Error, Operation};

/// A setting's type.
pub(crate) trait SettingValue: Sized {
    /// From text as it stands in an environment variable, a profile or on a command line.
    fn read(name: &str, text: &str) -> Result<Self, Error>;

    /// Text that [`SettingValue::read`] takes; none when there is no value.
    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String>;
}

impl SettingValue for Option<String> {
    fn read(_: &str, text: &str) -> Result<Self, Error> {
        Ok(Some(text.to_owned()))
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        self.clone()
    }
}

impl SettingValue for Option<PathBuf> {
    fn read(_: &str, text: &str) -> Result<Self, Error> {
        Ok(Some(PathBuf::from(text)))
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        self.as_ref().map(|path| path.display().to_string())
    }
}

impl SettingValue for bool {
    fn read(name: &str, text: &str) -> Result<bool, Error> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(bad(name, text, "true or false")),
        }
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl SettingValue for u32 {
    fn read(name: &str, text: &str) -> Result<u32, Error> {
        text.parse().map_err(|_| bad(name, text, "a whole number"))
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Seconds such as `2.5`, or with a unit.
impl SettingValue for Duration {
    fn read(name: &str, text: &str) -> Result<Duration, Error> {
        let refused = || bad(name, text, "seconds such as 2.5, or 250ms, 90s, 3m");
        let (number, unit) = split_unit(text);
        let factor = match unit {
            "" | "s" => 1.0,
            "ms" => 0.001,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(refused()),
        };
        let seconds: f64 = number.parse().map_err(|_| refused())?;
        Duration::try_from_secs_f64(seconds * factor).map_err(|_| refused())
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        Some(match (self.as_secs(), self.subsec_millis()) {
            (seconds, 0) => format!("{seconds}s"),
            (0, millis) => format!("{millis}ms"),
            _ => format!("{}s", self.as_secs_f64()),
        })
    }
}

/// Bytes, or with a unit.
impl SettingValue for usize {
    fn read(name: &str, text: &str) -> Result<usize, Error> {
        let refused = || bad(name, text, "bytes, or 64KiB, 8MiB");
        let (number, unit) = split_unit(text);
        let factor: usize = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(refused()),
        };
        number.parse::<usize>().ok().and_then(|n| n.checked_mul(factor)).ok_or_else(refused)
    }

    #[cfg(feature = "configuration")]
    fn show(&self) -> Option<String> {
        const MIB: usize = 1 << 20;
        Some(if *self > 0 && self.is_multiple_of(MIB) { format!("{}MiB", self / MIB) } else { self.to_string() })
    }
}

/// One of a closed set of words, by [`crate::settings::value::choose`] and the type's own names.
macro_rules! choice {
    ($type:ident, $name:literal, $next_action:literal) => {
        impl $type {
            /// As in a setting.
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;
            fn from_str(text: &str) -> Result<$type, $crate::error::Error> {
                // `segment_group` and `segment-group` are one word.
                $crate::settings::value::choose($name, &text.replace('_', "-"), $next_action)
            }
        }

        impl $crate::settings::value::SettingValue for $type {
            fn read(_: &str, text: &str) -> Result<$type, $crate::error::Error> {
                text.parse()
            }

            #[cfg(feature = "configuration")]
            fn show(&self) -> Option<String> {
                Some(self.as_str().to_owned())
            }
        }
    };
}

pub(crate) use choice;

/// The variant whose name this is.
pub(crate) fn choose<T: Copy + VariantArray + Into<&'static str>>(
    name: &str,
    text: &str,
    next_action: &str,
) -> Result<T, Error> {
    let is_meant = |variant: &&T| <T as Into<&'static str>>::into(**variant) == text;
    T::VARIANTS.iter().find(is_meant).copied().ok_or_else(|| {
        let names: Vec<&str> = T::VARIANTS.iter().map(|&variant| variant.into()).collect();
        let names = match names.as_slice() {
            [all @ .., last] => format!("{} or {last}", all.join(", ")),
            [] => String::new(),
        };
        Error::invalid_argument(
            Operation::Configure,
            format!("{name} must be {names}, got {}", quoted(text)),
            next_action,
        )
    })
}

/// Holds a value against its range, which is written as its ends are: `1ms to 24h`.
pub(crate) fn within<T: SettingValue + PartialOrd + std::fmt::Debug>(
    name: &str,
    value: &T,
    range: &str,
) -> Result<(), Error> {
    // The tests read every range of the table.
    let (least, most) = range.split_once(" to ").unwrap_or((range, range));
    if *value >= T::read(name, least)? && *value <= T::read(name, most)? {
        return Ok(());
    }
    Err(Error::invalid_argument(
        Operation::Configure,
        format!("{name} is out of range: {value:?}"),
        format!("pass {range} for {name}"),
    ))
}

fn bad(name: &str, value: &str, wanted: &str) -> Error {
    Error::invalid_argument(
        Operation::Configure,
        format!("{name} cannot be {}", quoted(value)),
        format!("pass {wanted} for {name}"),
    )
}

fn split_unit(value: &str) -> (&str, &str) {
    let end = value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len());
    value.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_with_and_without_units() {
        for (text, millis) in [("2.5", 2500), ("250ms", 250), ("3m", 180_000)] {
            assert_eq!(Duration::read("x", text).unwrap(), Duration::from_millis(millis));
        }
        for bad in ["", "-1", "NaN", "inf", "1d", "s", "1e400"] {
            assert!(Duration::read("x", bad).is_err(), "{bad}");
        }
        assert_eq!(usize::read("x", "64KiB").unwrap(), 65536);
        assert!(usize::read("x", "1.5MiB").is_err());
    }
}
