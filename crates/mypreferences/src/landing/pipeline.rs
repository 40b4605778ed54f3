//! The pages under way: some arrive (`export::window`) while the one before them is taken apart, the one before that is
//! written, and the part before is made durable. A few wait between the stages, so that a slow moment of one does not stop
//! the others. From the window on, pages come in their order.

use crate::landing::store::open_page::OpenPage;
use crate::landing::store::part::{DurablePart, EndedPart};
use crate::landing::store::position::Position;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::cancelled;
use crate::error::{Error, Operation};
use crate::export::page_reader::{ASKED, Placed, what_is_wrong};
use crate::export::sequence::{Fingerprints, Fit, Odd};
use crate::export::window::Window;
use crate::export::{check_place, is_no_page};
use crate::http::buffers::Buffers;
use crate::landing::page_source::PageSource;
use crate::landing::progress::Progress;
use crate::landing::store::Store;
use crate::landing::store::journal::Effort;
use crate::landing::store_worker::{Beside, Step, StoreWorker};

/// A part ends when it was open for so long, too, so that a crash does not cost hours of a slow export.
const PART_TIME: Duration = Duration::from_secs(60);
/// Two pages may be written where so many fit into the memory: beside them one that waits, one that is being taken apart,
/// one that has been, and one that is on its way. A thread that finds the next one need not be woken for it.
const TWO_ARE_WRITTEN: usize = 6;
/// Two may wait, too.
const TWO_WAIT: usize = 7;

/// A page of so many bytes is taken apart, within about a millisecond, where it has arrived: another thread would have to
/// wake up first, while the next page is on its way in either case.
const AT_ONCE: usize = 1 << 20;

/// Pages on their way into the parts of one batch.
pub(crate) struct Line<'a> {
    source: &'a PageSource,
    worker: &'a mut StoreWorker,
    progress: &'a Progress,
    is_instant: bool,
    part_bytes: u64,
    part_begun: Instant,
    window: Window,
    buffers: Buffers,
    arrived: VecDeque<Placed>,
    /// So many may wait.
    may_wait: usize,
    /// Pages were asked for: their requests go out before a page is taken apart on this task.
    lets_requests_out: bool,
    opening: Option<Beside<Opened>>,
    opened: Option<OpenPage>,
    /// One that is written, and one that waits for it.
    writing: VecDeque<Step<Wrote>>,
    /// Parts that have ended while one before them is still being made durable.
    ended: VecDeque<Box<EndedPart>>,
    syncing: Option<Beside<Result<Box<DurablePart>, Error>>>,
    /// A part that is durable and not yet taken in.
    durable: Option<Box<DurablePart>>,
    /// How many pages came for a place that could not be taken.
    not_taken: BTreeMap<u64, u32>,
    /// The last page that was there already, and the place that it came for.
    repeats: Option<(u64, Fingerprints)>,
    equal_are_told: bool,
    /// Why no page comes any more; those that came are written first.
    failure: Option<Error>,
}

/// When the part under way ends, and what the run took until now.
#[derive(Clone, Copy)]
struct PartEnd {
    /// With so many bytes.
    bytes: u64,
    effort: Effort,
}

/// What taking a page apart has come to.
enum Opened {
    Page(OpenPage),
    /// It is not the page that was asked for, or none after all.
    Odd {
        offset: u64,
        error: Error,
    },
}

/// What a step of writing has come to.
enum Wrote {
    Page {
        offset: u64,
        taken: Taken,
        position: Position,
    },
    /// There was no page to write, or it does not come next: the one before it has to come again.
    NoPage,
}

enum Taken {
    Written {
        ended: Option<Box<EndedPart>>,
        /// Its records, or the first of them, were there already.
        repeats: bool,
    },
    Odd(Odd),
}

/// A stage that has come to its end.
enum Done {
    Fetched(Result<Placed, Error>),
    Opened(Result<Opened, Error>),
    Wrote(Result<Wrote, Error>),
    Synced(Result<Box<DurablePart>, Error>),
}

