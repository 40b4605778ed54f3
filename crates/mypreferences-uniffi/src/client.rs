//! The client handle: opened from settings as texts or from the environment, asked for calls, closed.

use std::future::IntoFuture;
use std::sync::Arc;

use mypreferences::configuration::Sources;
use mypreferences::landing::LandExport;
use mypreferences::{CancelToken, ClientBuilder, Error, ErrorKind, Operation, Settings};
use mypreferences_bridge as bridge;
use mypreferences_bridge::{LoadedArguments, OrderArguments, PageStream};

use crate::call::{NativeCall, NativeCallOptions, NativeCancelToken, token_of};
use crate::credentials::NativeCredentials;
use crate::error::NativeFailure;
use crate::export::{
    NativeExport, NativeLanding, NativeLandingProgress, NativeLoaded, NativeOrder, NativeProgress, NativeReading,
    NativeSealed, NativeWaitProgress,
};
use crate::outcome::{NativeCompletion, NativeOutcome, completed};
use crate::pages::NativePages;

/// Starts a call with its options. One that is refused before any I/O does not cross the border twice: it is thrown.
macro_rules! start_with_options {
    ($client:ident.$call:ident($($argument:expr),*), $operation:expr, $options:expr, $completion:expr) => {{
        let options = $options.understood($operation)?;
        let call = bridge::guarded($operation, || {
            let mut call = $client.0.core().$call($($argument),*);
            if let Some(kind) = options.kind {
                call = call.kind(kind);
            }
            if let Some(timeout) = options.timeout {
                call = call.timeout(timeout);
            }
            // A client that is closed says that first, below.
            if $client.0.is_closed() { Ok(call) } else { call.validate().map(|()| call) }
        })?;
        $client.start($operation, options.cancel, $completion, |_, cancel| {
            let call = call.cancel_token(cancel).into_future();
            async move { call.await.map(NativeOutcome::from) }
        })
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
            Some(variables) => {
                Sources::of(variables.into_iter().map(|variable| (variable.name.into(), variable.value.into())))
            }
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
            Some(credentials) => {
                mypreferences::Client::builder().settings(configuration.settings()?).credentials(credentials.0.clone())
            }
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
        start_with_options!(self.commit(access_token.as_str(), keep_files), Operation::Commit, options, completion)
    }

    /// Starts a question about a commit. `completion` is called once, unless this throws.
    pub fn resolve_commit(
        &self,
        access_token: String,
        options: NativeCallOptions,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        start_with_options!(self.resolve_commit(access_token.as_str()), Operation::ResolveCommit, options, completion)
    }

    /// Starts a status request. `completion` is called once, unless this throws.
    pub fn status(
        &self,
        access_token: String,
        options: NativeCallOptions,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        start_with_options!(self.status(access_token.as_str()), Operation::Status, options, completion)
    }

    /// Starts to start an export. `completion` is called once, unless this throws.
    pub fn initiate(
        &self,
        order: NativeOrder,
        options: NativeCallOptions,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let operation = Operation::Initiate;
        let options = options.understood(operation)?;
        if options.kind.is_some() {
            return Err(Error::before_io(
                ErrorKind::InvalidArgument,
                operation,
                "the kind was given as an option of the call",
                "pass the kind in the order alone",
            )
            .into());
        }
        let order = OrderArguments::from(order).order()?;
        self.start(operation, options.cancel, completion, |core, cancel| {
            let mut call = core.initiate(order).cancel_token(cancel);
            if let Some(timeout) = options.timeout {
                call = call.timeout(timeout);
            }
            async move { call.await.map(NativeOutcome::from) }
        })
    }

    /// Starts to wait until an export is ready; without `max_wait`, in seconds, for the core's default. `completion` is
    /// called once, unless this throws.
    pub fn wait_until_ready(
        &self,
        export: Arc<NativeExport>,
        max_wait: Option<f64>,
        cancel: Option<Arc<NativeCancelToken>>,
        progress: Option<Box<dyn NativeProgress>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let operation = Operation::Wait;
        let max_wait = max_wait.map(|max_wait| bridge::seconds(operation, "max_wait", max_wait)).transpose()?;
        let cancel = token_of(cancel.as_ref());
        self.start(operation, cancel, completion, |core, cancel| {
            let mut call = core.wait(&export.0).cancel_token(cancel);
            if let Some(max_wait) = max_wait {
                call = call.max_wait(max_wait);
            }
            async move {
                let Some(progress) = progress else {
                    return call.await.map(NativeOutcome::from);
                };
                let read = move |now: &_| progress.waiting(NativeWaitProgress::from(now));
                let reader = bridge::Reader::new(read);
                let hook = Arc::clone(&reader);
                let call = call.on_progress(move |now| hook.tell(now.clone()));
                let ended = reader.until_read(call.into_future()).await;
                ended.map(NativeOutcome::from)
            }
        })
    }

    /// The pages of an export. Sends nothing yet.
    pub fn pages(&self, export: Arc<NativeExport>, wanted: NativeReading) -> Result<Arc<NativePages>, NativeFailure> {
        Ok(Arc::new(NativePages(PageStream::open(&self.0, &export.0, &wanted.into())?)))
    }

    /// Starts to ask what lies on both sides of these places. `completion` is called once, unless this throws.
    pub fn boundaries(
        &self,
        export: Arc<NativeExport>,
        places: Vec<u64>,
        cancel: Option<Arc<NativeCancelToken>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let cancel = token_of(cancel.as_ref());
        self.start(Operation::Page, cancel, completion, |core, cancel| {
            let call = core.boundaries(&export.0, places).cancel_token(cancel);
            async move { call.await.map(NativeOutcome::from) }
        })
    }

    /// The export as a text that shows nothing.
    pub fn wrap(&self, export: Arc<NativeExport>) -> Result<String, NativeFailure> {
        Ok(self.0.wrap(&export.0)?)
    }

    /// What `wrap` gave.
    pub fn unwrap(&self, handle: String) -> Result<Arc<NativeExport>, NativeFailure> {
        Ok(Arc::new(NativeExport(self.0.unwrap(&handle)?)))
    }

    /// Starts to land an export and to commit it. `completion` is called once, unless this throws.
    pub fn export(
        &self,
        order: NativeOrder,
        landing: NativeLanding,
        progress: Option<Box<dyn NativeProgress>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let order = OrderArguments::from(order).order()?;
        let (arguments, cancel) = landing.understood();
        self.start(Operation::Export, cancel, completion, |core, cancel| {
            landed(arguments.export(core, order, cancel), progress)
        })
    }

    /// Starts to land an export that was initiated before. `completion` is called once, unless this throws.
    pub fn land(
        &self,
        export: Arc<NativeExport>,
        landing: NativeLanding,
        progress: Option<Box<dyn NativeProgress>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let (arguments, cancel) = landing.understood();
        self.start(Operation::Export, cancel, completion, |core, cancel| {
            landed(arguments.land(core, &export.0, cancel), progress)
        })
    }

    /// Starts the commit of a sealed batch. `completion` is called once, unless this throws.
    pub fn commit_landed(
        &self,
        sealed: Arc<NativeSealed>,
        keep_files: bool,
        cancel: Option<Arc<NativeCancelToken>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let cancel = token_of(cancel.as_ref());
        self.start(Operation::Commit, cancel, completion, |core, cancel| {
            let call = core.commit_landed(&sealed.0, keep_files).cancel_token(cancel);
            async move { call.await.map(NativeOutcome::from) }
        })
    }

    /// Starts the commit of what was loaded elsewhere. `completion` is called once, unless this throws.
    pub fn commit_loaded(
        &self,
        export: Arc<NativeExport>,
        loaded: NativeLoaded,
        cancel: Option<Arc<NativeCancelToken>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let cancel = token_of(cancel.as_ref());
        self.start(Operation::Commit, cancel, completion, |core, cancel| {
            let call = LoadedArguments::from(loaded).call(core, &export.0, cancel);
            async move { call.await.map(NativeOutcome::from) }
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
        cancel: CancelToken,
        completion: Box<dyn NativeCompletion>,
        call: impl FnOnce(&mypreferences::Client, CancelToken) -> F,
    ) -> Result<Arc<NativeCall>, NativeFailure>
    where
        F: Future<Output = Result<NativeOutcome, Error>> + Send + 'static,
    {
        let started = self.0.start(operation, cancel, call, move |result| {
            completed(&*completion, result);
        })?;
        Ok(Arc::new(NativeCall(started)))
    }
}

/// A landing that tells of itself.
async fn landed(
    call: Result<LandExport, Error>,
    progress: Option<Box<dyn NativeProgress>>,
) -> Result<NativeOutcome, Error> {
    let call = call?;
    let Some(progress) = progress else {
        return call.await.map(NativeOutcome::from);
    };
    let reader = bridge::Reader::new(move |now| progress.landing(NativeLandingProgress::from(now)));
    let hook = Arc::clone(&reader);
    let call = call.on_progress(move |now| hook.tell(now.clone()));
    let ended = reader.until_read(call.into_future()).await;
    ended.map(NativeOutcome::from)
}

/// Opens a client for calls of both sorts: blocking calls of these languages wait for a completion, so that they can be
/// interrupted.
fn opened(builder: ClientBuilder) -> Result<Arc<NativeClient>, NativeFailure> {
    Ok(Arc::new(NativeClient(bridge::Client::open(builder)?)))
}
