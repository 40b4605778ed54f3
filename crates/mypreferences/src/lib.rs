//! Client for PossibleNOW's MyPreferences bulk export. Its heart is **Commit**, the acknowledgement that marks a
//! retrieval as finished, expires its access token and, unless told otherwise, deletes the export files on the
//! server: sent at least once, read back when its answer is lost, never a wrong verdict.
//!
//! Start at [`Client`]. Where to look in the source:
//!
//! | question | module |
//! |---|---|
//! | where does a status code become an error? | `http::status_code` |
//! | where is sent/not-sent decided? | `http::delivery` |
//! | where is the verdict judged? | `commit::verdict` |
//! | who does what the verdict says? | `commit`, and `commit::single_flight` for several callers of one token |
//! | how are connections made, and whom are they trusted to? | `http`: `transport`, `connection`, `tls`, `proxy` |
//! | what happens on disk, and after a crash? | [`landing`] |
//! | where do OAuth tokens come from? | `auth::oauth` |
//!
//! Features: `blocking` (a synchronous twin), `configuration` (environment and profile file), `tracing` (redacted events), `test-hooks` (never in a shipped build).

mod auth;
#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
mod commit;
#[cfg(feature = "configuration")]
pub mod configuration;
mod error;
pub mod export;
// Public for the test hooks only.
#[cfg_attr(not(feature = "test-hooks"), expect(unreachable_pub, reason = "re-exported by test_hooks"))]
mod http;
mod json;
pub mod landing;
#[cfg(test)]
mod mutants;
mod read;
mod session;
mod settings;
mod telemetry;
#[cfg(feature = "test-hooks")]
pub mod test_hooks;
#[doc(hidden)]
pub mod threads;

pub use auth::credentials::{AuthorizationFuture, AuthorizationProvider, Credentials, SigningRequest};
pub use auth::oauth::{ClientAuth, OAuth};
pub use auth::secret::Secret;
pub use client::builder::ClientBuilder;
pub use client::{Client, Commit, PageProbe, ResolveCommit, Status};
pub use commit::receipt::{Certainty, CommitReceipt, ConfirmedBy, Files, Outcome, Resolution};
pub use error::{Attempt, CommitState, Error, ErrorFamily, ErrorKind, Operation, Retry, Sent, TimeoutPhase};
pub use http::status_word::StatusWord;
pub use read::status::ExportStatus;
pub use secrecy::SecretString;
pub use session::cancel::CancelToken;
pub use settings::access_token::AccessToken;
pub use settings::signature::{HmacHash, TimestampFormat};
pub use settings::surface::{Environment, ExportKind, Surface};
pub use settings::{RowCount, Settings};
pub use telemetry::events::AttemptEvent;

/// The examples of docs/rust.md are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust.md")]
struct Docs;
