//! The mock's own interface, for tests in any language: scenarios are opened, looked at, changed and closed under
//! `/__mock` on the port that also serves them. What a scenario is, `scenario` says. For people there is a page of it.

pub(crate) mod events;
mod journal;
mod script;

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::http::{Framing, Head};
use crate::scenario::{ExportSpec, OpenScenario, RuleSpec, ScenarioError, read_json};
use crate::shared::Shared;
use crate::world::World;

/// How large a request to it may be.
pub(crate) const BODY_CAP: usize = 4 * 1024 * 1024;

/// The id under which the service's own world, beside all scenarios, is looked at.
const OWN: &str = "0";

const PREFIX: &str = "/__mock";

const PAGE: &str = include_str!("page.html");
/// The page loads nothing and talks to nobody else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'";

const OPENAPI: &str = include_str!("../../openapi.json");

/// Whether a request target is meant for the mock itself.
pub(crate) fn is_meant(target: &str) -> bool {
    target.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// Judges a request before its body is read: it must say how long it is, and not be too long.
pub(crate) fn refusal_before_the_body(head: &Head) -> Option<Answer> {
    let cap = u64::try_from(BODY_CAP).unwrap_or(u64::MAX);
    match head.framing {
        Framing::Length(length) if length > cap => {
            Some(Answer::message(413, "The request body is too large: 4 MiB is the most."))
        }
        Framing::Chunked => Some(needs_length()),
        Framing::None if head.method == "POST" => Some(needs_length()),
        Framing::Length(_) | Framing::None => None,
    }
}

fn needs_length() -> Answer {
    Answer::message(411, "The request must have a Content-Length.")
}

/// What is asked for.
enum Resource<'a> {
    Page,
    Events,
    Health,
    Openapi,
    Scenarios,
    Scenario(&'a str),
    Log(&'a str),
    Rules(&'a str),
    Exports(&'a str),
    Clock(&'a str),
    Script(&'a str),
}

/// What is answered.
pub(crate) enum Told {
    Answer(Answer),
    /// Events, until the client leaves.
    Events,
}

impl<'a> Resource<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix(PREFIX)?.split('/').skip(1).collect();
        Some(match segments.as_slice() {
            [] | [""] => Self::Page,
            ["events"] => Self::Events,
            ["health"] => Self::Health,
            ["openapi.json"] => Self::Openapi,
            ["scenarios"] => Self::Scenarios,
            ["scenarios", id] => Self::Scenario(id),
            ["scenarios", id, "log"] => Self::Log(id),
            ["scenarios", id, "rules"] => Self::Rules(id),
            ["scenarios", id, "exports"] => Self::Exports(id),
            ["scenarios", id, "clock"] => Self::Clock(id),
            ["scenarios", id, "script"] => Self::Script(id),
            _ => return None,
        })
    }

    fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Page | Self::Events | Self::Health | Self::Openapi | Self::Script(_) => &["GET"],
            Self::Scenarios => &["GET", "POST"],
            Self::Scenario(_) => &["GET", "DELETE"],
            Self::Log(_) => &["GET", "DELETE"],
            Self::Rules(_) => &["POST", "DELETE"],
            Self::Exports(_) | Self::Clock(_) => &["POST"],
        }
    }
}

/// Answers a request whose body has been read.
pub(crate) fn answer(shared: &Arc<Shared>, head: &Head, body: &[u8]) -> Told {
    match answer_or_events(shared, head, body) {
        Ok(told) => told,
        Err(refused) => Told::Answer(refused),
    }
}

fn answer_or_events(shared: &Arc<Shared>, head: &Head, body: &[u8]) -> Result<Told, Answer> {
    let (path, query) = match head.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (head.target.as_str(), None),
    };
    let Some(resource) = Resource::of(path) else {
        return Err(not_found("There is no such path; GET /__mock/openapi.json lists them."));
    };
    if !resource.methods().contains(&head.method.as_str()) {
        let message = "This path does not know this method.";
        return Err(Answer::message(405, message).header("Allow", &resource.methods().join(", ")));
    }
    let method = head.method.as_str();
    if method != "POST" && !body.is_empty() {
        return Err(Answer::message(400, "This request has no body."));
    }
    let answer = match resource {
        Resource::Log(id) if method == "GET" => log(shared, id, query),
        _ if query.is_some() => Err(bad("This request has no query parameters.")),
        Resource::Events => return Ok(Told::Events),
        Resource::Page => Ok(page()),
        Resource::Health => Ok(health(shared)),
        Resource::Openapi => Ok(Answer::json(200, OPENAPI)),
        Resource::Scenarios if method == "GET" => Ok(list(shared)),
        Resource::Scenarios => open(shared, body),
        Resource::Scenario(id) if method == "GET" => {
            scenario(shared, id).map(|scenario| answer_json(200, &summary(&scenario)))
        }
        Resource::Scenario(id) => close(shared, id),
        Resource::Log(id) => world(shared, id).map(|world| {
            world.clear_log();
            Answer::empty(204)
        }),
        Resource::Rules(id) if method == "DELETE" => world(shared, id).map(|world| {
            world.clear_rules();
            script::clear_rules(&world);
            Answer::empty(204)
        }),
        Resource::Rules(id) => add_rules(shared, id, body),
        Resource::Exports(id) => add_exports(shared, id, body),
        Resource::Clock(id) => set_clock(shared, id, body),
        Resource::Script(id) => world(shared, id).map(|world| answer_json(200, &script::of(&world))),
    };
    answer.map(Told::Answer)
}

fn page() -> Answer {
    Answer::empty(200)
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Content-Security-Policy", PAGE_POLICY)
        .body(PAGE)
}

fn answer_json(status: u16, value: &Value) -> Answer {
    Answer::json(status, value.to_string())
}

fn bad(message: impl std::fmt::Display) -> Answer {
    Answer::message(400, &message.to_string())
}

fn not_found(message: &str) -> Answer {
    Answer::message(404, message)
}

fn scenario(shared: &Shared, id: &str) -> Result<OpenScenario, Answer> {
    shared.scenario(id).ok_or_else(|| not_found("There is no scenario with this id."))
}

/// The world of a scenario, or the service's own.
fn world(shared: &Shared, id: &str) -> Result<Arc<World>, Answer> {
    if id == OWN {
        return Ok(shared.first_world());
    }
    scenario(shared, id).map(|scenario| scenario.world())
}

fn health(shared: &Shared) -> Answer {
    let state = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "scenarios": shared.scenarios().len(),
        "connections": shared.connections(),
    });
    answer_json(200, &state)
}

