//! The client of `_native`. Blocking calls release the interpreter and look at signals between; started calls complete by a
//! callback from a thread of the runtime. Nothing of the user's runs there: one slow callable would hold up every call.

use std::ffi::{CString, OsString};
use std::sync::Arc;
use std::time::Duration;

use mypreferences::configuration::Sources;
use mypreferences::{ClientAuth, ClientBuilder, Credentials, Error, OAuth, Operation, Secret, Settings};
use mypreferences_arrow::Table;
use mypreferences_bridge as bridge;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyDeprecationWarning;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::cancel::{CancelToken, Started};
use crate::error::{raised, told_of};
use crate::export::NativeExport;
use crate::logging::Events;
use crate::outcome::Outcome;
use crate::request::{Request, Told};
use crate::table;

/// How often a blocking call looks at signals, at least.
const LOOK_AT_SIGNALS: Duration = Duration::from_millis(50);

/// A client handle of the bridge.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativeClient {
    client: bridge::Client,
    events: Arc<Events>,
}

#[pymethods]
impl NativeClient {
    /// `settings` are texts by name; `credentials` is the sort (`hmac`, `oauth`, `bearer`, `verbatim`) and its texts;
    /// `events` is called for each request of a call that wants it. A `blocking` client has `run` only, and
    /// no threads but those that write to the disk.
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "Python's values arrive owned")]
    fn new(
        py: Python<'_>,
        settings: Vec<(String, String)>,
        credentials: (String, Vec<Option<String>>),
        events: Py<PyAny>,
        blocking: bool,
    ) -> PyResult<NativeClient> {
        opened(py, events, blocking, || {
            let mut made = Settings::default();
            for (name, value) in &settings {
                made.set(name, value)?;
            }
            let builder = mypreferences::Client::builder().settings(made);
            Ok(match self::credentials(&credentials.0, &credentials.1)? {
                Some(credentials) => builder.credentials(credentials),
                None => builder,
            })
        })
    }

    /// From these arguments, environment variables and the profile file, by the core's rules.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "Python's values arrive owned")]
    fn from_env(
        py: Python<'_>,
        variables: Vec<(OsString, OsString)>,
        profile: Option<String>,
        arguments: Vec<(String, String)>,
        events: Py<PyAny>,
        blocking: bool,
    ) -> PyResult<NativeClient> {
        let mut notes = Vec::new();
        let client = opened(py, events, blocking, || {
            let mut sources = Sources::of(variables);
            for (name, value) in &arguments {
                sources = sources.argument(name, format!("the argument {name}"), value)?;
            }
            if let Some(profile) = profile {
                sources = sources.profile(profile);
            }
            let configuration = sources.read()?;
            notes.extend_from_slice(configuration.notes());
            configuration.client_builder()
        })?;
        let deprecation = py.get_type::<PyDeprecationWarning>();
        for note in notes {
            PyErr::warn(py, &deprecation, &CString::new(note).unwrap_or_default(), 2)?;
        }
        Ok(client)
    }

    /// Runs a call to its end: whether it went well, its value or its error's record and line, and what a signal handler raised.
    fn run(&self, py: Python<'_>, request: &Request, cancel: &CancelToken, events: bool) -> PyResult<Ran> {
        self.blocking(py, events, request.told(), |between| {
            self.client
                .run(request.operation(), cancel.token(), Some(between), |core, cancel| request.call(core, cancel))
        })
    }

    /// Starts a call. `complete(ok, value or record)` is called exactly once, from a thread of the runtime, and `wake()`
    /// when `tell` has something to do. Neither may block.
    fn start(
        &self,
        py: Python<'_>,
        request: &Request,
        cancel: &CancelToken,
        events: bool,
        wake: Py<PyAny>,
        complete: Py<PyAny>,
    ) -> PyResult<Started> {
        let operation = request.operation();
        let told = request.told();
        self.starting(py, events, told, operation, (wake, complete), |complete| {
            self.client.start(operation, cancel.token().clone(), |core, cancel| request.call(core, cancel), complete)
        })
    }

    /// Hands on what a started call told: events to `logging`, progress to its callable. Whether the call shall end.
    fn tell(&self, py: Python<'_>, request: &Request) -> PyResult<bool> {
        self.telling(py, request.told())
    }

    /// The export as a text that shows nothing.
    fn wrap(&self, py: Python<'_>, export: &NativeExport) -> PyResult<String> {
        py.detach(|| self.client.wrap(&export.0)).map_err(|error| raised(&error))
    }

    /// What `wrap` gave.
    fn unwrap(&self, py: Python<'_>, handle: &str) -> PyResult<NativeExport> {
        py.detach(|| self.client.unwrap(handle)).map(NativeExport).map_err(|error| raised(&error))
    }

    /// The schema that an export will have: of these records, and of those that its kind has by the vendor's pages.
    fn schema<'py>(
        &self,
        py: Python<'py>,
        records: Option<&str>,
        kind: &str,
        shape: &str,
        record: &str,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let of_kind = || Ok(Table::documented(kind.replace('-', "_").parse()?, self.client.core().surface()));
        let table = records.map_or_else(of_kind, str::parse).map_err(|error: Error| raised(&error))?;
        table::schema(py, &table, table::layout(shape, record)?)
    }

    /// Closes the client and cancels its calls.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.client.close());
    }

    /// Whether it was closed.
    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.client.core())
    }
}

