//! SIGINT, SIGTERM and SIGHUP as events. What a command does about them is its own decision.

use crate::failure::{self, Failure};

/// A signal that asks to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM, or SIGHUP.
    Terminate,
}

impl Stop {
    /// What a shell reports for a program that such a signal ended: for a second one. After a first signal the call
    /// ends with its own record, and 75.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Stop::Interrupt => 130,
            Stop::Terminate => 143,
        }
    }
}

/// Listens to them from its making on, but for those that were ignored before: `nohup`, or a shell that starts something in
/// the background, means it so. The process keeps the handlers, as there is no way to give them back.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
    hangup: Option<tokio::signal::unix::Signal>,
    /// A file that grows beyond its limit is an error of writing, not the end of the process.
    _file_size: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> Result<Signals, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let ignored = ignored_signals();
        let listen = |kind: SignalKind| {
            signal(kind).map_err(|error| failure::internal(format!("the system lets us hear no signals: {error}")))
        };
        let unless_ignored = |kind: SignalKind| {
            let bit = 1_u64.checked_shl(u32::try_from(kind.as_raw_value() - 1).unwrap_or(64));
            if bit.is_some_and(|bit| ignored & bit != 0) {
                return Ok(None);
            }
            listen(kind).map(Some)
        };
        Ok(Signals {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            terminate: unless_ignored(SignalKind::terminate())?,
            hangup: unless_ignored(SignalKind::hangup())?,
            _file_size: listen(SignalKind::from_raw(libc::SIGXFSZ))?,
        })
    }

    /// The next one. A terminal that goes away asks to stop as SIGTERM does.
    pub(crate) async fn next(&mut self) -> Stop {
        tokio::select! {
            () = heard(&mut self.interrupt) => Stop::Interrupt,
            () = heard(&mut self.terminate) => Stop::Terminate,
            () = heard(&mut self.hangup) => Stop::Terminate,
        }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// The signals that this process was told to ignore, a bit each. Linux tells; elsewhere none is taken to be.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// Ctrl-C; Ctrl-Break, the window that is closed and the system that shuts down ask to stop as SIGTERM does.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    pub(crate) fn listen() -> Result<Signals, Failure> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        let unheard = |error: std::io::Error| failure::internal(format!("the system lets us hear no signals: {error}"));
        Ok(Signals {
            interrupt: ctrl_c().map_err(unheard)?,
            stop: ctrl_break().map_err(unheard)?,
            close: ctrl_close().map_err(unheard)?,
            shutdown: ctrl_shutdown().map_err(unheard)?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Stop {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Stop::Interrupt,
            Some(()) = self.stop.recv() => Stop::Terminate,
            Some(()) = self.close.recv() => Stop::Terminate,
            Some(()) = self.shutdown.recv() => Stop::Terminate,
            else => std::future::pending().await,
        }
    }
}
