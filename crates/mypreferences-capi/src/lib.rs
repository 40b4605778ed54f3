//! The C library `libmypreferences`: converts arguments, calls the bridge, converts the result. No behaviour of its
//! own. The header `include/mypreferences.h` is made from these files by `cargo xtask generate`, so a comment on an
//! exported item is written for a reader of C.
//!
//! | what | module |
//! |---|---|
//! | settings and credentials | `options` |
//! | the client, blocking calls | `client` |
//! | calls that complete by a callback | `started` |
//! | what one call has of its own; cancelling | `call_options` |
//! | what to export, how to land it | `order`, `landing_options` |
//! | starting, waiting, landing and committing; the same by a callback | `export`, `export_started` |
//! | an export's handle, encrypted; its pages, and ranges of them | `export_handle`, `wrapped`, `pages`, `range` |
//! | what was loaded elsewhere | `loaded` |
//! | streams of Arrow, in `libmypreferences_arrow` alone | `arrow` |
//! | what was landed and its proof, field by field | `landed`, `sealed`, `batch_receipt`, `verified` |
//! | results and errors, field by field | `receipt`, `status`, `resolution`, `error`, `error_kind`, `attempt`, `kinds` |
//! | reading arguments, writing results, no panic across the border | `border` |

#[cfg(feature = "arrow")]
pub mod arrow;
pub mod attempt;
pub mod batch_receipt;
mod border;
pub mod call_options;
pub mod client;
pub mod error;
#[rustfmt::skip] // made by `cargo xtask generate`
pub mod error_kind;
pub mod export;
pub mod export_handle;
pub mod export_started;
pub mod kinds;
pub mod landed;
pub mod landing_options;
pub mod loaded;
pub mod options;
pub mod order;
pub mod pages;
pub mod range;
pub mod receipt;
pub mod resolution;
pub mod sealed;
pub mod started;
pub mod status;
pub mod verified;
pub mod wrapped;

use std::ffi::{c_char, c_int};
use std::time::Duration;

/// Version of the ABI that this header describes, the number in the name `libmypreferences.so.0`. It grows when a
/// program that was linked against an older library would no longer work.
pub const ABI_VERSION: c_int = 0;

/// The library's version, such as "0.1.0".
///
/// Lifetime: the text is valid for as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The version of the loaded library's ABI; compare it with MYPREF_ABI_VERSION when the library is loaded by hand.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_abi_version() -> c_int {
    ABI_VERSION
}

/// Ends the threads of the library, waiting up to `wait_ms` milliseconds for them (negative counts as 0). Not needed
/// at the end of a program, but a program that unloads the library or looks for leaks calls it last. Calls that are
/// under way keep their threads until they are over; clients stay usable, and the next call starts the threads anew.
///
/// Lifetime: frees no handle.
/// Threads: may be called from any thread except in a callback of the library, at any time and more than once; in a
/// forked child it does nothing to the parent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_shutdown(wait_ms: i64) {
    let bound = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
    border::quietly(|| mypreferences_bridge::shutdown(bound));
}

/// Makes the next call of this process panic, for the tests. Not in a shipped build and not in the header.
#[cfg(feature = "test-hooks")]
#[unsafe(no_mangle)]
pub extern "C" fn mypref_test_panic_in_next_call() {
    mypreferences_bridge::panic_in_next_call();
}
