//! The settings of a client: one table of names, defaults, units and ranges, the same in every language. The
//! environment variable of a setting is `MYPREFERENCES_` and its name in upper case.

pub(crate) mod access_token;
pub(crate) mod file_trust;
pub(crate) mod signature;
pub(crate) mod surface;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::quoted::quoted;
use crate::error::{Error, Operation};
use crate::settings::signature::{HmacHash, TimestampFormat};
use crate::settings::surface::{Environment, ExportKind, Surface};

/// Longest duration that a setting takes: a day.
pub(crate) const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

/// What a difference between the `RowCount` of the last status and `TotalResults` of the pages means. The unit of
/// `RowCount` is not documented (facts 3.2), so a difference is no loss for sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowCount {
    /// The batch is sealed, nothing is committed: `count_mismatch`.
    #[default]
    Check,
    /// The batch is committed all the same. Both numbers are in its manifest.
    Ignore,
}

impl RowCount {
    /// As in a setting.
    #[cfg(feature = "configuration")]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            RowCount::Check => "check",
            RowCount::Ignore => "ignore",
        }
    }
}

impl std::str::FromStr for RowCount {
    type Err = Error;
    fn from_str(text: &str) -> Result<RowCount, Error> {
        match text {
            "check" => Ok(RowCount::Check),
            "ignore" => Ok(RowCount::Ignore),
            other => Err(bad("row_count", other, "check or ignore")),
        }
    }
}

/// Every setting of a client. Made by [`crate::Client::builder`]; each field has a setter of the same name there.
#[derive(Clone)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, by its name"
)]
pub struct Settings {
    /// The MyPreferences account id (not the OAuth client id). Required. 1 to 256 characters.
    pub client_id: Option<String>,
    /// The service's base URL, https or loopback. Either this or `environment`.
    pub base_url: Option<String>,
    /// A vendor environment, which gives the base URL of the surface.
    pub environment: Option<Environment>,
    /// The surface, that is the routes. Default: the documented async surface.
    pub surface: Surface,
    /// What is exported. Default: segment.
    pub kind: ExportKind,
    /// Route template that replaces the surface's commit route.
    pub commit_path: Option<String>,
    /// Route template that replaces the surface's status route.
    pub status_path: Option<String>,
    /// Route template that replaces the surface's page route.
    pub page_path: Option<String>,
    /// Hash of PNAUTHINFO3 credentials. Default: SHA-256.
    pub hmac_hash: HmacHash,
    /// Timestamp form of PNAUTHINFO3 credentials. Default: UTC with milliseconds and Z.
    pub timestamp_format: TimestampFormat,
    /// Name resolution, TCP, TLS and proxy. Default 10 s.
    pub connect_timeout: Duration,
    /// Request sent to response head. Default 30 s.
    pub first_byte_timeout: Duration,
    /// Silence while reading a body. Default 30 s.
    pub body_timeout: Duration,
    /// The whole call, questions included; never exceeded by more than 1 s. Default 180 s.
    pub timeout: Duration,
    /// The last send starts within it. Default 60 s.
    pub send_window: Duration,
    /// Time for asking what became of a send. Default 120 s.
    pub resolve_timeout: Duration,
    /// How long "not yet" must hold after the last unanswered send before it means "not committed". Default 60 s.
    pub settle: Duration,
    /// How long "not yet" must hold after an unanswered send before the next send. Default 5 s.
    pub quiet: Duration,
    /// Sends of one call, 1 to 100; a 401 repair is not counted. Default 4.
    pub max_attempts: u32,
    /// First backoff, doubling from there. Default 200 ms.
    pub backoff_base: Duration,
    /// First backoff after 429 and 503. Default 1 s.
    pub throttle_base: Duration,
    /// Longest backoff. Default 20 s.
    pub backoff_cap: Duration,
    /// Longest Retry-After that is waited for. Default 120 s.
    pub max_retry_after: Duration,
    /// Turns a presumed receipt into `outcome_unknown`. Default false.
    pub strict: bool,
    /// Asks status before the first send of a commit. Default false.
    pub preflight: bool,
    /// How long an idle connection is kept. Default 50 s.
    pub pool_idle_timeout: Duration,
    /// TCP keepalive. Default 30 s.
    pub tcp_keepalive: Duration,
    /// Cap of a decoded body other than a page, in bytes. Default 1 MiB.
    pub max_control_body: usize,
    /// Cap of a decoded page, in bytes. Default 64 MiB.
    pub max_page_body: usize,
    /// How long a landing bears temporary failures without one new page, and a wait without an answer. Default 10 min;
    /// zero: as a single call.
    pub patience: Duration,
    /// What a difference between the status' `RowCount` and `TotalResults` means to a commit. Default: check.
    pub row_count: RowCount,
    /// PEM file with certificate authorities to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Trusts the authorities of `ca_file` and no others. Needs `ca_file`. Default false.
    pub ca_only: bool,
    /// PEM file with a client certificate chain, the client's own certificate first, and its private key.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the private key of `client_cert`, where that is a file of its own. No passphrase.
    pub client_key: Option<PathBuf>,
    /// Proxy URL, http or https, for every host; may hold a user name and password; or `none`. Without it the
    /// environment's proxy variables count (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), but never for
    /// loopback; `none` switches them off.
    pub proxy: Option<String>,
    /// Offers HTTP/2 where TLS negotiates it. This build speaks HTTP/1.1 only; true is refused. Default false.
    pub http2: bool,
}

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
            .field("strict", &self.strict)
            .field("preflight", &self.preflight)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            client_id: None,
            base_url: None,
            environment: None,
            surface: Surface::default(),
            kind: ExportKind::default(),
            commit_path: None,
            status_path: None,
            page_path: None,
            hmac_hash: HmacHash::default(),
            timestamp_format: TimestampFormat::default(),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(180),
            send_window: Duration::from_secs(60),
            resolve_timeout: Duration::from_secs(120),
            settle: Duration::from_secs(60),
            quiet: Duration::from_secs(5),
            max_attempts: 4,
            backoff_base: Duration::from_millis(200),
            throttle_base: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(20),
            max_retry_after: Duration::from_secs(120),
            strict: false,
            preflight: false,
            pool_idle_timeout: Duration::from_secs(50),
            tcp_keepalive: Duration::from_secs(30),
            max_control_body: 1 << 20,
            max_page_body: 64 << 20,
            patience: Duration::from_secs(600),
            row_count: RowCount::default(),
            ca_file: None,
            ca_only: false,
            client_cert: None,
            client_key: None,
            proxy: None,
            http2: false,
        }
    }
}

