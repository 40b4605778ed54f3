//! The panic guard: a panic on our side of a border becomes an `internal` error, and the next call works.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use mypreferences::{Error, Operation};

#[cfg(feature = "test-hooks")]
static PANIC_IN_NEXT_CALL: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Makes the next call of this process panic.
#[cfg(feature = "test-hooks")]
pub fn panic_in_next_call() {
    PANIC_IN_NEXT_CALL.store(true, std::sync::atomic::Ordering::SeqCst);
}

/// Runs synchronous code of a border.
///
/// # Errors
/// What the code gives; `internal` after a panic.
pub fn guarded<T>(operation: Operation, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // What is left half done by a panic is given up with it: nothing of it is used again.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Error::panicked(operation)))
}

/// Runs a call.
pub(crate) async fn guarded_call<T>(
    operation: Operation,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let call = async {
        #[cfg(feature = "test-hooks")]
        assert!(!PANIC_IN_NEXT_CALL.swap(false, std::sync::atomic::Ordering::SeqCst), "asked for by a test");
        call.await
    };
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| Err(Error::panicked(operation)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mypreferences::{CommitState, ErrorKind};

    #[test]
    fn a_panic_becomes_an_internal_error_that_claims_nothing() {
        let error = guarded::<()>(Operation::Commit, || panic!("on purpose")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.commit_state(), Some(CommitState::Unknown));
        assert_eq!(guarded(Operation::Status, || Ok(7)).unwrap(), 7);
    }
}
