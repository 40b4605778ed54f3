//! The form of the canonical records, which their types derive: fixed key order, `snake_case`, every key always there
//! (`null` when absent), durations in seconds with three decimals, times as RFC 3339 in UTC. Every surface hands out
//! these bytes.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

// serde calls these with references.

/// Seconds with three decimals: readable, and enough for a network call.
pub(crate) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// The same, or `null`.
#[allow(clippy::ref_option)]
pub(crate) fn optional_seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => seconds(duration, serializer),
        None => serializer.serialize_none(),
    }
}

/// RFC 3339 in UTC; `null` when there is none, or it is out of every calendar.
#[allow(clippy::ref_option)]
pub(crate) fn optional_time<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    time.and_then(rfc3339).serialize(serializer)
}

/// RFC 3339 in UTC; none when the time is out of every calendar.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(time).ok().map(|timestamp| timestamp.to_string())
}

/// Serialising these plain structs cannot fail; should it ever, the text says so instead of panicking.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| String::from(r#"{"kind":"internal","number":900}"#))
}

/// In lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
