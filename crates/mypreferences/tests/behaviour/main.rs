//! How the client behaves against the mock service, over real sockets.

mod answers;
mod cancel_and_deadline;
mod hostile_input;
mod lost_answers;
mod on_the_wire;
mod reads;
mod redirects;
mod secrets;
mod signatures_and_clock;
mod single_flight;
mod support;
mod synchronous;
