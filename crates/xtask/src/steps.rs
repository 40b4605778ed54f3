//! Runs the named steps of a subcommand one after another and ends with a table of their results and times.
//!
//! A failed step does not stop the ones after it: one run shows everything there is to repair.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The steps that have run so far.
#[derive(Default)]
pub(crate) struct Steps(Vec<Step>);

struct Step {
    name: &'static str,
    result: Result<String, String>,
    took: Duration,
}

impl Steps {
    /// Runs one step; what it returns (or why it failed) is the remark in its line of the table. Whether it did not fail.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<String, Failure>) -> bool {
        self.run_since(name, Instant::now(), work)
    }

    /// The same for one that has begun then.
    pub(crate) fn run_since(
        &mut self,
        name: &'static str,
        started: Instant,
        work: impl FnOnce() -> Result<String, Failure>,
    ) -> bool {
        println!("\n== {name}");
        let result = work().map_err(|failure| failure.to_string());
        if let Err(reason) = &result {
            println!("{name}: {reason}");
        }
        let is_ok = result.is_ok();
        self.0.push(Step { name, result, took: started.elapsed() });
        is_ok
    }

    /// Prints the table, and fails when a step did, with the reason of each.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        println!("\n{}", self.table());
        let reason = |step: &Step| Some(format!("\n  {}: {}", step.name, step.result.as_ref().err()?));
        let failed: Vec<String> = self.0.iter().filter_map(reason).collect();
        if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed:{}", failed.concat()))) }
    }

    fn table(&self) -> String {
        let width = self.0.iter().map(|step| step.name.len()).max().unwrap_or(0).max("step".len());
        let mut table = format!("{:width$}  result  seconds", "step");
        for step in &self.0 {
            let (word, remark) = match &step.result {
                Ok(remark) => ("ok", remark),
                Err(reason) => ("FAILED", reason),
            };
            let remark = remark.lines().next().unwrap_or_default();
            let line = format!("{:width$}  {word:6}  {:7.1}  {remark}", step.name, step.took.as_secs_f64());
            table.push('\n');
            table.push_str(line.trim_end());
        }
        table
    }
}

/// The entries of a table that are named, in the table's order; none named means all.
pub(crate) fn chosen<'a, T>(table: &'a [T], name: impl Fn(&T) -> &str, wanted: &[String]) -> Vec<&'a T> {
    table.iter().filter(|entry| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name(entry))).collect()
}

/// Runs a program with its output on the terminal; `remedy` is the next step if it fails.
pub(crate) fn run_visibly(command: &mut Command, remedy: &str) -> Result<(), Failure> {
    let line = command_line(command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("`{line}` ended with {status}; {remedy}"))),
        Err(error) => Err(Failure::new(format!("`{line}` could not be started: {error}; run `cargo xtask setup`"))),
    }
}

/// The command as a person would type it.
pub(crate) fn command_line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(command.get_program()).to_string_lossy();
    let mut line = program.into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_hide_the_ones_after_it() {
        let mut steps = Steps::default();
        steps.run("first", || Err(Failure::new("broken\nin many words")));
        steps.run("second", || Ok("3 things".to_owned()));
        let table = steps.table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[1].starts_with("first   FAILED") && lines[1].ends_with("broken"), "{table}");
        assert!(lines[2].starts_with("second  ok") && lines[2].ends_with("3 things"), "{table}");
        assert!(steps.finish().unwrap_err().to_string().contains("first"));
    }

    #[test]
    fn what_is_named_runs_in_the_order_of_the_table_and_nothing_named_means_all() {
        let of = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
            chosen(&["a", "b", "c"], |name| name, &wanted).into_iter().copied().collect::<String>()
        };
        assert_eq!((of(&[]), of(&["c", "a"])), ("abc".to_owned(), "ac".to_owned()));
    }

    #[test]
    fn all_good_steps_make_a_good_run() {
        let mut steps = Steps::default();
        steps.run("only", || Ok(String::new()));
        assert!(steps.finish().is_ok());
    }
}
