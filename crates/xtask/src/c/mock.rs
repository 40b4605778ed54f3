//! The mock service for tests that are no Rust programs: a process of its own, which ends with ours.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;

/// What the mock's first line says.
#[derive(Deserialize)]
struct Hello {
    port: u16,
}

pub(crate) struct Mock {
    process: Child,
    pub(crate) url: String,
}

impl Mock {
    /// Starts it with these arguments beside its own.
    pub(crate) fn start(arguments: &[&str], secret: &str) -> Result<Mock, Failure> {
        let mut build = cargo::command(&["build", "--quiet", "--package=mypreferences-mock"]);
        run_visibly(&mut build, "run `cargo build -p mypreferences-mock` and repair what it says")?;
        let failed = |why: String| {
            Failure::new(format!("the mock does not start: {why}; run `cargo run -p mypreferences-mock`"))
        };
        let program = cargo::target_folder()?.join("debug").join("mypreferences-mock");
        let mut process = Command::new(program)
            .arg("--exit-with-stdin")
            .args(arguments)
            .env("MYPREFERENCES_SECRET", secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| failed(error.to_string()))?;
        }
        let hello: Hello = serde_json::from_str(&line).map_err(|error| failed(format!("it said {line:?}: {error}")))?;
        Ok(Mock { process, url: format!("http://127.0.0.1:{}", hello.port) })
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
