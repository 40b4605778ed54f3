//! The clock of one world: monotonic time since its start, and a wall clock that can be wrong on purpose.
//! Rules and the log use the former; `Date`, `Expires` and the check of time stamps use the latter.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_wall_millis: i64,
    offset_millis: AtomicI64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: Instant::now(),
            started_wall_millis: millis(since_epoch),
            offset_millis: AtomicI64::new(0),
        }
    }

    /// Time since the start; never goes back.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The server's idea of the time, in milliseconds since 1970.
    pub(crate) fn now_millis(&self) -> i64 {
        self.wall_millis_at(self.elapsed())
    }

    /// The server's idea of the time at a moment of its monotonic time.
    pub(crate) fn wall_millis_at(&self, moment: Duration) -> i64 {
        self.started_wall_millis
            .saturating_add(millis(moment))
            .saturating_add(self.offset_millis.load(Ordering::Relaxed))
    }

    pub(crate) fn set_offset_millis(&self, offset: i64) {
        self.offset_millis.store(offset, Ordering::Relaxed);
    }

    /// The value of a `Date` header, or `None` when the offset leaves the years that can be written.
    pub(crate) fn http_date(&self) -> Option<String> {
        let now = jiff::Timestamp::from_millisecond(self.now_millis()).ok()?;
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&now)
            .ok()
    }

    /// A moment as `2026-03-04T05:06:07Z`, the form of `Expires`.
    pub(crate) fn text_at(&self, moment: Duration) -> Option<String> {
        let seconds = self.wall_millis_at(moment).div_euclid(1000);
        Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_follows_the_offset() {
        let clock = Clock::start();
        clock.set_offset_millis(1_772_600_767_089 - clock.now_millis());
        assert_eq!(
            clock.http_date().as_deref(),
            Some("Wed, 04 Mar 2026 05:06:07 GMT")
        );
        assert_eq!(
            clock.text_at(clock.elapsed()).as_deref(),
            Some("2026-03-04T05:06:07Z")
        );
    }
}
