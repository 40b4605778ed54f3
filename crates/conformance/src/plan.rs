//! Plans: what an adapter is told. Operations and arguments, never an expected value, so that an adapter cannot copy
//! the answer.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::places::Places;
use crate::scenario::{Call, Credentials, OAuth, Scenario};

/// One line on an adapter's standard input.
#[derive(Serialize)]
pub(crate) struct Plan<'a> {
    case: &'a str,
    base_url: String,
    client_id: &'a str,
    credentials: Credentials,
    settings: BTreeMap<&'a str, String>,
    calls: &'a [Call],
}

/// The client id of every scenario that does not set its own.
pub(crate) const CLIENT_ID: &str = "acme";

impl<'a> Plan<'a> {
    pub(crate) fn new(scenario: &'a Scenario, base_url: String, places: &Places) -> Plan<'a> {
        let settings = scenario
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), places.filled(value)))
            .collect();
        let credentials = match &scenario.credentials {
            Credentials::OAuth(oauth) => Credentials::OAuth(OAuth {
                token_url: places.token_url(&oauth.token_url),
                ..oauth.clone()
            }),
            other => other.clone(),
        };
        Plan {
            case: &scenario.name,
            base_url,
            client_id: scenario
                .settings
                .get("client_id")
                .map_or(CLIENT_ID, String::as_str),
            credentials,
            settings,
            calls: &scenario.calls,
        }
    }
}
