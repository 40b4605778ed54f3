//! The server's time, estimated from its `Date` headers. The local clock is injected, so that tests can set it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A slower round trip tells too little.
const MAX_ROUND_TRIP: Duration = Duration::from_secs(5);
/// A local clock that is behind by no more than this is left alone: signatures live 15 minutes (facts 5.1, DOC).
const TOLERATED_BEHIND_MS: i64 = 60_000;
/// A correction by less than this is noise: `Date` has whole seconds, and signatures are made 3 s in the past.
const NOTABLE_CHANGE_MS: i64 = 2_000;
const UNKNOWN: i64 = i64::MIN;

/// Where the local time comes from.
pub(crate) trait WallClock: Send + Sync {
    fn now(&self) -> SystemTime;
}

/// The system's clock.
pub(crate) struct SystemClock;

impl WallClock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A moment whose age is told also after the machine has slept: tokio's clock stands still meanwhile on most systems.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    at: tokio::time::Instant,
    #[cfg(unix)]
    since_boot: Duration,
    #[cfg(not(unix))]
    since_boot: std::time::Instant,
}

impl Moment {
    /// Now by both clocks.
    pub(crate) fn now() -> Moment {
        Moment { at: tokio::time::Instant::now(), since_boot: since_boot() }
    }

    /// How long ago it was: the later of the two clocks counts, as one may stand still.
    pub(crate) fn age(self) -> Duration {
        let now = Moment::now();
        let awake = now.at.saturating_duration_since(self.at);
        #[cfg(unix)]
        let passed = now.since_boot.saturating_sub(self.since_boot);
        #[cfg(not(unix))]
        let passed = now.since_boot.saturating_duration_since(self.since_boot);
        awake.max(passed)
    }

    /// As if the machine had slept so long since.
    #[cfg(all(test, unix))]
    pub(crate) fn after_a_sleep(self, sleep: Duration) -> Moment {
        Moment { since_boot: self.since_boot.saturating_sub(sleep), ..self }
    }
}

/// Linux' monotonic clock stands still while the machine sleeps, its boot time does not; elsewhere the monotonic one is
/// the one that goes on.
#[cfg(unix)]
fn since_boot() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: nix::time::ClockId = nix::time::ClockId::CLOCK_BOOTTIME;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: nix::time::ClockId = nix::time::ClockId::CLOCK_MONOTONIC;
    nix::time::clock_gettime(CLOCK).map_or(Duration::ZERO, Duration::from)
}

#[cfg(not(unix))]
fn since_boot() -> std::time::Instant {
    std::time::Instant::now()
}

/// What was learnt about the server's clock. Shared by all calls of a client.
pub(crate) struct ServerClock {
    /// Server minus local, in milliseconds.
    offset_ms: AtomicI64,
}

impl ServerClock {
    pub(crate) const fn new() -> ServerClock {
        ServerClock { offset_ms: AtomicI64::new(UNKNOWN) }
    }

    /// Learns from one answer: `Date` minus the midpoint of the round trip. The newest answer counts.
    pub(crate) fn learn(&self, date_seconds: i64, local_ms_before: i64, round_trip: Duration) {
        if round_trip >= MAX_ROUND_TRIP {
            return;
        }
        let half = i64::try_from(round_trip.as_millis() / 2).unwrap_or(0);
        if let Some(date_ms) = date_seconds.checked_mul(1000) {
            self.offset_ms.store(date_ms.saturating_sub(local_ms_before + half), Ordering::Relaxed);
        }
    }

    /// The newest offset, server minus local; none while nothing is known.
    pub(crate) fn offset_ms(&self) -> Option<i64> {
        match self.offset_ms.load(Ordering::Relaxed) {
            UNKNOWN => None,
            offset => Some(offset),
        }
    }

    /// The correction to the local time: when the local clock is ahead at all, or behind by more than a minute.
    pub(crate) fn correction_ms(&self) -> i64 {
        match self.offset_ms().unwrap_or(0) {
            offset if (0..=TOLERATED_BEHIND_MS).contains(&offset) => 0,
            offset => offset,
        }
    }

