//! The core's redacted events, handed to a Python callable, which gives them to `logging`. Nothing is converted while
//! nobody listens: taking the interpreter for every request would slow the call down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mypreferences::AttemptEvent;
use pyo3::prelude::*;

/// Where events go, and whether anybody wants them now.
pub(crate) struct Events {
    wanted: AtomicBool,
    callable: Py<PyAny>,
}

impl Events {
    pub(crate) fn new(callable: Py<PyAny>) -> Arc<Events> {
        Arc::new(Events {
            wanted: AtomicBool::new(false),
            callable,
        })
    }

    pub(crate) fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }

    /// For the core's hook.
    pub(crate) fn tell(&self, event: &AttemptEvent) {
        if !self.wanted.load(Ordering::Relaxed) {
            return;
        }
        let attempt = &event.attempt;
        // Not while the interpreter is on its way out: then nobody listens any more.
        Python::try_attach(|py| {
            let told = self.callable.call1(
                py,
                (
                    event.operation.name(),
                    attempt.n,
                    attempt.sent.name(),
                    attempt.status,
                    attempt.kind.map(mypreferences::ErrorKind::name),
                    attempt.elapsed.as_secs_f64(),
                    event.url.as_str(),
                ),
            );
            if let Err(error) = told {
                error.write_unraisable(py, None);
            }
        });
    }
}
