//! The client of `_native`. Blocking calls release the interpreter for their whole length and look at signals between;
//! started calls complete by a callback from a thread of the runtime.

use std::ffi::OsString;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mypreferences::configuration::Sources;
use mypreferences::{
    ClientAuth, ClientBuilder, Credentials, Error, ExportKind, OAuth, Operation, Secret, Settings,
};
use mypreferences_bridge as bridge;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::logging::Events;

create_exception!(
    mypreferences._native,
    RecordError,
    PyException,
    "An error of the core: its only argument is the canonical record. The package turns it into its own classes."
);

/// How often a blocking call looks at signals.
const LOOK_AT_SIGNALS: Duration = Duration::from_millis(50);

/// Ends the calls that it was given to.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct CancelToken(bridge::CancelToken);

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> CancelToken {
        CancelToken(bridge::CancelToken::new())
    }

    /// Cancels. Twice is the same as once.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A call that was started. Cancels that call alone; the token that it was given may belong to others too.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct Started(bridge::Started);

#[pymethods]
impl Started {
    /// Cancels the call; its completion still comes.
    fn cancel(&self) {
        self.0.cancel();
    }
}

/// One call's arguments, as Python gives them.
struct Arguments {
    operation: Operation,
    token: String,
    keep_files: bool,
    kind: Option<ExportKind>,
    timeout: Option<Duration>,
}

impl Arguments {
    fn new(
        operation: &str,
        access_token: String,
        keep_files: bool,
        kind: Option<&str>,
        timeout: Option<f64>,
    ) -> Result<Arguments, Error> {
        let operation = match operation {
            "commit" => Operation::Commit,
            "resolve_commit" => Operation::ResolveCommit,
            _ => Operation::Status,
        };
        let timeout = timeout
            .map(|seconds| {
                Duration::try_from_secs_f64(seconds).map_err(|_| {
                    Error::before_io(
                        mypreferences::ErrorKind::InvalidArgument,
                        operation,
                        "timeout is not a length of time",
                        "pass seconds, more than zero",
                    )
                })
            })
            .transpose()?;
        Ok(Arguments {
            operation,
            token: access_token,
            keep_files,
            kind: kind.map(str::parse).transpose()?,
            timeout,
        })
    }
}

type Call = Pin<Box<dyn Future<Output = Result<String, Error>> + Send>>;

/// The core's call, whose result is a canonical record.
fn call(core: &mypreferences::Client, arguments: &Arguments, cancel: bridge::CancelToken) -> Call {
    macro_rules! with_options {
        ($call:expr) => {{
            let mut call = $call.cancel_token(cancel);
            if let Some(kind) = arguments.kind {
                call = call.kind(kind);
            }
            if let Some(timeout) = arguments.timeout {
                call = call.timeout(timeout);
            }
            let call = call.into_future();
            Box::pin(async move { call.await.map(|value| value.to_json()) })
        }};
    }
    let token = arguments.token.as_str();
    match arguments.operation {
        Operation::Commit => with_options!(core.commit(token, arguments.keep_files)),
        Operation::ResolveCommit => with_options!(core.resolve_commit(token)),
        // `Arguments::new` knows three operations.
        _ => with_options!(core.status(token)),
    }
}

/// A client handle of the bridge.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativeClient {
    client: bridge::Client,
    events: Arc<Events>,
}

