//! The stream of an export's pages.

use std::time::Duration;

use mypreferences::Operation;
use mypreferences_bridge::{PageStream, page_limit, seconds};
use pyo3::prelude::*;

use crate::cancel::{CancelToken, Started};
use crate::client::{NativeClient, Ran};
use crate::error::raised;
use crate::export::NativeExport;
use crate::outcome::Outcome;

/// The pages of an export that are still to come.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativePages {
    stream: PageStream,
    client: Py<NativeClient>,
}

#[pymethods]
impl NativePages {
    #[new]
    fn new(
        client: Py<NativeClient>,
        export: &NativeExport,
        limit: Option<u64>,
        offset: u64,
        patience: Option<f64>,
    ) -> PyResult<NativePages> {
        let limit =
            limit.map(|limit| page_limit(Operation::Page, limit)).transpose().map_err(|error| raised(&error))?;
        let patience = patience
            .map(|patience| seconds(Operation::Page, "patience", patience))
            .transpose()
            .map_err(|error| raised(&error))?
            .unwrap_or(Duration::ZERO);
        let stream = PageStream::open(client.get().bridge(), &export.0, limit, offset, patience);
        Ok(NativePages { stream, client })
    }

    /// The next page or none: as `NativeClient.run`.
    fn run(&self, py: Python<'_>, cancel: &CancelToken, events: bool) -> PyResult<Ran> {
        self.client
            .get()
            .blocking(py, events, None, |between| self.stream.next(cancel.token(), Some(between)).map(Outcome::Page))
    }

    /// The next page or none: as `NativeClient.start`.
    fn start(
        &self,
        py: Python<'_>,
        cancel: &CancelToken,
        events: bool,
        wake: Py<PyAny>,
        complete: Py<PyAny>,
    ) -> PyResult<Started> {
        let ends = (wake, complete);
        self.client.get().starting(py, events, None, Operation::Page, ends, |complete| {
            self.stream.start_next(cancel.token().clone(), move |page| {
                complete(page.map(Outcome::Page));
            })
        })
    }

    /// As `NativeClient.tell`.
    fn tell(&self, py: Python<'_>) -> PyResult<bool> {
        self.client.get().telling(py, None)
    }

    /// Ends the transfer. Twice is the same as once.
    fn close(&self) {
        self.stream.close();
    }
}
