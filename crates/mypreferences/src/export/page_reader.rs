//! One page: its request, tried again while its failure is temporary, and what is wrong with what comes.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::{Client, until_cancelled};
use crate::error::outcome::{RequestOutcome, Told};
use crate::error::{Error, Operation};
use crate::export::Export;
use crate::export::page::{Arrived, NoPage};
use crate::export::throttle::{Tell, Throttle, Trouble};
use crate::http::backoff::draw_jitter;
use crate::http::buffers::Buffers;
use crate::read::{PageRange, Read, Unfit};
use crate::session::cancel::CancelToken;
use crate::session::patience::{Borne, Patience};
use crate::session::token_cache::TokenCache;
use crate::settings::access_token::AccessToken;
use crate::settings::surface::ExportKind;

/// So often a page is asked for that is none, or not the one that was asked for: a service of two minds is not asked for
/// ever, however patient the caller is.
pub(crate) const ASKED: u32 = 3;
/// So many times the largest page so far may one be that was asked for ahead: side by side, larger ones would not fit into
/// the memory. Its turn comes, and then it may be as large as any.
const GROWS: usize = 2;
/// Whatever the largest so far was.
const SMALL: usize = 1 << 20;

/// How the pages of one export are asked for.
pub(crate) struct PageReader {
    pub(crate) client: Client,
    pub(crate) export: Export,
    /// The largest page in decoded bytes; the setting `max_page_body` bounds it too.
    pub(crate) largest: usize,
    pub(crate) patience: Duration,
    /// So often at most, if what comes is wrong in itself.
    pub(crate) times: u32,
    /// A page is taken apart where it arrives, even where its counts stand before its records.
    pub(crate) as_a_whole: bool,
    pub(crate) cancel: Option<CancelToken>,
    /// What pages lay in that are not needed any more.
    pub(crate) buffers: Buffers,
    pub(crate) tell: Tell,
}

/// A page that is asked for.
pub(crate) struct Ask {
    pub(crate) offset: u64,
    /// So many records.
    pub(crate) limit: u32,
    pub(crate) turn: Turn,
    /// The largest page so far, in bytes.
    pub(crate) largest_seen: usize,
}

/// Whether it is its turn.
#[derive(Clone, Copy)]
pub(crate) enum Turn {
    /// It comes next.
    Now {
        /// So many came for this place that could not be taken: fewer than [`ASKED`].
        not_taken: u32,
        /// `TotalResults` is to be known, wherever in the page it stands.
        tells_total: bool,
        /// A single call: it may be refused for its size.
        is_tried: bool,
    },
    /// Once, without any patience: it is asked for again when it is its turn.
    Ahead,
}

/// A page that arrived, and the place that it was asked for.
pub(crate) struct Placed {
    pub(crate) page: Arrived,
    pub(crate) offset: u64,
    /// So many came before it that were wrong in themselves.
    pub(crate) wrong: u32,
    /// So many records were asked for.
    pub(crate) limit: u32,
    /// How long it took.
    pub(crate) time: Duration,
}

/// Reads a page.
struct ReadPage<'a> {
    range: PageRange,
    largest: usize,
    as_a_whole: bool,
    tells_total: bool,
    /// So often at most, if what comes is wrong in itself.
    times: u32,
    wrong: AtomicU32,
    throttle: &'a Throttle,
    buffers: &'a Buffers,
    largest_seen: usize,
}

