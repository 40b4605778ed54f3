//! The core's redacted events, for a Python callable, which gives them to `logging`. They wait until the thread that waits
//! for a call, or its event loop, hands them on: a handler may take its time. Nothing is kept while nobody listens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mypreferences::AttemptEvent;
use mypreferences_bridge::Inbox;
use pyo3::prelude::*;

/// Where events go, and whether anybody wants them now.
pub(crate) struct Events {
    wanted: AtomicBool,
    callable: Py<PyAny>,
    inbox: Inbox<AttemptEvent>,
}

impl Events {
    pub(crate) fn new(callable: Py<PyAny>) -> Arc<Events> {
        Arc::new(Events { wanted: AtomicBool::new(false), callable, inbox: Inbox::default() })
    }

    pub(crate) fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Ordering::Relaxed);
    }

    pub(crate) fn inbox(&self) -> &Inbox<AttemptEvent> {
        &self.inbox
    }

    /// For the core's hook.
    pub(crate) fn tell(&self, event: &AttemptEvent) {
        if self.wanted.load(Ordering::Relaxed) {
            self.inbox.tell(event.clone());
        }
    }

    /// Hands on what waits.
    pub(crate) fn hand_on(&self, py: Python<'_>) -> PyResult<()> {
        self.inbox.take(|event| {
            let attempt = &event.attempt;
            let fields = (
                event.operation.name(),
                attempt.n,
                attempt.sent.name(),
                attempt.status,
                attempt.kind.map(mypreferences::ErrorKind::name),
                attempt.elapsed.as_secs_f64(),
                event.url.as_str(),
            );
            self.callable.call1(py, fields).map(|_| ())
        })
    }
}
