//! The synchronous twins of the export around a commit. Orders, handles, pages and records are those of
//! [`crate::export`].

use crate::blocking::{CallOptions, Client};
use crate::error::{Error, Operation};
use crate::export::{self, Export, ExportOrder, OwnedRecord, Page, Wait, WaitProgress};
use crate::read::status::ExportStatus;
use crate::session::cancel::CancelToken;
use crate::settings::surface::ExportKind;

impl Client {
    /// See [`AsyncClient::initiate`](crate::Client::initiate): the same order, the same checks. Of the options, `timeout`
    /// and `cancel_token` count; the order says its kind itself.
    ///
    /// # Errors
    /// As there; `invalid_argument` when the options name another kind.
    pub fn initiate(&self, order: ExportOrder, options: &CallOptions) -> Result<Export, Error> {
        check_kind(options.kind, order.kind(), Operation::Initiate)?;
        let mut call = self.as_async().initiate(order);
        if let Some(timeout) = options.timeout {
            call = call.timeout(timeout);
        }
        if let Some(token) = &options.cancel_token {
            call = call.cancel_token(token.clone());
        }
        self.run(Operation::Initiate, call.into_future())
    }

    /// See [`AsyncClient::wait`](crate::Client::wait). Of the options, `timeout` is how long to wait at most (default 24
    /// hours, up to 30 days), and `cancel_token` counts.
    ///
    /// # Errors
    /// As there; `invalid_argument` when the options name another kind than the export's.
    pub fn wait(&self, export: &Export, options: &CallOptions) -> Result<ExportStatus, Error> {
        self.waited(self.as_async().wait(export), export, options)
    }

    /// [`Client::wait`], telling how it goes after every question, from the thread that waits.
    ///
    /// # Errors
    /// As there.
    pub fn wait_with_progress(
        &self,
        export: &Export,
        options: &CallOptions,
        progress: impl Fn(&WaitProgress) + Send + Sync + 'static,
    ) -> Result<ExportStatus, Error> {
        let wait = self.as_async().wait(export).on_progress(progress);
        self.waited(wait, export, options)
    }

    fn waited(
        &self,
        mut wait: Wait,
        export: &Export,
        options: &CallOptions,
    ) -> Result<ExportStatus, Error> {
        check_kind(options.kind, export.kind(), Operation::Wait)?;
        if let Some(timeout) = options.timeout {
            wait = wait.max_wait(timeout);
        }
        if let Some(token) = &options.cancel_token {
            wait = wait.cancel_token(token.clone());
        }
        self.run(Operation::Wait, wait.into_future())
    }

    /// See [`AsyncClient::pages`](crate::Client::pages): an iterator over the pages.
    pub fn pages(&self, export: &Export) -> Pages {
        Pages {
            client: self.clone(),
            twin: self.as_async().pages(export),
            failed: false,
        }
    }

    /// See [`AsyncClient::records`](crate::Client::records): an iterator over the records.
    pub fn records(&self, export: &Export) -> Records {
        self.pages(export).records()
    }
}

/// One kind for the options and what the call is about.
fn check_kind(
    given: Option<ExportKind>,
    own: ExportKind,
    operation: Operation,
) -> Result<(), Error> {
    if given.is_none_or(|given| given == own) {
        return Ok(());
    }
    Err(Error::invalid_argument(
        operation,
        "the options name another kind than the export has",
        "leave the kind out of the options",
    ))
}

/// The pages of an export, read one at a time. As an iterator it ends after an error, so that a loop over what can be
/// read comes to an end; [`Pages::next_page`] asks for the same page again.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    twin: export::Pages,
    failed: bool,
}

impl Pages {
    /// See [`export::Pages::limit`].
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Pages {
        self.twin = self.twin.limit(limit);
        self
    }

    /// See [`export::Pages::offset`].
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Pages {
        self.twin = self.twin.offset(offset);
        self
    }

    /// Ends the transfer when this token is cancelled, from another thread.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Pages {
        self.twin = self.twin.cancel_token(token);
        self
    }

    /// See [`export::Pages::next`]: after an error, the same page is asked for again.
    ///
    /// # Errors
    /// As there.
    pub fn next_page(&mut self) -> Result<Option<Page>, Error> {
        self.client.run(Operation::Page, self.twin.next())
    }

    /// The records of the pages that are still to come, one by one.
    #[must_use]
    pub fn records(self) -> Records {
        Records {
            client: self.client,
            twin: self.twin.records(),
            failed: self.failed,
        }
    }
}

impl Iterator for Pages {
    type Item = Result<Page, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let page = self.next_page();
        self.failed = page.is_err();
        page.transpose()
    }
}

/// The records of an export, one by one, with one page in memory. As an iterator it ends after an error;
/// [`Records::next_record`] asks again.
#[derive(Debug)]
pub struct Records {
    client: Client,
    twin: export::Records,
    failed: bool,
}

impl Records {
    /// See [`export::Records::next`].
    ///
    /// # Errors
    /// As there.
    pub fn next_record(&mut self) -> Result<Option<OwnedRecord>, Error> {
        self.client.run(Operation::Page, self.twin.next())
    }
}

impl Iterator for Records {
    type Item = Result<OwnedRecord, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let record = self.next_record();
        self.failed = record.is_err();
        record.transpose()
    }
}
