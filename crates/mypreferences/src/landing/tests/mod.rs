//! Tests of the landing: its model (`model`), and what is decided without a disk or a network.

#[cfg(feature = "test-hooks")]
mod model;
mod store_worker;
