//! Landed batches for Python: the proof that a batch is sealed, and looking at a folder. These block on the disk only, and
//! release the interpreter meanwhile.

use std::path::PathBuf;

use mypreferences::landing::{Folder, Sealed};
use mypreferences::{Error, Operation};
use pyo3::prelude::*;

use crate::error::raised;

/// The core's proof. Only a landing, and a folder that holds one, give it.
#[pyclass(frozen, eq, module = "mypreferences", name = "Sealed")]
#[derive(PartialEq)]
pub(crate) struct NativeSealed(pub(crate) Sealed);

#[pymethods]
impl NativeSealed {
    /// The folder that the landing was made in.
    #[getter]
    fn out(&self) -> PathBuf {
        self.0.out().to_owned()
    }

    /// The name of the batch's folder.
    #[getter]
    fn batch(&self) -> &str {
        self.0.batch()
    }

    /// Of `_manifest.json`, in hexadecimal.
    #[getter]
    fn manifest_sha256(&self) -> &str {
        self.0.manifest_sha256()
    }

    fn __repr__(&self) -> String {
        format!("Sealed(out={:?}, batch={:?})", self.0.out().display().to_string(), self.0.batch())
    }
}

fn looked<T: Send>(py: Python<'_>, out: PathBuf, look: impl FnOnce(Folder) -> Result<T, Error> + Send) -> PyResult<T> {
    py.detach(|| mypreferences_bridge::guarded(Operation::Export, || look(mypreferences_bridge::folder(out))))
        .map_err(|error| raised(&error))
}

/// The sealed batches of a folder that are not committed, oldest first.
#[pyfunction]
pub(crate) fn sealed(py: Python<'_>, out: PathBuf) -> PyResult<Vec<NativeSealed>> {
    let sealed = looked(py, out, |folder| folder.sealed())?;
    Ok(sealed.into_iter().map(NativeSealed).collect())
}

/// The proof of one batch, committed or not.
#[pyfunction]
pub(crate) fn sealed_batch(py: Python<'_>, out: PathBuf, batch: &str) -> PyResult<NativeSealed> {
    looked(py, out, |folder| folder.sealed_batch(batch)).map(NativeSealed)
}

/// Verifies every batch of a folder: the record of what was verified.
#[pyfunction]
pub(crate) fn verify(py: Python<'_>, out: PathBuf) -> PyResult<String> {
    looked(py, out, |folder| folder.verify(|_| {})).map(|verified| verified.to_json())
}

/// The batches of a folder, oldest first, each with its manifest where it can be seen: a JSON list of objects.
#[pyfunction]
pub(crate) fn batches(py: Python<'_>, out: PathBuf) -> PyResult<String> {
    looked(py, out, |folder| folder.batches_with_manifests())
}

/// What a folder proves: its facts as JSON, and the page.
#[pyfunction]
pub(crate) fn report(py: Python<'_>, out: PathBuf, verify: bool) -> PyResult<(String, String)> {
    looked(py, out, |folder| {
        folder.report(verify).map(|report| (report.to_json(), mypreferences_cli::report_page(&report)))
    })
}
