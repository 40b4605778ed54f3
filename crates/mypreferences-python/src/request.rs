//! A call as Python asks for it, and what comes of it. Everything is decided by the core and the bridge: here arguments
//! are taken in, the core's call is built, and its value is handed out.

use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mypreferences::export::{Export, WaitProgress};
use mypreferences::landing::{LandExport, LandingProgress, Sealed};
use mypreferences::{Client, Error, ExportKind, ExportStatus, Operation};
use mypreferences_bridge::{
    CancelToken, Inbox, LandingArguments, LoadedArguments, News, OrderArguments, ProgressView, boundaries_record,
    seconds,
};
use pyo3::prelude::*;

use crate::error::raised;
use crate::export::NativeExport;
use crate::landing::NativeSealed;
use crate::outcome::Outcome;

/// What to export: a dict with all of these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Order {
    kind: String,
    name: Option<String>,
    last_date_time: Option<String>,
    match_criteria: Option<String>,
    match_type: Option<String>,
    values: Vec<String>,
    callback_url: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    cids: Vec<String>,
    channels: Vec<String>,
}

impl From<Order> for OrderArguments {
    fn from(order: Order) -> OrderArguments {
        OrderArguments {
            kind: order.kind,
            name: order.name,
            last_date_time: order.last_date_time,
            match_criteria: order.match_criteria,
            match_type: order.match_type,
            values: order.values,
            callback_url: order.callback_url,
            start_date: order.start_date,
            end_date: order.end_date,
            cids: order.cids,
            channels: order.channels,
        }
    }
}

/// How to land: a dict with all of these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Landing {
    out: PathBuf,
    commit: Option<String>,
    keep_files: Option<bool>,
    since: Option<String>,
    overlap: Option<f64>,
    compression: Option<String>,
    format: Option<String>,
    shape: Option<String>,
    record: Option<String>,
    limit: Option<u64>,
    max_wait: Option<f64>,
    max_memory: Option<u64>,
    part_bytes: Option<u64>,
}

impl From<Landing> for LandingArguments {
    fn from(landing: Landing) -> LandingArguments {
        LandingArguments {
            out: landing.out,
            commit: landing.commit,
            keep_files: landing.keep_files,
            since: landing.since,
            overlap: landing.overlap,
            compression: landing.compression,
            format: landing.format,
            shape: landing.shape,
            record: landing.record,
            limit: landing.limit,
            max_wait: landing.max_wait,
            max_memory: landing.max_memory,
            part_bytes: landing.part_bytes,
        }
    }
}

/// A callable that is told how a call goes, and what waits to be told. When it answers true, the call shall end.
pub(crate) struct Told {
    callable: Py<PyAny>,
    inbox: Inbox<Progress>,
}

/// How a call goes.
enum Progress {
    Wait(WaitProgress),
    Landing(LandingProgress),
}

impl News for Progress {
    fn replaces(&self, older: &Progress) -> bool {
        match (self, older) {
            (Progress::Wait(newer), Progress::Wait(older)) => newer.replaces(older),
            (Progress::Landing(newer), Progress::Landing(older)) => newer.replaces(older),
            (Progress::Wait(_), Progress::Landing(_)) | (Progress::Landing(_), Progress::Wait(_)) => false,
        }
    }
}

impl Told {
    fn of(callable: Option<Py<PyAny>>) -> Option<Arc<Told>> {
        callable.map(|callable| Arc::new(Told { callable, inbox: Inbox::default() }))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inbox.is_empty()
    }

    pub(crate) fn wake_by(&self, wake: impl Fn() + Send + Sync + 'static) {
        self.inbox.wake_by(wake);
    }

    /// Hands on what waits; whether the call shall end.
    pub(crate) fn hand_on(&self, py: Python<'_>) -> PyResult<bool> {
        let mut stop = false;
        self.inbox.take(|progress| {
            stop |= self.ask(py, &progress)?;
            Ok::<(), PyErr>(())
        })?;
        Ok(stop)
    }

    fn ask(&self, py: Python<'_>, progress: &Progress) -> PyResult<bool> {
        let callable = self.callable.bind(py);
        let answer = match progress {
            Progress::Wait(progress) => callable.call1((
                progress.elapsed.as_secs_f64(),
                progress.questions,
                progress.status.as_ref().map(ExportStatus::to_json),
                progress.next_in.as_secs_f64(),
            )),
            Progress::Landing(progress) => {
                let view = ProgressView::from(progress);
                callable.call1((
                    view.stage,
                    view.batch,
                    view.rows,
                    view.total,
                    view.resumed_rows,
                    view.elapsed,
                    view.next_in,
                    view.note,
                ))
            }
        };
        answer?.is_truthy()
    }
}