impl<'a> Line<'a> {
    /// Begins with the page at this place, so many side by side. Parts end after so many bytes.
    pub(crate) fn new(
        source: &'a PageSource,
        worker: &'a mut StoreWorker,
        progress: &'a Progress,
        offset: u64,
        parallel: u32,
        part_bytes: u64,
        is_instant: bool,
    ) -> Line<'a> {
        let buffers = Buffers::default();
        Line {
            source,
            worker,
            progress,
            is_instant,
            part_bytes,
            part_begun: Instant::now(),
            window: Window::new(source.reader(buffers.clone()), offset, parallel, source.size()),
            buffers,
            arrived: VecDeque::new(),
            may_wait: 1,
            lets_requests_out: false,
            opening: None,
            opened: None,
            writing: VecDeque::new(),
            ended: VecDeque::new(),
            syncing: None,
            durable: None,
            not_taken: BTreeMap::new(),
            repeats: None,
            equal_are_told: false,
            failure: None,
        }
    }

    /// Lands all pages from the first place on.
    ///
    /// # Errors
    /// Why the last page did not come. What came before it is landed, and need not come again.
    pub(crate) async fn run(mut self) -> Result<(), Error> {
        let moved = self.keep_moving().await;
        self.window.stop().await;
        // Nothing is left on another thread when an error is told: whoever hears it may take the folder.
        for writing in self.writing.drain(..) {
            let _ = writing.await;
        }
        if let Some(syncing) = self.syncing.take() {
            let _ = syncing.await;
        }
        moved?;
        if self.failure.is_none() && self.source.is_cancelled() {
            self.failure = Some(cancelled(Operation::Page));
        }
        let Some(error) = self.failure else {
            return Ok(());
        };
        let effort = self.progress.effort();
        self.worker.step(move |store| store.finish_part(effort)).await?;
        Err(self.source.why(error).await)
    }

    async fn keep_moving(&mut self) -> Result<(), Error> {
        while self.begin() {
            let done = poll_fn(|context| self.poll(context)).await;
            self.take_in(done)?;
        }
        Ok(())
    }

    /// Begins whatever can be begun. False: there is nothing left to do.
    fn begin(&mut self) -> bool {
        if self.source.is_cancelled() && self.failure.is_none() {
            self.window.close();
            self.failure = Some(cancelled(Operation::Page));
        }
        let fit = self.source.max_memory / self.window.largest().max(1);
        self.may_wait = if fit >= TWO_WAIT { 2 } else { 1 };
        let may_be_written = if fit >= TWO_ARE_WRITTEN { 2 } else { 1 };
        if self.writing.len() < may_be_written {
            // Parts do not end faster than they become durable.
            let page = if self.ended.is_empty() { self.opened.take() } else { None };
            let durable = self.durable.take();
            if page.is_some() || durable.is_some() {
                let part_bytes = if self.part_begun.elapsed() >= PART_TIME {
                    self.part_begun = Instant::now();
                    0
                } else {
                    self.part_bytes
                };
                let seen = self.seen(page.as_ref());
                let buffers = self.buffers.clone();
                let end = PartEnd { bytes: part_bytes, effort: self.progress.effort() };
                let writing = self.worker.begin(move |store| {
                    let (wrote, page) = write(store, durable, page, end, seen.as_ref())?;
                    if let Some(page) = page {
                        buffers.give(page.page.into_raw());
                    }
                    Ok(wrote)
                });
                self.writing.push_back(writing);
            }
        }
        if self.opening.is_none()
            && self.opened.is_none()
            && let Some(placed) = self.arrived.pop_front()
        {
            let is_soon_done = self.is_instant || (!self.writing.is_empty() && placed.page.bytes() <= AT_ONCE);
            self.opening = Some(self.worker.beside(is_soon_done, move || open(placed)));
        }
        if self.failure.is_none() && self.arrived.len() < self.may_wait {
            let held = self.arrived.len()
                + self.writing.len()
                + usize::from(self.opening.is_some())
                + usize::from(self.opened.is_some());
            self.lets_requests_out |= self.window.fill(fit.saturating_sub(held));
        }
        if self.syncing.is_none()
            && self.durable.is_none()
            && let Some(ended) = self.ended.pop_front()
        {
            self.syncing = Some(self.worker.beside(self.is_instant, move || ended.make_durable().map(Box::new)));
        }
        self.window.is_open() || self.opening.is_some() || !self.writing.is_empty() || self.syncing.is_some()
    }

    /// The stage that ends first; of several, the last one, which makes room for the others.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Done> {
        if let Some(writing) = self.writing.front_mut()
            && let Poll::Ready(done) = Pin::new(writing).poll(context)
        {
            self.writing.pop_front();
            return Poll::Ready(Done::Wrote(done));
        }
        if self.arrived.len() < self.may_wait
            && self.window.is_open()
            && let Poll::Ready(done) = self.window.poll_next(context)
        {
            return Poll::Ready(Done::Fetched(done));
        }
        if std::mem::take(&mut self.lets_requests_out) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Poll::Ready(done) = poll_stage(&mut self.opening, context) {
            return Poll::Ready(Done::Opened(done));
        }
        // Where nothing has a thread of its own, a part becomes durable as late as it may: the worst case, for the model.
        poll_stage(&mut self.syncing, context).map(|done| Done::Synced(done.flatten()))
    }

    fn take_in(&mut self, done: Done) -> Result<(), Error> {
        match done {
            Done::Fetched(Ok(placed)) => {
                if placed.wrong > 0 {
                    *self.not_taken.entry(placed.offset).or_default() += placed.wrong;
                }
                self.arrived.push_back(placed);
            }
            Done::Fetched(Err(error)) => {
                self.window.close();
                self.failure = Some(error);
            }
            Done::Opened(opened) => match opened? {
                Opened::Page(page) => self.opened = Some(page),
                Opened::Odd { offset, error } => self.ask_again(offset, error),
            },
            Done::Wrote(wrote) => {
                self.wrote(wrote?);
            }
            Done::Synced(part) => self.durable = Some(part?),
        }
        Ok(())
    }

    fn wrote(&mut self, wrote: Wrote) {
        match wrote {
            Wrote::NoPage => {}
            Wrote::Page { offset, taken, position } => {
                self.progress.landed(&position);
                match taken {
                    Taken::Written { ended, repeats } => {
                        self.not_taken.remove(&offset);
                        if repeats && !self.equal_are_told {
                            self.equal_are_told = true;
                            self.progress.note(&format!(
                                "equal records: those from {offset} on were there already, and came again when they were asked for once more"
                            ));
                        }
                        if let Some(ended) = ended {
                            self.part_begun = Instant::now();
                            self.ended.push_back(ended);
                        }
                    }
                    Taken::Odd(Odd { error, repeats }) => {
                        self.repeats = repeats.map(|prints| (offset, prints));
                        self.ask_again(offset, error);
                    }
                }
            }
        }
    }

    /// A page that could not be taken comes once more, or never: nothing behind it is of use.
    fn ask_again(&mut self, offset: u64, error: Error) {
        self.arrived.clear();
        self.opening = None;
        self.opened = None;
        let times = self.not_taken.entry(offset).or_default();
        *times += 1;
        if *times < ASKED {
            self.window.rewind(offset, *times);
            self.failure = None;
        } else {
            self.window.close();
            self.failure = Some(error);
        }
    }

    /// The page that came for this one's place before and was there already.
    fn seen(&self, page: Option<&OpenPage>) -> Option<Fingerprints> {
        let (offset, prints) = self.repeats.as_ref()?;
        (page?.offset == *offset).then(|| prints.clone())
    }
}

