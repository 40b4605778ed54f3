//! The cancel token: one handle that ends calls from another thread or task.

use tokio_util::sync::CancellationToken;

/// Ends the calls that it was given to. Clones share the state; cancelling twice is the same as once.
///
/// Thread-safe. A cancelled call gives up its connection, so the server sees the disconnect, and returns
/// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) with what is known about its requests.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(CancellationToken);

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Cancels.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it is cancelled.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}
