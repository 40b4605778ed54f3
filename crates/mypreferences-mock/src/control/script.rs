//! The scenario that a world plays, as JSON to copy into a test: as it was opened, with the rules and exports that were
//! added since. Secrets are replaced by a word, tokens by small numbers, which play the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::export_kind::ExportKind;
use crate::world::World;

/// In place of a secret.
const SECRET: &str = "put-a-secret-here";
/// The first token of a script.
const FIRST: i64 = 1001;

/// What is played, without its secrets.
pub(super) fn of(world: &World) -> Value {
    let mut script = world.script().unwrap_or_else(|| of_a_world_without(world));
    hide_secrets(&mut script);
    number_tokens(&mut script);
    script
}

/// Adds what a request has added, one or several.
pub(super) fn add(world: &World, member: &str, body: &[u8]) {
    let mut script = world.script().unwrap_or_else(|| of_a_world_without(world));
    let added = match serde_json::from_slice(body) {
        Ok(Value::Array(added)) => added,
        Ok(one) => vec![one],
        // It was read before.
        Err(_) => return,
    };
    if let Some(members) = script.as_object_mut()
        && let Value::Array(there) = members.entry(member).or_insert_with(|| json!([]))
    {
        there.extend(added);
    }
    world.set_script(script);
}

pub(super) fn clear_rules(world: &World) {
    if let Some(mut script) = world.script() {
        if let Some(members) = script.as_object_mut() {
            members.remove("rules");
        }
        world.set_script(script);
    }
}

/// The service's own world was made by arguments.
fn of_a_world_without(world: &World) -> Value {
    let kind = |kind: ExportKind| match kind {
        ExportKind::Segment => "segment",
        ExportKind::SegmentGroup => "segment_group",
        ExportKind::Schedule => "schedule",
        ExportKind::Cid => "cid",
    };
    let sources: Vec<Value> = world
        .sources()
        .iter()
        .map(|source| json!({"kind": kind(source.kind), "name": source.name, "rows": source.rows}))
        .collect();
    let exports: Vec<Value> = world
        .exports()
        .iter()
        .map(|export| json!({"token": export.token, "kind": kind(export.kind), "rows": export.rows}))
        .collect();
    json!({"client_id": world.client_id(), "sources": sources, "exports": exports})
}

fn hide_secrets(script: &mut Value) {
    for (sort, member) in [("hmac", "secret"), ("oauth", "client_secret")] {
        if let Some(secret) = script.pointer_mut(&format!("/authorization/{sort}/{member}")) {
            *secret = SECRET.into();
        }
    }
    for sort in ["bearer", "verbatim"] {
        if let Some(secret) = script.pointer_mut(&format!("/authorization/{sort}")) {
            *secret = SECRET.into();
        }
    }
}

/// Those of exports, from [`FIRST`] on, and in rules the same.
fn number_tokens(script: &mut Value) {
    let mut numbers = BTreeMap::new();
    let mut next = FIRST;
    for member in ["exports", "rules"] {
        let entries = script.get_mut(member).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            let copies = entry["copies"].as_i64().unwrap_or(1).max(1);
            let Some(token) = entry.get_mut("token").filter(|token| token.is_number()) else { continue };
            let number = *numbers.entry(token.to_string()).or_insert_with(|| {
                let number = next;
                next += copies;
                number
            });
            *token = number.into();
        }
    }
}
