//! SIGINT and SIGTERM as events. What a command does about them is its own decision.

use mypreferences::CommitState;

use crate::exit_code::UNFINISHED;
use crate::failure::Failure;

/// A signal that asks to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Stop {
    /// What a shell reports for a program that such a signal ended.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Stop::Interrupt => 130,
            Stop::Terminate => 143,
        }
    }

    /// The exit code of a call that the first signal cancelled: unfinished when something may have been sent.
    pub(crate) const fn cancelled(self, commit_state: Option<CommitState>) -> u8 {
        match commit_state {
            Some(CommitState::Unknown) => UNFINISHED,
            Some(CommitState::NotCommitted) | None => self.exit_code(),
        }
    }
}

/// Listens to both from its making on. The process keeps the handlers, as there is no way to give them back.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> Result<Signals, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Failure::internal(format!("the system lets us hear no signals: {error}"))
            })
        };
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Stop {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Stop::Interrupt,
            Some(()) = self.terminate.recv() => Stop::Terminate,
            else => std::future::pending().await,
        }
    }
}

/// Ctrl-C only.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) fn listen() -> Result<Signals, Failure> {
        Ok(Signals)
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Stop {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Stop::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_may_have_been_applied_is_unfinished_and_another_is_stopped() {
        assert_eq!(Stop::Interrupt.cancelled(Some(CommitState::Unknown)), 75);
        assert_eq!(Stop::Terminate.cancelled(Some(CommitState::Unknown)), 75);
        assert_eq!(
            Stop::Interrupt.cancelled(Some(CommitState::NotCommitted)),
            130
        );
        assert_eq!(Stop::Terminate.cancelled(None), 143);
    }
}
