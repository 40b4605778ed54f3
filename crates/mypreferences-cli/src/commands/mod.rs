//! The commands. Here a command line becomes a client, a token and one of the modules below.

mod commit;
mod config;
mod demo;
mod doctor;
pub(crate) mod export;
mod mock;
mod open;
mod papers;
mod resolve;
mod schema;
mod status;

use std::ffi::OsString;
use std::future::Future;
use std::io::BufRead;

use clap::Parser;
use clap::error::ErrorKind;
use mypreferences::{AccessToken, CancelToken, Client, Error, Operation};

use crate::arguments::{Arguments, Command, ConfigCommand};
use crate::exit_code::DONE;
use crate::failure::Failure;
use crate::options::Options;
use crate::output::Output;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::{logging, runtime, token, usage};
use open::open;

/// Reads the command line and does what it says.
pub(crate) fn dispatch(arguments: &[OsString]) -> u8 {
    // The mock reads its own arguments, some of which have the names of ours.
    if arguments.get(1).is_some_and(|first| first == "mock") {
        return mock::run(arguments.iter().skip(2).cloned().collect());
    }
    let output = Output::new(usage::wants_json(arguments));
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return not_parsed(output, &error, arguments),
    };
    let options = parsed.options;
    match parsed.command {
        Command::Mock { arguments } => mock::run(arguments),
        Command::Demo => demo::run(output),
        Command::Export(export) => {
            let _logging = logging::listen(options.verbose);
            let told = export::Told { output, options: &options, line: arguments };
            runtime::block_on(output, export::run(&told, &export))
        }
        Command::Verify { folder, complete } => export::verify(output, options.verbose, &folder, complete),
        Command::Load { .. } => output.failure(
            &crate::failure::usage(
                Operation::Export,
                "load needs the drivers of databases that Python has",
                "pip install 'mypreferences[postgres]' (or [duckdb]), and run the same command of that package",
            ),
            None,
        ),
        Command::Schema { layout } => schema::run(output, &options, &layout),
        Command::Config { command: ConfigCommand::Show } => config::show(output, &options),
        Command::Completions { shell } => papers::completions(output, shell),
        Command::Man { command } => papers::manual(output, command.as_deref()),
        Command::Doctor { access_token } => {
            let _logging = logging::listen(options.verbose);
            runtime::block_on(output, doctor::run(output, &options, access_token.as_deref()))
        }
        Command::Commit { access_token, keep_files } => {
            call(output, &options, access_token.as_deref(), Operation::Commit, |call| {
                commit::run(call, keep_files == "true")
            })
        }
        Command::Status { access_token } => {
            call(output, &options, access_token.as_deref(), Operation::Status, status::run)
        }
        Command::Resolve { access_token } => {
            call(output, &options, access_token.as_deref(), Operation::ResolveCommit, resolve::run)
        }
    }
}

fn not_parsed(output: Output, error: &clap::Error, arguments: &[OsString]) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output.print(error.render().to_string().trim_end());
            DONE
        }
        _ => output.failure(&usage::refused(error, arguments), None),
    }
}

/// What a command that calls the service has.
struct Call {
    client: Client,
    token_text: String,
    output: Output,
    progress: Progress,
    signals: Signals,
}

fn call<Running: Future<Output = u8>>(
    output: Output,
    options: &Options,
    access_token: Option<&str>,
    operation: Operation,
    run: impl FnOnce(Call) -> Running,
) -> u8 {
    let _logging = logging::listen(options.verbose);
    runtime::block_on(output, async {
        match prepare(output, options, access_token, operation) {
            Ok(call) => run(call).await,
            Err(failure) => output.failure(&failure, None),
        }
    })
}

fn prepare(
    output: Output,
    options: &Options,
    access_token: Option<&str>,
    operation: Operation,
) -> Result<Call, Failure> {
    let token_text = token_text(access_token, operation)?;
    let progress = Progress::new(output, options.verbose);
    let (client, signals) = open(options, Some(&progress))?;
    Ok(Call { client, token_text, output, progress, signals })
}

fn token_text(argument: Option<&str>, operation: Operation) -> Result<String, Failure> {
    let stdin = || -> Box<dyn BufRead> { Box::new(std::io::stdin().lock()) };
    token::token_text(argument, std::env::var_os(token::VARIABLE), stdin, operation)
}

/// How a call ended.
enum Ended<T> {
    /// By itself.
    ByItself(Result<T, Error>),
    /// It was cancelled on this signal; its record, or a value that was ready in the same moment.
    Stopped(Result<T, Error>),
}

impl Call {
    /// For people. The call has succeeded with this token, so it can be read.
    fn shown(&self, say: impl FnOnce(AccessToken) -> String) -> String {
        self.token_text.parse().map_or_else(|error: Error| error.to_string(), say)
    }

    /// Waits for a call beside its progress lines; the first signal cancels it.
    async fn until_stopped<T>(
        &mut self,
        cancel: &CancelToken,
        call: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Ended<T> {
        let mut call = std::pin::pin!(call.into_future());
        let progress = self.progress.clone();
        tokio::select! {
            biased;
            result = &mut call => return Ended::ByItself(result),
            _ = self.signals.next() => {}
            never = progress.watch() => match never {},
        };
        cancel.cancel();
        // A cancelled call returns at once.
        Ended::Stopped(call.await)
    }

    /// The end of a call that a first signal stopped before it could change anything.
    fn stopped(&self, error: &Error) -> u8 {
        self.output.failure(error, None)
    }
}
