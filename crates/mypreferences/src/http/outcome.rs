//! What the headers and words of an answer say beside its body.

use std::time::SystemTime;

use crate::error::outcome::RequestOutcome;
use crate::http::clock::system_time;

/// What the vendor's 401 texts say when the timestamp is the reason (facts 4, DOC): a date in the future is answered
/// with the format's text.
const CLOCK_REASONS: [&str; 2] = ["issued timestamp and the current time", "expected iso 8601 format"];

/// What a missing thread is missed for.
pub(crate) const NO_LOOK_UP: &str = "no thread can be started to look the host's name up";

impl RequestOutcome {
    pub(crate) fn server_date(&self) -> Option<SystemTime> {
        self.date.and_then(system_time)
    }

    /// Whether the server says that the signature's time is the reason.
    pub(crate) fn blames_the_clock(&self) -> bool {
        self.server_message.as_deref().is_some_and(|message| {
            let message = message.to_ascii_lowercase();
            CLOCK_REASONS.iter().any(|reason| message.contains(reason))
        })
    }
}
