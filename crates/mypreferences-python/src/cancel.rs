//! The token that ends calls.

use mypreferences_bridge as bridge;
use pyo3::prelude::*;

/// Ends the calls that it was given to.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct CancelToken(bridge::CancelToken);

impl CancelToken {
    pub(crate) fn token(&self) -> &bridge::CancelToken {
        &self.0
    }
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> CancelToken {
        CancelToken(bridge::CancelToken::new())
    }

    /// Cancels. Twice is the same as once.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A call that was started. Cancels that call alone; the token that it was given may belong to others too.
#[pyclass(frozen, module = "mypreferences._native")]
pub(crate) struct Started(pub(crate) bridge::Started);

#[pymethods]
impl Started {
    /// Cancels the call; its completion still comes.
    fn cancel(&self) {
        self.0.cancel();
    }
}
