//! How the client behaves against the mock service, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_imports,
    clippy::unchecked_time_subtraction,
    clippy::too_many_lines,
    clippy::items_after_statements,
    reason = "a test may fail in any way, and its module uses all of the support"
)]

mod answers;
mod bodies;
mod cancel_and_deadline;
mod export;
mod hostile_input;
mod landing;
mod loaded;
mod lost_answers;
mod network;
mod oauth;
mod on_the_wire;
mod outages;
mod reads;
mod redirects;
mod regressions;
mod secrets;
mod signatures_and_clock;
mod single_flight;
mod support;
mod synchronous;
