//! Plays the corpus: every surface, every scenario, several cases at a time, each in a world of its own on one mock.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mypreferences_mock::{PROXIED_HOST, RefusedPort};

use crate::Wish;
use crate::adapter::{Adapter, Observation};
use crate::corpus::{self, Corpus};
use crate::harness::Harness;
use crate::judge::{Seen, disconnects_have_come, judge};
use crate::matrix::{self, Matrix};
use crate::places::Places;
use crate::plan::Plan;
use crate::relay;
use crate::report::{self, Table, Verdict};
use crate::scenario::{Reach, Scenario};
use crate::trouble::Trouble;

/// Cases mostly wait, so there are more of them under way than cores.
const AT_ONCE: usize = 12;

/// Generous: on loopback it is far less than a millisecond, unless the machine is busy.
const DISCONNECTS_COME_WITHIN: Duration = Duration::from_secs(2);

/// One case that was played.
pub(crate) struct Played {
    pub(crate) scenario: String,
    /// What was observed and received, or why nothing was.
    pub(crate) outcome: Result<(Observation, Seen), String>,
}

/// Plays everything and prints the table. True when all is green and nothing is missing.
pub(crate) fn run(wish: &Wish) -> Result<bool, Trouble> {
    let begun = Instant::now();
    let corpus = corpus::read(&wish.root)?;
    let matrix = matrix::read(&wish.root, &corpus)?;
    let mut missing = Vec::new();
    let mock = Harness::new()?;
    let mut table = Table::new();
    for (surface, row) in &matrix {
        if !wish.surfaces.is_empty() && !wish.surfaces.contains(surface) {
            continue;
        }
        let chosen = chosen(row, &wish.scenarios);
        let played = play(&mock, &wish.adapters, surface, &corpus, &chosen, None);
        if played.len() < chosen.len() {
            missing.push(format!("{surface}: {} of {} cases ran", played.len(), chosen.len()));
        }
        let mut verdicts = BTreeMap::new();
        for (scenario, _) in row.iter().filter(|(_, is_played)| !**is_played) {
            verdicts.insert(scenario.clone(), Verdict::Skipped);
        }
        for case in played {
            let verdict = verdict(&corpus, surface, &case);
            verdicts.insert(case.scenario, verdict);
        }
        table.insert(surface.clone(), verdicts);
    }
    let whole = wish.surfaces.is_empty() && wish.scenarios.is_empty();
    if wish.scenarios.is_empty() {
        let surfaces: Vec<&String> = table.keys().collect();
        missing.extend(relay::run(&mock, &wish.adapters, &surfaces));
    }
    if whole {
        missing.extend(absent_cells(&corpus, &matrix, &table));
    }
    Ok(report::print(&table, &missing, begun.elapsed()))
}

/// Whether corpus and matrix can be read and fit each other.
pub(crate) fn check(root: &Path) -> Result<(), Trouble> {
    let corpus = corpus::read(root)?;
    matrix::read(root, &corpus)?;
    println!("{} scenarios", corpus.len());
    Ok(())
}

/// Every cell of corpus x matrix that has no verdict: fewer cases ran than the corpus holds.
fn absent_cells(corpus: &Corpus, matrix: &Matrix, table: &Table) -> Vec<String> {
    matrix
        .keys()
        .flat_map(|surface| corpus.keys().map(move |scenario| (surface, scenario)))
        .filter(|(surface, scenario)| !table.get(*surface).is_some_and(|row| row.contains_key(*scenario)))
        .map(|(surface, scenario)| format!("{surface} x {scenario} was not played"))
        .collect()
}

pub(crate) fn chosen(row: &BTreeMap<String, bool>, wanted: &[String]) -> Vec<String> {
    row.iter()
        .filter(|(name, is_played)| **is_played && (wanted.is_empty() || wanted.contains(name)))
        .map(|(name, _)| name.clone())
        .collect()
}

pub(crate) fn verdict(corpus: &Corpus, surface: &str, case: &Played) -> Verdict {
    let Some(scenario) = corpus.get(&case.scenario) else {
        return Verdict::Red(vec!["it is not in the corpus".to_owned()]);
    };
    match &case.outcome {
        Err(reason) => Verdict::Red(vec![reason.clone()]),
        Ok((observation, seen)) => {
            let differences = judge(scenario, scenario.expect(surface), observation, seen);
            if differences.is_empty() { Verdict::Green } else { Verdict::Red(differences) }
        }
    }
}

/// Plays these scenarios on one surface. `fault` is a mutation of the server's part.
pub(crate) fn play(
    stage: &Harness,
    adapters: &Path,
    surface: &str,
    corpus: &Corpus,
    names: &[String],
    fault: Option<&serde_json::Value>,
) -> Vec<Played> {
    let queue: Mutex<VecDeque<&String>> = Mutex::new(names.iter().collect());
    let played = Mutex::new(Vec::new());
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(names.len()) {
            scope.spawn(|| {
                let mut adapter = Adapter::new(adapters, surface, stage.nobody.base_url());
                while let Some(name) = next() {
                    let Some(scenario) = corpus.get(name) else {
                        continue;
                    };
                    let outcome = one_case(stage, (surface, &mut adapter), scenario, fault);
                    if let Ok(mut played) = played.lock() {
                        played.push(Played { scenario: name.clone(), outcome });
                    }
                }
            });
        }
    });
    played.into_inner().unwrap_or_default()
}

fn one_case(
    stage: &Harness,
    (surface, adapter): (&str, &mut Adapter),
    scenario: &Scenario,
    fault: Option<&serde_json::Value>,
) -> Result<(Observation, Seen), String> {
    let mut server: serde_json::Value =
        serde_json::from_str(scenario.server.get()).map_err(|error| error.to_string())?;
    if let Some(fault) = fault {
        mutate(&mut server, fault);
    }
    let opened = stage.mock.open_scenario(&server.to_string()).map_err(|error| format!("server: {error}"))?;
    let refused = RefusedPort::take().map_err(|error| format!("no free port: {error}"))?;
    let base_url = match scenario.reach {
        Reach::Mock => opened.base_url(),
        Reach::Refused => refused.base_url(),
        Reach::Https => opened.base_url().replace("http:", "https:"),
        Reach::Proxied => opened.base_url().replace("127.0.0.1", PROXIED_HOST),
    };
    let addresses = (base_url.as_str(), &*refused.base_url());
    let places = Places::of(&stage.files, scenario, &opened, addresses).map_err(|trouble| trouble.to_string())?;
    let mut observation = adapter.play(&Plan::new(scenario, base_url, &places))?;
    for result in observation.results.iter_mut().flatten() {
        result.record = places.worded(&result.record);
    }
    if observation.case != scenario.name {
        return Err(format!("the adapter answered another case: {}", observation.case));
    }
    let world = opened.world();
    let expect = scenario.expect(surface);
    // Should they not come, the judge says so.
    world.wait_for_blocking(|requests| disconnects_have_come(expect, requests), DISCONNECTS_COME_WITHIN);
    let out = places.filled("{out}");
    Ok((observation, Seen::of(&world, &opened.tokens(), Path::new(&out))))
}

/// Puts the fault's rules before the scenario's own.
fn mutate(server: &mut serde_json::Value, fault: &serde_json::Value) {
    let (Some(server), Some(first)) = (server.as_object_mut(), fault.as_array()) else {
        return;
    };
    let own = server.remove("rules");
    let mut rules = first.clone();
    rules.extend(own.as_ref().and_then(|own| own.as_array()).cloned().unwrap_or_default());
    server.insert("rules".to_owned(), rules.into());
}
