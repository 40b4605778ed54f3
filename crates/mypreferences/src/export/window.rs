//! Pages side by side: those that come next are asked for ahead, and handed over in their order.
//!
//! The first page goes alone; its `Count` gives the stride, as a server may cap `limit`, and its `TotalResults` the end
//! (facts 2.3, DOC: an offset may be any). A page whose `Count` is not the stride although more is to come makes what was
//! asked for ahead void. Only the page that comes next has the attempts and the patience of a call: one that was asked for
//! ahead and fails is forgotten, and asked for anew when it is its turn.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::JoinSet;

use crate::error::{Error, ErrorKind};
use crate::export::page_reader::{Ask, PageReader, Placed, Turn};
use crate::export::page_size::PageSize;
use crate::export::throttle::Throttle;

/// What one request for a page has come to: none when it was asked for ahead and failed.
type Fetched = (u64, Result<Option<Placed>, Error>);

/// The pages from one place on.
pub(crate) struct Window {
    reader: Arc<PageReader>,
    throttle: Arc<Throttle>,
    size: PageSize,
    /// The place of the page that is handed over next.
    next: u64,
    /// So many came for it that could not be taken.
    not_taken: u32,
    is_over: bool,
    /// The last record that is wanted, if not all are.
    end: Option<u64>,
    stride: Option<Stride>,
    asked: BTreeMap<u64, Asked>,
    under_way: JoinSet<Fetched>,
    /// Nothing is asked for ahead from here on: a page that was, failed.
    failed_at: Option<u64>,
    /// The largest page so far, in bytes.
    largest: usize,
}

#[derive(Clone, Copy)]
struct Stride {
    /// What came where so many were asked for.
    limit: u32,
    records: u64,
    total: u64,
}

/// A page that was asked for.
struct Asked {
    /// So many records are expected.
    records: u64,
    arrived: Option<Placed>,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").field("next", &self.next).field("asked", &self.asked.len()).finish_non_exhaustive()
    }
}

impl Window {
    /// From this place on, with so many pages of this size under way at most.
    pub(crate) fn new(reader: PageReader, offset: u64, parallel: u32, size: PageSize) -> Window {
        let most = usize::try_from(parallel).unwrap_or(1);
        let throttle = Throttle::new(most, reader.longest_hold(), Arc::clone(&reader.tell));
        Window {
            reader: Arc::new(reader),
            throttle: Arc::new(throttle),
            size,
            next: offset,
            not_taken: 0,
            is_over: false,
            end: None,
            stride: None,
            asked: BTreeMap::new(),
            under_way: JoinSet::new(),
            failed_at: None,
            largest: 0,
        }
    }

    /// Up to this record, and none behind it.
    pub(crate) fn until(self, end: Option<u64>) -> Window {
        Window { end, ..self }
    }

    /// The largest page so far, in bytes.
    pub(crate) fn largest(&self) -> usize {
        self.largest
    }

