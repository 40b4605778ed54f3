//! The synchronous twin of the client: the same calls, run to their end on a small runtime of the client's own.

mod export;
mod landing;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::client::Client as AsyncClient;
use crate::client::builder::ClientBuilder;
use crate::commit::receipt::{CommitReceipt, Resolution};
use crate::error::{Error, ErrorKind, Operation};
use crate::read::status::ExportStatus;
use crate::session::cancel::CancelToken;
use crate::settings::access_token::AccessToken;
use crate::settings::surface::ExportKind;
use crate::threads;

pub use export::{Pages, Records};

/// A synchronous client. Cheap to clone, thread-safe; has one worker thread, which ends with the last clone.
#[derive(Clone, Debug)]
pub struct Client {
    client: AsyncClient,
    runtime: Arc<OwnRuntime>,
}

#[derive(Debug)]
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // An ordinary drop would panic inside another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl ClientBuilder {
    /// Makes the synchronous twin.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`]; `configuration` too when no thread can be started.
    pub fn build_blocking(self) -> Result<Client, Error> {
        let client = self.build()?;
        let runtime = threads::can_be_started()
            .and_then(|()| {
                Builder::new_multi_thread()
                    .worker_threads(1)
                    .thread_name("mypreferences")
                    .enable_all()
                    .build()
            })
            .map_err(|error| {
                Error::configuration(
                    format!("no worker thread can be started: {error}"),
                    threads::ADVICE,
                )
            })?;
        Ok(Client {
            client,
            runtime: Arc::new(OwnRuntime(Some(runtime))),
        })
    }
}

/// Options of one synchronous call. Default: the client's settings.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// What was exported. Calls with an order or a handle know it, and refuse another one.
    pub kind: Option<ExportKind>,
    /// How long the call may take, questions included.
    pub timeout: Option<Duration>,
    /// Ends the call, from another thread.
    pub cancel_token: Option<CancelToken>,
}

macro_rules! with_options {
    ($call:expr, $options:expr) => {{
        let mut call = $call;
        if let Some(kind) = $options.kind {
            call = call.kind(kind);
        }
        if let Some(timeout) = $options.timeout {
            call = call.timeout(timeout);
        }
        if let Some(token) = &$options.cancel_token {
            call = call.cancel_token(token.clone());
        }
        call
    }};
}

impl Client {
    /// The asynchronous twin, sharing everything.
    pub fn as_async(&self) -> &AsyncClient {
        &self.client
    }

    /// See [`AsyncClient::commit`]: the same precondition, the same verdict.
    ///
    /// # Errors
    /// As there.
    pub fn commit<T>(&self, access_token: T, keep_files: bool) -> Result<CommitReceipt, Error>
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        self.commit_with(access_token, keep_files, &CallOptions::default())
    }

    /// [`Client::commit`] with options.
    ///
    /// # Errors
    /// As [`AsyncClient::commit`].
    pub fn commit_with<T>(
        &self,
        access_token: T,
        keep_files: bool,
        options: &CallOptions,
    ) -> Result<CommitReceipt, Error>
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        let call = with_options!(self.client.commit(access_token, keep_files), options);
        self.run(Operation::Commit, call.run())
    }

    /// See [`AsyncClient::resolve_commit`].
    ///
    /// # Errors
    /// As there.
    pub fn resolve_commit<T>(
        &self,
        access_token: T,
        options: &CallOptions,
    ) -> Result<Resolution, Error>
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        let call = with_options!(self.client.resolve_commit(access_token), options);
        self.run(Operation::ResolveCommit, call.run())
    }

    /// See [`AsyncClient::status`].
    ///
    /// # Errors
    /// As there.
    pub fn status<T>(&self, access_token: T, options: &CallOptions) -> Result<ExportStatus, Error>
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        let call = with_options!(self.client.status(access_token), options);
        self.run(Operation::Status, call.run())
    }

    /// See [`AsyncClient::probe_page`].
    ///
    /// # Errors
    /// As there.
    pub fn probe_page<T>(&self, access_token: T, options: &CallOptions) -> Result<(), Error>
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        let call = with_options!(self.client.probe_page(access_token), options);
        self.run(Operation::Page, call.run())
    }

    fn run<O>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<O, Error>>,
    ) -> Result<O, Error> {
        if Handle::try_current().is_ok() {
            return Err(Error::before_io(
                ErrorKind::Configuration,
                operation,
                "the blocking client was called inside an asynchronous runtime",
                "use mypreferences::Client there, or call from a plain thread",
            ));
        }
        match &self.runtime.0 {
            Some(runtime) => runtime.block_on(call),
            None => Err(Error::before_io(
                ErrorKind::Closed,
                operation,
                "the client is closed",
                "make a new client",
            )),
        }
    }
}
