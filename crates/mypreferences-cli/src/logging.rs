//! `-v`: the core's events on standard error. They are redacted where they are made.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Listens for as long as the guard lives, on this thread: the runtime has no other. None: nobody asked.
pub(crate) fn listen(verbose: u8) -> Option<impl Sized> {
    let level = match verbose {
        0 => return None,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Of the core only: what other crates log of HTTP and TLS is not redacted by anybody.
    let core = Targets::new().with_target("mypreferences", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // Its own complaints go through a macro that panics when standard error is closed.
        .log_internal_errors(false);
    Some(tracing_subscriber::registry().with(lines).with(core).set_default())
}
