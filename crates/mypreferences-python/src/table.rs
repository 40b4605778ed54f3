//! What tables of Arrow have in common: their layout in words, and the capsules of one page.

use std::ffi::CStr;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowSchema, to_ffi};
use arrow_array::{Array, StructArray};
use arrow_schema::ArrowError;
use mypreferences::export::Page;
use mypreferences::{Error, ErrorKind, ExportKind, Operation};
use mypreferences_arrow::{Layout, Table, batch_of_page};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::raised;

pub(crate) const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// The layout by its two words.
pub(crate) fn layout(shape: &str, record: &str) -> PyResult<Layout> {
    Layout::of_words(Some(shape), Some(record)).map_err(|error| raised(&error))
}

pub(crate) fn internal(error: &ArrowError) -> PyErr {
    raised(&Error::before_io(ErrorKind::Internal, Operation::Page, error.to_string(), "report this bug"))
}

/// The schema of a table that is not read yet.
pub(crate) fn schema<'py>(py: Python<'py>, table: &Table, layout: Layout) -> PyResult<Bound<'py, PyCapsule>> {
    let columns = FFI_ArrowSchema::try_from(table.schema(layout).as_ref()).map_err(|error| internal(&error))?;
    PyCapsule::new_with_value(py, columns, SCHEMA)
}

/// The schema and the array of one page.
pub(crate) fn page<'py>(
    py: Python<'py>,
    page: &Arc<Page>,
    layout: Layout,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let batch = py.detach(|| batch_of_page(ExportKind::Segment, page, layout)).map_err(|error| raised(&error))?;
    let (array, schema) = {
        let columns = FFI_ArrowSchema::try_from(batch.schema_ref().as_ref()).map_err(|error| internal(&error))?;
        let (array, _) = to_ffi(&StructArray::from(batch).to_data()).map_err(|error| internal(&error))?;
        (array, columns)
    };
    Ok((PyCapsule::new_with_value(py, schema, SCHEMA)?, PyCapsule::new_with_value(py, array, ARRAY)?))
}