impl Settings {
    /// Every name that [`Settings::set`] takes.
    pub const NAMES: [&'static str; 37] = [
        "client_id",
        "base_url",
        "environment",
        "surface",
        "kind",
        "commit_path",
        "status_path",
        "page_path",
        "hmac_hash",
        "timestamp_format",
        "connect_timeout",
        "first_byte_timeout",
        "body_timeout",
        "timeout",
        "send_window",
        "resolve_timeout",
        "settle",
        "quiet",
        "max_attempts",
        "backoff_base",
        "throttle_base",
        "backoff_cap",
        "max_retry_after",
        "strict",
        "preflight",
        "pool_idle_timeout",
        "tcp_keepalive",
        "max_control_body",
        "max_page_body",
        "patience",
        "row_count",
        "ca_file",
        "ca_only",
        "client_cert",
        "client_key",
        "proxy",
        "http2",
    ];

    /// Sets one setting from text, as it stands in an environment variable or on a command line. Durations are
    /// seconds (`2.5`) or carry a unit (`250ms`, `90s`, `3m`); sizes are bytes or carry one (`64KiB`, `8MiB`).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an unknown name or an unreadable value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let duration = || parse_duration(name, value);
        match name {
            "client_id" => self.client_id = Some(value.to_owned()),
            "base_url" => self.base_url = Some(value.to_owned()),
            "environment" => self.environment = Some(value.parse()?),
            "surface" => self.surface = value.parse()?,
            "kind" => self.kind = value.parse()?,
            "commit_path" => self.commit_path = Some(value.to_owned()),
            "status_path" => self.status_path = Some(value.to_owned()),
            "page_path" => self.page_path = Some(value.to_owned()),
            "hmac_hash" => self.hmac_hash = value.parse()?,
            "timestamp_format" => self.timestamp_format = value.parse()?,
            "connect_timeout" => self.connect_timeout = duration()?,
            "first_byte_timeout" => self.first_byte_timeout = duration()?,
            "body_timeout" => self.body_timeout = duration()?,
            "timeout" => self.timeout = duration()?,
            "send_window" => self.send_window = duration()?,
            "resolve_timeout" => self.resolve_timeout = duration()?,
            "settle" => self.settle = duration()?,
            "quiet" => self.quiet = duration()?,
            "max_attempts" => {
                self.max_attempts = value
                    .parse()
                    .map_err(|_| bad(name, value, "a whole number from 1 to 100"))?;
            }
            "backoff_base" => self.backoff_base = duration()?,
            "throttle_base" => self.throttle_base = duration()?,
            "backoff_cap" => self.backoff_cap = duration()?,
            "max_retry_after" => self.max_retry_after = duration()?,
            "strict" => self.strict = parse_bool(name, value)?,
            "preflight" => self.preflight = parse_bool(name, value)?,
            "pool_idle_timeout" => self.pool_idle_timeout = duration()?,
            "tcp_keepalive" => self.tcp_keepalive = duration()?,
            "max_control_body" => self.max_control_body = parse_size(name, value)?,
            "max_page_body" => self.max_page_body = parse_size(name, value)?,
            "patience" => self.patience = duration()?,
            "row_count" => self.row_count = value.parse()?,
            "ca_file" => self.ca_file = Some(PathBuf::from(value)),
            "ca_only" => self.ca_only = parse_bool(name, value)?,
            "client_cert" => self.client_cert = Some(PathBuf::from(value)),
            "client_key" => self.client_key = Some(PathBuf::from(value)),
            "proxy" => self.proxy = Some(value.to_owned()),
            "http2" => self.http2 = parse_bool(name, value)?,
            _ => return Err(Settings::unknown(name)),
        }
        Ok(())
    }

    /// A name that is none of ours.
    pub(crate) fn unknown(name: &str) -> Error {
        Error::invalid_argument(
            Operation::Configure,
            format!("there is no setting {name:?}"),
            format!("pass one of: {}", Settings::NAMES.join(", ")),
        )
    }

    /// One setting as text that [`Settings::set`] takes; none when it has no value.
    #[cfg(feature = "configuration")]
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        match name {
            "client_id" => self.client_id.clone(),
            "base_url" => self.base_url.clone(),
            "environment" => self
                .environment
                .map(|environment| environment.word().into()),
            "surface" => Some(self.surface.name().into()),
            "kind" => Some(self.kind.word().into()),
            "commit_path" => self.commit_path.clone(),
            "status_path" => self.status_path.clone(),
            "page_path" => self.page_path.clone(),
            "hmac_hash" => Some(self.hmac_hash.word().into()),
            "timestamp_format" => Some(self.timestamp_format.word().into()),
            "connect_timeout" => Some(duration_text(self.connect_timeout)),
            "first_byte_timeout" => Some(duration_text(self.first_byte_timeout)),
            "body_timeout" => Some(duration_text(self.body_timeout)),
            "timeout" => Some(duration_text(self.timeout)),
            "send_window" => Some(duration_text(self.send_window)),
            "resolve_timeout" => Some(duration_text(self.resolve_timeout)),
            "settle" => Some(duration_text(self.settle)),
            "quiet" => Some(duration_text(self.quiet)),
            "max_attempts" => Some(self.max_attempts.to_string()),
            "backoff_base" => Some(duration_text(self.backoff_base)),
            "throttle_base" => Some(duration_text(self.throttle_base)),
            "backoff_cap" => Some(duration_text(self.backoff_cap)),
            "max_retry_after" => Some(duration_text(self.max_retry_after)),
            "strict" => Some(self.strict.to_string()),
            "preflight" => Some(self.preflight.to_string()),
            "pool_idle_timeout" => Some(duration_text(self.pool_idle_timeout)),
            "tcp_keepalive" => Some(duration_text(self.tcp_keepalive)),
            "max_control_body" => Some(size_text(self.max_control_body)),
            "max_page_body" => Some(size_text(self.max_page_body)),
            "patience" => Some(duration_text(self.patience)),
            "row_count" => Some(self.row_count.word().into()),
            "ca_file" => path(&self.ca_file),
            "ca_only" => Some(self.ca_only.to_string()),
            "client_cert" => path(&self.client_cert),
            "client_key" => path(&self.client_key),
            "proxy" => self.proxy.clone(),
            "http2" => Some(self.http2.to_string()),
            _ => None,
        }
    }

    /// Ranges, and what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (name, value, least) in [
            (
                "connect_timeout",
                self.connect_timeout,
                Duration::from_millis(1),
            ),
            (
                "first_byte_timeout",
                self.first_byte_timeout,
                Duration::from_millis(1),
            ),
            ("body_timeout", self.body_timeout, Duration::from_millis(1)),
            ("timeout", self.timeout, Duration::from_millis(1)),
            ("send_window", self.send_window, Duration::ZERO),
            ("resolve_timeout", self.resolve_timeout, Duration::ZERO),
            ("settle", self.settle, Duration::ZERO),
            ("quiet", self.quiet, Duration::ZERO),
            ("backoff_base", self.backoff_base, Duration::ZERO),
            ("throttle_base", self.throttle_base, Duration::ZERO),
            ("backoff_cap", self.backoff_cap, Duration::ZERO),
            ("max_retry_after", self.max_retry_after, Duration::ZERO),
            ("pool_idle_timeout", self.pool_idle_timeout, Duration::ZERO),
            ("tcp_keepalive", self.tcp_keepalive, Duration::from_secs(1)),
            ("patience", self.patience, Duration::ZERO),
        ] {
            if value < least || value > MAX_DURATION {
                return Err(Error::invalid_argument(
                    Operation::Configure,
                    format!("{name} is out of range: {value:?}"),
                    format!("pass {least:?} to 24 hours for {name}"),
                ));
            }
        }
        if !(1..=100).contains(&self.max_attempts) {
            return Err(bad(
                "max_attempts",
                &self.max_attempts.to_string(),
                "1 to 100",
            ));
        }
        for (name, value) in [
            ("max_control_body", self.max_control_body),
            ("max_page_body", self.max_page_body),
        ] {
            if !(1024..=1 << 30).contains(&value) {
                return Err(bad(name, &value.to_string(), "1 KiB to 1 GiB"));
            }
        }
        if self.http2 {
            return Err(Error::configuration(
                "http2 is not in this build",
                "leave http2 out: the service is reached over HTTP/1.1",
            ));
        }
        Ok(())
    }
}

