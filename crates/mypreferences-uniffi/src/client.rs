//! The client handle: opened from settings as texts or from the environment, asked for calls, closed.

use std::future::IntoFuture;
use std::sync::Arc;

use mypreferences::configuration::Sources;
use mypreferences::{ClientBuilder, Error, Operation, Settings};
use mypreferences_bridge as bridge;

use crate::call::{NativeCall, NativeCallOptions, NativeCompletion, Options};
use crate::credentials::NativeCredentials;
use crate::records::{NativeError, NativeFailure, NativeOutcome};

/// Hands a call its options; its outcome is what crosses the border.
macro_rules! with_options {
    ($call:expr, $options:expr) => {{
        let options = $options;
        let mut call = $call.cancel_token(options.cancel);
        if let Some(kind) = options.kind {
            call = call.kind(kind);
        }
        if let Some(timeout) = options.timeout {
            call = call.timeout(timeout);
        }
        let call = call.into_future();
        async move { call.await.map(NativeOutcome::from) }
    }};
}

/// A setting as text, by its name.
#[derive(uniffi::Record)]
pub struct NativeSetting {
    /// As in the core's table of settings.
    pub name: String,
    /// As in an environment variable.
    pub value: String,
}

/// A client handle of the bridge.
#[derive(uniffi::Object)]
pub struct NativeClient(bridge::Client);

#[uniffi::export]
impl NativeClient {
    /// From settings and credentials.
    #[uniffi::constructor]
    pub fn open(
        settings: Vec<NativeSetting>,
        credentials: Option<Arc<NativeCredentials>>,
    ) -> Result<Arc<NativeClient>, NativeFailure> {
        let mut made = Settings::default();
        for setting in &settings {
            made.set(&setting.name, &setting.value)?;
        }
        let mut builder = mypreferences::Client::builder().settings(made);
        if let Some(credentials) = credentials {
            builder = builder.credentials(credentials.0.clone());
        }
        opened(builder)
    }

    /// From these settings, environment variables (the process's own, unless others are given) and the profile file, by
    /// the core's rules. Given credentials replace all others.
    #[uniffi::constructor]
    pub fn from_environment(
        profile: Option<String>,
        variables: Option<Vec<NativeSetting>>,
        settings: Vec<NativeSetting>,
        credentials: Option<Arc<NativeCredentials>>,
    ) -> Result<Arc<NativeClient>, NativeFailure> {
        let mut sources = match variables {
            None => Sources::of_process(),
            Some(variables) => Sources::of(
                variables
                    .into_iter()
                    .map(|variable| (variable.name.into(), variable.value.into())),
            ),
        };
        for NativeSetting { name, value } in settings {
            let label = format!("the argument {name}");
            sources = sources.argument(&name, label, value)?;
        }
        if let Some(profile) = profile {
            sources = sources.profile(profile);
        }
        let configuration = sources.read()?;
        let builder = match credentials {
            None => configuration.client_builder()?,
            Some(credentials) => mypreferences::Client::builder()
                .settings(configuration.settings()?)
                .credentials(credentials.0.clone()),
        };
        opened(builder)
    }

    /// Starts a commit. `completion` is called once, unless this throws.
    pub fn commit(
        &self,
        access_token: String,
        keep_files: bool,
        options: NativeCallOptions,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let operation = Operation::Commit;
        let options = options.understood(operation)?;
        self.start(operation, options, completion, |core, options| {
            with_options!(core.commit(access_token.as_str(), keep_files), options)
        })
    }

    /// Starts a question about a commit. `completion` is called once, unless this throws.
    pub fn resolve_commit(
        &self,
        access_token: String,
        options: NativeCallOptions,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let operation = Operation::ResolveCommit;
        let options = options.understood(operation)?;
        self.start(operation, options, completion, |core, options| {
            with_options!(core.resolve_commit(access_token.as_str()), options)
        })
    }

    /// Starts a status request. `completion` is called once, unless this throws.
    pub fn status(
        &self,
        access_token: String,
        options: NativeCallOptions,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let operation = Operation::Status;
        let options = options.understood(operation)?;
        self.start(operation, options, completion, |core, options| {
            with_options!(core.status(access_token.as_str()), options)
        })
    }

    /// Closes the client and cancels its calls. Twice is the same as once.
    pub fn shut(&self) {
        self.0.close();
    }

    /// Whether it was closed.
    pub fn is_shut(&self) -> bool {
        self.0.is_closed()
    }

    /// For people: where it calls, without secrets.
    pub fn describe(&self) -> String {
        format!("{:?}", self.0.core())
    }
}

impl NativeClient {
    fn start<F>(
        &self,
        operation: Operation,
        options: Options,
        completion: Box<dyn NativeCompletion>,
        call: impl FnOnce(&mypreferences::Client, Options) -> F,
    ) -> Result<Arc<NativeCall>, NativeFailure>
    where
        F: Future<Output = Result<NativeOutcome, Error>> + Send + 'static,
    {
        let started = self.0.start(
            operation,
            options.cancel.clone(),
            |core, cancel| call(core, Options { cancel, ..options }),
            move |result| {
                completion.complete(result.unwrap_or_else(|error| NativeOutcome::Failed {
                    error: NativeError::from(&error),
                }));
            },
        )?;
        Ok(Arc::new(NativeCall(started)))
    }
}

/// Opens a client for calls of both sorts: blocking calls of these languages wait for a completion, so that they can be
/// interrupted.
fn opened(builder: ClientBuilder) -> Result<Arc<NativeClient>, NativeFailure> {
    Ok(Arc::new(NativeClient(bridge::Client::open(builder)?)))
}