    /// Whether a 401 signed with `used_ms` was signed with a clock that is now known to be wrong.
    pub(crate) fn was_skewed(&self, used_ms: i64) -> bool {
        (self.correction_ms() - used_ms).abs() >= NOTABLE_CHANGE_MS
    }
}

/// Milliseconds since the epoch; negative before it.
pub(crate) fn unix_ms(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}

/// An HTTP date (`Tue, 24 Nov 2026 06:25:53 GMT`) in seconds since the epoch.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok().map(jiff::Timestamp::as_second)
}

/// `Expires` of a status, in seconds since the epoch: the same moment twice, or, without a zone, the range that it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expires {
    /// For whoever asks whether it is still ahead.
    pub(crate) earliest: i64,
    /// For whoever asks whether it has passed.
    pub(crate) latest: i64,
}

impl Expires {
    /// A moment that is known.
    pub(crate) const fn at(seconds: i64) -> Expires {
        Expires { earliest: seconds, latest: seconds }
    }

    /// A time without a zone, read as UTC: a service west of Greenwich may mean a later one.
    pub(crate) const fn zoneless(seconds: i64) -> Expires {
        Expires { earliest: seconds, latest: seconds.saturating_add(WESTERNMOST_SECONDS) }
    }
}

/// The furthest zone west.
const WESTERNMOST_SECONDS: i64 = 12 * 60 * 60;

/// `Expires` of a status: its format is not documented (UNK). RFC 3339, and its zoneless forms.
pub(crate) fn parse_expires(text: &str) -> Option<Expires> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(Expires::at(timestamp.as_second()));
    }
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
        let utc = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
        return Some(Expires::zoneless(utc.as_second()));
    }
    parse_http_date(text).map(Expires::at)
}

/// Seconds since the epoch as a time of the standard library.
pub(crate) fn system_time(seconds: i64) -> Option<SystemTime> {
    let magnitude = Duration::from_secs(seconds.unsigned_abs());
    if seconds >= 0 { UNIX_EPOCH.checked_add(magnitude) } else { UNIX_EPOCH.checked_sub(magnitude) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_applied_when_ahead_at_all_or_behind_by_more_than_a_minute() {
        let clock = ServerClock::new();
        let learn = |server_minus_local: i64| {
            clock.learn(1_000_000, 1_000_000_000 - server_minus_local * 1000, Duration::ZERO);
            clock.correction_ms()
        };
        assert_eq!(clock.correction_ms(), 0);
        assert_eq!(learn(-5), -5_000);
        assert_eq!(learn(-1), -1_000);
        assert_eq!(learn(30), 0);
        assert_eq!(learn(61), 61_000);
        assert!(clock.was_skewed(0));
        assert!(!clock.was_skewed(60_500));
    }

    #[test]
    fn a_slow_round_trip_teaches_nothing() {
        let clock = ServerClock::new();
        clock.learn(1_000, 0, Duration::from_secs(5));
        assert_eq!(clock.correction_ms(), 0);
    }

    #[test]
    fn dates_are_read_and_zoneless_expiry_counts_as_utc() {
        assert_eq!(parse_http_date("Thu, 01 Jan 1970 00:01:40 GMT"), Some(100));
        assert_eq!(parse_http_date("yesterday"), None);
        let (known, zoneless) = (Some(Expires::at(100)), Some(Expires::zoneless(100)));
        assert_eq!(parse_expires("1970-01-01T00:01:40"), zoneless);
        assert_eq!(parse_expires("1970-01-01T00:01:40.5Z"), known);
        assert_eq!(parse_expires("1970-01-01 00:01:40"), zoneless);
        assert_eq!(parse_expires("1970-01-01T01:01:40+01:00"), known);
        assert_eq!(zoneless.map(|expires| expires.latest), Some(43_300));
        assert_eq!(parse_expires(""), None);
        assert_eq!(parse_expires("in a while"), None);
    }
}