/// What a stage has come to, if it is under way and has come to its end.
fn poll_stage<F: Future + Unpin>(stage: &mut Option<F>, context: &mut Context<'_>) -> Poll<F::Output> {
    let Some(under_way) = stage else {
        return Poll::Pending;
    };
    let polled = Pin::new(under_way).poll(context);
    if polled.is_ready() {
        *stage = None;
    }
    polled
}

fn open(placed: Placed) -> Opened {
    let offset = placed.offset;
    let opened = placed
        .page
        .whole()
        .map_err(|no_page| is_no_page(&what_is_wrong(&no_page, offset)))
        .and_then(|page| check_place(&page, offset).map(|()| page));
    match opened {
        Ok(page) => Opened::Page(OpenPage::new(page, offset)),
        Err(error) => Opened::Odd { offset, error },
    }
}

/// Takes a part in, and writes a page, which is not needed any more then.
fn write(
    store: &mut Store,
    durable: Option<Box<DurablePart>>,
    page: Option<OpenPage>,
    end: PartEnd,
    seen: Option<&Fingerprints>,
) -> Result<(Wrote, Option<OpenPage>), Error> {
    if let Some(durable) = durable {
        store.take_part(*durable)?;
    }
    let Some(page) = page else {
        return Ok((Wrote::NoPage, None));
    };
    if page.offset != store.position()?.next_offset {
        return Ok((Wrote::NoPage, Some(page)));
    }
    let taken = match take(store, &page, end, seen) {
        Ok(taken) => taken,
        Err(error) => {
            // Another page may wait to be written already.
            store.stop_landing();
            return Err(error);
        }
    };
    Ok((Wrote::Page { offset: page.offset, taken, position: store.position()? }, Some(page)))
}

