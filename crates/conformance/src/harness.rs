//! What all cases of a run are played on.

use mypreferences_mock::{MockConfig, MockService, OpenScenario, RefusedPort};

use crate::places::{Files, Places};
use crate::scenario::Scenario;
use crate::trouble::Trouble;

/// What all cases of a run are played on.
pub(crate) struct Harness {
    pub(crate) mock: MockService,
    pub(crate) files: Files,
    /// The proxy of the environment of every adapter: nobody is there. All cases but those that name a proxy are on
    /// loopback, so a surface that follows it reaches nothing.
    pub(crate) nobody: RefusedPort,
}

impl Harness {
    pub(crate) fn new() -> Result<Harness, Trouble> {
        let mock = MockService::start_blocking(MockConfig::default())
            .map_err(|error| Trouble::new(format!("the mock cannot start: {error}; free a port and memory")))?;
        let files = Files::of(&mock)?;
        let nobody =
            RefusedPort::take().map_err(|error| Trouble::new(format!("no free port: {error}; close programs")))?;
        Ok(Harness { mock, files, nobody })
    }

    /// Opens a scenario as it is.
    pub(crate) fn open(&self, scenario: &Scenario) -> Result<OpenScenario, String> {
        self.mock.open_scenario(scenario.server.get()).map_err(|error| format!("server: {error}"))
    }

    /// The places of a case whose server is opened, and whose words are nobody's.
    pub(crate) fn places(&self, scenario: &Scenario, opened: &OpenScenario, base_url: &str) -> Result<Places, Trouble> {
        Places::of(&self.files, scenario, opened, (base_url, base_url))
    }

    pub(crate) fn proxy(&self) -> String {
        self.nobody.base_url()
    }
}
