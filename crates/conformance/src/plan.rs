//! Plans: what an adapter is told. Operations and arguments, never an expected value, so that an adapter cannot copy
//! the answer.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::scenario::{Call, Credentials, Scenario};

/// One line on an adapter's standard input.
#[derive(Serialize)]
pub(crate) struct Plan<'a> {
    case: &'a str,
    base_url: String,
    client_id: &'a str,
    credentials: &'a Credentials,
    settings: &'a BTreeMap<String, String>,
    calls: &'a [Call],
}

/// The client id of every scenario that does not set its own.
pub(crate) const CLIENT_ID: &str = "acme";

impl<'a> Plan<'a> {
    pub(crate) fn new(scenario: &'a Scenario, base_url: String) -> Plan<'a> {
        Plan {
            case: &scenario.name,
            base_url,
            client_id: scenario
                .settings
                .get("client_id")
                .map_or(CLIENT_ID, String::as_str),
            credentials: &scenario.credentials,
            settings: &scenario.settings,
            calls: &scenario.calls,
        }
    }
}
