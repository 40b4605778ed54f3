//! The clock of one world: monotonic time since its start, scenario time that a test may advance, and a wall clock that
//! can be wrong on purpose. The log uses the first; rules, exports and late applications the second; `Date`, `Expires`
//! and the check of time stamps the third.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_wall_millis: i64,
    offset_millis: AtomicI64,
    /// Scenario time stands still but for what it is advanced by.
    is_virtual: bool,
    advanced: watch::Sender<Duration>,
}

impl Clock {
    pub(crate) fn start(is_virtual: bool) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            started: Instant::now(),
            started_wall_millis: millis(since_epoch),
            offset_millis: AtomicI64::new(0),
            is_virtual,
            advanced: watch::Sender::new(Duration::ZERO),
        }
    }

    /// Time since the start; never goes back and cannot be advanced.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Scenario time since the start.
    pub(crate) fn scenario_time(&self) -> Duration {
        let advanced = *self.advanced.borrow();
        if self.is_virtual { advanced } else { self.elapsed() }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// Lets virtual time pass, and wakes whoever waits for it.
    pub(crate) fn advance(&self, duration: Duration) {
        self.advanced.send_modify(|advanced| *advanced = advanced.saturating_add(duration));
    }

    /// Waits for so much scenario time.
    pub(crate) async fn pass(&self, duration: Duration) {
        if !self.is_virtual {
            return tokio::time::sleep(duration).await;
        }
        let end = self.scenario_time().saturating_add(duration);
        // The sender lives in this clock, so there is no error to wait for.
        let _ = self.advanced.subscribe().wait_for(|advanced| *advanced >= end).await;
    }

    /// The server's idea of the time, in milliseconds since 1970: virtual time moves it too.
    pub(crate) fn now_millis(&self) -> i64 {
        let advanced = *self.advanced.borrow();
        self.wall_millis_at(self.elapsed().saturating_add(advanced))
    }

    /// The server's idea of the time at a moment of scenario time.
    fn wall_millis_at(&self, moment: Duration) -> i64 {
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
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()
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
        let clock = Clock::start(false);
        clock.set_offset_millis(1_772_600_767_089 - clock.now_millis());
        assert_eq!(clock.http_date().as_deref(), Some("Wed, 04 Mar 2026 05:06:07 GMT"));
        assert_eq!(clock.text_at(clock.elapsed()).as_deref(), Some("2026-03-04T05:06:07Z"));
    }

    #[tokio::test]
    async fn virtual_time_stands_still_until_it_is_advanced() {
        let clock = Clock::start(true);
        assert_eq!(clock.scenario_time(), Duration::ZERO);
        let hour = Duration::from_secs(3600);
        let before = clock.now_millis();
        let ((), ()) = tokio::join!(clock.pass(hour), async { clock.advance(hour) });
        assert_eq!(clock.scenario_time(), hour);
        assert!(clock.now_millis() - before >= 3_600_000);
    }
}
