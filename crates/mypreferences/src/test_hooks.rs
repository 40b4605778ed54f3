//! Hooks for tests: a transport, a wall clock and a restart of one's own. Shipped builds do not have this module.

use crate::commit::Journalled;
use crate::commit::verdict::{Baseline, EarlierSend};
use crate::read::status::ExportStatus;
use crate::session::cancel::CancelToken;

pub use crate::http::delivery::{BodyEnd, Failure};
pub use crate::http::tls_error::TlsError;
pub use crate::http::transport::{Answer, BodyPlan, ExchangeFuture, Request, TestTransport};

/// What the journal of a landing tells the next process of a commit.
#[derive(Clone, Debug)]
pub struct Restarted {
    /// The status that said ready, just before COMMITTING.
    pub ready: ExportStatus,
    /// `Date` of that status, in seconds since the epoch.
    pub committing_at: Option<i64>,
    /// SENT stands there, with the server's time in seconds since the epoch.
    pub sent_at: Option<i64>,
}

impl Restarted {
    pub(crate) fn journalled(self) -> Journalled {
        let baseline = Baseline { expires: self.ready.expiry(), seen_at: self.committing_at };
        let earlier = EarlierSend { at: self.sent_at.max(self.committing_at), left: self.sent_at.is_some() };
        Journalled { earlier: Some((baseline, earlier)), may_send: true, has_left: CancelToken::new() }
    }
}
