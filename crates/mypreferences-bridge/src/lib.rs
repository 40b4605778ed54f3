//! What every binding needs at its border, written once and tested once: the owner of the tokio runtime, the panic
//! guard, the fork guard, cancellation, and flat views of errors and receipts. The only crate that makes a runtime for
//! bindings. A binding converts its arguments, calls [`Client`] here, and converts the result.
//!
//! # Handles
//!
//! A [`Client`] is a handle. It is opened by [`Client::open`], may be used from any thread, and is closed by
//! [`Client::close`] or by dropping it; closing twice is the same as once. Calls on a closed client end with `closed`,
//! calls in a forked child with `forked_process`. Closing cancels the calls that are under way: they end with
//! `cancelled` and what is known about their requests.
//!
//! The runtime starts with the first call and ends with the last open client, or with [`shutdown`]. While no client
//! has made a call there is no thread of ours in the process. A client of [`Client::open_blocking`] makes blocking
//! calls only: they run on the threads that make them, and none of ours is ever started.
//!
//! # Calls
//!
//! Each operation comes in two forms that run the same future. [`Client::run`] blocks the calling thread meanwhile; a
//! binding that must look at signals, or has callables to call, does so [`Between`]. [`Client::start`] returns at once and completes on a thread of the
//! runtime, exactly once, by calling what it was given; what is called must not block, as every call shares that
//! thread. Both take a [`CancelToken`].
//!
//! # Streams of pages and progress
//!
//! A [`PageStream`] is a handle of its own, made by a call and pulled: one `next` call at a time, in the same two forms,
//! which yields the next page, the end, or an error. A page owns its bytes and is freed by itself, so it may outlive its
//! stream. Dropping a stream ends the transfer. Progress of a landing ([`ProgressView`]) is a callback that is given with
//! the call: it gets one flat record, never two at once, never after the completion of its call; to stop, it cancels the
//! call's token. It is foreign code, which may take its time or wait for another call: it is told through an [`Inbox`],
//! which the caller's own thread or loop empties, or by a [`Reader`], on a thread that drives no call.

mod arguments;
mod client;
mod guard;
mod inbox;
mod pages;
mod process;
mod sigpipe;
mod view;

pub use arguments::{LandingArguments, LoadedArguments, OrderArguments, PageArguments, folder, page_limit, seconds};
pub use client::{Between, Client, Started};
pub use guard::guarded;
#[cfg(feature = "test-hooks")]
pub use guard::panic_in_next_call;
pub use inbox::{Inbox, News, Reader};
pub use mypreferences::CancelToken;
pub use pages::PageStream;
pub use process::shutdown;
pub use view::{ProgressView, boundaries_record, unix_seconds};