/// Whether a call went well, its value or its error's record, and what a handler of signals raised meanwhile.
pub(crate) type Ran = (bool, Py<PyAny>, Option<Py<PyAny>>);

impl NativeClient {
    pub(crate) fn bridge(&self) -> &bridge::Client {
        &self.client
    }

    /// Hands on what was told; whether the call shall end.
    pub(crate) fn telling(&self, py: Python<'_>, told: Option<&Arc<Told>>) -> PyResult<bool> {
        self.events.hand_on(py)?;
        told.map_or(Ok(false), |told| told.hand_on(py))
    }

    /// Runs a call without the interpreter. Between, this thread calls handlers of signals and those who are told, and the
    /// call waits for them; others do not.
    pub(crate) fn blocking(
        &self,
        py: Python<'_>,
        events: bool,
        told: Option<&Arc<Told>>,
        call: impl FnOnce(bridge::Between<'_>) -> Result<Outcome, Error> + Send,
    ) -> PyResult<Ran> {
        self.events.want(events);
        let mut interrupted: Option<PyErr> = None;
        let result = py.detach(|| {
            let mut look = || {
                let looked = Python::attach(|py| {
                    let stop = self.telling(py, told)?;
                    py.check_signals()?;
                    Ok(stop)
                });
                looked.unwrap_or_else(|error| {
                    interrupted = Some(error);
                    true
                })
            };
            call(bridge::Between {
                every: LOOK_AT_SIGNALS,
                is_due: &|| !self.events.inbox().is_empty() || told.is_some_and(|told| !told.is_empty()),
                look: &mut look,
            })
        });
        // What was told last. The call is over, whatever is answered.
        let last = self.telling(py, told).err();
        let raised = interrupted.or(last);
        let raised = raised.map(|error| error.into_value(py).into_any());
        Ok(match result {
            Ok(value) => (true, value.into_python(py)?, raised),
            Err(error) => (false, told_of(&error).into_py_any(py)?, raised),
        })
    }

    /// Starts a call; `wake` is called when it has told something, and `complete` with its end.
    pub(crate) fn starting(
        &self,
        py: Python<'_>,
        events: bool,
        told: Option<&Arc<Told>>,
        operation: Operation,
        (wake, complete): (Py<PyAny>, Py<PyAny>),
        start: impl FnOnce(Completion) -> Result<bridge::Started, Error> + Send,
    ) -> PyResult<Started> {
        self.events.want(events);
        let wake = Arc::new(wake);
        if events {
            self.events.inbox().wake_by(waking(Arc::clone(&wake)));
        }
        if let Some(told) = told {
            told.wake_by(waking(wake));
        }
        let complete: Completion = Box::new(move |result| {
            // Not while the interpreter is on its way out: then nobody waits for it any more.
            Python::try_attach(|py| {
                let made = match result {
                    Ok(value) => value.into_python(py).map(|value| (true, value)),
                    Err(error) => told_of(&error).into_py_any(py).map(|told| (false, told)),
                };
                let told = made
                    .or_else(|error| {
                        // Whoever waits must hear of an end all the same.
                        error.write_unraisable(py, None);
                        let error = Error::panicked(operation);
                        told_of(&error).into_py_any(py).map(|told| (false, told))
                    })
                    .and_then(|(ok, value)| complete.call1(py, (ok, value)));
                if let Err(error) = told {
                    error.write_unraisable(py, None);
                }
            });
        });
        py.detach(|| start(complete)).map(Started).map_err(|error| raised(&error))
    }
}

/// Calls this from whatever thread.
fn waking(wake: Arc<Py<PyAny>>) -> impl Fn() + Send + Sync + 'static {
    move || {
        // Not while the interpreter is on its way out: then nobody listens any more.
        Python::try_attach(|py| {
            if let Err(error) = wake.call0(py) {
                error.write_unraisable(py, None);
            }
        });
    }
}

