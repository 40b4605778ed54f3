//! A page of an export for Python: its bytes stay where they are, and records are made when they are asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mypreferences::export::Page;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyString};

use crate::table;

/// One page. Owns its bytes, which never move and never change.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativePage(Arc<Page>);

impl NativePage {
    pub(crate) fn new(page: Page) -> NativePage {
        NativePage(Arc::new(page))
    }
}

#[pymethods]
impl NativePage {
    #[getter]
    fn count(&self) -> u64 {
        self.0.count
    }

    #[getter]
    fn has_more(&self) -> bool {
        self.0.has_more
    }

    #[getter]
    fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    #[getter]
    fn total_results(&self) -> Option<u64> {
        self.0.total_results
    }

    /// Address and length of the body, good while this object lives. A class of our own cannot lend its bytes: the stable
    /// interface of Python 3.10 knows no buffers, so the package lends them by `ctypes`.
    fn place(&self) -> (usize, usize) {
        let raw = self.0.raw();
        (raw.as_ptr().addr(), raw.len())
    }

    /// A copy of the body, for a Python without `ctypes`.
    fn copied<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.raw())
    }

    /// The members that are neither records nor counts: name as it stands, value as JSON.
    fn others<'py>(&self, py: Python<'py>) -> Vec<(String, Bound<'py, PyBytes>)> {
        self.0.others().map(|(name, value)| (name.to_owned(), PyBytes::new(py, value))).collect()
    }

    /// The page as a batch: schema and array.
    fn arrow<'py>(
        &self,
        py: Python<'py>,
        shape: &str,
        record: &str,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        table::page(py, &self.0, table::layout(shape, record)?)
    }

    /// The records: `array` some at a time as the str of a JSON array, `bytes` as they came, `line` as bytes without line
    /// breaks.
    fn records(&self, form: &str) -> PyResult<NativeRecords> {
        let form = match form {
            "array" => Form::Array,
            "bytes" => Form::Bytes,
            "line" => Form::Line,
            _ => return Err(pyo3::exceptions::PyValueError::new_err("no such form")),
        };
        Ok(NativeRecords { page: Arc::clone(&self.0), next: AtomicUsize::new(0), form })
    }
}

/// So many records are one array: enough that Python's reader makes each member's name once for many records, and few
/// enough that no page is read ahead of its use.
const IN_AN_ARRAY: usize = 64;

#[derive(Clone, Copy)]
enum Form {
    Array,
    Bytes,
    Line,
}

/// The records of a page that are still to come. Keeps the page.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativeRecords {
    page: Arc<Page>,
    next: AtomicUsize,
    form: Form,
}

#[pymethods]
impl NativeRecords {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let taken = match self.form {
            Form::Array => IN_AN_ARRAY,
            Form::Bytes | Form::Line => 1,
        };
        let first = self.next.fetch_add(taken, Ordering::Relaxed);
        let Some(record) = self.page.record(first) else {
            return Ok(None);
        };
        let made = match self.form {
            Form::Array => {
                let mut array = Vec::with_capacity(record.bytes().len() * IN_AN_ARRAY);
                array.push(b'[');
                array.extend_from_slice(record.bytes());
                for record in (first + 1..first + taken).map_while(|n| self.page.record(n)) {
                    array.push(b',');
                    array.extend_from_slice(record.bytes());
                }
                array.push(b']');
                PyString::from_bytes(py, &array)?.into_py_any(py)?
            }
            Form::Bytes => PyBytes::new(py, record.bytes()).into_py_any(py)?,
            Form::Line => {
                let mut line = Vec::with_capacity(record.bytes().len());
                record.write_line(&mut line);
                PyBytes::new(py, &line).into_py_any(py)?
            }
        };
        Ok(Some(made))
    }
}
