//! Steps on disk beside an asynchronous call: each runs on a thread that may block, and brings the store back. A call
//! that is dropped meanwhile lets the step end, and gives the folder free after it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Operation};
use crate::landing::disk::Disk;
use crate::landing::store::Store;

/// Holds the store between two steps.
pub(crate) struct Shelf {
    store: Option<Store>,
    is_instant: bool,
}

impl Shelf {
    /// Takes hold of a folder. See [`Store::open`].
    pub(crate) async fn open(disk: Arc<dyn Disk>, out: PathBuf) -> Result<Shelf, Error> {
        let is_instant = disk.is_instant();
        let store = beside(is_instant, move || Store::open(disk, out)).await??;
        Ok(Shelf {
            store: Some(store),
            is_instant,
        })
    }

    /// Takes one step.
    pub(crate) async fn step<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let mut store = self.store.take().ok_or_else(lost)?;
        let (store, result) = beside(self.is_instant, move || {
            let result = step(&mut store);
            (store, result)
        })
        .await?;
        self.store = Some(store);
        result
    }

    /// What is known without touching the disk.
    pub(crate) fn store(&self) -> Result<&Store, Error> {
        self.store.as_ref().ok_or_else(lost)
    }
}

/// Runs work that may block on a thread of its own.
pub(crate) async fn beside<T: Send + 'static>(
    is_instant: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if is_instant {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|failed| {
        match failed.try_into_panic() {
            // The border catches it, as it does one of this thread.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Error::before_io(
                ErrorKind::Closed,
                Operation::Export,
                "the runtime was shut down",
                "run the same command again: it continues",
            ),
        }
    })
}

fn lost() -> Error {
    Error::before_io(
        ErrorKind::Internal,
        Operation::Export,
        "a step on disk began while another was under way",
        "report this bug",
    )
}
