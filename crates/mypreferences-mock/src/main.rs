//! The program `mypreferences-mock`: everything is in the library's `run`, so that another command
//! can offer the same mock under its own name.

use std::process::ExitCode;

fn main() -> ExitCode {
    mypreferences_mock::run(std::env::args_os().skip(1))
}
