//! The proof that the suite can fail: deliberate faults, each with the exact list of scenarios that it turns red. A
//! suite that cannot fail proves nothing; a mutant that turns more or less red than is written down fails the run.

use std::collections::BTreeSet;
use std::time::Instant;

use mypreferences_mock::Operation;
use serde::Deserialize;

use crate::Wish;
use crate::adapter::Observation;
use crate::corpus::{self, Corpus};
use crate::harness::Harness;
use crate::judge::Seen;
use crate::matrix;
use crate::report::Verdict;
use crate::suite::{self, Played};
use crate::trouble::Trouble;

/// Mutants are played on one surface: they test the suite, not the surfaces.
const SURFACE: &str = "rust_async";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    name: String,
    why: String,
    fault: Fault,
    /// Exactly these.
    red: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fault {
    /// Text in the records, replaced.
    Record { from: String, to: String },
    /// Text added to what the surface said.
    Text(String),
    /// The first request of this operation, received twice.
    RequestTwice(String),
    /// Requests of this operation, not received.
    RequestsLost(String),
    /// What a client that never waits would show: all requests at the same moment.
    NoWaiting,
    /// Disconnects that nobody saw.
    NoDisconnects,
    /// Applied commits, forgotten by the server.
    NothingApplied,
    /// Rules put before the scenario's own: a fault of the mock itself.
    Rules(serde_json::Value),
}

/// Plays every mutant; true when each turned exactly its scenarios red.
pub(crate) fn prove(wish: &Wish) -> Result<bool, Trouble> {
    let begun = Instant::now();
    let corpus = corpus::read(&wish.root)?;
    let matrix = matrix::read(&wish.root, &corpus)?;
    let path = wish.root.join("tests/conformance/mutants.json");
    let text = std::fs::read_to_string(&path).map_err(|error| Trouble::file(&path, &error))?;
    let mutants: Vec<Mutant> = serde_json::from_str(&text).map_err(|error| Trouble::file(&path, &error))?;
    let names = suite::chosen(&matrix[SURFACE], &[]);
    let stage = Harness::new()?;
    let healthy = suite::play(&stage, &wish.adapters, SURFACE, &corpus, &names, None);
    let (mut passed, mut failed) = (0, 0);
    let sick = red(&corpus, &healthy);
    if !sick.is_empty() {
        for case in healthy.iter().filter(|case| sick.contains(&case.scenario)) {
            if let Verdict::Red(why) = suite::verdict(&corpus, SURFACE, case) {
                println!("{}: {}", case.scenario, why.join("\n  "));
            }
        }
        return Err(Trouble::new(format!("without a mutant these are red: {sick:?}; repair them first")));
    }
    for mutant in &mutants {
        let turned = match &mutant.fault {
            Fault::Rules(rules) => {
                let played = suite::play(&stage, &wish.adapters, SURFACE, &corpus, &names, Some(rules));
                red(&corpus, &played)
            }
            fault => red(&corpus, &healthy.iter().map(|case| doctored(case, fault)).collect::<Vec<_>>()),
        };
        if turned == mutant.red && !turned.is_empty() {
            passed += 1;
            println!("ok   {}: {} red ({})", mutant.name, turned.len(), mutant.why);
        } else {
            failed += 1;
            println!("FAIL {}: {}", mutant.name, mutant.why);
            println!("     red but not written down: {:?}", turned.difference(&mutant.red).collect::<Vec<_>>());
            println!("     written down but green:   {:?}", mutant.red.difference(&turned).collect::<Vec<_>>());
        }
    }
    println!("\n{} mutants, {:.1} s", mutants.len(), begun.elapsed().as_secs_f64());
    println!("mutants: {passed} passed, {failed} failed");
    Ok(failed == 0 && !mutants.is_empty())
}

fn red(corpus: &Corpus, played: &[Played]) -> BTreeSet<String> {
    played
        .iter()
        .filter(|case| matches!(suite::verdict(corpus, SURFACE, case), Verdict::Red(_)))
        .map(|case| case.scenario.clone())
        .collect()
}

fn doctored(case: &Played, fault: &Fault) -> Played {
    let outcome = match &case.outcome {
        Ok((observation, seen)) => {
            let (mut observation, mut seen) = (observation.clone(), seen.clone());
            doctor(&mut observation, &mut seen, fault);
            Ok((observation, seen))
        }
        Err(reason) => Err(reason.clone()),
    };
    Played { scenario: case.scenario.clone(), outcome }
}

fn doctor(observation: &mut Observation, seen: &mut Seen, fault: &Fault) {
    let is = |operation: Option<Operation>, name: &str| match name {
        "commit" => operation == Some(Operation::Commit),
        "status" => operation == Some(Operation::Status),
        "page" => operation == Some(Operation::Page),
        "initiate" => operation == Some(Operation::Initiate),
        "token" => operation == Some(Operation::Token),
        _ => false,
    };
    match fault {
        Fault::Record { from, to } => {
            for result in observation.results.iter_mut().flatten() {
                result.record = result.record.replace(from, to);
            }
        }
        Fault::Text(text) => observation.texts.push(text.clone()),
        Fault::RequestTwice(name) => {
            if let Some(at) = seen.requests.iter().position(|request| is(request.operation, name)) {
                let again = seen.requests[at].clone();
                seen.requests.insert(at, again);
            }
        }
        Fault::RequestsLost(name) => seen.requests.retain(|request| !is(request.operation, name)),
        Fault::NoWaiting => {
            for request in &mut seen.requests {
                request.received_at = std::time::Duration::ZERO;
            }
        }
        Fault::NoDisconnects => {
            for request in &mut seen.requests {
                request.disconnected_at = None;
            }
        }
        Fault::NothingApplied => {
            for (_, commits) in &mut seen.applied {
                commits.clear();
            }
        }
        Fault::Rules(_) => {}
    }
}
