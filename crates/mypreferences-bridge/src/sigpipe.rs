//! SIGPIPE must not end a program that uses us. A Rust program ignores it from the start, but a C program does not,
//! and `writev`, which connections are written with, takes no flag against it. The program's disposition is its own,
//! so the signal is blocked on our threads and, where a call runs on the thread that makes it, there for as long as it
//! runs. Apple's systems have a socket option instead, which is set below us.

#[cfg(all(unix, not(target_vendor = "apple")))]
mod imp {
    use std::mem::MaybeUninit;
    use std::ptr;

    use libc::{SIG_BLOCK, SIG_SETMASK, SIGPIPE, sigset_t};

    /// While it lives, SIGPIPE is blocked on the thread that made it.
    pub(crate) struct Blocked {
        /// The mask to go back to; none when it had SIGPIPE already.
        before: Option<sigset_t>,
        was_pending: bool,
    }

    impl Blocked {
        pub(crate) fn here() -> Blocked {
            let before = block().filter(|before| !has_sigpipe(before));
            Blocked { was_pending: before.is_some() && is_pending(), before }
        }
    }

    impl Drop for Blocked {
        fn drop(&mut self) {
            let Some(before) = &self.before else {
                return;
            };
            if !self.was_pending && is_pending() {
                // It is ours: taken away, or it would be delivered as soon as the mask is lifted.
                let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
                // SAFETY: both point to values of this frame; the second may be NULL.
                unsafe { libc::sigtimedwait(&only_sigpipe(), ptr::null_mut(), &raw const now) };
            }
            // SAFETY: a mask that the system gave; the third may be NULL.
            unsafe { libc::pthread_sigmask(SIG_SETMASK, before, ptr::null_mut()) };
        }
    }

    /// For a thread of ours, once and for all.
    pub(crate) fn block_on_this_thread() {
        let _ = block();
    }

    /// The mask before; none when the system refuses, which it does not for a signal that exists.
    fn block() -> Option<sigset_t> {
        let mut before = MaybeUninit::uninit();
        // SAFETY: the first is a mask of this frame, the second is written when the answer is 0.
        let answer = unsafe { libc::pthread_sigmask(SIG_BLOCK, &only_sigpipe(), before.as_mut_ptr()) };
        // SAFETY: it was written.
        (answer == 0).then(|| unsafe { before.assume_init() })
    }

    fn only_sigpipe() -> sigset_t {
        let mut set = MaybeUninit::uninit();
        // SAFETY: the first call initialises the set, the second changes it.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), SIGPIPE);
            set.assume_init()
        }
    }

    fn has_sigpipe(set: &sigset_t) -> bool {
        // SAFETY: an initialised set.
        unsafe { libc::sigismember(set, SIGPIPE) == 1 }
    }

    fn is_pending() -> bool {
        let mut pending = MaybeUninit::uninit();
        // SAFETY: it is written when the answer is 0, and read only then.
        unsafe { libc::sigpending(pending.as_mut_ptr()) == 0 && has_sigpipe(&pending.assume_init()) }
    }
}

#[cfg(not(all(unix, not(target_vendor = "apple"))))]
mod imp {
    /// Nothing to do here.
    pub(crate) struct Blocked;

    impl Blocked {
        pub(crate) fn here() -> Blocked {
            Blocked
        }
    }

    pub(crate) fn block_on_this_thread() {}
}

pub(crate) use imp::{Blocked, block_on_this_thread};