/// Looks at a page and writes it; ends the part when it has so many bytes.
fn take(store: &mut Store, page: &OpenPage, end: PartEnd, seen: Option<&Fingerprints>) -> Result<Taken, Error> {
    let prints = match store.sequence()?.look(&page.page, seen)? {
        Fit::Next(prints) => prints,
        Fit::Odd(odd) => return Ok(Taken::Odd(odd)),
    };
    let length = store.write(page, &prints)?;
    let is_over = length >= end.bytes || !page.page.has_more;
    let ended = if is_over { store.end_part(end.effort)?.map(Box::new) } else { None };
    Ok(Taken::Written { ended, repeats: seen == Some(&prints) })
}

#[cfg(test)]
mod tests {
    //! What a step of writing does with a page that does not come next.

    use std::sync::Arc;

    use super::*;
    use crate::export::Page;
    use crate::landing::store::disk::SystemDisk;
    use crate::landing::store::journal::Intent;

    fn page(offset: u64, records: &str) -> OpenPage {
        let body =
            format!(r#"{{"Count":2,"HasMore":true,"Offset":{offset},"TotalResults":6,"Preferences":[{records}]}}"#);
        OpenPage::new(Page::read(body.into_bytes(), 2).unwrap(), offset)
    }

    #[test]
    fn a_page_behind_one_that_repeats_is_not_written() {
        let name = format!("mypreferences-line-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        let mut store = Store::open(Arc::new(SystemDisk), folder.clone()).unwrap();
        let intent: Intent = serde_json::from_value(serde_json::json!({
            "batch": "batch=20260101T000000Z",
            "identity": {"base_url": "", "surface": "", "client_id": "", "kind": "segment", "name": "S"},
            "parameters": {"since": null, "body": {}, "query": "", "compression": "none", "adopted": false},
            "since": null,
            "previous": null,
        }))
        .unwrap();
        store.intend(intent).unwrap();
        store.resume(None).unwrap();
        let end = PartEnd { bytes: 1 << 20, effort: Effort::default() };
        let mut write_page =
            |offset, records: &str| write(&mut store, None, Some(page(offset, records)), end, None).unwrap().0;
        let taken = |wrote: Wrote| match wrote {
            Wrote::Page { taken, position, .. } => (matches!(taken, Taken::Written { .. }), position.next_offset),
            Wrote::NoPage => (false, 0),
        };
        assert_eq!(taken(write_page(1, r#"{"Id":1},{"Id":2}"#)), (true, 3));
        // It begins with the record that the one before it ended with, and the next one waits in line already.
        assert_eq!(taken(write_page(3, r#"{"Id":2},{"Id":3}"#)), (false, 3));
        assert_eq!(taken(write_page(5, r#"{"Id":5},{"Id":6}"#)), (false, 0));
        assert_eq!(taken(write_page(3, r#"{"Id":3},{"Id":4}"#)), (true, 5));
        drop(store);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
