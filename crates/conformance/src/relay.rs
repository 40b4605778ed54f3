//! One landing, three languages: begun in the first and stopped in the middle, finished in the second, committed in the
//! third, each in a process of its own on one folder.

use std::path::Path;

use crate::adapter::{Adapter, Observation};
use crate::harness::Harness;
use crate::judge::Seen;
use crate::plan::Plan;
use crate::scenario::Scenario;

/// Which surfaces follow one another.
const TEAMS: [[&str; 3]; 4] = [
    ["python_sync", "command", "kotlin"],
    ["kotlin", "cpp", "swift"],
    ["swift", "python_async", "c_blocking"],
    ["c_callback", "rust_blocking", "java"],
];

const RELAY: &str = r#"{
    "name": "relay", "why": "a landing is the folder's, whatever language goes on with it",
    "server": {
        "client_id": "acme",
        "authorization": {"hmac": {"user_id": "etl", "secret": "canary-hmac-secret-Zk3v9Qx7"}},
        "sources": [{"kind": "segment", "name": "Everyone", "rows": 60}],
        "rules": [{"on": "page", "times": 15, "action": {"delay_ms": 400}}]
    },
    "calls": [CALL],
    "expect": {"results": []}
}"#;

const EXPORT: &str = r#"{"operation": "export", "kind": "segment", "name": "Everyone", "out": "{out}", "commit": "never",
    "limit": 2, "part_bytes": 1"#;

/// Plays every team whose surfaces are all there; what went wrong.
pub(crate) fn run(stage: &Harness, adapters: &Path, surfaces: &[&String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for team in TEAMS {
        if !team.iter().all(|surface| surfaces.iter().any(|there| there == surface)) {
            continue;
        }
        match play(stage, adapters, team) {
            Ok(()) => println!("relay {}: ok", team.join(" -> ")),
            Err(why) => wrong.push(format!("relay {}: {why}", team.join(" -> "))),
        }
    }
    wrong
}

fn play(stage: &Harness, adapters: &Path, team: [&str; 3]) -> Result<(), String> {
    let calls = [
        (format!("{EXPORT}, \"cancel_after_ms\": 700}}"), "error"),
        (format!("{EXPORT}}}"), "landed"),
        (r#"{"operation": "commit_landed", "out": "{out}", "keep_files": false}"#.to_owned(), "batch_receipt"),
    ];
    let scenario = scenario(&calls[0].0)?;
    let opened = stage.open(&scenario)?;
    let base_url = opened.base_url();
    let places = stage.places(&scenario, &opened, &base_url).map_err(|trouble| trouble.to_string())?;
    for (surface, (call, wanted)) in team.iter().zip(&calls) {
        let scenario = self::scenario(call)?;
        let mut adapter = Adapter::new(adapters, surface, stage.proxy());
        let plan = Plan::new(&scenario, base_url.clone(), &places);
        let observation = adapter.play(&plan)?;
        if sort(&observation) != Some(*wanted) {
            return Err(format!("{surface} says {:?} instead of {wanted}", observation.results));
        }
    }
    let world = opened.world();
    let seen = Seen::of(&world, &opened.tokens(), Path::new(&places.filled("{out}")));
    let commits: usize = world.exports().iter().map(|export| export.commits.len()).sum();
    let batches = seen.batches?;
    let [batch] = batches.as_slice() else {
        return Err(format!("{} batches", batches.len()));
    };
    let lines: usize = batch.parts.values().map(Vec::len).sum();
    let initiates = seen
        .requests
        .iter()
        .filter(|request| request.operation == Some(mypreferences_mock::Operation::Initiate))
        .count();
    if (lines, initiates, commits) != (60, 1, 1) || batch.receipt.as_deref() != Some("committed") {
        return Err(format!("{lines} records, {initiates} initiates, {commits} commits, receipt {:?}", batch.receipt));
    }
    Ok(())
}

fn sort(observation: &Observation) -> Option<&str> {
    let result = observation.results.first()?.first()?;
    Some(&result.sort)
}

fn scenario(call: &str) -> Result<Scenario, String> {
    serde_json::from_str(&RELAY.replace("CALL", call)).map_err(|error| error.to_string())
}