enum Wanted {
    Commit { token: String, keep_files: bool, kind: Option<ExportKind> },
    ResolveCommit { token: String, kind: Option<ExportKind> },
    Status { token: String },
    Initiate(OrderArguments),
    Wait { export: Export, told: Option<Arc<Told>> },
    Export { order: OrderArguments, landing: LandingArguments, told: Option<Arc<Told>> },
    Land { export: Export, landing: LandingArguments, told: Option<Arc<Told>> },
    CommitLanded { sealed: Sealed, keep_files: bool },
    CommitLoaded { export: Export, loaded: LoadedArguments },
    Boundaries { export: Export, places: Vec<u64> },
}

/// What to call, with its arguments. May be called more than once.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct Request {
    wanted: Wanted,
    /// Of the call; for a wait, how long to wait.
    timeout: Option<Duration>,
}

#[pymethods]
impl Request {
    #[staticmethod]
    fn commit(access_token: String, keep_files: bool, kind: Option<&str>, timeout: Option<f64>) -> PyResult<Request> {
        let wanted = Wanted::Commit { token: access_token, keep_files, kind: known_kind(kind)? };
        Request::new(wanted, "timeout", timeout)
    }

    #[staticmethod]
    fn resolve_commit(access_token: String, kind: Option<&str>, timeout: Option<f64>) -> PyResult<Request> {
        let wanted = Wanted::ResolveCommit { token: access_token, kind: known_kind(kind)? };
        Request::new(wanted, "timeout", timeout)
    }

    #[staticmethod]
    fn status(access_token: String, timeout: Option<f64>) -> PyResult<Request> {
        let wanted = Wanted::Status { token: access_token };
        Request::new(wanted, "timeout", timeout)
    }

    #[staticmethod]
    fn initiate(order: Order, timeout: Option<f64>) -> PyResult<Request> {
        Request::new(Wanted::Initiate(order.into()), "timeout", timeout)
    }

    /// `progress` is called with seconds since the wait began, the number of questions, the record of the newest status
    /// or none, and seconds until the next question.
    #[staticmethod]
    fn wait(export: &NativeExport, max_wait: Option<f64>, progress: Option<Py<PyAny>>) -> PyResult<Request> {
        let wanted = Wanted::Wait { export: export.0.clone(), told: Told::of(progress) };
        Request::new(wanted, "max_wait", max_wait)
    }

    /// `progress` is called with the fields of the bridge's `ProgressView`, in their order.
    #[staticmethod]
    fn export(order: Order, landing: Landing, progress: Option<Py<PyAny>>) -> PyResult<Request> {
        let wanted = Wanted::Export { order: order.into(), landing: landing.into(), told: Told::of(progress) };
        Request::new(wanted, "timeout", None)
    }

    /// `progress` as in `export`.
    #[staticmethod]
    fn land(export: &NativeExport, landing: Landing, progress: Option<Py<PyAny>>) -> PyResult<Request> {
        let wanted = Wanted::Land { export: export.0.clone(), landing: landing.into(), told: Told::of(progress) };
        Request::new(wanted, "timeout", None)
    }

    #[staticmethod]
    fn commit_landed(sealed: &NativeSealed, keep_files: bool) -> PyResult<Request> {
        let wanted = Wanted::CommitLanded { sealed: sealed.0.clone(), keep_files };
        Request::new(wanted, "timeout", None)
    }

    #[staticmethod]
    fn commit_loaded(
        export: &NativeExport,
        rows: u64,
        keep_files: bool,
        sink: Option<String>,
        files: Vec<PathBuf>,
    ) -> PyResult<Request> {
        let loaded = LoadedArguments { rows, keep_files, sink, files };
        Request::new(Wanted::CommitLoaded { export: export.0.clone(), loaded }, "timeout", None)
    }

    /// Gives a JSON list of pairs of digests.
    #[staticmethod]
    fn boundaries(export: &NativeExport, places: Vec<u64>) -> PyResult<Request> {
        Request::new(Wanted::Boundaries { export: export.0.clone(), places }, "timeout", None)
    }
}

fn known_kind(kind: Option<&str>) -> PyResult<Option<ExportKind>> {
    kind.map(str::parse).transpose().map_err(|error: Error| raised(&error))
}

impl Request {
    fn new(wanted: Wanted, name: &str, timeout: Option<f64>) -> PyResult<Request> {
        let mut request = Request { wanted, timeout: None };
        request.timeout = timeout
            .map(|value| seconds(request.operation(), name, value))
            .transpose()
            .map_err(|error| raised(&error))?;
        Ok(request)
    }

