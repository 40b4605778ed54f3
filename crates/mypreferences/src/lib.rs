//! Client for PossibleNOW's MyPreferences bulk export. Its heart is **Commit**, the acknowledgement that marks a
//! retrieval as finished, expires its access token and, unless told otherwise, deletes the export files on the
//! server: sent at least once, read back when its answer is lost, never a wrong verdict.
//!
//! Start at [`Client`]. Where to look in the source:
//!
//! | question | module |
//! |---|---|
//! | where does a status code become an error? | `status_code` |
//! | where is sent/not-sent decided? | `sent` |
//! | where is the verdict judged? | `verdict` |
//! | who does what the verdict says? | `commit`, and `flight` for several callers of one token |
//! | how are connections made, and whom are they trusted to? | `transport`, `connecting`, `tls`, `proxy` |
//! | what happens on disk, and after a crash? | [`landing`] |
//! | where do OAuth tokens come from? | `oauth` |
//!
//! Features: `blocking` (a synchronous twin), `configuration` (environment and profile file), `tracing` (redacted events), `test-hooks` (never in a shipped build).

mod access_token;
mod answer;
mod backoff;
#[cfg(feature = "blocking")]
pub mod blocking;
mod body;
mod builder;
mod cancel;
mod canonical;
mod client;
mod clock;
mod commit;
#[cfg(feature = "configuration")]
pub mod configuration;
mod connecting;
mod credentials;
mod error;
mod events;
mod exchange;
pub mod export;
mod file_trust;
mod flight;
mod handshake;
pub mod landing;
mod memory;
mod next_action;
mod oauth;
mod patience;
mod proxy;
mod reads;
mod receipt;
mod redact;
mod secret;
// Public for the test hooks only.
#[cfg_attr(
    not(feature = "test-hooks"),
    expect(unreachable_pub, reason = "re-exported by test_hooks")
)]
mod sent;
mod service;
mod settings;
mod status;
mod status_code;
mod surface;
#[cfg(feature = "test-hooks")]
pub mod test_hooks;
#[doc(hidden)]
pub mod threads;
mod tls;
// Public for the test hooks only.
#[cfg_attr(
    not(feature = "test-hooks"),
    expect(unreachable_pub, reason = "re-exported by test_hooks")
)]
mod tls_trouble;
// Public for the test hooks only.
#[cfg_attr(
    not(feature = "test-hooks"),
    expect(unreachable_pub, reason = "re-exported by test_hooks")
)]
mod transport;
mod verdict;

pub use access_token::AccessToken;
pub use builder::ClientBuilder;
pub use cancel::CancelToken;
pub use client::{Client, Commit, PageProbe, ResolveCommit, Status};
pub use credentials::{
    AuthorizationFuture, AuthorizationProvider, Credentials, HmacHash, SigningRequest,
    TimestampFormat,
};
pub use error::{Attempt, CommitState, Error, ErrorKind, Operation, Retry, Sent, TimeoutPhase};
pub use events::AttemptEvent;
pub use oauth::{ClientAuth, OAuth};
pub use receipt::{Certainty, CommitReceipt, ConfirmedBy, Files, Outcome, Resolution};
pub use secrecy::SecretString;
pub use secret::Secret;
pub use settings::{RowCount, Settings};
pub use status::{ExportStatus, StatusWord};
pub use surface::{Environment, ExportKind, Surface};

/// The examples of docs/rust.md are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust.md")]
struct Docs;
