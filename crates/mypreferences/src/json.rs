//! The canonical JSON of all records, beside whose types it stands: fixed key order, `snake_case`, every key always there (`null` when
//! absent), durations in seconds with three decimals, times as RFC 3339 in UTC. Every surface hands out these bytes.

use std::time::{Duration, SystemTime};

use serde::Serialize;

/// Seconds with three decimals: readable, and enough for a network call.
pub(crate) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// RFC 3339 in UTC; none when the time is out of every calendar.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(time)
        .ok()
        .map(|timestamp| timestamp.to_string())
}

/// Serialising these plain structs cannot fail; should it ever, the text says so instead of panicking.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|_| String::from(r#"{"kind":"internal","number":900}"#))
}
