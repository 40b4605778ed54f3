//! The judgement on one case: what the surface said and what the server received, against what the scenario expects.
//! Returns every difference, not just the first.

use std::path::Path;

use mypreferences_mock::{LoggedRequest, Operation, World};

use crate::adapter::{Observation, ObservedResult};
use crate::landed::batches_in;
use crate::ordered_json::Json;
use crate::scenario::{Batch, CANARY_SECRET, CANARY_TOKEN, Count, Expect, ExpectedResult, Gap, OnTheWire, Scenario};

/// What the server saw.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) requests: Vec<LoggedRequest>,
    /// Commits that were applied, by token.
    pub(crate) applied: Vec<(String, Vec<bool>)>,
    /// The tokens of all exports, those that were initiated too.
    pub(crate) shown_never: Vec<String>,
    /// What lies in the folder of the case.
    pub(crate) batches: Result<Vec<Batch>, String>,
}

/// A token of so many digits cannot stand in a text by chance.
const TELLING: usize = 10;

impl Seen {
    pub(crate) fn of(world: &World, tokens: &[i64], out: &Path) -> Seen {
        let exports = world.exports();
        let shown_never =
            exports.iter().map(|export| export.token.to_string()).filter(|token| token.len() >= TELLING).collect();
        let applied = exports
            .into_iter()
            .filter(|export| tokens.contains(&export.token))
            .map(|export| {
                let commits = export.commits.iter().map(|commit| commit.keep_files).collect();
                (export.token.to_string(), commits)
            })
            .collect();
        Seen { requests: world.requests(), applied, shown_never, batches: batches_in(out) }
    }
}

/// Every difference between what was expected and what was seen; empty when the case is green.
pub(crate) fn judge(scenario: &Scenario, expect: &Expect, observation: &Observation, seen: &Seen) -> Vec<String> {
    let mut differences = Vec::new();
    results(expect, observation, &mut differences);
    numbers(scenario, observation, &mut differences);
    if let Some(limit) = expect.elapsed_at_most_ms {
        durations(limit, observation, &mut differences);
    }
    requests(expect, seen, &mut differences);
    for wire in &expect.on_the_wire {
        on_the_wire(wire, seen, &mut differences);
    }
    for gap in &expect.gaps {
        between(gap, seen, &mut differences);
    }
    for (range, keep_files) in expect.applied.iter().flatten() {
        for token in range.tokens() {
            let found = seen.applied.iter().find(|(known, _)| *known == token).map(|(_, commits)| commits);
            if found != Some(keep_files) {
                differences.push(format!("applied commits: expected {keep_files:?}, the server has {found:?}"));
            }
        }
    }
    match (&expect.batches, &seen.batches) {
        (Some(wanted), Ok(found)) if wanted == found => {}
        (Some(_), Err(wrong)) => differences.push(format!("the folder: {wrong}")),
        (Some(wanted), Ok(found)) => {
            let shown = |batches: &Vec<Batch>| serde_json::to_string(batches).unwrap_or_default();
            differences.push(format!("the folder:\n      expected {}\n      found {}", shown(wanted), shown(found)));
        }
        (None, _) => {}
    }
    if expect.asks_between_commits {
        asked_between(seen, &mut differences);
    }
    canaries(observation, seen, &mut differences);
    differences
}

fn results(expect: &Expect, observation: &Observation, differences: &mut Vec<String>) {
    if observation.results.len() != expect.results.len() {
        differences.push(format!(
            "{} calls were expected and {} were observed",
            expect.results.len(),
            observation.results.len()
        ));
    }
    for (index, (expected, observed)) in expect.results.iter().zip(&observation.results).enumerate() {
        if observed.is_empty() {
            differences.push(format!("call {index}: no result"));
        }
        let mut before = None;
        for result in observed {
            // Sixty-four equal results are one difference.
            if before != Some(result) {
                one_result(index, expected, result, differences);
            }
            before = Some(result);
        }
    }
}