    /// The last page was handed over.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// A page is under way or waits.
    pub(crate) fn is_open(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Asks for the page that comes next, and for those behind it while there is room for so many, waiting ones included.
    /// True: something was asked for.
    pub(crate) fn fill(&mut self, room: usize) -> bool {
        if self.is_over {
            return false;
        }
        let mut has_asked = false;
        let mut place = self.next;
        if !self.asked.contains_key(&place) {
            self.ask(place, self.now());
            has_asked = true;
        }
        let Some(stride) = self.stride else {
            return has_asked;
        };
        let width = self.throttle.width();
        let room = room.min(2 * width);
        loop {
            if let Some(asked) = self.asked.get(&place) {
                place = place.saturating_add(asked.records);
                continue;
            }
            let may_be_asked = place <= stride.total
                && self.end.is_none_or(|end| place <= end)
                && self.failed_at.is_none_or(|failed_at| place < failed_at)
                && self.asked.len() < room
                && self.under_way.len() < width
                && !self.throttle.is_held();
            if !may_be_asked {
                return has_asked;
            }
            self.ask(place, Turn::Ahead);
            has_asked = true;
        }
    }

    /// The turn of the page that comes next.
    fn now(&self) -> Turn {
        Turn::Now { not_taken: self.not_taken, tells_total: self.stride.is_none(), is_tried: self.size.is_tried() }
    }

    fn ask(&mut self, offset: u64, turn: Turn) {
        let left = self.end.map_or(u64::MAX, |end| end.saturating_sub(offset).saturating_add(1));
        let limit = self.size.limit().min(u32::try_from(left).unwrap_or(u32::MAX));
        let records = match self.stride {
            Some(stride) if stride.limit == limit => stride.records,
            Some(_) => u64::from(limit),
            None => 1,
        };
        self.asked.insert(offset, Asked { records, arrived: None });
        let (reader, throttle) = (Arc::clone(&self.reader), Arc::clone(&self.throttle));
        let ask = Ask { offset, limit, turn, largest_seen: self.largest };
        self.under_way.spawn(async move {
            let fetched = reader.fetch(ask, &throttle).await;
            (offset, fetched)
        });
    }

    /// The page that comes next. Pending where it was not asked for.
    ///
    /// # Errors
    /// Why it did not come. Those behind it may be under way still.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Placed, Error>> {
        loop {
            #[cfg(test)]
            if crate::mutants::is_active(crate::mutants::Mutant::PagesAsTheyArrive)
                && let Some((early, _)) = self.asked.iter().rfind(|(_, asked)| asked.arrived.is_some())
            {
                self.next = *early;
            }
            if let Some(asked) = self.asked.get_mut(&self.next)
                && let Some(placed) = asked.arrived.take()
            {
                self.handed_over(&placed);
                return Poll::Ready(Ok(placed));
            }
            match self.under_way.poll_join_next(context) {
                Poll::Ready(Some(Ok((offset, fetched)))) => {
                    if let Some(error) = self.take_in(offset, fetched) {
                        return Poll::Ready(Err(error));
                    }
                }
                Poll::Ready(Some(Err(ended))) => {
                    if let Ok(panic) = ended.try_into_panic() {
                        // The border catches it, as it does one of this task.
                        resume_unwind(panic);
                    }
                }
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn take_in(&mut self, offset: u64, fetched: Result<Option<Placed>, Error>) -> Option<Error> {
        match fetched {
            Ok(Some(placed)) => {
                self.largest = self.largest.max(placed.page.bytes());
                let (records, bytes) = (placed.page.counts().0, placed.page.bytes());
                self.size.came(placed.limit, records, bytes, placed.time, self.reader.largest);
                if let Some(asked) = self.asked.get_mut(&offset) {
                    asked.arrived = Some(placed);
                }
            }
            Ok(None) => {
                self.asked.remove(&offset);
                if offset == self.next {
                    // It is its turn already: with the attempts of a call now.
                    self.ask(offset, self.now());
                } else {
                    self.failed_at = Some(self.failed_at.map_or(offset, |failed_at| failed_at.min(offset)));
                }
            }
            Err(error) if self.size.is_tried() && error.kind() != ErrorKind::Cancelled => {
                self.size.refused();
                self.rewind(self.next, self.not_taken);
                self.ask(self.next, self.now());
            }
            Err(error) => {
                self.asked.remove(&offset);
                return Some(error);
            }
        }
        None
    }

    fn handed_over(&mut self, placed: &Placed) {
        let expected = self.asked.remove(&self.next).map(|asked| asked.records);
        let (count, has_more) = placed.page.counts();
        self.not_taken = 0;
        if self.failed_at.is_some_and(|failed_at| failed_at <= self.next) {
            self.failed_at = None;
        }
        // A page of nothing leads to its own place again.
        if !has_more || count == 0 {
            return self.close();
        }
        self.next = self.next.saturating_add(count);
        if self.end.is_some_and(|end| end < self.next) {
            return self.close();
        }
        let is_alone = self.stride.is_none();
        if !is_alone && expected == Some(count) {
            return;
        }
        self.forget();
        if is_alone {
            let stride = |total| Stride { limit: placed.limit, records: count, total };
            self.stride = placed.page.total_results().map(stride);
        }
    }

    /// Asks for this page next, alone; so many came for it that could not be taken.
    pub(crate) fn rewind(&mut self, offset: u64, not_taken: u32) {
        self.forget();
        (self.next, self.not_taken, self.is_over) = (offset, not_taken, false);
    }

    /// Asks for no page any more, and ends the requests that are under way.
    pub(crate) fn close(&mut self) {
        self.forget();
        self.is_over = true;
    }

    /// As [`Window::close`], and waits until the requests are gone.
    pub(crate) async fn stop(&mut self) {
        self.under_way.shutdown().await;
        self.close();
    }

    /// What was predicted is void.
    fn forget(&mut self) {
        self.stride = None;
        self.failed_at = None;
        self.asked.clear();
        if !self.under_way.is_empty() {
            // Dropped, they end.
            self.under_way = JoinSet::new();
        }
    }
}
