//! A commit whose proof is the destination: a database, a lake, a table of a warehouse. Its journal is the caller's (an
//! offset log, a transaction, a task's state): the same call again, from any process, finds out what became of it.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::Export;
use crate::json::rfc3339;
use crate::landing::ask::{Asked, Over, Question, ask, check_row_count};
use crate::landing::store::receipt::{BatchReceipt, Vouched, VouchedFile};
use crate::landing::store_worker::beside;
use crate::landing::vouched::{find, make_durable, make_names_durable, without_passwords};
use crate::read::status::ExportStatus;
use crate::session::cancel::CancelToken;
use crate::session::token_cache::Total;
use crate::threads::Threads;

impl Client {
    /// Commits an export that was loaded somewhere else than in a folder of this client: into a database, a lake, a
    /// warehouse. `rows` is what a **read-back** from there counts; a count from before the sink proves nothing.
    ///
    /// It must equal `TotalResults`, which the client reads from the server where no page of this token has told it; then
    /// [files](CommitLoaded::files) are made durable; then as [`Client::commit_landed`]: status first, a commit only of a
    /// token that is ready, and a lost answer is resolved. The same call again, from any process, gives
    /// `already_committed` or `expired` and sends nothing. Nothing of it is written down here: keep the handle, encrypted
    /// by [`Client::wrap`], until the receipt is there.
    ///
    /// ```no_run
    /// # async fn example(client: mypreferences::Client, handle: &str, rows: u64) -> Result<(), mypreferences::Error> {
    /// let export = client.unwrap(handle)?;
    /// let receipt = client.commit_loaded(&export, rows, false).sink("postgres://dwh/people").await?;
    /// println!("{}", receipt.to_json());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::commit`]; `count_mismatch` when the destination has other rows than the export, `storage` when a file
    /// cannot be made durable, `invalid_argument` for a file that is not there: nothing was committed then.
    /// `wait_timed_out` while the export is not ready.
    pub fn commit_loaded(&self, export: &Export, rows: u64, keep_files: bool) -> CommitLoaded {
        CommitLoaded {
            client: self.clone(),
            export: export.clone(),
            rows,
            keep_files,
            sink: None,
            files: Vec::new(),
            cancel: None,
        }
    }
}

/// A commit of what was loaded: await it. See [`Client::commit_loaded`].
#[must_use = "nothing is committed until it is awaited"]
pub struct CommitLoaded {
    client: Client,
    export: Export,
    rows: u64,
    keep_files: bool,
    sink: Option<String>,
    files: Vec<PathBuf>,
    cancel: Option<CancelToken>,
}

impl fmt::Debug for CommitLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitLoaded").field("rows", &self.rows).field("files", &self.files).finish_non_exhaustive()
    }
}

impl CommitLoaded {
    /// Where the rows are, for the receipt: up to 1,024 bytes. The password and the query of a URL are left out; another
    /// text that seems to hold a password is `invalid_argument`.
    pub fn sink(mut self, sink: impl Into<String>) -> CommitLoaded {
        self.sink = Some(sink.into());
        self
    }

