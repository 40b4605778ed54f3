//! The real program against the mock service: what a shell and a job see.

// Permissions, signals and `kill` are Unix's.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which clippy takes for production code")]

mod commit;
mod configuration;
mod credentials;
mod demo;
mod doctor;
mod exit_codes;
mod export;
mod export_durability;
mod export_kills;
mod export_operators;
mod export_report;
mod export_signals;
mod network;
mod oauth;
mod output;
mod precedence;
mod reads;
mod signals;
mod support;
mod token;
mod usage;
