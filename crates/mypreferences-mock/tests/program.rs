//! The program: its first line, its options, its end.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use support::STATUS;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mypreferences-mock"));
    command
        .env_remove("MYPREFERENCES_SECRET")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts the program, sends it one request, closes its standard input and waits.
/// Gives the answer and everything that was printed after the first line.
fn one_request(mut command: Command, request: &str) -> (String, String) {
    let mut child = command.arg("--exit-with-stdin").spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let first: serde_json::Value = serde_json::from_str(&line).unwrap();
    let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = request.replace("Host: x", "Host: x\r\nConnection: close");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let mut printed = String::new();
    out.read_to_string(&mut printed).unwrap();
    child.stderr.unwrap().read_to_string(&mut printed).unwrap();
    (answer, printed)
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

#[test]
fn it_says_its_port_serves_and_ends_with_its_standard_input() {
    let mut command = program();
    command.args(["--no-auth", "--export", "123456789012:5"]);
    let (answer, printed) = one_request(command, STATUS);
    assert!(answer.starts_with("HTTP/1.1 200 "));
    assert!(answer.contains("\"RowCount\":5"));
    assert_eq!(printed, "");
}

#[test]
fn the_secret_comes_from_the_environment_or_a_file() {
    let mut command = program();
    command
        .args(["--export", "123456789012"])
        .env("MYPREFERENCES_SECRET", "correct horse battery staple");
    let (answer, printed) = one_request(command, STATUS);
    assert!(answer.starts_with("HTTP/1.1 401 "));
    assert_eq!(printed, "");

    let missing = run(&["--secret-file", "/nonexistent/secret"]);
    assert_eq!(missing.status.code(), Some(64));
    let neither = run(&[]);
    assert_eq!(neither.status.code(), Some(64));
    assert!(neither.stdout.is_empty() && !neither.stderr.is_empty());
}

#[test]
fn help_shows_how_to_try_it() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("curl -X POST") && text.contains("--exit-with-stdin"));
    assert!(text.lines().all(|line| line.len() <= 100));
}

#[cfg(unix)]
#[test]
fn a_termination_signal_ends_it_without_an_error() {
    let mut child = program().arg("--no-auth").spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(sent.success() && child.wait().unwrap().success());
}