    pub(crate) fn operation(&self) -> Operation {
        match &self.wanted {
            Wanted::Commit { .. } | Wanted::CommitLanded { .. } | Wanted::CommitLoaded { .. } => Operation::Commit,
            Wanted::Boundaries { .. } => Operation::Page,
            Wanted::ResolveCommit { .. } => Operation::ResolveCommit,
            Wanted::Status { .. } => Operation::Status,
            Wanted::Initiate(_) => Operation::Initiate,
            Wanted::Wait { .. } => Operation::Wait,
            Wanted::Export { .. } | Wanted::Land { .. } => Operation::Export,
        }
    }

    /// Who is told how it goes.
    pub(crate) fn told(&self) -> Option<&Arc<Told>> {
        match &self.wanted {
            Wanted::Wait { told, .. } | Wanted::Export { told, .. } | Wanted::Land { told, .. } => told.as_ref(),
            Wanted::Commit { .. }
            | Wanted::ResolveCommit { .. }
            | Wanted::Status { .. }
            | Wanted::Initiate(_)
            | Wanted::CommitLanded { .. }
            | Wanted::CommitLoaded { .. }
            | Wanted::Boundaries { .. } => None,
        }
    }

    /// The core's call.
    pub(crate) fn call(&self, core: &Client, cancel: CancelToken) -> Call {
        match self.built(core, cancel) {
            Ok(call) => call,
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn built(&self, core: &Client, cancel: CancelToken) -> Result<Call, Error> {
        /// The options that a call has.
        macro_rules! call {
            ($call:expr, cancel $(, $option:ident = $value:expr)*) => {{
                let mut call = $call.cancel_token(cancel);
                $(if let Some(value) = $value {
                    call = call.$option(value);
                })*
                call.into_future()
            }};
        }
        let timeout = self.timeout;
        Ok(match &self.wanted {
            Wanted::Commit { token, keep_files, kind } => {
                let call = core.commit(token.as_str(), *keep_files);
                let call = call!(call, cancel, kind = *kind, timeout = timeout);
                Box::pin(async move { Ok(Outcome::Record(call.await?.to_json())) })
            }
            Wanted::ResolveCommit { token, kind } => {
                let call = core.resolve_commit(token.as_str());
                let call = call!(call, cancel, kind = *kind, timeout = timeout);
                Box::pin(async move { Ok(Outcome::Record(call.await?.to_json())) })
            }
            Wanted::Status { token } => {
                let call = call!(core.status(token.as_str()), cancel, timeout = timeout);
                Box::pin(async move { Ok(Outcome::Record(call.await?.to_json())) })
            }
            Wanted::Initiate(order) => {
                let call = call!(core.initiate(order.order()?), cancel, timeout = timeout);
                Box::pin(async move { Ok(Outcome::Export(call.await?)) })
            }
            Wanted::Wait { export, told } => {
                let told =
                    told.clone().map(|told| move |now: &WaitProgress| told.inbox.tell(Progress::Wait(now.clone())));
                let call = core.wait(export);
                let call = call!(call, cancel, max_wait = timeout, on_progress = told);
                Box::pin(async move { Ok(Outcome::Record(call.await?.to_json())) })
            }
            Wanted::Export { order, landing, told } => {
                landed(landing.export(core, order.order()?, cancel)?, told.clone())
            }
            Wanted::Land { export, landing, told } => landed(landing.land(core, export, cancel)?, told.clone()),
            Wanted::CommitLanded { sealed, keep_files } => {
                let call = core.commit_landed(sealed, *keep_files);
                let call = call.cancel_token(cancel).into_future();
                Box::pin(async move { Ok(Outcome::Record(call.await?.to_json())) })
            }
            Wanted::CommitLoaded { export, loaded } => {
                let call = loaded.call(core, export, cancel).into_future();
                Box::pin(async move { Ok(Outcome::Record(call.await?.to_json())) })
            }
            Wanted::Boundaries { export, places } => {
                let call = core.boundaries(export, places.iter().copied()).cancel_token(cancel).into_future();
                Box::pin(async move { Ok(Outcome::Record(boundaries_record(&call.await?))) })
            }
        })
    }
}

fn landed(mut call: LandExport, told: Option<Arc<Told>>) -> Call {
    if let Some(told) = told {
        call = call.on_progress(move |now| told.inbox.tell(Progress::Landing(now.clone())));
    }
    let call = call.into_future();
    Box::pin(async move { Ok(Outcome::Landed(Box::new(call.await?))) })
}

pub(crate) type Call = Pin<Box<dyn Future<Output = Result<Outcome, Error>> + Send>>;
