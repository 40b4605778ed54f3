//! How a mutex is locked here.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic in a test's closure must not take the mock down with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
