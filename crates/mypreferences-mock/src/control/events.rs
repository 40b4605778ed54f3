//! What happens, as server-sent events for the page: the scenarios with their exports, and requests as they come. Without
//! credentials, tokens by their last digits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::control::journal::millis;
use crate::control::{OWN, script};
use crate::delivery::{After, chunk};
use crate::http::{self, BodyLength};
use crate::log::LoggedRequest;
use crate::redact::{mask_digits, mask_in_text};
use crate::route::Operation;
use crate::shared::Shared;
use crate::wire::Wire;
use crate::world::World;

/// How often it is looked whether something has happened.
const TICK: Duration = Duration::from_millis(200);
/// Requests and exports of a scenario that are shown.
const REQUESTS: usize = 200;
const EXPORTS: usize = 200;

/// Sends events until the client leaves.
pub(crate) async fn stream(wire: &mut Wire, shared: &Arc<Shared>) -> After {
    let answer = Answer::empty(200).header("Content-Type", "text/event-stream").header("Cache-Control", "no-store");
    let head = http::response_head(&answer, &[], BodyLength::Chunked, true, &[]);
    if wire.send(&head).await.is_err() {
        return After::Close;
    }
    let mut sent = BTreeMap::new();
    loop {
        let now = scenarios(shared);
        let news: Vec<&Value> =
            now.iter().filter(|(id, seen)| sent.get(*id) != Some(*seen)).map(|(_, seen)| seen).collect();
        if !news.is_empty() || now.len() != sent.len() {
            let open: Vec<&String> = now.keys().collect();
            let event = format!("data: {}\n\n", json!({"open": open, "changed": news}));
            if wire.send(&chunk(event.as_bytes())).await.is_err() {
                return After::Close;
            }
            sent = now;
        }
        if wire.gone_within(TICK).await {
            return After::Close;
        }
    }
}

/// All of them by id, the mock's own world among them.
fn scenarios(shared: &Arc<Shared>) -> BTreeMap<String, Value> {
    let own = (OWN.to_owned(), scenario(OWN, &format!("http://127.0.0.1:{}", shared.port), &shared.first_world()));
    let opened = shared.scenarios();
    let opened = opened.iter().map(|opened| {
        let id = opened.id().to_owned();
        let seen = scenario(&id, &opened.base_url(), &opened.world());
        (id, seen)
    });
    std::iter::once(own).chain(opened).collect()
}

fn scenario(id: &str, base_url: &str, world: &World) -> Value {
    let all = world.exports();
    let exports: Vec<Value> = all
        .iter()
        .take(EXPORTS)
        .map(|view| {
            json!({
                "token": mask_digits(&view.token.unsigned_abs().to_string()),
                "kind": view.kind.segment(),
                "status": view.status,
                "rows": view.rows,
                "files_kept": view.files_kept,
                "pages_read": view.pages_read,
                "commits": view.commits.len(),
            })
        })
        .collect();
    json!({
        "id": id,
        "base_url": base_url,
        "client_id": world.client_id(),
        "request_count": world.request_count(),
        "exports": exports,
        "export_count": all.len(),
        "requests": world.newest_requests(REQUESTS, request),
        "script": script::of(world),
    })
}

fn request(logged: &LoggedRequest) -> Value {
    let ended = logged.disconnected_at.or(logged.finished_at);
    json!({
        "number": logged.number,
        "at_ms": millis(logged.received_at),
        "method": logged.method,
        "target": mask_in_text(&logged.target, logged.token),
        "operation": logged.operation.map(Operation::name),
        "answered": logged.answered,
        "violation": logged.violation,
        "remarks": logged.remarks.iter().map(|remark| mask_in_text(remark, logged.token)).collect::<Vec<_>>(),
        "took_ms": ended.map(|ended| millis(ended.saturating_sub(logged.received_at))),
        "is_gone": logged.disconnected_at.is_some(),
    })
}
