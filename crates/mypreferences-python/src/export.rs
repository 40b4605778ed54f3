//! The handle of an export for Python.

use std::time::{SystemTime, UNIX_EPOCH};

use mypreferences::export::Export;
use pyo3::prelude::*;

use crate::error::raised;

/// A core's export handle.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativeExport(pub(crate) Export);

#[pymethods]
impl NativeExport {
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<NativeExport> {
        Export::from_json(text).map(NativeExport).map_err(|error| raised(&error))
    }

    fn to_json_with_token(&self) -> String {
        self.0.to_json_with_token()
    }

    #[getter]
    fn access_token(&self) -> i64 {
        self.0.access_token().expose()
    }

    /// Seconds since the epoch, never later than the moment that they stand for.
    #[getter]
    fn watermark(&self) -> f64 {
        let watermark: SystemTime = self.0.watermark();
        watermark.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    /// The same, of the moment that the export holds the changes since.
    #[getter]
    fn since(&self) -> Option<f64> {
        self.0.since().map(|since| since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
