//! Ctrl-C and SIGTERM during an export.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mypreferences_mock::{Action, Apply, MockService, Operation, Rule};

use crate::support::{
    Running, applied, bare, export_service, folder, landed_lines, program, sent, visible_batches, wait_for,
};

const KEEP: [&str; 4] = ["--keep-files", "true", "--limit", "10"];

fn hang_after(service: &MockService, on: Operation, requests: u64) {
    let hang = Action::Hang { apply: Apply::Never };
    service.push_rule(Rule::new(on, hang).skip(requests).forever());
}

fn started(service: &MockService, out: &std::path::Path) -> Running {
    program(service).export(out, &KEEP).args(["--json"]).stdout(Stdio::piped()).start()
}

#[test]
fn the_first_signal_stops_cleanly_and_the_command_that_it_prints_continues() {
    for signal in ["INT", "TERM", "HUP"] {
        let service = export_service(50);
        hang_after(&service, Operation::Page, 3);
        let out = folder();
        let running = started(&service, &out);
        // The fourth and the fifth are under way side by side.
        wait_for(&service, Operation::Page, 5);
        running.signal(signal);
        let finished = running.finish().exits(75).says("what is landed stays");
        finished.error("cancelled", 230);
        let line = finished.stderr.lines().find_map(|line| line.strip_prefix("run this next: ")).unwrap();
        service.clear_rules();

        // As somebody pastes it into a shell.
        let script = format!("exec {}", line.replacen("mypreferences", "\"$PROGRAM\"", 1));
        let shell = program(&service).in_a_shell(&script).run().exits(0);
        assert_eq!(shell.json()["rows"], 50);
        // The pages of the first run were not read again.
        assert_eq!(sent(&service, Operation::Page), 5 + 2);
        assert_eq!(sent(&service, Operation::Initiate), 1);
        assert_eq!(applied(&service), 1);
        assert_eq!(landed_lines(&visible_batches(&out)[0]).len(), 50);
    }
}

#[test]
fn a_signal_ends_an_outage_within_a_second() {
    let service = export_service(50);
    let away = Rule::new(Operation::Page, Action::status(502)).forever();
    service.push_rule(away.skip(3));
    let out = folder();
    let running = started(&service, &out);
    // Beyond the tries of a single call, and in a long wait between two.
    wait_for(&service, Operation::Page, 3 + 6);
    let begun = Instant::now();
    running.signal("INT");
    running.finish().exits(75).error("cancelled", 230);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_wait_is_stopped_at_once_and_tells_what_the_server_says() {
    let service = export_service(5);
    let source = mypreferences_mock::Source {
        processing: std::time::Duration::from_secs(3600),
        ..mypreferences_mock::Source::new(mypreferences_mock::ExportKind::Segment, "Everyone", 5)
    };
    service.world().add_source(source);
    let out = folder();
    let running = started(&service, &out);
    wait_for(&service, Operation::Status, 1);
    running.signal("INT");
    running.finish().exits(75).says("run this next: mypreferences export --segment Everyone --out");
    program(&service).args(["export", "status"]).args([out.as_path()]).run().exits(0);
}

/// A disk that does not answer: a part is a pipe that nobody writes to.
#[test]
fn the_second_signal_does_not_wait_for_what_cannot_be_stopped() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let service = export_service(50);
        hang_after(&service, Operation::Page, 3);
        let out = folder();
        let running = started(&service, &out);
        wait_for(&service, Operation::Page, 4);
        running.signal("INT");
        running.finish().exits(75);
        let staged = std::fs::read_dir(out.join(".staging")).unwrap().next();
        let part = staged.unwrap().unwrap().path().join("part-00001.ndjson");
        std::fs::remove_file(&part).unwrap();
        let made = Command::new("mkfifo").arg(&part).status().unwrap();
        assert!(made.success(), "mkfifo");

        let mut running = started(&service, &out);
        // Returns when the program has opened the other end, to hash the part.
        let pipe = std::fs::OpenOptions::new().write(true).open(&part).unwrap();
        running.signal(signal);
        let mut lines = BufReader::new(running.0.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("stop again to leave at once")));
        running.signal(signal);
        let error = running.finish().exits(code).error("cancelled", 230);
        assert_eq!(error["sent"], "maybe_sent");
        assert!(lines.any(|line| { line.unwrap().starts_with("run this next: mypreferences export") }));
        drop(pipe);
    }
}

#[test]
fn a_signal_during_the_commit_ends_with_its_record_and_the_same_command_finds_out() {
    let service = export_service(50);
    let hang = Action::Hang { apply: Apply::Now };
    service.push_rule(Rule::new(Operation::Commit, hang));
    let out = folder();
    let running = started(&service, &out);
    wait_for(&service, Operation::Commit, 1);
    running.signal("TERM");
    let error = running.finish().exits(75).error("cancelled", 230);
    assert_eq!(error["operation"], "commit");
    assert_eq!(error["commit_state"], "unknown");

    let landed = program(&service).export(&out, &KEEP).args(["--json"]).run().exits(0).json();
    assert_eq!(landed["receipt"]["end"], "committed");
    assert_eq!(landed["receipt"]["receipt"]["confirmed_by"], "status");
    assert_eq!(sent(&service, Operation::Commit), 1);
    assert_eq!(applied(&service), 1);
}

/// `nohup`, and a shell that starts something in the background.
#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_before_stays_ignored() {
    let service = export_service(50);
    let pause = Action::delay(Duration::from_millis(1500));
    service.push_rule(Rule::new(Operation::Page, pause));
    let out = folder();
    let script = format!(
        "trap '' INT HUP; exec \"$PROGRAM\" export --segment Everyone --keep-files true --out '{}'",
        out.display()
    );
    let running = program(&service).in_a_shell(&script).start();
    wait_for(&service, Operation::Page, 1);
    for signal in ["INT", "HUP"] {
        running.signal(signal);
    }
    running.finish().exits(0);
    assert_eq!(applied(&service), 1);
}

#[test]
fn no_secret_stands_in_the_command_that_continues() {
    let service = export_service(5);
    hang_after(&service, Operation::Page, 0);
    let out = folder();
    let callback = format!("http://127.0.0.1:{}/?key={}", service.port(), crate::support::BEARER);
    let running = program(&service).export(&out, &["--commit", "never", "--callback-url", &callback]).start();
    wait_for(&service, Operation::Page, 1);
    running.signal("INT");
    // `finish` looks for the canaries.
    running.finish().exits(75).says("--callback-url '<CALLBACK_URL>'");
    bare().args(["export", "abandon"]).args([out.as_path()]).run().exits(0);
}
