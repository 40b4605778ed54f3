//! A program that has not ignored SIGPIPE, as C programs have not, survives writes to connections that are gone. If
//! it does not, this whole test is ended by the signal.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail in any way")]

use std::io::Error as IoError;
use std::sync::mpsc::channel;
use std::time::Duration;

use mypreferences::{Credentials, Operation};
use mypreferences_bridge::{CancelToken, Client};

/// As a write to a connection that was reset: EPIPE, and the signal unless it is blocked.
fn write_to_nobody() -> Option<i32> {
    let mut ends = [0; 2];
    // SAFETY: the array has the two places that are written; the descriptors are our own.
    unsafe {
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        libc::close(ends[0]);
        assert_eq!(libc::write(ends[1], b"x".as_ptr().cast(), 1), -1);
    }
    let error = IoError::last_os_error().raw_os_error();
    // SAFETY: as above.
    unsafe { libc::close(ends[1]) };
    error
}

#[test]
fn a_write_to_a_connection_that_is_gone_does_not_end_the_program() {
    // SAFETY: no handler is installed, only the default put back that a Rust program starts without.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    let builder = || {
        mypreferences::Client::builder()
            .client_id("acme")
            .base_url("http://127.0.0.1:9/")
            .credentials(Credentials::bearer("made-up"))
    };
    let client = Client::open(builder()).unwrap();
    for client in [&client, &Client::open_blocking(builder()).unwrap()] {
        let result = client.run(Operation::Commit, &CancelToken::new(), None, |_, _| async { Ok(write_to_nobody()) });
        assert_eq!(result.unwrap(), Some(libc::EPIPE));
    }

    let (sender, receiver) = channel();
    client
        .start(
            Operation::Commit,
            CancelToken::new(),
            |_, _| async { Ok(write_to_nobody()) },
            move |result| sender.send(result).unwrap(),
        )
        .unwrap();
    let started = receiver.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(started.unwrap(), Some(libc::EPIPE));

    // Afterwards the thread is as it was: nothing is left over, and the signal is the program's again.
    // SAFETY: both sets are written by the calls before they are read.
    let (masked, pending) = unsafe {
        let mut set = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut set);
        let masked = libc::sigismember(&raw const set, libc::SIGPIPE);
        libc::sigpending(&raw mut set);
        (masked, libc::sigismember(&raw const set, libc::SIGPIPE))
    };
    assert_eq!((masked, pending), (0, 0));
}
