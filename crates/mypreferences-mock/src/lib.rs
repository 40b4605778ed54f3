//! A mock of the `MyPreferences` bulk export service (the documented async surface), strict about
//! requests and able to fail in every way a network and a server can fail.
//!
//! It keeps the raw bytes of what it received, holds real state for each export token, and plays
//! faults by [`Rule`]s that may be set at any moment. It shares no code with the client: a mock that
//! reuses the client's own parser or signer cannot catch the client's mistakes.
//!
//! Programs in other languages run the binary and use it over HTTP: under `/__mock` scenarios are opened, each with a
//! base URL of its own, and their logs read. [`MockService::open_scenario`] is the same for Rust.
//!
//! ```
//! use mypreferences_mock::{Export, MockConfig, MockService, Operation};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let service = MockService::start(MockConfig::default()).await?;
//! service.add_export(Export::segment(4711, 3));
//! // ... point a client at service.base_url() ...
//! assert!(service.requests_for(Operation::Commit).is_empty());
//! service.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod authorization;
mod clock;
mod connection;
mod control;
mod delivery;
mod export;
mod export_kind;
mod http;
mod initiate;
mod line;
mod lock;
mod log;
mod oauth;
mod page_changes;
mod ports;
mod proxy;
mod records;
mod redact;
mod route;
mod rules;
mod run;
mod scenario;
mod server;
mod shared;
mod source;
mod strict;
mod tls;
mod wire;
mod world;

pub use answer::Answer;
pub use authorization::{Authorization, OAuthClient, Refusal};
pub use export::{AppliedCommit, Export, ExportView, StatusAfterCommit};
pub use export_kind::ExportKind;
pub use line::LineConfig;
pub use log::LoggedRequest;
pub use page_changes::PageChanges;
pub use ports::RefusedPort;
pub use proxy::{PROXIED_HOST, ProxyMode};
pub use records::RecordKind;
pub use route::Operation;
pub use rules::{Action, Apply, Delivery, ResetPoint, Rule};
pub use run::{run, run_for_code};
pub use scenario::{OpenScenario, ScenarioError};
pub use server::{ConnectMode, MockConfig, MockService};
pub use source::Source;
pub use tls::{TlsMaterial, TlsMode};
pub use world::{World, WorldConfig};
