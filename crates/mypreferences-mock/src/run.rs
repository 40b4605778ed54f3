//! The program: reads its arguments, starts a service, says on which port, and waits to be stopped.
//! A function of the library, so that another command can offer the mock too.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::authorization::Authorization;
use crate::export::Export;
use crate::export_kind::ExportKind;
use crate::scenario::Spec;
use crate::server::{MockConfig, MockService};
use crate::source::Source;

const SECRET_VARIABLE: &str = "MYPREFERENCES_SECRET";

/// Exit codes of sysexits.h: wrong usage, and an error of the system.
const USAGE: u8 = 64;
const OS_ERROR: u8 = 71;

const HELP: &str = include_str!("help.txt");

/// Runs the mock until it is told to stop. `arguments` are those after the name of the program.
/// Makes its own runtime, so it must not be called from within one.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    ExitCode::from(run_for_code(arguments))
}

/// [`run`], giving the number of the exit code (those of sysexits.h; 0 when it was told to stop).
pub fn run_for_code(arguments: impl Iterator<Item = OsString>) -> u8 {
    let options = match Options::read(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            return match write_out(HELP) {
                Ok(()) => 0,
                Err(_) => OS_ERROR,
            };
        }
        Err(message) => return fail(USAGE, &format!("{message}\nTry --help.")),
    };
    let config = match options.config() {
        Ok(config) => config,
        Err(message) => return fail(USAGE, &message),
    };
    let scenarios = match options.scenarios() {
        Ok(scenarios) => scenarios,
        Err(message) => return fail(USAGE, &message),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(OS_ERROR, &format!("cannot start: {error}")),
    };
    match runtime.block_on(serve(&options, config, &scenarios)) {
        Ok(()) => 0,
        Err(error) => fail(OS_ERROR, &format!("cannot serve: {error}")),
    }
}

async fn serve(options: &Options, config: MockConfig, scenarios: &[String]) -> std::io::Result<()> {
    let stop = StopSignals::listen()?;
    let service = MockService::start(config).await?;
    for (token, rows) in &options.exports {
        service.add_export(Export::segment(*token, *rows));
    }
    for (name, rows) in &options.segments {
        let source = Source::new(ExportKind::Segment, name, *rows);
        service.world().add_source(source);
    }
    let base_urls = scenarios
        .iter()
        .map(|text| service.open_scenario(text).map(|opened| opened.base_url()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(std::io::Error::other)?;
    let mut first = serde_json::json!({ "port": service.port() });
    if !base_urls.is_empty() {
        first["base_urls"] = base_urls.into();
    }
    write_out(&format!("{first}\n"))?;
    if options.exit_with_stdin {
        tokio::select! {
            () = stop.heard() => {}
            () = stdin_closed() => {}
        }
    } else {
        stop.heard().await;
    }
    service.shutdown().await;
    Ok(())
}

fn write_out(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn fail(code: u8, message: &str) -> u8 {
    // When even standard error is gone, the exit code has to do.
    let _ = writeln!(std::io::stderr(), "mypreferences-mock: {message}");
    code
}

/// A thread, because reading standard input cannot be interrupted: it ends with the process.
async fn stdin_closed() {
    let (closed, heard) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut scratch = [0_u8; 1024];
        let mut input = std::io::stdin().lock();
        while matches!(input.read(&mut scratch), Ok(1..)) {}
        let _ = closed.send(());
    });
    let _ = heard.await;
}

#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    /// Set up before the port is printed: whoever has read it may send a signal.
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn heard(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    #[allow(clippy::unnecessary_wraps)]
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn heard(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    port: u16,
    client_id: String,
    user_id: String,
    secret_file: Option<PathBuf>,
    no_auth: bool,
    exports: Vec<(i64, u64)>,
    segments: Vec<(String, u64)>,
    scenarios: Vec<PathBuf>,
    exit_with_stdin: bool,
}

impl Options {
    /// `None`: help is wanted.
    fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut options = Self {
            port: 0,
            client_id: "ExampleClient".to_owned(),
            user_id: "api.user".to_owned(),
            secret_file: None,
            no_auth: false,
            exports: Vec::new(),
            segments: Vec::new(),
            scenarios: Vec::new(),
            exit_with_stdin: false,
        };
        while let Some(argument) = arguments.next() {
            // An unknown argument is not repeated in the message: it may be a secret in the wrong place.
            let argument = argument.into_string().map_err(|_| "an argument is not UTF-8".to_owned())?;
            let (name, attached) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (argument.as_str(), None),
            };
            let mut value =
                || attached.clone().or_else(|| arguments.next()).ok_or_else(|| format!("{name} needs a value"));
            match name {
                "-h" | "--help" => return Ok(None),
                "--port" => {
                    options.port = text(value()?)?.parse().map_err(|_| "--port is not a port number".to_owned())?;
                }
                "--client-id" => options.client_id = text(value()?)?,
                "--user-id" => options.user_id = text(value()?)?,
                "--secret-file" => options.secret_file = Some(PathBuf::from(value()?)),
                "--export" => options.exports.push(parse_export(&text(value()?)?)?),
                "--segment" => options.segments.push(parse_segment(&text(value()?)?)?),
                "--scenario" => options.scenarios.push(PathBuf::from(value()?)),
                "--no-auth" if attached.is_none() => options.no_auth = true,
                "--exit-with-stdin" if attached.is_none() => options.exit_with_stdin = true,
                _ => return Err("an argument is not known".to_owned()),
            }
        }
        Ok(Some(options))
    }

    fn config(&self) -> Result<MockConfig, String> {
        let authorization = if self.no_auth {
            Authorization::None
        } else {
            Authorization::Hmac {
                client_id: self.client_id.clone(),
                user_id: self.user_id.clone(),
                secret: self.secret()?,
            }
        };
        Ok(MockConfig::default().port(self.port).client_id(&self.client_id).authorization(authorization))
    }

    /// The texts of the scenarios, each of them sound.
    fn scenarios(&self) -> Result<Vec<String>, String> {
        self.scenarios
            .iter()
            .map(|file| {
                let name = file.display();
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("cannot read the scenario {name}: {error}"))?;
                Spec::read(&text).map_err(|error| format!("{name}: {error}"))?;
                Ok(text)
            })
            .collect()
    }

    fn secret(&self) -> Result<String, String> {
        let secret = match &self.secret_file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read --secret-file: {error}"))?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
            None => std::env::var(SECRET_VARIABLE)
                .map_err(|_| format!("no secret: give --secret-file, set {SECRET_VARIABLE}, or say --no-auth"))?,
        };
        if secret.is_empty() {
            return Err("the secret is empty".to_owned());
        }
        Ok(secret)
    }
}