fn one_result(index: usize, expected: &ExpectedResult, observed: &ObservedResult, differences: &mut Vec<String>) {
    let got = match Json::parse(&observed.record) {
        Ok(record) => {
            // Canonical means the same bytes, not only the same value. Pages are put together by the adapter.
            if observed.sort != "pages" && record.to_string() != observed.record {
                differences.push(format!("call {index}: the record is not in its canonical form"));
            }
            record.normalised().to_string()
        }
        Err(error) => {
            return differences.push(format!("call {index}: the record is no JSON: {error}"));
        }
    };
    let mut wanted = Vec::new();
    if let Err(error) = alternatives(expected, &mut wanted) {
        return differences.push(format!("call {index}: the expectation is no JSON: {error}"));
    }
    if !wanted.iter().any(|(sort, record)| *sort == observed.sort && *record == got) {
        let wanted: Vec<String> = wanted.iter().map(|(sort, record)| format!("{sort} {record}")).collect();
        differences.push(format!(
            "call {index}:\n      expected {}\n      observed {} {got}",
            wanted.join("\n            or "),
            observed.sort
        ));
    }
}

/// Every record that would do, normalised.
fn alternatives(expected: &ExpectedResult, wanted: &mut Vec<(&'static str, String)>) -> Result<(), serde_json::Error> {
    let (sort, record) = match expected {
        ExpectedResult::Receipt(record) => ("receipt", record),
        ExpectedResult::Error(record) => ("error", record),
        ExpectedResult::Resolution(record) => ("resolution", record),
        ExpectedResult::Status(record) => ("status", record),
        ExpectedResult::Export(record) => ("export", record),
        ExpectedResult::Pages(record) => ("pages", record),
        ExpectedResult::Landed(record) => ("landed", record),
        ExpectedResult::BatchReceipt(record) => ("batch_receipt", record),
        ExpectedResult::Boundaries(record) => ("boundaries", record),
        ExpectedResult::Stopped(record) => ("stopped", record),
        ExpectedResult::OneOf(several) => {
            return several.iter().try_for_each(|one| alternatives(one, wanted));
        }
    };
    wanted.push((sort, Json::parse(record.get())?.normalised().to_string()));
    Ok(())
}

/// As many results as there were calls at once.
fn numbers(scenario: &Scenario, observation: &Observation, differences: &mut Vec<String>) {
    for (index, (call, observed)) in scenario.calls.iter().zip(&observation.results).enumerate() {
        let expected = call.concurrent.map_or(1, |concurrent| concurrent.n as usize);
        // A client that cannot be made has one failure to tell, whatever was to be called.
        if observed.len() != expected {
            differences.push(format!("call {index}: {} results of {expected}", observed.len()));
        }
    }
}

/// What the records say about how long the calls took.
fn durations(limit: u64, observation: &Observation, differences: &mut Vec<String>) {
    for result in observation.results.iter().flatten() {
        let elapsed = Json::parse(&result.record).ok().and_then(|record| record.seconds("elapsed"));
        #[expect(clippy::cast_precision_loss, reason = "limits are small")]
        if elapsed.is_none_or(|elapsed| elapsed * 1000.0 > limit as f64) {
            differences.push(format!("a call took {elapsed:?} s, more than {limit} ms"));
        }
    }
}

fn name(operation: Option<Operation>) -> &'static str {
    match operation {
        Some(Operation::Commit) => "commit",
        Some(Operation::Status) => "status",
        Some(Operation::Page) => "page",
        Some(Operation::Token) => "token",
        Some(Operation::Initiate) => "initiate",
        Some(_) | None => "other",
    }
}

fn of<'a>(seen: &'a Seen, operation: &str) -> Vec<&'a LoggedRequest> {
    seen.requests.iter().filter(|request| name(request.operation) == operation).collect()
}

/// How many requests of this operation the client gave up, as far as the server has noticed.
fn disconnects(requests: &[LoggedRequest], operation: &str) -> u64 {
    requests.iter().filter(|request| name(request.operation) == operation && request.disconnected_at.is_some()).count()
        as u64
}

/// Whether the server has noticed every disconnect that it must notice. A surface answers as soon as its call is over,
/// and the end of a connection takes a moment to arrive.
pub(crate) fn disconnects_have_come(expect: &Expect, requests: &[LoggedRequest]) -> bool {
    expect.disconnects.iter().all(|(operation, count)| count.holds(disconnects(requests, operation)))
}

fn requests(expect: &Expect, seen: &Seen, differences: &mut Vec<String>) {
    for operation in ["commit", "status", "page", "initiate", "token", "other"] {
        let found = of(seen, operation);
        let expected = expect.requests.get(operation).copied().unwrap_or(Count::Exactly(0));
        let number = found.len() as u64;
        if !expected.holds(number) {
            differences.push(format!("{operation} requests: expected {expected}, the server received {number}"));
        }
        let left = disconnects(&seen.requests, operation);
        if let Some(expected) = expect.disconnects.get(operation)
            && !expected.holds(left)
        {
            differences.push(format!("{operation} disconnects: expected {expected}, the server saw {left}"));
        }
    }
    for request in &seen.requests {
        if let Some(status) = request.violation
            && !expect.violations.contains(&status)
        {
            differences.push(format!("a request breaks the rules of the service ({status}): {}", request.method));
        }
    }
}

