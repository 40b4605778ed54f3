//! Plans: what an adapter is told. Operations and arguments, never an expected value, so that an adapter cannot copy
//! the answer.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::places::Places;
use crate::scenario::{Call, Credentials, OAuth, Operation, Scenario};

/// One line on an adapter's standard input.
#[derive(Serialize)]
pub(crate) struct Plan<'a> {
    case: &'a str,
    base_url: String,
    client_id: &'a str,
    credentials: Credentials,
    settings: BTreeMap<&'a str, String>,
    /// When it is there, the client is made from it and from `settings`, and from nothing else of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<Configuration<'a>>,
    calls: Vec<Call>,
}

#[derive(Serialize)]
struct Configuration<'a> {
    profile: Option<&'a str>,
    /// The whole environment, the configuration file's name among it.
    variables: BTreeMap<&'a str, String>,
}

/// The client id of every scenario that does not set its own.
pub(crate) const CLIENT_ID: &str = "acme";

impl<'a> Plan<'a> {
    pub(crate) fn new(scenario: &'a Scenario, base_url: String, places: &Places) -> Plan<'a> {
        let settings = scenario.settings.iter().map(|(name, value)| (name.as_str(), places.filled(value))).collect();
        let credentials = match &scenario.credentials {
            Credentials::OAuth(oauth) => {
                Credentials::OAuth(OAuth { token_url: places.token_url(&oauth.token_url), ..oauth.clone() })
            }
            other => other.clone(),
        };
        let configuration = scenario.configuration.as_ref().map(|given| {
            let mut variables: BTreeMap<&str, String> =
                given.variables.iter().map(|(name, value)| (name.as_str(), places.filled(value))).collect();
            variables.insert("MYPREFERENCES_CONFIG_FILE", places.filled("{config_file}"));
            Configuration { profile: given.profile.as_deref(), variables }
        });
        let client_id = scenario.settings.get("client_id").map_or(CLIENT_ID, String::as_str);
        let calls =
            scenario.calls.iter().map(|call| with_folder(with_handle(call, &base_url, client_id), places)).collect();
        Plan { case: &scenario.name, base_url, client_id, credentials, settings, configuration, calls }
    }
}

/// A wait and pages work on a handle, as the task has it that did not initiate the export: its token, in the form that
/// every language writes and reads.
fn with_handle(call: &Call, base_url: &str, client_id: &str) -> Call {
    let mut call = call.clone();
    match call.operation {
        Operation::Wait | Operation::Pages | Operation::CommitLoaded | Operation::Boundaries => {
            let token = call.access_token.take();
            let (kind, name) = (call.kind.take(), call.name.take());
            call.export = call.export.or_else(|| {
                let handle = serde_json::json!({
                    "version": 1,
                    "base_url": format!("{base_url}/"),
                    "surface": "async",
                    "client_id": client_id,
                    "kind": kind.as_deref().unwrap_or("segment"),
                    "name": name,
                    "access_token": token,
                    "watermark_ms": 0,
                });
                Some(handle.to_string())
            });
        }
        Operation::Commit
        | Operation::ResolveCommit
        | Operation::Status
        | Operation::Initiate
        | Operation::Export
        | Operation::CommitLanded => {}
    }
    call
}

fn with_folder(call: Call, places: &Places) -> Call {
    Call { out: call.out.as_deref().map(|out| places.filled(out)), ..call }
}