impl Read for ReadPage<'_> {
    type Value = Arrived;
    const OPERATION: Operation = Operation::Page;

    fn range(&self) -> PageRange {
        self.range
    }

    fn largest(&self) -> Option<usize> {
        Some(self.largest)
    }

    fn buffer(&self) -> Vec<u8> {
        let mut buffer = self.buffers.take();
        // At once, and not as it comes: memory that a buffer has grown out of is kept for a while.
        buffer.reserve_exact(self.largest_seen);
        buffer
    }

    fn understand(&self, body: Vec<u8>, _: &RequestOutcome) -> Result<Arrived, Unfit> {
        Arrived::read(body, self.range.limit, self.as_a_whole, self.tells_total).map_err(|no_page| {
            let (next_action, is_settled) = match no_page {
                NoPage::NotJson => ("check base_url and the proxy: the answer does not come from the service", false),
                NoPage::Wrong(_) => (
                    "check base_url; if it is right, tell PossibleNOW Support what is wrong with the page",
                    self.wrong.fetch_add(1, Ordering::Relaxed) + 1 >= self.times,
                ),
            };
            Unfit {
                source: None,
                told: Some(Told::new(what_is_wrong(&no_page, self.range.offset), next_action)),
                is_settled,
            }
        })
    }

    fn remember(memory: &TokenCache, key: (ExportKind, AccessToken), _: &Arrived, date: Option<i64>) {
        memory.page_worked(key, date);
    }

    async fn pass(&self) {
        self.throttle.pass().await;
    }

    fn ended(&self, description: &RequestOutcome, began: Instant) {
        match description.kind {
            None => self.throttle.went_well(),
            Some(_) => self.throttle.trouble(description, began),
        }
    }
}

impl PageReader {
    /// No pause that a service asks for holds all requests back for longer.
    pub(crate) fn longest_hold(&self) -> Duration {
        self.client.session().settings.max_retry_after
    }

    /// The page at this place. None: it was asked for ahead, and has failed.
    pub(crate) async fn fetch(&self, ask: Ask, throttle: &Throttle) -> Result<Option<Placed>, Error> {
        until_cancelled(self.arrive(ask, throttle), self.cancel.as_ref(), Operation::Page).await?
    }

    async fn arrive(
        &self,
        Ask { offset, limit, turn, largest_seen }: Ask,
        throttle: &Throttle,
    ) -> Result<Option<Placed>, Error> {
        let session = self.client.session();
        let settings = &session.settings;
        let (not_taken, tells_total, patience, largest) = match turn {
            Turn::Now { not_taken, tells_total, is_tried } => {
                (not_taken, tells_total, if is_tried { Duration::ZERO } else { self.patience }, self.largest)
            }
            Turn::Ahead => (0, false, Duration::ZERO, largest_seen.saturating_mul(GROWS).max(SMALL).min(self.largest)),
        };
        if not_taken > 0 {
            tokio::time::sleep(settings.backoff().delay(false, not_taken, draw_jitter())).await;
        }
        let read = ReadPage {
            range: PageRange { limit, offset },
            largest,
            // One that is asked for again is taken apart here, so that its failure has all the facts of its request.
            as_a_whole: self.as_a_whole || not_taken > 0,
            tells_total,
            times: self.times.saturating_sub(not_taken),
            wrong: AtomicU32::new(0),
            throttle,
            buffers: &self.buffers,
            largest_seen,
        };
        let key = (self.export.kind, self.export.access_token);
        let begun = Instant::now();
        let page = match turn {
            Turn::Ahead => session.read_ahead(&read, key, settings.timeout).await?,
            Turn::Now { .. } => {
                let is_told = AtomicBool::new(false);
                let tell = |borne: &Borne| {
                    if !is_told.swap(true, Ordering::Relaxed) {
                        (self.tell)(&Trouble::Borne(borne));
                    }
                };
                let patience = Patience::new(begun, patience, &tell);
                Some(session.read_patiently(&read, key, settings.timeout, patience.as_ref()).await?)
            }
        };
        let wrong = read.wrong.into_inner();
        Ok(page.map(|page| Placed { page, offset, wrong, limit, time: begun.elapsed() }))
    }
}

/// What is wrong with a page, and with which.
pub(crate) fn what_is_wrong(no_page: &NoPage, offset: u64) -> String {
    format!("the page at record {offset}: {}", no_page.words())
}
