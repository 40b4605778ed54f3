//! Hooks for tests: a transport and a wall clock of one's own. Shipped builds do not have this module.

pub use crate::sent::{BodyEnd, Failure};
pub use crate::tls_trouble::TlsTrouble;
pub use crate::transport::{Answer, BodyPlan, ExchangeFuture, Request, TestTransport};
