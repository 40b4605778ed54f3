//! Errors on their way to Python.

use mypreferences::Error;
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