fn text(value: OsString) -> Result<String, String> {
    value.into_string().map_err(|_| "an argument is not UTF-8".to_owned())
}

fn parse_export(value: &str) -> Result<(i64, u64), String> {
    let (token, rows) = value.split_once(':').unwrap_or((value, "3"));
    let token =
        crate::route::parse_token(token).ok_or_else(|| "the token of --export is not a positive integer".to_owned())?;
    let rows = rows.parse().map_err(|_| "the rows of --export are not a number".to_owned())?;
    Ok((token, rows))
}

/// A name may hold a colon: only digits after the last one are rows.
fn parse_segment(value: &str) -> Result<(String, u64), String> {
    let (name, rows) = match value.rsplit_once(':') {
        Some((name, rows)) if rows.bytes().all(|byte| byte.is_ascii_digit()) => (name, rows),
        _ => (value, "3"),
    };
    let rows = rows.parse().map_err(|_| "the rows of --segment are not a number".to_owned())?;
    if name.is_empty() {
        return Err("--segment needs a name".to_owned());
    }
    Ok((name.to_owned(), rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Option<Options>, String> {
        Options::read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn options_are_read_in_both_forms() {
        let options = read(&["--port=80", "--export", "7", "--export", "8:9", "--no-auth"]).unwrap().unwrap();
        assert_eq!(options.port, 80);
        assert_eq!(options.exports, [(7, 3), (8, 9)]);
        assert!(options.no_auth && !options.exit_with_stdin);
        let segments = read(&["--segment", "A:b", "--segment=C:9"]).unwrap().unwrap().segments;
        assert_eq!(segments, [("A:b".to_owned(), 3), ("C".to_owned(), 9)]);
        assert_eq!(read(&["--help"]), Ok(None));
    }

    #[test]
    fn wrong_arguments_are_refused_without_being_repeated() {
        for arguments in [
            &["--port", "x"][..],
            &["--export", "0"],
            &["--export", "7:x"],
            &["--segment", ":3"],
            &["--client-id"],
            &["--no-auth=hush"],
            &["--secret=hush"],
            &["hush"],
        ] {
            let message = read(arguments).unwrap_err();
            assert!(!message.contains("hush"), "{message}");
        }
    }
}
