//! What all connections of a service share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::lock::lock;
use crate::scenario::{OpenScenario, ScenarioError, Spec, read_json};
use crate::tls::Listeners;
use crate::world::World;

/// Below it, each scenario has a path of its own.
const SCENARIO_PREFIX: &str = "/s/";
/// How many requests a scenario's log keeps.
const SCENARIO_LOG: usize = 2_000;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) world: Arc<World>,
    pub(crate) port: u16,
    /// The scenarios that are being served, by id.
    pub(crate) scenarios: Mutex<BTreeMap<u64, OpenScenario>>,
    pub(crate) next_scenario: AtomicU64,
    pub(crate) tls: Listeners,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) connections: AtomicU64,
    pub(crate) connect_mode: AtomicU8,
}

impl Shared {
    /// The world that a request target belongs to, and the target within it: `/s/{id}/…` is a scenario's, everything
    /// else the service's own.
    pub(crate) fn world_of<'target>(&self, target: &'target str) -> (Arc<World>, &'target str) {
        let within =
            target.strip_prefix(SCENARIO_PREFIX).and_then(|rest| rest.find('/').map(|slash| rest.split_at(slash)));
        if let Some((id, target)) = within
            && let Some(scenario) = self.scenario(id)
        {
            return (scenario.world(), target);
        }
        (Arc::clone(&self.world), target)
    }

    /// The scenario of this id.
    pub(crate) fn scenario(&self, id: &str) -> Option<OpenScenario> {
        let id = id.parse().ok()?;
        lock(&self.scenarios).get(&id).cloned()
    }

    /// All scenarios, the oldest first.
    pub(crate) fn scenarios(&self) -> Vec<OpenScenario> {
        lock(&self.scenarios).values().cloned().collect()
    }

    pub(crate) fn open_scenario(&self, text: &str) -> Result<OpenScenario, ScenarioError> {
        let spec = Spec::read(text)?;
        let (address, tls) = match spec.tls() {
            None => (format!("http://127.0.0.1:{}", self.port), None),
            Some(mode) => {
                let (port, material) = self.tls.open(mode).map_err(ScenarioError::new)?;
                (format!("https://127.0.0.1:{port}"), Some(material))
            }
        };
        let proxy_url = match spec.proxy() {
            None => None,
            Some(mode) => {
                let port = self.tls.open_proxy(mode).map_err(ScenarioError::new)?;
                Some(format!("http://127.0.0.1:{port}"))
            }
        };
        let (world, tokens) = spec.open(SCENARIO_LOG)?;
        world.set_script(read_json(text)?);
        let id = self.next_scenario.fetch_add(1, Ordering::Relaxed);
        let scenario = OpenScenario {
            id: id.to_string(),
            base_url: format!("{address}{SCENARIO_PREFIX}{id}"),
            world: Arc::new(world),
            tokens,
            tls,
            proxy_url,
        };
        lock(&self.scenarios).insert(id, scenario.clone());
        Ok(scenario)
    }

    /// Forgets a scenario. Says whether there was one.
    pub(crate) fn close_scenario(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: u64| lock(&self.scenarios).remove(&id).is_some())
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn number_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Where bytes are logged that name no world.
    pub(crate) fn first_world(&self) -> Arc<World> {
        self.world.clone()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("world", &self.world)
            .field("port", &self.port)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
