//! What is told of requests, and what must not be.

pub(crate) mod events;
pub(crate) mod redact;
