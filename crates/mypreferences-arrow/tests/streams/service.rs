//! The mock service with some exports, and a folder to land them in.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use mypreferences::Credentials;
use mypreferences::blocking::Client;
use mypreferences_mock::{MockConfig, MockService, OpenScenario};

pub(crate) struct Service {
    _mock: MockService,
    opened: OpenScenario,
}

pub(crate) fn serve(rules: &str) -> Service {
    let mock = MockService::start_blocking(MockConfig::default()).unwrap();
    let spec = format!(
        r#"{{"client_id":"acme","sources":[{{"kind":"segment","name":"Everyone","rows":250,"records":"profiles"}},
            {{"kind":"segment","name":"Preferences","rows":50}},{{"kind":"segment","name":"Nobody","rows":0}},
            {{"kind":"schedule","name":"Nightly","rows":25}}],"rules":[{rules}]}}"#
    );
    let opened = mock.open_scenario(&spec).unwrap();
    Service { _mock: mock, opened }
}

impl Service {
    pub(crate) fn client(&self) -> Client {
        let builder = mypreferences::Client::builder().client_id("acme").base_url(self.opened.base_url());
        builder.credentials(Credentials::verbatim("made-up")).max_attempts(1).build_blocking().unwrap()
    }
}

/// A folder of a test's own, gone with it.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        Scratch(std::env::temp_dir().join(format!("mypreferences-arrow-{}-{n}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
