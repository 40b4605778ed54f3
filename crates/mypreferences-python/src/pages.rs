//! The stream of an export's pages.

use mypreferences::Operation;
use mypreferences_bridge::{PageArguments, PageStream};
use pyo3::prelude::*;

use crate::cancel::{CancelToken, Started};
use crate::client::{NativeClient, Ran};
use crate::error::raised;
use crate::export::NativeExport;
use crate::outcome::Outcome;

/// Which pages: a dict with all of these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Wanted {
    limit: Option<u64>,
    offset: Option<u64>,
    until: Option<u64>,
    patience: Option<f64>,
    expect_total: Option<u64>,
    expect_first: Option<String>,
    expect_last: Option<String>,
}

impl From<Wanted> for PageArguments {
    fn from(wanted: Wanted) -> PageArguments {
        PageArguments {
            limit: wanted.limit,
            offset: wanted.offset,
            until: wanted.until,
            patience: wanted.patience,
            expect_total: wanted.expect_total,
            expect_first: wanted.expect_first,
            expect_last: wanted.expect_last,
        }
    }
}

/// The pages of an export that are still to come.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct NativePages {
    stream: PageStream,
    client: Py<NativeClient>,
}

#[pymethods]
impl NativePages {
    #[new]
    fn new(client: Py<NativeClient>, export: &NativeExport, wanted: Wanted) -> PyResult<NativePages> {
        let stream = NativePages::opened(client.get(), export, wanted)?;
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

impl NativePages {
    pub(crate) fn opened(client: &NativeClient, export: &NativeExport, wanted: Wanted) -> PyResult<PageStream> {
        PageStream::open(client.bridge(), &export.0, &wanted.into()).map_err(|error| raised(&error))
    }
}
