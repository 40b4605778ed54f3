//! Errors on their way to Python.

use mypreferences::{Error, ErrorKind, Operation};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(
    mypreferences._native,
    RecordError,
    PyException,
    "An error of the core: its arguments are the canonical record and the line for people. The package turns it into its own classes."
);

pub(crate) fn raised(error: &Error) -> PyErr {
    RecordError::new_err(told_of(error))
}

/// What an exception is made of: the canonical record, and the line for people.
pub(crate) fn told_of(error: &Error) -> (String, String) {
    (error.to_json(), error.to_string())
}

/// What an exception of the package's own Python is made of, as `told_of`. Nothing was sent by it. None for a kind that
/// the catalogue has not.
#[pyfunction]
pub(crate) fn refusal(kind: &str, operation: &str, detail: String, next: &str) -> Option<(String, String)> {
    let kind = ErrorKind::ALL.iter().copied().find(|known| known.name() == kind)?;
    let operation = if operation == "commit" { Operation::Commit } else { Operation::Export };
    Some(told_of(&Error::before_io(kind, operation, detail, next)))
}

/// Seconds of a length of time as the command reads it: `90s`, `5m`. `name` is the option's.
#[pyfunction]
pub(crate) fn duration(name: &str, text: &str) -> PyResult<f64> {
    let read = mypreferences::configuration::duration(name, text);
    read.map(|read| read.as_secs_f64()).map_err(|error| raised(&error))
}

/// The exit code of the command for an error of this kind, by its number; 70 for one that the catalogue has not.
#[pyfunction]
pub(crate) fn exit_code(number: u16, is_unknown: bool) -> u8 {
    mypreferences_cli::exit_code(number, is_unknown)
}
