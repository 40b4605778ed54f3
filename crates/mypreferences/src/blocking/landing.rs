//! The synchronous twins of landing an export and of committing what was landed.

use crate::blocking::{CallOptions, Client};
use crate::error::{Error, Operation};
use crate::landing::{BatchReceipt, LandExport, Landed, Sealed};

impl Client {
    /// Runs an export that was put together by [`Client::export`](crate::Client::export) or
    /// [`Client::land`](crate::Client::land) of [`Client::as_async`], with its options, to its end.
    ///
    /// # Errors
    /// As there.
    pub fn land(&self, landing: LandExport) -> Result<Landed, Error> {
        self.run(Operation::Export, landing.into_future())
    }

    /// See [`AsyncClient::commit_landed`](crate::Client::commit_landed). Of the options, `cancel_token` counts.
    ///
    /// # Errors
    /// As there.
    pub fn commit_landed(
        &self,
        sealed: &Sealed,
        keep_files: bool,
        options: &CallOptions,
    ) -> Result<BatchReceipt, Error> {
        let mut call = self.as_async().commit_landed(sealed, keep_files);
        if let Some(token) = &options.cancel_token {
            call = call.cancel_token(token.clone());
        }
        self.run(Operation::Commit, call.into_future())
    }
}
