//! How many records a page is asked for where nobody says it: twice as many while that brings more records a second, the
//! vendor's default again at the first refusal.

use std::time::Duration;

/// Records of one page when nobody says otherwise: the vendor's own default on the async surface (DOC).
pub(crate) const LIMIT: u32 = 1000;
/// No larger page is tried: a hard maximum is not known (facts 2.3, UNK).
const LARGEST: u32 = 20_000;
/// So many pages of a size are timed: the first of them may have a connection to make.
const TIMED: u32 = 4;
/// So many times faster is worth a larger page.
const GAIN: f64 = 1.1;

/// The size of the pages of one export.
#[derive(Clone, Debug)]
pub(crate) struct PageSize {
    limit: u32,
    /// None: it was given, or nothing is gained any more.
    trial: Option<Trial>,
}

/// The size that is tried.
#[derive(Clone, Debug, Default)]
struct Trial {
    pages: u32,
    records: u64,
    bytes: u64,
    time: Duration,
    /// The size before, and its records a second.
    before: Option<(u32, f64)>,
}

impl PageSize {
    /// None: found by trying.
    pub(crate) fn new(limit: Option<u32>) -> PageSize {
        PageSize { limit: limit.unwrap_or(LIMIT), trial: limit.is_none().then(Trial::default) }
    }

    /// So many records are asked for.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Larger than anybody has asked for: a refusal may be of that alone.
    pub(crate) fn is_tried(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.before.is_some())
    }

    /// A page that was asked for with this limit has come; `largest` is that of a page in bytes.
    pub(crate) fn came(&mut self, limit: u32, records: u64, bytes: usize, time: Duration, largest: usize) {
        let Some(trial) = self.trial.as_mut().filter(|_| limit == self.limit) else {
            return;
        };
        if records < u64::from(limit) {
            // It is the last one, or the server gives no more.
            return;
        }
        trial.pages += 1;
        trial.records += records;
        trial.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        trial.time += time;
        if trial.pages < TIMED {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = trial.records as f64 / trial.time.as_secs_f64().max(1e-6);
        if let Some((before, rate_before)) = trial.before
            && rate < GAIN * rate_before
        {
            (self.limit, self.trial) = (before, None);
            return;
        }
        let next = limit.saturating_mul(2).min(LARGEST);
        let bytes = trial.bytes / u64::from(trial.pages) * u64::from(next) / u64::from(limit);
        // A record may be larger than those before it.
        let fits = bytes.saturating_mul(5) / 4 <= u64::try_from(largest).unwrap_or(u64::MAX);
        if next == limit || !fits {
            self.trial = None;
            return;
        }
        self.limit = next;
        self.trial = Some(Trial { before: Some((limit, rate)), ..Trial::default() });
    }

    /// The service has refused a page that was asked for by trying.
    pub(crate) fn refused(&mut self) {
        (self.limit, self.trial) = (LIMIT, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: usize = 20 << 20;

    /// The limits that are tried on a line with this delay and this many records a second beyond it.
    fn tried(delay_ms: u64, records_per_ms: u64, bytes: usize) -> Vec<u32> {
        let mut size = PageSize::new(None);
        let mut limits = vec![size.limit()];
        for _ in 0..100 {
            let records = u64::from(size.limit());
            let time = Duration::from_millis(delay_ms + records / records_per_ms);
            size.came(size.limit(), records, bytes * size.limit() as usize, time, MEMORY);
            if limits.last() != Some(&size.limit()) {
                limits.push(size.limit());
            }
        }
        limits
    }

    #[test]
    fn pages_grow_while_that_brings_more_records_a_second() {
        assert_eq!(tried(100, 1000, 500), [1000, 2000, 4000, 8000, 16_000, 20_000]);
        // A slow line: twice as many take twice as long.
        assert_eq!(tried(1, 10, 500), [1000, 2000, 1000]);
        // Pages of 5,000 bytes a record do not fit.
        assert_eq!(tried(100, 1000, 5000), [1000, 2000]);
    }

    #[test]
    fn a_given_size_stays_and_a_refusal_ends_the_trial() {
        let mut given = PageSize::new(Some(7));
        given.came(7, 7, 70, Duration::from_millis(1), MEMORY);
        assert_eq!((given.limit(), given.is_tried()), (7, false));
        let mut tried = PageSize::new(None);
        (0..TIMED).for_each(|_| tried.came(1000, 1000, 1000, Duration::from_secs(1), MEMORY));
        assert_eq!((tried.limit(), tried.is_tried()), (2000, true));
        tried.refused();
        (0..9).for_each(|_| tried.came(1000, 1000, 1000, Duration::from_secs(1), MEMORY));
        assert_eq!((tried.limit(), tried.is_tried()), (1000, false));
    }
}