fn bad(name: &str, value: &str, wanted: &str) -> Error {
    Error::invalid_argument(
        Operation::Configure,
        format!("{name} cannot be {}", quoted(value)),
        format!("pass {wanted} for {name}"),
    )
}

fn parse_bool(name: &str, value: &str) -> Result<bool, Error> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(bad(name, value, "true or false")),
    }
}

pub(crate) fn parse_duration(name: &str, value: &str) -> Result<Duration, Error> {
    let refused = || bad(name, value, "seconds such as 2.5, or 250ms, 90s, 3m");
    let (number, unit) = split_unit(value);
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

pub(crate) fn parse_size(name: &str, value: &str) -> Result<usize, Error> {
    let refused = || bad(name, value, "bytes, or 64KiB, 8MiB");
    let (number, unit) = split_unit(value);
    let factor: usize = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(refused()),
    };
    number
        .parse::<usize>()
        .ok()
        .and_then(|n| n.checked_mul(factor))
        .ok_or_else(refused)
}

#[cfg(feature = "configuration")]
fn duration_text(value: Duration) -> String {
    match (value.as_secs(), value.subsec_millis()) {
        (seconds, 0) => format!("{seconds}s"),
        (0, millis) => format!("{millis}ms"),
        _ => format!("{}s", value.as_secs_f64()),
    }
}

