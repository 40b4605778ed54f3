//! A step that runs beside others, as a run of its own: what it prints comes when it is over, in one piece.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Instant;

use super::canaries;
use super::transcript::Transcript;
use crate::cargo;
use crate::failure::Failure;

pub(super) struct Beside {
    pub(super) name: &'static str,
    pub(super) begun: Instant,
    child: Child,
    printed: PathBuf,
    /// What its own run keeps.
    kept: PathBuf,
}

impl Beside {
    pub(super) fn start(name: &'static str) -> Result<Beside, Failure> {
        println!("\n== {name}: runs beside the next steps, and tells at its end");
        let folder = cargo::target_folder()?.join("xtask");
        let (printed, kept) = (folder.join(format!("{name}-printed.txt")), format!("{name}-output.txt"));
        let file = File::create(&printed).map_err(|error| Failure::file(&printed, &error))?;
        let errors = file.try_clone().map_err(|error| Failure::file(&printed, &error))?;
        let mut command = cargo::xtask()?;
        command.args(["test", name, "--transcript", &kept]).stdin(Stdio::null()).stdout(file).stderr(errors);
        let child = command.spawn().map_err(|error| Failure::new(format!("xtask cannot start itself: {error}")))?;
        Ok(Beside { name, begun: Instant::now(), child, printed, kept: folder.join(kept) })
    }

    /// Waits for it, and says what it printed.
    pub(super) fn end(mut self, transcript: &mut Transcript) -> Result<String, Failure> {
        let ended = self.child.wait().map_err(|error| Failure::new(format!("{} is lost: {error}", self.name)))?;
        let read = |file: &PathBuf| std::fs::read(file).map_err(|error| Failure::file(file, &error));
        let printed = read(&self.printed)?;
        for line in String::from_utf8_lossy(&printed).lines() {
            println!("{}", canaries::mask(line));
        }
        transcript.append(&read(&self.kept)?)?;
        if ended.success() {
            return Ok("beside the steps before".to_owned());
        }
        Err(Failure::new(format!("{ended}; run `cargo xtask test {}`", self.name)))
    }
}

/// An end of this run, by whatever, is its end as well.
impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
