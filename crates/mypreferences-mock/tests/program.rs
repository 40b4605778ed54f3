//! The program: its first line, its options, its end.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use support::STATUS;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mypreferences-mock"));
    command.env_remove("MYPREFERENCES_SECRET").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
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
    command.args(["--export", "123456789012"]).env("MYPREFERENCES_SECRET", "correct horse battery staple");
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
    assert!(text.lines().all(|line| line.len() <= 104), "lines fit a terminal");
}

/// The commands of a text that begin with `curl`, each with the lines that belong to it.
#[cfg(unix)]
fn curl_lines(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        if goes_on {
            let command = commands.last_mut().unwrap();
            command.push('\n');
            command.push_str(line);
        } else if line.trim_start().starts_with("curl ") {
            commands.push(line.trim_start().to_owned());
        } else {
            continue;
        }
        let command = commands.last().unwrap();
        goes_on = command.ends_with('\\') || command.matches('\'').count() % 2 == 1;
    }
    commands
}

/// Runs the commands against a mock of their own and gives what each printed.
#[cfg(unix)]
fn play(commands: &[String]) -> Vec<String> {
    let mut command = program();
    command.args(["--no-auth", "--exit-with-stdin", "--export", "4711:3"]);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let first: serde_json::Value = serde_json::from_str(&line).unwrap();
    let here = format!("127.0.0.1:{}", first["port"]);
    let printed = commands
        .iter()
        .map(|command| {
            let command = command.replace("127.0.0.1:8089", &here);
            let output = Command::new("sh").args(["-c", &command]).env("NO_PROXY", "*").output().unwrap();
            assert!(output.status.success(), "{command}\n{output:?}");
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    printed
}

#[cfg(unix)]
#[test]
fn every_curl_line_of_the_help_works() {
    let help = run(&["--help"]);
    let commands = curl_lines(&String::from_utf8(help.stdout).unwrap());
    let printed = play(&commands);
    let has = |number: usize, part: &str| {
        assert!(printed[number].contains(part), "{}\n{}", commands[number], printed[number]);
    };
    assert_eq!(printed.len(), 15);
    has(0, r#""Status":"Complete""#);
    has(1, r#""Count":2,"HasMore":true"#);
    assert_eq!(printed[2], "");
    has(3, r#""id":"1""#);
    has(4, r#"{"AccessToken":4249420947055}"#);
    has(5, r#""Status":"Processing""#);
    has(7, "the answer got lost");
    has(8, r#""commits":[{"at_ms":"#);
    has(8, r#""keep_files":false"#);
    has(10, r#""id":"2""#);
    has(11, r#""added":1"#);
    assert_eq!(printed[12], "");
    has(13, r#""scenario_time_ms":3600000.0"#);
    has(14, r#""Status":"Expired""#);
}

#[cfg(unix)]
#[test]
fn every_curl_line_of_the_page_about_the_mock_works() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mock.md");
    let page = std::fs::read_to_string(page).unwrap();
    let printed = play(&curl_lines(&page));
    assert!(printed.len() >= 4);
    let log = printed.last().unwrap();
    assert!(log.contains(r#""keep_files":false"#) && log.contains(r#""status":"Retrieved""#), "{log}");
}

#[test]
fn a_scenario_is_opened_at_the_start_and_a_segment_can_be_initiated() {
    let file = std::env::temp_dir().join(format!("mock-scenario-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"exports":[{"token":123456789012,"rows":9}]}"#).unwrap();
    let mut command = program();
    command.args(["--no-auth", "--scenario"]).arg(&file);
    let (answer, _) = one_request(command, &STATUS.replace("/Example", "/s/1/Example"));
    assert!(answer.contains("\"RowCount\":9"), "{answer}");
    std::fs::write(&file, r#"{"exprots":[]}"#).unwrap();
    let wrong = run(&["--no-auth", "--scenario", file.to_str().unwrap()]);
    assert_eq!(wrong.status.code(), Some(64));
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert!(told.contains("unknown field `exprots`"), "{told}");
    std::fs::remove_file(&file).unwrap();

    let mut command = program();
    command.args(["--no-auth", "--segment", "Everyone:5"]);
    let initiate = "POST /ExampleClient/export/Segment/Everyone HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert!(one_request(command, initiate).0.contains("\"AccessToken\":"));
}

#[cfg(unix)]
#[test]
fn a_termination_signal_ends_it_without_an_error() {
    let mut child = program().arg("--no-auth").spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let kill = format!("kill -TERM {}", child.id());
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success() && child.wait().unwrap().success());
}
