//! The synchronous twin of the client: the same calls, run to their end on a small runtime of the client's own.

mod pages;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::client::builder::ClientBuilder;
use crate::client::{Client as AsyncClient, Commit, PageProbe, ResolveCommit, Status};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{Boundaries, Export, ExportRequest, Initiate, Wait, WaitProgress};
use crate::landing::{
    CommitLanded, CommitLoaded, CommitPolicy, Compression, LandExport, LandingProgress, PageLimit, PartFormat, Sealed,
};
use crate::session::cancel::CancelToken;
use crate::settings::access_token::AccessToken;
use crate::settings::surface::ExportKind;
use crate::threads;

pub use pages::{Pages, Records};

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
                Builder::new_multi_thread().worker_threads(1).thread_name("mypreferences").enable_all().build()
            })
            .map_err(|error| {
                Error::configuration(format!("no worker thread can be started: {error}"), threads::ADVICE)
            })?;
        Ok(Client { client, runtime: Arc::new(OwnRuntime(Some(runtime))) })
    }
}

/// One synchronous call to be: the steps are those of its asynchronous twin, and [`Call::call`] makes it.
#[derive(Debug)]
#[must_use = "nothing happens before `call`"]
pub struct Call<'a, C> {
    client: &'a Client,
    operation: Operation,
    twin: C,
}

impl<C, O> Call<'_, C>
where
    C: IntoFuture<Output = Result<O, Error>>,
{
    /// Makes the call, on this thread, and waits for its end.
    ///
    /// # Errors
    /// As the twin; `configuration` inside an asynchronous runtime, where the twin itself can be used.
    pub fn call(self) -> Result<O, Error> {
        self.client.run(self.operation, self.twin.into_future())
    }
}

/// The steps of each twin.
macro_rules! steps {
    ($($twin:ident: $($step:ident($type:ty)),+;)+) => {
        $(impl Call<'_, $twin> {
            $(
                #[doc = concat!("As [`", stringify!($twin), "::", stringify!($step), "`].")]
                pub fn $step(self, value: $type) -> Self {
                    Self { twin: self.twin.$step(value), ..self }
                }
            )+
        })+
    };
}

steps! {
    Commit: kind(ExportKind), timeout(Duration), cancel_token(CancelToken);
    ResolveCommit: kind(ExportKind), timeout(Duration), cancel_token(CancelToken);
    Status: kind(ExportKind), timeout(Duration), cancel_token(CancelToken);
    PageProbe: kind(ExportKind), timeout(Duration), cancel_token(CancelToken);
    Initiate: timeout(Duration), cancel_token(CancelToken);
    Wait: max_wait(Duration), cancel_token(CancelToken), on_progress(impl Fn(&WaitProgress) + Send + Sync + 'static);
    LandExport: since_auto(Option<Duration>), compression(Compression), format(Arc<dyn PartFormat>), limit(impl Into<PageLimit>), max_wait(Duration), max_memory(usize),
        part_bytes(u64), cancel_token(CancelToken), on_progress(impl Fn(&LandingProgress) + Send + Sync + 'static);
    CommitLanded: cancel_token(CancelToken);
    Boundaries: cancel_token(CancelToken);
    CommitLoaded: sink(impl Into<String>), files(Vec<PathBuf>), cancel_token(CancelToken);
}

/// The calls: each as its asynchronous twin.
macro_rules! calls {
    ($($name:ident $(<$token:ident>)? ($($argument:ident: $type:ty),*) -> $twin:ident, $operation:ident;)+) => {
        impl Client {
            $(
                #[doc = concat!("As [`Client::", stringify!($name), "`](AsyncClient::", stringify!($name), ").")]
                pub fn $name $(<$token>)? (&self, $($argument: $type),*) -> Call<'_, $twin>
                $(where
                    $token: TryInto<AccessToken>,
                    $token::Error: Into<Error>,)?
                {
                    Call {
                        client: self,
                        operation: Operation::$operation,
                        twin: self.client.$name($($argument),*),
                    }
                }
            )+
        }
    };
}

calls! {
    commit<T>(access_token: T, keep_files: bool) -> Commit, Commit;
    resolve_commit<T>(access_token: T) -> ResolveCommit, ResolveCommit;
    status<T>(access_token: T) -> Status, Status;
    probe_page<T>(access_token: T) -> PageProbe, Page;
    initiate(order: ExportRequest) -> Initiate, Initiate;
    wait(export: &Export) -> Wait, Wait;
    export(order: ExportRequest, out: impl Into<PathBuf>, policy: CommitPolicy) -> LandExport, Export;
    land(export: &Export, out: impl Into<PathBuf>) -> LandExport, Export;
    commit_landed(sealed: &Sealed, keep_files: bool) -> CommitLanded, Commit;
    boundaries(export: &Export, places: impl IntoIterator<Item = u64>) -> Boundaries, Page;
    commit_loaded(export: &Export, rows: u64, keep_files: bool) -> CommitLoaded, Commit;
}

impl Client {
    /// The asynchronous twin, sharing everything.
    pub fn as_async(&self) -> &AsyncClient {
        &self.client
    }

    /// As [`Client::wrap`](AsyncClient::wrap).
    ///
    /// # Errors
    /// As there.
    pub fn wrap(&self, export: &Export) -> Result<String, Error> {
        self.client.wrap(export)
    }

    /// As [`Client::unwrap`](AsyncClient::unwrap).
    ///
    /// # Errors
    /// As there.
    pub fn unwrap(&self, handle: &str) -> Result<Export, Error> {
        self.client.unwrap(handle)
    }

    /// Makes a call that was put together with [`Client::as_async`].
    ///
    /// # Errors
    /// As [`Call::call`].
    pub fn block_on<O>(&self, call: impl IntoFuture<Output = Result<O, Error>>) -> Result<O, Error> {
        self.run(Operation::Configure, call.into_future())
    }

    fn run<O>(&self, operation: Operation, call: impl Future<Output = Result<O, Error>>) -> Result<O, Error> {
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
            None => Err(Error::before_io(ErrorKind::Closed, operation, "the client is closed", "make a new client")),
        }
    }
}
