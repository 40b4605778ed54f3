//! The log of a world as JSON: every request as it was received, and what has really become of the exports.
//! Times are milliseconds since the world began, by a clock that never goes back.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::export::ExportView;
use crate::log::LoggedRequest;
use crate::redact::{REDACTED, is_secret_header};
use crate::route::Operation;
use crate::world::World;

/// Everything; `secrets` shows the credentials too.
pub(super) fn of(world: &World, secrets: bool) -> Value {
    let requests: Vec<Value> = world.requests().iter().map(|logged| request(logged, secrets)).collect();
    let exports: Vec<Value> = world.exports().iter().map(export).collect();
    json!({
        "now_ms": millis(world.elapsed()),
        "scenario_time_ms": millis(world.scenario_time()),
        "requests": requests,
        "exports": exports,
    })
}

/// With fractions, to the microsecond.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn request(logged: &LoggedRequest, secrets: bool) -> Value {
    let headers: Vec<Value> = logged
        .headers
        .iter()
        .map(|(name, value)| {
            if !secrets && is_secret_header(name) {
                json!([name, REDACTED])
            } else {
                json!([name, String::from_utf8_lossy(value)])
            }
        })
        .collect();
    // The body of a token request holds the secret of the client.
    let hidden = !secrets && logged.operation == Some(Operation::Token);
    let text = std::str::from_utf8(&logged.body).ok();
    json!({
        "number": logged.number,
        "connection": logged.connection,
        "method": logged.method,
        "target": logged.target,
        "headers": headers,
        "body": if hidden { Some(REDACTED) } else { text },
        "body_base64": (text.is_none() && !hidden).then(|| STANDARD.encode(&logged.body)),
        "operation": logged.operation.map(Operation::name),
        "token": logged.token,
        "violation": logged.violation,
        "remarks": logged.remarks,
        "received_at_ms": millis(logged.received_at),
        "answered": logged.answered,
        "finished_at_ms": logged.finished_at.map(millis),
        "disconnected_at_ms": logged.disconnected_at.map(millis),
    })
}

fn export(view: &ExportView) -> Value {
    let commits: Vec<Value> = view
        .commits
        .iter()
        .map(|commit| json!({"keep_files": commit.keep_files, "at_ms": millis(commit.at)}))
        .collect();
    json!({
        "token": view.token,
        "kind": view.kind.segment(),
        "status": view.status,
        "rows": view.rows,
        "files_kept": view.files_kept,
        "pages_read": view.pages_read,
        "commits": commits,
    })
}