#[pymethods]
impl NativeClient {
    /// `settings` are texts by name; `credentials` is the sort (`hmac`, `oauth`, `bearer`, `verbatim`) and its texts;
    /// `events` is called for each request of a call that wants it. A `blocking` client has no threads, and `run` only.
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's values arrive owned"
    )]
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
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's values arrive owned"
    )]
    fn from_env(
        py: Python<'_>,
        variables: Vec<(OsString, OsString)>,
        profile: Option<String>,
        arguments: Vec<(String, String)>,
        events: Py<PyAny>,
        blocking: bool,
    ) -> PyResult<NativeClient> {
        opened(py, events, blocking, || {
            let mut sources = Sources::of(variables);
            for (name, value) in &arguments {
                sources = sources.argument(name, format!("the argument {name}"), value)?;
            }
            if let Some(profile) = profile {
                sources = sources.profile(profile);
            }
            sources.read()?.client_builder()
        })
    }

    /// Runs a call to its end: `(record, None)` or `(error's record, what a signal handler raised)`.
    #[pyo3(signature = (operation, access_token, keep_files, kind, timeout, cancel, events))]
    #[expect(clippy::too_many_arguments, reason = "the border is flat")]
    fn run(
        &self,
        py: Python<'_>,
        operation: &str,
        access_token: String,
        keep_files: bool,
        kind: Option<&str>,
        timeout: Option<f64>,
        cancel: &CancelToken,
        events: bool,
    ) -> PyResult<(bool, String, Option<Py<PyAny>>)> {
        let arguments = Arguments::new(operation, access_token, keep_files, kind, timeout)
            .map_err(|error| raised(&error))?;
        self.events.want(events);
        let mut interrupted: Option<PyErr> = None;
        let result = py.detach(|| {
            let mut look = || {
                let looked = Python::attach(look_at_signals);
                let stop = looked.is_err();
                interrupted = looked.err();
                stop
            };
            self.client.run(
                arguments.operation,
                &cancel.0,
                Some((LOOK_AT_SIGNALS, &mut look)),
                |core, cancel| call(core, &arguments, cancel),
            )
        });
        let raised = interrupted.map(|error| error.into_value(py).into_any());
        Ok(match result {
            Ok(record) => (true, record, raised),
            Err(error) => (false, error.to_json(), raised),
        })
    }

    /// Starts a call. `complete(ok, record)` is called exactly once, from a thread of the runtime.
    #[pyo3(signature = (operation, access_token, keep_files, kind, timeout, cancel, events, complete))]
    #[expect(clippy::too_many_arguments, reason = "the border is flat")]
    fn start(
        &self,
        py: Python<'_>,
        operation: &str,
        access_token: String,
        keep_files: bool,
        kind: Option<&str>,
        timeout: Option<f64>,
        cancel: &CancelToken,
        events: bool,
        complete: Py<PyAny>,
    ) -> PyResult<Started> {
        let arguments = Arguments::new(operation, access_token, keep_files, kind, timeout)
            .map_err(|error| raised(&error))?;
        self.events.want(events);
        py.detach(|| {
            self.client.start(
                arguments.operation,
                cancel.0.clone(),
                |core, cancel| call(core, &arguments, cancel),
                move |result| {
                    let (ok, record) = match result {
                        Ok(record) => (true, record),
                        Err(error) => (false, error.to_json()),
                    };
                    // Not while the interpreter is on its way out: then nobody waits for it any more.
                    Python::try_attach(|py| {
                        if let Err(error) = complete.call1(py, (ok, record)) {
                            error.write_unraisable(py, None);
                        }
                    });
                },
            )
        })
        .map(Started)
        .map_err(|error| raised(&error))
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
        if blocking {
            bridge::Client::open_blocking(builder)
        } else {
            bridge::Client::open(builder)
        }
    })
    .map(|client| NativeClient { client, events })
    .map_err(|error| raised(&error))
}

/// Credentials from their sort and texts; none for what the package does not make.
fn credentials(sort: &str, texts: &[Option<String>]) -> Result<Option<Credentials>, Error> {
    Ok(match (sort, texts) {
        ("hmac", [Some(user_id), secret, file]) => self::secret(secret.as_ref(), file.as_ref())
            .map(|secret| Credentials::hmac(user_id, secret)),
        ("bearer", [Some(token)]) => Some(Credentials::bearer(token)),
        ("verbatim", [Some(value)]) => Some(Credentials::verbatim(value)),
        (
            "oauth",
            [
                Some(token_url),
                Some(client_id),
                client_secret,
                client_secret_file,
                user_id,
                scope,
                Some(client_auth),
            ],
        ) => {
            let Some(secret) = self::secret(client_secret.as_ref(), client_secret_file.as_ref())
            else {
                return Ok(None);
            };
            let mut oauth = OAuth::new(token_url, client_id, secret)
                .client_auth(client_auth.parse::<ClientAuth>()?);
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

/// Runs the handlers of signals that have come.
fn look_at_signals(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

fn raised(error: &Error) -> PyErr {
    RecordError::new_err(error.to_json())
}
