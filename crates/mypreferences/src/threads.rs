//! Threads for work that may block: the disk, the look-up of a name. Not the asynchronous runtime's own: where the system
//! makes no more threads (a limit of processes, no memory for a stack), that one panics, and this says so.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use tokio::sync::oneshot;

/// What to do where no thread can be made.
pub const ADVICE: &str = "end other programs of this user, or raise its limit of processes (ulimit -u; in a \
                                 container its limit of pids) or of memory, and run the same again";

/// No thread can be made.
#[derive(Debug)]
pub(crate) struct NoThread(io::Error);

impl fmt::Display for NoThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no thread can be started: {}", self.0)
    }
}

impl std::error::Error for NoThread {}

/// Starts a thread that nobody waits for.
pub(crate) fn start(work: impl FnOnce() + Send + 'static) -> Result<(), NoThread> {
    let named = Builder::new().name("mypreferences".to_owned());
    named.spawn(work).map(drop).map_err(NoThread)
}

/// Whether a thread can be made now, for whoever makes a runtime with one: its builder panics otherwise.
///
/// # Errors
/// Why not, in the system's words.
pub fn can_be_started() -> io::Result<()> {
    let thread = Builder::new().spawn(|| {})?;
    // It is over, and its place free.
    let _ = thread.join();
    Ok(())
}

/// The addresses of a host.
///
/// # Errors
/// As the system says; also that no thread can be started.
pub async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let (tell, told) = oneshot::channel();
    start(move || {
        let found = (host.as_str(), port).to_socket_addrs();
        // Who does not listen any more has given up.
        let _ = tell.send(found.map(Vec::from_iter));
    })
    .map_err(io::Error::other)?;
    told.await.map_err(io::Error::other)?
}

/// Look-ups for the HTTP library.
pub(crate) struct Names;

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            // The library sets the port.
            let found = look_up(host, 0).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that wait for more when their job is done, as long as this lives.
#[derive(Default)]
pub(crate) struct Threads {
    idle: Mutex<Vec<Sender<Task>>>,
}

struct Task {
    job: Job,
    /// The way to the thread that does it, for the one after it. Not the thread's own, which would wait for itself.
    way: Sender<Task>,
}

impl Threads {
    /// Has a job done, which must not panic.
    pub(crate) fn run(self: &Arc<Threads>, job: Job) -> Result<(), NoThread> {
        let idle = self.idle().pop();
        if let Some(thread) = idle {
            let way = thread.clone();
            return thread
                .send(Task { job, way })
                .map_err(|_| NoThread(io::Error::other("one that was there has ended")));
        }
        let (way, next) = channel();
        let threads = Arc::downgrade(self);
        start(move || {
            let mut task = Task { job, way };
            loop {
                (task.job)();
                let Some(threads) = threads.upgrade() else {
                    return;
                };
                threads.idle().push(task.way);
                drop(threads);
                let Ok(another) = next.recv() else {
                    return;
                };
                task = another;
            }
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Sender<Task>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
