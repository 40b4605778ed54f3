//! The Python module `mypreferences._native`: converts arguments, calls the bridge, converts the result. Records of the
//! catalogue cross the border as their canonical JSON; the typed classes around them are Python's, in `python/src/mypreferences`.

mod arrow;
mod cancel;
mod client;
mod error;
mod export;
mod landing;
mod logging;
mod outcome;
mod page;
mod pages;
mod request;
mod table;

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command `mypreferences` with these arguments, the program's name first; its exit code.
#[pyfunction]
fn run_cli(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| mypreferences_cli::run(arguments))
}

/// Ends the runtime of this process, waiting up to `bound` seconds for its threads.
#[pyfunction]
fn shutdown(py: Python<'_>, bound: f64) {
    let bound = std::time::Duration::try_from_secs_f64(bound).unwrap_or_default();
    py.detach(|| mypreferences_bridge::shutdown(bound));
}

/// The name now of a setting that had this one in the version before.
#[pyfunction]
fn renamed(name: &str) -> Option<&'static str> {
    mypreferences::Settings::renamed(name)
}

/// Makes the next call of this process panic.
#[cfg(feature = "test-hooks")]
#[pyfunction]
fn panic_in_next_call() {
    mypreferences_bridge::panic_in_next_call();
}

/// The native half of the package `mypreferences`; not for direct use.
#[pymodule(name = "_native", gil_used = false)]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<client::NativeClient>()?;
    module.add_class::<arrow::NativeArrow>()?;
    module.add_class::<cancel::CancelToken>()?;
    module.add_class::<cancel::Started>()?;
    module.add_class::<request::Request>()?;
    module.add_class::<export::NativeExport>()?;
    module.add_class::<pages::NativePages>()?;
    module.add_class::<page::NativePage>()?;
    module.add_class::<page::NativeRecords>()?;
    module.add_class::<landing::NativeSealed>()?;
    module.add("RecordError", module.py().get_type::<error::RecordError>())?;
    module.add_function(wrap_pyfunction!(run_cli, module)?)?;
    module.add_function(wrap_pyfunction!(shutdown, module)?)?;
    module.add_function(wrap_pyfunction!(renamed, module)?)?;
    module.add_function(wrap_pyfunction!(landing::sealed, module)?)?;
    module.add_function(wrap_pyfunction!(landing::sealed_batch, module)?)?;
    module.add_function(wrap_pyfunction!(landing::verify, module)?)?;
    module.add_function(wrap_pyfunction!(landing::batches, module)?)?;
    module.add_function(wrap_pyfunction!(landing::report, module)?)?;
    module.add_function(wrap_pyfunction!(error::refusal, module)?)?;
    module.add_function(wrap_pyfunction!(error::exit_code, module)?)?;
    module.add_function(wrap_pyfunction!(error::duration, module)?)?;
    #[cfg(feature = "test-hooks")]
    module.add_function(wrap_pyfunction!(panic_in_next_call, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
