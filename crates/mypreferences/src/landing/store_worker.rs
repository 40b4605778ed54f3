//! Steps on disk beside an asynchronous call, one after the other on a thread that may block. Several can wait in line, so
//! that the thread need not go to sleep between them. A call that is dropped meanwhile lets the steps end, and gives the
//! folder free after them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Operation};
use crate::landing::store::Store;
use crate::landing::store::disk::Disk;
use crate::threads::{self, NoThread, Threads};

/// A store, and the steps that are to be taken with it.
pub(crate) struct StoreWorker {
    steps: Arc<Steps>,
    /// Of the steps: one, always the same, as allocators keep memory for each thread that took some.
    stepping: Arc<Threads>,
    /// Of the work beside them.
    threads: Arc<Threads>,
    is_instant: bool,
}

struct Steps {
    store: Mutex<Store>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    steps: VecDeque<WaitingStep>,
    /// A thread takes them.
    are_taken: bool,
    /// None is taken any more.
    is_over: bool,
}

impl Steps {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a panic no step is taken any more, and the call is over.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type WaitingStep = Box<dyn FnOnce(&Steps) + Send>;

/// Takes the steps for the store until none waits. Dropped before that, it gives them up: whoever awaits one hears so.
struct Taker {
    steps: Arc<Steps>,
    is_done: bool,
}

impl Taker {
    fn run(mut self) {
        loop {
            let mut waiting = self.steps.waiting();
            let Some(step) = waiting.steps.pop_front() else {
                // From here on another one takes what comes.
                waiting.are_taken = false;
                self.is_done = true;
                return;
            };
            drop(waiting);
            step(&self.steps);
        }
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        if !self.is_done {
            *self.steps.waiting() = Waiting::default();
        }
    }
}

impl StoreWorker {
    /// Takes hold of a folder. See [`Store::open`].
    pub(crate) async fn open(disk: Arc<dyn Disk>, out: PathBuf) -> Result<StoreWorker, Error> {
        let is_instant = disk.is_instant();
        let threads = Arc::default();
        let store = beside(&threads, is_instant, move || Store::open(disk, out)).await??;
        Ok(StoreWorker {
            steps: Arc::new(Steps { store: Mutex::new(store), waiting: Mutex::default() }),
            stepping: Arc::default(),
            threads,
            is_instant,
        })
    }

    /// Begins work that may block; at once, where somebody awaits it anyway.
    pub(crate) fn beside<T: Send + 'static>(
        &self,
        at_once: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Beside<T> {
        beside(&self.threads, at_once, work)
    }

    /// Takes one step.
    pub(crate) async fn step<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.begin(step).await
    }

    /// Has a step taken after those that wait already.
    pub(crate) fn begin<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut Store) -> Result<T, Error> + Send + 'static,
    ) -> Step<T> {
        let steps = Arc::clone(&self.steps);
        if self.is_instant {
            return Step::Later(Some(Box::new(move || step(&mut steps.store()))));
        }
        let (tell, told) = oneshot::channel();
        let mut waiting = self.steps.waiting();
        if waiting.is_over {
            return Step::Waits(told);
        }
        waiting.steps.push_back(Box::new(move |steps| {
            let result = catch_unwind(AssertUnwindSafe(|| step(&mut steps.store())));
            if result.is_err() {
                // The store is half changed.
                let mut waiting = steps.waiting();
                waiting.steps.clear();
                waiting.is_over = true;
            }
            // After the store was given free. Who does not listen any more was dropped.
            let _ = tell.send(result);
        }));
        if !waiting.are_taken {
            waiting.are_taken = true;
            drop(waiting);
            let taker = Taker { steps, is_done: false };
            // Dropped where there is none, it gives its steps up.
            if let Err(missing) = self.stepping.run(Box::new(move || taker.run())) {
                return Step::Later(Some(Box::new(move || Err(no_thread(&missing)))));
            }
        }
        Step::Waits(told)
    }

    /// What is known without touching the disk, between two steps.
    pub(crate) fn store(&self) -> Result<MutexGuard<'_, Store>, Error> {
        self.steps.store.try_lock().map_err(|_| {
            Error::before_io(ErrorKind::Internal, Operation::Export, "a step on disk was under way", "report this bug")
        })
    }
}

/// A step under way. Dropped, it is taken all the same where threads take them.
pub(crate) enum Step<T> {
    Waits(oneshot::Receiver<std::thread::Result<Result<T, Error>>>),
    /// When it is awaited, and then at once.
    Later(Option<Box<dyn FnOnce() -> Result<T, Error> + Send>>),
}

impl<T> Future for Step<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Step::Later(step) => Poll::Ready(step.take().ok_or_else(awaited_twice)?()),
            Step::Waits(told) => Pin::new(told).poll(context).map(|told| match told {
                Ok(Ok(result)) => result,
                // The border catches it, as it does one of this thread.
                Ok(Err(panic)) => resume_unwind(panic),
                Err(_) => Err(given_up()),
            }),
        }
    }
}

/// Work that runs beside the calling task.
pub(crate) enum Beside<T> {
    /// On a thread that may block, from the beginning on.
    Thread(oneshot::Receiver<std::thread::Result<T>>),
    /// When it is awaited, and then at once.
    Later(Option<Box<dyn FnOnce() -> Result<T, Error> + Send>>),
}

/// As [`StoreWorker::beside`], without a store.
pub(crate) fn beside<T: Send + 'static>(
    threads: &Arc<Threads>,
    at_once: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Beside<T> {
    if at_once {
        return Beside::Later(Some(Box::new(|| Ok(work()))));
    }
    let (tell, told) = oneshot::channel();
    let job = move || {
        // Who does not listen any more was dropped.
        let _ = tell.send(catch_unwind(AssertUnwindSafe(work)));
    };
    match threads.run(Box::new(job)) {
        Ok(()) => Beside::Thread(told),
        Err(missing) => Beside::Later(Some(Box::new(move || Err(no_thread(&missing))))),
    }
}

impl<T> Future for Beside<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Beside::Later(work) => Poll::Ready(work.take().ok_or_else(awaited_twice)?()),
            Beside::Thread(told) => Pin::new(told).poll(context).map(|told| match told {
                Ok(Ok(done)) => Ok(done),
                Ok(Err(panic)) => resume_unwind(panic),
                Err(_) => Err(given_up()),
            }),
        }
    }
}

/// After a panic.
fn given_up() -> Error {
    Error::before_io(
        ErrorKind::Internal,
        Operation::Export,
        "a step on disk before this one failed",
        "report this bug, and run the same command again: it continues",
    )
}

fn no_thread(missing: &NoThread) -> Error {
    Error::before_io(ErrorKind::Storage, Operation::Export, format!("for the work on disk {missing}"), threads::ADVICE)
}

fn awaited_twice() -> Error {
    Error::before_io(ErrorKind::Internal, Operation::Export, "work was awaited twice", "report this bug")
}
