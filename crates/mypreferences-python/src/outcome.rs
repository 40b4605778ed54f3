//! What a call gives, on its way to Python.

use mypreferences::export::{Export, Page};
use mypreferences::landing::Landed;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::export::NativeExport;
use crate::landing::NativeSealed;
use crate::page::NativePage;

/// What a call gives.
pub(crate) enum Outcome {
    /// A canonical record.
    Record(String),
    Export(Export),
    /// None after the last one.
    Page(Option<Page>),
    Landed(Box<Landed>),
}

impl Outcome {
    /// A text, a `NativeExport`, a `NativePage` or none, or the record of a landing with its `Sealed`.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Outcome::Record(record) => record.into_py_any(py),
            Outcome::Export(export) => NativeExport(export).into_py_any(py),
            Outcome::Page(page) => page.map(NativePage::new).into_py_any(py),
            Outcome::Landed(landed) => (landed.to_json(), NativeSealed(landed.sealed.clone())).into_py_any(py),
        }
    }
}
