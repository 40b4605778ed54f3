//! A mock of the `MyPreferences` bulk export service (the documented async surface), strict about
//! requests and able to fail in every way a network and a server can fail.
//!
//! It keeps the raw bytes of what it received, holds real state for each export token, and plays
//! faults by [`Rule`]s that may be set at any moment. It shares no code with the client: a mock that
//! reuses the client's own parser or signer cannot catch the client's mistakes.
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
mod delivery;
mod export;
mod http;
mod log;
mod ports;
mod records;
mod redact;
mod route;
mod rules;
mod run;
mod scenario;
mod server;
mod strict;
mod wire;
mod world;

pub use answer::Answer;
pub use authorization::{Authorization, Refusal};
pub use export::{AppliedCommit, Export, ExportKind, ExportView, StatusAfterCommit};
pub use log::LoggedRequest;
pub use ports::RefusedPort;
pub use route::Operation;
pub use rules::{Action, Apply, Delivery, ResetPoint, Rule};
pub use run::run;
pub use scenario::{OpenScenario, ScenarioError};
pub use server::{ConnectMode, MockConfig, MockService};
pub use world::{World, WorldConfig};
