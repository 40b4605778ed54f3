//! What a call tells (progress, attempts) waits here until whoever waits for the call takes it. Foreign code is slow, may
//! wait for another call, and may never come back: on a thread that drives calls it would hold up all of them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mypreferences::AttemptEvent;
use mypreferences::export::WaitProgress;
use mypreferences::landing::LandingProgress;

/// More is not kept; the oldest goes first.
const LIMIT: usize = 1000;

/// News of a call or a client. Telling never blocks.
pub struct Inbox<T> {
    waiting: Mutex<Waiting<T>>,
}

struct Waiting<T> {
    news: VecDeque<T>,
    /// Called when there is something, once until it is taken.
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
    woken: bool,
}

/// What is told.
pub trait News {
    /// Whether nobody misses the older one, which was not taken yet.
    fn replaces(&self, older: &Self) -> bool;
}

impl News for AttemptEvent {
    fn replaces(&self, _older: &AttemptEvent) -> bool {
        false
    }
}

impl News for WaitProgress {
    fn replaces(&self, _older: &WaitProgress) -> bool {
        true
    }
}

impl News for LandingProgress {
    /// A stage and a note are told once.
    fn replaces(&self, older: &LandingProgress) -> bool {
        older.note.is_none() && older.stage == self.stage && older.batch == self.batch
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Inbox<T> {
        Inbox { waiting: Mutex::new(Waiting { news: VecDeque::new(), wake: None, woken: false }) }
    }
}

impl<T: News> Inbox<T> {
    /// A panic elsewhere leaves whole news behind.
    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is woken from now on; it must not block. Without one the news wait until somebody looks.
    pub fn wake_by(&self, wake: impl Fn() + Send + Sync + 'static) {
        self.waiting().wake = Some(Arc::new(wake));
    }

    /// Puts something in.
    pub fn tell(&self, news: T) {
        let mut waiting = self.waiting();
        if waiting.news.back().is_some_and(|last| news.replaces(last)) {
            waiting.news.pop_back();
        } else if waiting.news.len() == LIMIT {
            waiting.news.pop_front();
        }
        waiting.news.push_back(news);
        let wake = waiting.wake.clone().filter(|_| !waiting.woken);
        waiting.woken |= wake.is_some();
        drop(waiting);
        if let Some(wake) = wake {
            wake();
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting().news.is_empty()
    }

    /// Hands on what waits now, one after the other, until that fails; the rest waits on. What comes meanwhile wakes
    /// again, so that a slow reader of fast news does other things too.
    ///
    /// # Errors
    /// What `read` gives.
    pub fn take<E>(&self, mut read: impl FnMut(T) -> Result<(), E>) -> Result<(), E> {
        let count = {
            let mut waiting = self.waiting();
            waiting.woken = false;
            waiting.news.len()
        };
        for _ in 0..count {
            // Not held while it is read: that may take long, or ask for more.
            let next = self.waiting().news.pop_front();
            let Some(news) = next else { break };
            read(news)?;
        }
        Ok(())
    }
}

/// Foreign code that is told how a call goes, on a thread that drives no call: one piece of news at a time, in their order.
pub struct Reader<T> {
    inbox: Inbox<T>,
    read: Box<dyn Fn(&T) + Send + Sync>,
    turn: Mutex<()>,
}

impl<T: News + Send + 'static> Reader<T> {
    /// Reads by this, which may take its time.
    pub fn new(read: impl Fn(&T) + Send + Sync + 'static) -> Arc<Reader<T>> {
        Arc::new_cyclic(|own: &Weak<Reader<T>>| {
            let (inbox, own) = (Inbox::default(), own.clone());
            inbox.wake_by(move || {
                if let Some(reader) = own.upgrade() {
                    // Without a thread the news wait for the end of the call.
                    let _ = aside(move || reader.read());
                }
            });
            Reader { inbox, read: Box::new(read), turn: Mutex::new(()) }
        })
    }

    /// For a call's hook.
    pub fn tell(&self, news: T) {
        self.inbox.tell(news);
    }

    fn read(&self) {
        // A panic of foreign code leaves nothing half done here.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let read: Result<(), Infallible> = self.inbox.take(|news| {
            (self.read)(&news);
            Ok(())
        });
        match read {
            Ok(()) => {}
        }
    }

    /// The call that tells this: it is over when the last news are read.
    pub async fn until_read<O>(self: Arc<Self>, call: impl Future<Output = O>) -> O {
        let result = call.await;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let reader = Arc::clone(&self);
        let read = aside(move || {
            reader.read();
            // The call may be gone.
            let _ = sender.send(());
        });
        match read {
            // Whatever became of the reading, this became of the call.
            Ok(()) => drop(receiver.await),
            Err(_) => self.read(),
        }
        result
    }
}

/// On a thread of its own, and none of the runtime's: there, blocking calls are refused.
fn aside(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("mypreferences".to_owned());
    thread.spawn(work).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Number(usize, &'static str);

    impl News for Number {
        fn replaces(&self, older: &Number) -> bool {
            self.1 == older.1
        }
    }

    fn all(inbox: &Inbox<Number>) -> Vec<usize> {
        let mut taken = Vec::new();
        let read: Result<(), ()> = inbox.take(|news| {
            taken.push(news.0);
            Ok(())
        });
        read.unwrap();
        taken
    }

    #[test]
    fn the_newest_of_a_stage_is_kept_and_so_is_each_stage() {
        let inbox = Inbox::default();
        for (n, stage) in [(1, "wait"), (2, "wait"), (3, "land"), (4, "land"), (5, "seal")] {
            inbox.tell(Number(n, stage));
        }
        assert_eq!(all(&inbox), [2, 4, 5]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn it_is_bounded_and_the_newest_stay() {
        let inbox = Inbox::default();
        for n in 0..LIMIT + 7 {
            inbox.tell(Number(n, if n % 2 == 0 { "even" } else { "odd" }));
        }
        let taken = all(&inbox);
        assert_eq!((taken[0], taken.len()), (7, LIMIT));
    }

    #[test]
    fn it_wakes_once_until_it_is_taken_and_again_for_what_comes_meanwhile() {
        let inbox = Arc::new(Inbox::default());
        let woken = Arc::new(AtomicUsize::new(0));
        inbox.wake_by({
            let woken = Arc::clone(&woken);
            move || {
                woken.fetch_add(1, Ordering::SeqCst);
            }
        });
        inbox.tell(Number(1, "a"));
        inbox.tell(Number(2, "b"));
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        let mut taken = Vec::new();
        let read: Result<(), ()> = inbox.take(|news| {
            if news.0 == 1 {
                inbox.tell(Number(3, "c"));
            }
            taken.push(news.0);
            Ok(())
        });
        read.unwrap();
        assert_eq!((taken, woken.load(Ordering::SeqCst)), (vec![1, 2], 2));
        assert_eq!(all(&inbox), [3]);
    }

    #[test]
    fn what_follows_a_failure_waits_on() {
        let inbox = Inbox::default();
        inbox.tell(Number(1, "a"));
        inbox.tell(Number(2, "b"));
        assert_eq!(inbox.take(|_| Err("enough")), Err("enough"));
        assert_eq!(all(&inbox), [2]);
    }
}
