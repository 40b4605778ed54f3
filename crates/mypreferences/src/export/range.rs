//! A part of the pages of an export that other tasks read the rest of, with the proof that the parts join. Counts alone
//! prove nothing there: a service that begins a page one record early, or gives a page twice, counts right in every part.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::str::FromStr;

use serde::Serialize;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Operation};
use crate::export::sequence::{Fit, Sequence, digest};
use crate::export::{Export, Page};
use crate::session::cancel::CancelToken;

/// What a record is known again by: half of the SHA-256 of its bytes, as 32 hexadecimal digits. Equal bytes, equal
/// digests; it says nothing about what the record holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Digest(String);

impl Digest {
    /// Of a record's bytes as the server sent them.
    pub fn of(record: &[u8]) -> Digest {
        Digest(digest(record))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Digest, Error> {
        let is_one =
            text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if is_one {
            Ok(Digest(text.to_owned()))
        } else {
            Err(refused("this is no digest of a record", "pass one that boundaries gave"))
        }
    }
}

/// What the pages of a range have to be, beside whole. Default: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// `TotalResults` of the export.
    pub total: Option<u64>,
    /// The first record of the range.
    pub first: Option<Digest>,
    /// Its last one.
    pub last: Option<Digest>,
}

fn refused(what: &str, next: &str) -> Error {
    Error::invalid_argument(Operation::Page, what, next)
}

fn mismatch(what: String) -> Error {
    Error::before_io(ErrorKind::CountMismatch, Operation::Page, what, "do not commit; initiate a new export")
}

/// A range that is being read.
#[derive(Debug)]
pub(crate) struct Range {
    /// Its first record.
    begin: u64,
    end: Option<u64>,
    expect: Expect,
    sequence: Sequence,
}

impl Range {
    pub(crate) fn new(begin: u64, end: Option<u64>, expect: Expect) -> Result<Range, Error> {
        if end.is_some_and(|end| end < begin) {
            return Err(refused("the range ends before it begins", "pass an end that is not before the offset"));
        }
        if expect.last.is_some() && end.is_none() {
            return Err(refused(
                "the last record of a range without an end is expected",
                "pass the end of the range, too",
            ));
        }
        let sequence = Sequence::resume(expect.total, begin - 1, [], None);
        Ok(Range { begin, end, expect, sequence })
    }

    /// Takes in the page that begins at `offset`.
    ///
    /// # Errors
    /// `count_mismatch`, and the same page can be asked for again.
    pub(crate) fn take(&mut self, page: &Page, offset: u64) -> Result<(), Error> {
        // Not what a landing does: the total is not counted here, so that it cannot decide about what came twice.
        let prints = match self.sequence.look(page, None) {
            Ok(Fit::Next(prints)) => prints,
            Ok(Fit::Odd(odd)) => return Err(at(&odd.error, offset)),
            Err(error) => return Err(at(&error, offset)),
        };
        let next = offset.saturating_add(page.count);
        if let Some(end) = self.end
            && next > end.saturating_add(1)
        {
            return Err(mismatch(format!("the page at record {offset} goes on behind the end of the range, {end}")));
        }
        if self.end.is_some_and(|end| next > end && self.expect.total == Some(end)) && page.has_more {
            return Err(mismatch(format!("the export goes on behind record {}, which was to be its last", next - 1)));
        }
        let check = |expected: Option<&Digest>, index: usize, what: &str, at: u64| match (expected, page.record(index))
        {
            (Some(expected), Some(record)) if Digest::of(record.bytes()) != *expected => {
                Err(mismatch(format!("record {at} is not the {what} one that the range was to have")))
            }
            (Some(_) | None, _) => Ok(()),
        };
        if offset == self.begin {
            check(self.expect.first.as_ref(), 0, "first", offset)?;
        }
        if self.end.is_some_and(|end| next > end) {
            check(self.expect.last.as_ref(), page.records().len().saturating_sub(1), "last", next - 1)?;
        }
        self.sequence.take(page, &prints);
        Ok(())
    }

    /// After the last page: `next` is the place behind it.
    pub(crate) fn finish(&self, next: u64) -> Result<(), Error> {
        let last = next - 1;
        match (self.end, self.expect.total) {
            (Some(end), _) if last < end => {
                Err(mismatch(format!("the export ends at record {last}, before the end of the range, {end}")))
            }
            (None, Some(total)) if last != total => {
                Err(mismatch(format!("the export has {total} records, and its pages end at record {last}")))
            }
            (Some(_) | None, _) => Ok(()),
        }
    }
}

fn at(error: &Error, offset: u64) -> Error {
    let what = error.detail().unwrap_or_default().to_owned();
    mismatch(format!("the page at record {offset}: {what}"))
}

impl Client {
    /// What lies on both sides of the places where an export is going to be cut into ranges: for each place `n`, the digests
    /// of the records `n` and `n + 1`, the last one of a range and the first one of the next. One request of two records
    /// each, one after the other, with `keepAlive=true`.
    ///
    /// ```no_run
    /// # async fn example(client: mypreferences::Client, export: mypreferences::export::Export) -> Result<(), mypreferences::Error> {
    /// use mypreferences::export::Expect;
    ///
    /// let cut = client.boundaries(&export, [50_000]).await?;
    /// let (last, first) = cut[0].clone();
    /// let one = client.pages(&export).until(50_000).expect(Expect { last: Some(last), ..Expect::default() });
    /// let other = client.pages(&export).offset(50_001).expect(Expect { first: Some(first), ..Expect::default() });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any kind below 700; `invalid_argument` for a place of 0; `count_mismatch` where there are not two records.
    pub fn boundaries(&self, export: &Export, places: impl IntoIterator<Item = u64>) -> Boundaries {
        let places = places.into_iter().collect();
        Boundaries { client: self.clone(), export: export.clone(), places, cancel: None }
    }
}

/// A question about boundaries that was not asked yet: await it. See [`Client::boundaries`].
#[must_use = "nothing is asked until it is awaited"]
pub struct Boundaries {
    client: Client,
    export: Export,
    places: Vec<u64>,
    cancel: Option<CancelToken>,
}

impl Boundaries {
    /// Ends the call when this token is cancelled.
    pub fn cancel_token(mut self, token: CancelToken) -> Boundaries {
        self.cancel = Some(token);
        self
    }

    async fn run(self) -> Result<Vec<(Digest, Digest)>, Error> {
        if self.places.contains(&0) {
            return Err(refused("a boundary lies between two records", "pass the numbers of records, counted from 1"));
        }
        let mut digests = Vec::with_capacity(self.places.len());
        for place in self.places {
            let mut pages = self.client.pages(&self.export).offset(place).limit(2).until(place.saturating_add(1));
            if let Some(cancel) = &self.cancel {
                pages = pages.cancel_token(cancel.clone());
            }
            let page = pages.next().await?;
            let digest = |index| page.as_ref()?.record(index).map(|record| Digest::of(record.bytes()));
            let (Some(before), Some(after)) = (digest(0), digest(1)) else {
                return Err(mismatch(format!("there are no two records at {place}")));
            };
            digests.push((before, after));
        }
        Ok(digests)
    }
}

impl IntoFuture for Boundaries {
    type Output = Result<Vec<(Digest, Digest)>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
