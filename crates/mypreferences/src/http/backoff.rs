//! How long to wait before the next send or the next question. Pure arithmetic; the jitter is drawn by the caller.

use std::time::Duration;

use crate::settings::Settings;

/// The three settings of a backoff.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) throttle_base: Duration,
    pub(crate) cap: Duration,
}

impl Settings {
    pub(crate) fn backoff(&self) -> Backoff {
        Backoff { base: self.backoff_base, throttle_base: self.throttle_base, cap: self.backoff_cap }
    }
}

impl Backoff {
    /// Doubling from the base up to the cap, times the jitter (0.5 to 1, "equal jitter"). `tries` counts those made.
    pub(crate) fn delay(&self, throttled: bool, tries: u32, jitter: f64) -> Duration {
        let base = if throttled { self.throttle_base } else { self.base };
        doubled(base, tries.saturating_sub(1), self.cap).mul_f64(jitter.clamp(0.5, 1.0))
    }
}

/// `base * 2^doublings`, at most `cap`.
pub(crate) fn doubled(base: Duration, doublings: u32, cap: Duration) -> Duration {
    base.checked_mul(1_u32.checked_shl(doublings.min(31)).unwrap_or(u32::MAX)).map_or(cap, |d| d.min(cap))
}

/// A jitter factor for one wait: uniform in 0.5 to 1.
pub(crate) fn draw_jitter() -> f64 {
    0.5 + fastrand::f64() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_jitter_takes_at_most_half() {
        let backoff = Backoff {
            base: Duration::from_millis(200),
            throttle_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
        };
        assert_eq!(backoff.delay(false, 1, 1.0), Duration::from_millis(200));
        assert_eq!(backoff.delay(false, 3, 1.0), Duration::from_millis(800));
        assert_eq!(backoff.delay(true, 2, 0.5), Duration::from_secs(1));
        assert_eq!(backoff.delay(true, 60, 1.0), Duration::from_secs(20));
        assert_eq!(backoff.delay(true, u32::MAX, 0.0), Duration::from_secs(10));
    }
}