/// Called once with what a call gave.
pub(crate) type Completion = Box<dyn FnOnce(Result<Outcome, Error>) + Send>;

/// Opens a client without the interpreter: reading trust roots, or a secret's command, may take a while.
fn opened(
    py: Python<'_>,
    events: Py<PyAny>,
    blocking: bool,
    builder: impl FnOnce() -> Result<ClientBuilder, Error> + Send,
) -> PyResult<NativeClient> {
    let events = Events::new(events);
    let hook = Arc::clone(&events);
    py.detach(|| {
        let builder = builder()?.on_attempt(move |event| hook.tell(event));
        if blocking { bridge::Client::open_blocking(builder) } else { bridge::Client::open(builder) }
    })
    .map(|client| NativeClient { client, events })
    .map_err(|error| raised(&error))
}

/// Credentials from their sort and texts; none for what the package does not make.
fn credentials(sort: &str, texts: &[Option<String>]) -> Result<Option<Credentials>, Error> {
    Ok(match (sort, texts) {
        ("hmac", [Some(user_id), secret, file]) => {
            self::secret(secret.as_ref(), file.as_ref()).map(|secret| Credentials::hmac(user_id, secret))
        }
        ("bearer", [Some(token)]) => Some(Credentials::bearer(token)),
        ("verbatim", [Some(value)]) => Some(Credentials::verbatim(value)),
        (
            "oauth",
            [Some(token_url), Some(client_id), client_secret, client_secret_file, user_id, scope, Some(client_auth)],
        ) => {
            let Some(secret) = self::secret(client_secret.as_ref(), client_secret_file.as_ref()) else {
                return Ok(None);
            };
            let mut oauth = OAuth::new(token_url, client_id, secret).client_auth(client_auth.parse::<ClientAuth>()?);
            if let Some(user_id) = user_id {
                oauth = oauth.user_id(user_id);
            }
            if let Some(scope) = scope {
                oauth = oauth.scope(scope);
            }
            Some(Credentials::oauth(oauth))
        }
        _ => None,
    })
}

/// A secret that was given, or the file that holds it.
fn secret(given: Option<&String>, file: Option<&String>) -> Option<Secret> {
    match (given, file) {
        (Some(text), _) => Some(Secret::from(text)),
        (None, Some(file)) => Some(Secret::file(file)),
        (None, None) => None,
    }
}