#[cfg(feature = "configuration")]
fn size_text(bytes: usize) -> String {
    const MIB: usize = 1 << 20;
    if bytes > 0 && bytes.is_multiple_of(MIB) {
        format!("{}MiB", bytes / MIB)
    } else {
        bytes.to_string()
    }
}

fn split_unit(value: &str) -> (&str, &str) {
    let end = value
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(value.len());
    value.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_be_set_from_text_and_no_other() {
        let mut settings = Settings::default();
        for name in Settings::NAMES {
            let value = match name {
                "environment" => "staging",
                "surface" => "v4",
                "kind" => "cid",
                "hmac_hash" => "sha512",
                "timestamp_format" => "utc-seconds",
                "strict" | "preflight" | "ca_only" | "http2" => "true",
                "max_attempts" => "3",
                "max_control_body" | "max_page_body" => "2MiB",
                "row_count" => "ignore",
                _ => "7",
            };
            settings.set(name, value).unwrap();
            #[cfg(feature = "configuration")]
            {
                let text = settings.get(name).unwrap();
                assert!(
                    text == value || text == format!("{value}s"),
                    "{name}: {text}"
                );
            }
        }
        assert_eq!(settings.timeout, Duration::from_secs(7));
        assert_eq!(settings.max_page_body, 2 << 20);
        assert!(settings.set("no_such", "1").is_err());
    }

    #[test]
    fn durations_and_sizes_are_read_with_and_without_units() {
        assert_eq!(
            parse_duration("x", "2.5").unwrap(),
            Duration::from_millis(2500)
        );
        assert_eq!(
            parse_duration("x", "250ms").unwrap(),
            Duration::from_millis(250)
        );
        assert_eq!(parse_duration("x", "3m").unwrap(), Duration::from_secs(180));
        for bad in ["", "-1", "NaN", "inf", "1d", "s", "1e400"] {
            assert!(parse_duration("x", bad).is_err(), "{bad}");
        }
        assert_eq!(parse_size("x", "64KiB").unwrap(), 65536);
        assert!(parse_size("x", "1.5MiB").is_err());
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        let settings = Settings {
            timeout: Duration::ZERO,
            ..Settings::default()
        };
        let message = settings.check().unwrap_err().to_string();
        assert!(
            message.contains("timeout") && message.contains("24 hours"),
            "{message}"
        );
        assert!(
            Settings {
                max_attempts: 0,
                ..Settings::default()
            }
            .check()
            .is_err()
        );
        assert!(
            Settings {
                max_page_body: 10,
                ..Settings::default()
            }
            .check()
            .is_err()
        );
        assert!(Settings::default().check().is_ok());
    }
}
