//! The command `mypreferences`: land an export and commit it from a shell or a job, commit one that something else
//! landed, ask what became of a commit, try everything against an embedded mock service. `mypreferences --help` documents it.
//!
//! | question | module |
//! |---|---|
//! | which arguments are there? | `arguments`, `export_arguments` and `options`, and `usage` for wrong ones |
//! | flag, environment or profile? | the core's `configuration`; `token` for the access token |
//! | which error is which exit code? | `exit_code` |
//! | what stands on stdout, what on stderr? | `output`, and `words` for the sentences |
//! | what does Ctrl-C do? | `signals`, `commands::commit` and `commands::export` |
//! | how far is it? | `landing_progress` for exports, `progress` for single calls |
//! | how does a report look? | `report` |
//!
//! All knowledge of the service is in the core: nothing here looks at a status code.

mod arguments;
mod commands;
mod exit_code;
mod export_arguments;
mod failure;
mod landing_progress;
mod logging;
mod options;
mod output;
mod progress;
mod report;
mod runtime;
mod signals;
mod token;
mod usage;
mod words;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mypreferences::Operation;

use crate::failure::Failure;
use crate::output::Output;

/// Runs the command and returns its exit code. `args` begins with the name of the program, as `std::env::args_os()`.
///
/// Reads the environment, and standard input when the token is `-`; writes to standard output and standard error.
/// Never panics. Makes a runtime of its own, so it must not be called from within one. Listens to SIGINT and SIGTERM;
/// the handlers stay in the process, so a program that calls this should end with it.
///
/// Exit codes: `mypreferences commit --help` lists them.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = args.into_iter().collect();
    let output = Output::new(usage::wants_json(&arguments));
    guarded(output, usage::operation(&arguments), || commands::dispatch(&arguments))
}

/// A report of a folder as a page of HTML: whole in itself, light and dark, without a script.
pub fn report_page(report: &mypreferences::landing::Report) -> String {
    report::page(report)
}

/// The exit code of an error that another program tells in the command's way, by its number of the catalogue; 70 for a
/// number that it has not. `is_unknown`: what it asked for may have been applied.
pub fn exit_code(number: u16, is_unknown: bool) -> u8 {
    let kind = mypreferences::ErrorKind::ALL.iter().copied().find(|kind| kind.number() == number);
    let state = is_unknown.then_some(mypreferences::CommitState::Unknown);
    exit_code::exit_code_of(kind.unwrap_or(mypreferences::ErrorKind::Internal), state)
}

/// A panic ends here: with a record, as every other failure. One in the middle of a commit may have come after the
/// send, so it claims nothing.
fn guarded(output: Output, operation: Operation, run: impl FnOnce() -> u8) -> u8 {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| output.failure(&Failure::panicked(operation), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_as_an_internal_error_and_in_a_commit_as_unfinished() {
        let code = |operation| guarded(Output::new(false), operation, || panic!("on purpose"));
        assert_eq!(code(Operation::Status), 70);
        assert_eq!(code(Operation::Configure), 70);
        assert_eq!(code(Operation::Commit), 75);
        assert_eq!(guarded(Output::new(false), Operation::Commit, || 3), 3);
    }
}
