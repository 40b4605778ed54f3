//! Hooks for tests: a transport and a wall clock of one's own. Shipped builds do not have this module.

pub use crate::sent::Failure;
pub use crate::transport::{Answer, BodyEnd, BodyPlan, ExchangeFuture, Request, TestTransport};
