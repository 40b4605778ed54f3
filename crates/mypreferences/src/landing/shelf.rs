//! Steps on disk beside an asynchronous call: each runs on a thread that may block, and brings the store back. A call
//! that is dropped meanwhile lets the step end, and gives the folder free after it.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

use crate::error::{Error, ErrorKind, Operation};
use crate::landing::disk::Disk;
use crate::landing::store::Store;

/// Holds the store between two steps.
pub(crate) struct Shelf {
    store: Option<Store>,
    is_instant: bool,
}

/// A step under way: it is over when it was given back to [`Shelf::end`].
pub(crate) type Step<T> = Beside<(Store, Result<T, Error>)>;

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
        let begun = self.begin(step)?;
        self.end(begun.await)
    }

    /// Begins a step, for whoever has something else to do meanwhile.
    pub(crate) fn begin<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<Step<T>, Error> {
        let mut store = self.store.take().ok_or_else(lost)?;
        Ok(beside(self.is_instant, move || {
            let result = step(&mut store);
            (store, result)
        }))
    }

    /// Takes the store back.
    pub(crate) fn end<T>(
        &mut self,
        done: Result<(Store, Result<T, Error>), Error>,
    ) -> Result<T, Error> {
        let (store, result) = done?;
        self.store = Some(store);
        result
    }

    /// What is known without touching the disk.
    pub(crate) fn store(&self) -> Result<&Store, Error> {
        self.store.as_ref().ok_or_else(lost)
    }
}

/// Work that runs beside the calling task.
pub(crate) enum Beside<T> {
    /// On a thread that may block, from the beginning on.
    Thread(JoinHandle<T>),
    /// When it is awaited, and then at once.
    Later(Option<Box<dyn FnOnce() -> T + Send>>),
}

/// Begins work that may block.
pub(crate) fn beside<T: Send + 'static>(
    is_instant: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Beside<T> {
    if is_instant {
        Beside::Later(Some(Box::new(work)))
    } else {
        Beside::Thread(tokio::task::spawn_blocking(work))
    }
}

impl<T> Future for Beside<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Beside::Later(work) => Poll::Ready(match work.take() {
                Some(work) => Ok(work()),
                None => Err(lost()),
            }),
            Beside::Thread(thread) => Pin::new(thread).poll(context).map_err(|failed| {
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
            }),
        }
    }
}

fn lost() -> Error {
    Error::before_io(
        ErrorKind::Internal,
        Operation::Export,
        "a step on disk began while another was under way",
        "report this bug",
    )
}
