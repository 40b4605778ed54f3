//! Memory of large bodies, used again: made anew for each of them, it costs as much as reading it does, and the system
//! takes it back later than it is needed.

use std::sync::{Arc, Mutex, PoisonError};

/// What a body lay in and another one may lie in. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// The one that was given back last, or one without memory.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Gives one back.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}