fn on_the_wire(wire: &OnTheWire, seen: &Seen, differences: &mut Vec<String>) {
    let Some(request) = of(seen, &wire.operation).get(wire.number).copied() else {
        return differences.push(format!("on the wire: no {} request {}", wire.operation, wire.number));
    };
    let head = String::from_utf8_lossy(&request.raw_head);
    let line = head.lines().next().unwrap_or_default();
    // The request line holds the token, so the difference is told without it.
    let scenario_free = without_scenario(line);
    if scenario_free != wire.request_line {
        let shown = scenario_free.replace(CANARY_TOKEN, "***");
        differences.push(format!("on the wire: the request line is {shown:?}"));
    }
    for (header, value) in &wire.headers {
        let values: Vec<&[u8]> = request
            .headers
            .iter()
            .filter(|(given, _)| given.eq_ignore_ascii_case(header))
            .map(|(_, value)| value.as_slice())
            .collect();
        if values.len() != 1 {
            differences.push(format!("on the wire: {} headers {header}, expected one", values.len()));
        } else if value != "*" && values[0] != value.as_bytes() {
            differences.push(format!("on the wire: header {header} has another value"));
        }
    }
    for header in &wire.no_headers {
        if request.header(header).is_some() {
            differences.push(format!("on the wire: there is a header {header}"));
        }
    }
    if request.body != wire.body.as_bytes() {
        differences.push("on the wire: another body".to_owned());
    }
}

/// `POST /s/7/acme/… HTTP/1.1` as `POST /acme/… HTTP/1.1`.
fn without_scenario(line: &str) -> String {
    match line.split_once(" /s/").and_then(|(method, rest)| Some((method, rest.split_once('/')?.1))) {
        Some((method, rest)) => format!("{method} /{rest}"),
        None => line.to_owned(),
    }
}

fn between(gap: &Gap, seen: &Seen, differences: &mut Vec<String>) {
    let moment = |name: &str| {
        let (operation, number) = name.split_once(':')?;
        of(seen, operation).get(number.parse::<usize>().ok()?).map(|request| request.received_at)
    };
    let (Some(from), Some(to)) = (moment(&gap.from), moment(&gap.to)) else {
        return differences.push(format!("gap: no requests {} and {}", gap.from, gap.to));
    };
    let waited = to.saturating_sub(from).as_millis();
    let too_long = gap.at_most_ms.is_some_and(|at_most| waited > u128::from(at_most));
    if waited < u128::from(gap.at_least_ms) || too_long {
        differences.push(format!("gap from {} to {}: {waited} ms", gap.from, gap.to));
    }
}

fn asked_between(seen: &Seen, differences: &mut Vec<String>) {
    let mut asked = true;
    for request in &seen.requests {
        match name(request.operation) {
            "commit" if !asked => {
                return differences.push("two POSTs without a question between them".to_owned());
            }
            "commit" => asked = false,
            "status" => asked = true,
            _ => {}
        }
    }
}

/// Secrets and tokens in anything that the surface said. The text itself is not repeated.
fn canaries(observation: &Observation, seen: &Seen, differences: &mut Vec<String>) {
    // What the token endpoint gave out came back in the requests.
    let bearer_tokens: Vec<&str> =
        seen.requests.iter().filter_map(|request| request.header("Authorization")?.strip_prefix("Bearer ")).collect();
    // A handle's text holds its token, and says so.
    let records =
        observation.results.iter().flatten().filter(|result| result.sort != "export").map(|result| &result.record);
    for text in records.chain(&observation.texts) {
        if seen.shown_never.iter().any(|token| text.contains(token)) {
            differences.push(format!("an export's token is shown in a text of {} bytes", text.len()));
        }
        for (what, canary) in [
            ("the secret", CANARY_SECRET),
            ("the access token", CANARY_TOKEN),
            ("an Authorization value", "Signature="),
        ] {
            if text.contains(canary) {
                differences.push(format!("{what} is shown in a text of {} bytes", text.len()));
            }
        }
        if bearer_tokens.iter().any(|token| text.contains(token)) {
            differences.push(format!("a bearer token is shown in a text of {} bytes", text.len()));
        }
    }
}
