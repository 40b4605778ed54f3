//! The line between a client and the service, and what a busy service has to give: what loopback alone does not know.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::answer::Answer;
use crate::export::Request;
use crate::lock::lock;

/// So many bytes leave at once on a slow line.
pub(crate) const PIECE: usize = 16 << 10;

/// What is slow, and how much there is. Nothing is, unless it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineConfig {
    /// Before each page.
    pub page_latency: Duration,
    /// Bytes a second of each connection.
    pub bytes_per_second: Option<u32>,
    /// Bytes a second of all connections together.
    pub bytes_per_second_in_all: Option<u32>,
    /// So many pages at once; one more is refused.
    pub pages_at_once: Option<u32>,
    /// How it is refused: a status code, and the seconds of `Retry-After`.
    pub refusal: (u16, Option<u32>),
    /// Records of a page, however many are asked for.
    pub largest_limit: Option<u64>,
    /// Processor time of a page.
    pub page_work: Duration,
}

/// The line of one scenario.
#[derive(Debug)]
pub(crate) struct Line {
    config: LineConfig,
    pages: AtomicU32,
    /// When the line is free again.
    free: Mutex<Instant>,
}

/// A page that is being answered.
pub(crate) struct Turn<'a>(&'a Line);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.pages.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Line {
    pub(crate) fn new(config: LineConfig) -> Self {
        Self { config, pages: AtomicU32::new(0), free: Mutex::new(Instant::now()) }
    }

    /// A turn for a page, or how it is refused.
    pub(crate) fn turn(&self) -> Result<Turn<'_>, Answer> {
        let before = self.pages.fetch_add(1, Ordering::Relaxed);
        let turn = Turn(self);
        if self.config.pages_at_once.is_none_or(|most| before < most) {
            return Ok(turn);
        }
        let (status, retry_after) = self.config.refusal;
        let answer = Answer::message(status, "Too many requests at once.");
        Err(match retry_after {
            Some(seconds) => answer.header("Retry-After", &seconds.to_string()),
            None => answer,
        })
    }

    /// What happens before a page.
    pub(crate) async fn before_page(&self) {
        if !self.config.page_latency.is_zero() {
            tokio::time::sleep(self.config.page_latency).await;
        }
        if !self.config.page_work.is_zero() {
            // Work, and not a pause: a second page waits for it.
            let end = std::time::Instant::now() + self.config.page_work;
            while std::time::Instant::now() < end {
                std::hint::spin_loop();
            }
        }
    }

    /// A page is no larger than the service gives.
    pub(crate) fn limited(&self, request: Request) -> Request {
        match (request, self.config.largest_limit) {
            (Request::Page { kind, limit, offset, keep_alive }, Some(largest)) => {
                Request::Page { kind, limit: limit.min(largest), offset, keep_alive }
            }
            (request, _) => request,
        }
    }

    /// Bytes have to wait.
    pub(crate) fn is_slow(&self) -> bool {
        self.config.bytes_per_second.is_some() || self.config.bytes_per_second_in_all.is_some()
    }

    /// Waits until so many bytes may have left, on this connection and on all.
    pub(crate) async fn pace(&self, bytes: usize, own: &mut Instant) {
        let mut until = Instant::now();
        if let Some(rate) = self.config.bytes_per_second {
            until = until.max(taken(own, bytes, rate));
        }
        if let Some(rate) = self.config.bytes_per_second_in_all {
            until = until.max(taken(&mut lock(&self.free), bytes, rate));
        }
        tokio::time::sleep_until(until).await;
    }
}

/// Takes so many bytes of a line, and says when they have left.
fn taken(free: &mut Instant, bytes: usize, rate: u32) -> Instant {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    *free = (*free).max(Instant::now()) + Duration::from_secs_f64(f64::from(bytes) / f64::from(rate.max(1)));
    *free
}