fn summary(scenario: &OpenScenario) -> Value {
    let world = scenario.world();
    json!({
        "id": scenario.id(),
        "base_url": scenario.base_url(),
        "token_url": scenario.token_url(),
        "tokens": scenario.tokens(),
        "requests": world.request_count(),
        "tls": scenario.tls().map(|tls| json!({
            "ca_pem": tls.ca_pem,
            "client_certificate_pem": tls.client_certificate_pem,
            "client_key_pem": tls.client_key_pem,
        })),
        "proxy_url": scenario.proxy_url(),
    })
}

fn list(shared: &Shared) -> Answer {
    let scenarios: Vec<Value> = shared
        .scenarios()
        .iter()
        .map(|scenario| {
            json!({
                "id": scenario.id(),
                "base_url": scenario.base_url(),
                "requests": scenario.world().request_count(),
            })
        })
        .collect();
    answer_json(200, &json!({ "scenarios": scenarios }))
}

fn open(shared: &Shared, body: &[u8]) -> Result<Answer, Answer> {
    let text = std::str::from_utf8(body).map_err(|_| bad("The body is not UTF-8."))?;
    let scenario = shared.open_scenario(text).map_err(bad)?;
    let place = format!("{PREFIX}/scenarios/{}", scenario.id());
    Ok(answer_json(201, &summary(&scenario)).header("Location", &place))
}

fn close(shared: &Shared, id: &str) -> Result<Answer, Answer> {
    if shared.close_scenario(id) {
        Ok(Answer::empty(204))
    } else {
        Err(not_found("There is no scenario with this id."))
    }
}

fn log(shared: &Shared, id: &str, query: Option<&str>) -> Result<Answer, Answer> {
    let secrets = match query {
        None | Some("secrets=false") => false,
        Some("secrets=true") => true,
        Some(_) => return Err(bad("The only parameter is secrets, true or false.")),
    };
    let world = world(shared, id)?;
    Ok(answer_json(200, &journal::of(&world, secrets)))
}

/// Reads one object or an array of them, with the same complaint about a misspelt member either way.
fn several<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, Answer> {
    if !body.trim_ascii_start().starts_with(b"[") {
        return Ok(vec![one(body)?]);
    }
    let items: Vec<Box<RawValue>> = serde_json::from_slice(body).map_err(bad)?;
    items.iter().map(|item| one(item.get().as_bytes())).collect()
}

fn one<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    // Serde would take a list of the members' values too.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(bad("A JSON object is expected here."));
    }
    let text = std::str::from_utf8(body).map_err(|_| bad("The body is not UTF-8."))?;
    read_json(text).map_err(bad)
}

fn add_rules(shared: &Shared, id: &str, body: &[u8]) -> Result<Answer, Answer> {
    let world = world(shared, id)?;
    let rules = several::<RuleSpec>(body)?
        .into_iter()
        .map(RuleSpec::rule)
        .collect::<Result<Vec<_>, ScenarioError>>()
        .map_err(bad)?;
    let added = rules.len();
    for rule in rules {
        world.push_rule(rule);
    }
    script::add(&world, "rules", body);
    Ok(answer_json(201, &json!({ "added": added })))
}

fn add_exports(shared: &Shared, id: &str, body: &[u8]) -> Result<Answer, Answer> {
    let world = world(shared, id)?;
    let mut tokens = Vec::new();
    for export in several::<ExportSpec>(body)? {
        tokens.extend(export.add_to(&world, world.seed()).map_err(bad)?);
    }
    script::add(&world, "exports", body);
    Ok(answer_json(201, &json!({ "tokens": tokens })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockSpec {
    offset_ms: Option<i64>,
    advance_ms: Option<u64>,
}

fn set_clock(shared: &Shared, id: &str, body: &[u8]) -> Result<Answer, Answer> {
    let world = world(shared, id)?;
    let clock: ClockSpec = one(body)?;
    if let Some(millis) = clock.advance_ms
        && !world.advance(Duration::from_millis(millis))
    {
        let message = "Only a scenario with \"virtual_clock\": true can be advanced.";
        return Err(Answer::message(409, message));
    }
    if let Some(millis) = clock.offset_ms {
        world.set_clock_offset(millis);
    }
    let state = json!({
        "now_ms": world.now_millis(),
        "scenario_time_ms": journal::millis(world.scenario_time()),
    });
    Ok(answer_json(200, &state))
}