    /// The files that hold the rows, where they are local: paths, patterns (`*`, `**`, `?`, `[…]`) and folders. Each is
    /// made durable and hashed, and then each folder up to the one that was given, before the commit. Default: none.
    pub fn files<T: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = T>) -> CommitLoaded {
        self.files = files.into_iter().map(Into::into).collect();
        self
    }

    /// Ends the call when this token is cancelled.
    pub fn cancel_token(mut self, token: CancelToken) -> CommitLoaded {
        self.cancel = Some(token);
        self
    }

    async fn run(self) -> Result<BatchReceipt, Error> {
        self.client.check_export(&self.export, Operation::Commit)?;
        let sink = self.sink.as_deref().map(without_passwords).transpose()?;
        let vouched = Vouched { rows: self.rows, sink, files: Vec::new() };
        // Whoever asks about a token that is over may not have the files any more.
        let status = match self.ask().await? {
            Asked::Ready(status) => status,
            Asked::Over(over) => return Ok(self.over(&over, vouched)),
        };
        self.check_rows(&status).await?;
        if self.files.is_empty() {
            return self.commit(vouched).await;
        }
        let vouched = Vouched { files: self.durable_files().await?, ..vouched };
        // That may have taken a while.
        match self.ask().await? {
            Asked::Ready(_) => self.commit(vouched).await,
            Asked::Over(over) => Ok(self.over(&over, vouched)),
        }
    }

    async fn ask(&self) -> Result<Asked, Error> {
        let cancel = self.cancel.as_ref();
        let question = Question { client: &self.client, export: &self.export, expires: None, cancel };
        ask(&question).await.map_err(|stuck| stuck.error)
    }

    /// The destination has all rows of the export, and no others.
    async fn check_rows(&self, status: &ExportStatus) -> Result<(), Error> {
        let key = (self.export.kind, self.export.access_token);
        let cache = &self.client.session().token_cache;
        if cache.total(key).is_none() {
            let mut pages = self.client.pages(&self.export).limit(1);
            if let Some(cancel) = &self.cancel {
                pages = pages.cancel_token(cancel.clone());
            }
            pages.next().await.map_err(|error| error.during(Operation::Commit))?;
        }
        let mismatch = |what: String, next: &str| {
            Err(Error::before_io(
                ErrorKind::CountMismatch,
                Operation::Commit,
                what,
                format!("nothing was committed; {next}"),
            ))
        };
        match cache.total(key) {
            Some(Total::Told(total)) if total == self.rows => check_row_count(&self.client, status.row_count, total),
            Some(Total::Told(total)) => mismatch(
                format!("the destination has {} rows, and the export has {total}", self.rows),
                "count what the destination holds of this export, load what is missing, and call again",
            ),
            Some(Total::Disputed(one, other)) => {
                mismatch(format!("TotalResults was {one} and is {other} now"), "initiate a new export")
            }
            None => mismatch(
                "no page told TotalResults, so that nothing proves that all records were loaded".to_owned(),
                "tell PossibleNOW Support",
            ),
        }
    }

    async fn durable_files(&self) -> Result<Vec<VouchedFile>, Error> {
        let (threads, given) = (Arc::<Threads>::default(), self.files.clone());
        let cancel = self.cancel.as_ref();
        let finding = beside(&threads, false, move || find(&given));
        let found = until_cancelled(finding, cancel, Operation::Commit).await???;
        let mut files = Vec::with_capacity(found.len());
        for one in &found {
            let file = one.file.clone();
            let syncing = beside(&threads, false, move || make_durable(&file));
            let durable = until_cancelled(syncing, cancel, Operation::Commit).await??;
            files.push(durable.map_err(|error| error.during(Operation::Commit))?);
        }
        let syncing = beside(&threads, false, move || make_names_durable(&found));
        let durable = until_cancelled(syncing, cancel, Operation::Commit).await??;
        durable.map_err(|error| error.during(Operation::Commit))?;
        Ok(files)
    }

    async fn commit(&self, vouched: Vouched) -> Result<BatchReceipt, Error> {
        let key = (self.export.kind, self.export.access_token);
        let timeout = self.client.session().settings.timeout;
        let flights = self.client.flights();
        let receipt = flights.commit(key, self.keep_files, timeout, None, self.cancel.as_ref(), None).await?;
        Ok(self.dated(BatchReceipt::of_commit(&receipt, self.keep_files), vouched))
    }

    fn over(&self, over: &Over, vouched: Vouched) -> BatchReceipt {
        self.dated(BatchReceipt::without_a_commit(over.end, self.keep_files, over.server_date), vouched)
    }

    fn dated(&self, receipt: BatchReceipt, vouched: Vouched) -> BatchReceipt {
        BatchReceipt { at: rfc3339(self.client.session().wall.now()), vouched: Some(vouched), ..receipt }
    }
}

impl IntoFuture for CommitLoaded {
    type Output = Result<BatchReceipt, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
