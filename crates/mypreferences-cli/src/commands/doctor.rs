//! `doctor`: what is wrong, in plain words. Each check rests on the ones before it, so the first that fails is the
//! cause. The request is a status question, which changes nothing on the server.

use std::time::Duration;

use mypreferences::configuration::Configuration;
use mypreferences::{Client, Error, ErrorFamily, ErrorKind, Operation, Settings};
use serde_json::{Value, json};

use crate::commands::token_text;
use crate::exit_code::{DONE, exit_code};
use crate::failure::{self, Failure};
use crate::options::Options;
use crate::output::Output;

/// Longer than this is an answer too.
const PATIENCE: Duration = Duration::from_secs(30);
/// A token that no server gives away: the vendor's samples begin at 1.
const NOBODYS_TOKEN: &str = "1";
/// Signatures live 15 minutes; a clock that is off by more than this will sooner or later matter to other programs.
const NOTABLE_OFFSET_MS: i64 = 60_000;

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Result {
    Ok,
    /// Works, and should be looked at.
    Warning,
    Failed,
}

impl Result {
    const fn word(self) -> &'static str {
        match self {
            Result::Ok => "ok",
            Result::Warning => "warning",
            Result::Failed => "failed",
        }
    }
}

struct Check {
    name: &'static str,
    result: Result,
    words: String,
}

/// The checks so far, printed as they come.
struct Report {
    output: Output,
    checks: Vec<Check>,
}

impl Report {
    fn say(&mut self, name: &'static str, result: Result, words: impl Into<String>) {
        let words = words.into();
        self.output.note(&format!("{:7} {name}: {words}", result.word()));
        self.checks.push(Check { name, result, words });
    }

    fn ok(&mut self, name: &'static str, words: impl Into<String>) {
        self.say(name, Result::Ok, words);
    }

    fn failed(&mut self, name: &'static str, words: impl Into<String>) {
        self.say(name, Result::Failed, words);
    }

    /// One object for a program, one sentence for people.
    fn finish(self, failure: Option<&Failure>) -> u8 {
        let code = failure.map_or(DONE, exit_code);
        let checks: Vec<Value> = self
            .checks
            .iter()
            .map(|check| {
                json!({
                    "name": check.name,
                    "result": check.result.word(),
                    "words": check.words,
                })
            })
            .collect();
        // The record as it is everywhere, in its own order.
        let error = failure.map_or_else(|| "null".to_owned(), Failure::to_json);
        let report = format!("{{\"checks\":{},\"error\":{error}}}", Value::Array(checks));
        let text = match failure {
            None => "nothing is wrong".to_owned(),
            Some(failure) => format!("next: {}", failure.next_action()),
        };
        let printed = self.output.result(&report, &text);
        if code == DONE { printed } else { code }
    }
}

/// Runs the checks; the exit code is that of the first failure.
pub(super) async fn run(output: Output, options: &Options, access_token: Option<&str>) -> u8 {
    let mut report = Report { output, checks: Vec::new() };
    match examine(&mut report, options, access_token).await {
        Ok(()) => report.finish(None),
        Err(failure) => report.finish(Some(&failure)),
    }
}

async fn examine(
    report: &mut Report,
    options: &Options,
    access_token: Option<&str>,
) -> core::result::Result<(), Failure> {
    let token = match access_token {
        Some(_) => token_text(access_token, Operation::Status)?,
        None => NOBODYS_TOKEN.to_owned(),
    };
    let configuration =
        options.configuration().inspect_err(|failure| report.failed("configuration", failure.to_string()))?;
    let (settings, client) =
        client(&configuration).inspect_err(|failure| report.failed("configuration", failure.to_string()))?;
    let place = match configuration.profile() {
        Some((name, file)) => format!("profile {name} of {}", file.display()),
        None => "no profile".to_owned(),
    };
    report.ok("configuration", place);
    let address = client.base_url().to_owned();
    reach(report, &settings, &address).await?;
    let asked = client.status(token.as_str()).timeout(PATIENCE).await;
    if let Err(error) = &asked
        && error.is_of_token_endpoint()
    {
        let why = error.detail().unwrap_or_default();
        report.failed("credentials", format!("no token was given: {why}"));
        return Err(error.clone());
    }
    if address.starts_with("https:") && !matches!(&asked, Err(error) if before_tls(error)) {
        report.ok("tls", "the server's certificate is trusted");
    }
    clock(report, &client);
    judge(report, &client, &settings, asked, access_token.is_some())
}

fn client(configuration: &Configuration) -> core::result::Result<(Settings, Client), Failure> {
    Ok((configuration.settings()?, configuration.client_builder()?.build()?))
}

/// No TLS connection stood when this error came about.
fn before_tls(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Tls | ErrorKind::Connect | ErrorKind::Proxy | ErrorKind::Timeout)
        && error.http_status().is_none()
}

/// Name and port, where the way is direct: behind a proxy they are the proxy's matter.
async fn reach(report: &mut Report, settings: &Settings, address: &str) -> core::result::Result<(), Failure> {
    if settings.proxy.as_deref().is_some_and(|proxy| proxy != "none") {
        report.ok("address", format!("{address}, through the proxy"));
        return Ok(());
    }
    let Some((host, port)) = host_and_port(address) else {
        return Ok(());
    };
    let unreachable = |words: String| {
        Error::before_io(
            ErrorKind::Connect,
            Operation::Status,
            words,
            "check the base URL, and whether this machine needs a proxy",
        )
    };
    let found = match mypreferences::threads::look_up(host.clone(), port).await {
        Ok(found) => found,
        Err(error) => {
            // A name that only the environment's proxy can resolve is no failure of ours.
            report.say(
                "address",
                Result::Warning,
                format!("the name {host} is not found ({error}): is the base URL {address} right?"),
            );
            return Ok(());
        }
    };
    let connecting = tokio::net::TcpStream::connect(found.as_slice());
    let outcome = match tokio::time::timeout(settings.connect_timeout, connecting).await {
        Ok(Ok(_)) => {
            report.ok("address", format!("{address} is reached"));
            return Ok(());
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    let words = format!("{host} port {port} cannot be reached ({outcome}): is the base URL {address} right?");
    if loopback(&found) {
        report.failed("address", words.clone());
        return Err(unreachable(words));
    }
    report.say("address", Result::Warning, words);
    Ok(())
}

/// Never behind a proxy, so that an address that cannot be reached is the end.
fn loopback(found: &[std::net::SocketAddr]) -> bool {
    found.iter().all(|address| address.ip().is_loopback())
}

fn host_and_port(address: &str) -> Option<(String, u16)> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let default = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        Some(_) | None => (authority, default),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn clock(report: &mut Report, client: &Client) {
    let Some(offset) = client.server_clock_offset_ms() else {
        return;
    };
    let words = match offset {
        0.. => format!("behind the server's by {}", span(offset)),
        _ => format!("ahead of the server's by {}", span(offset)),
    };
    if offset.abs() < NOTABLE_OFFSET_MS {
        report.ok("clock", format!("this machine's clock is right ({words})"));
    } else {
        report.say(
            "clock",
            Result::Warning,
            format!(
                "this machine's clock is wrong: {words}; this client signs with the server's time, but set the clock"
            ),
        );
    }
}

fn span(ms: i64) -> String {
    let seconds = ms.unsigned_abs().div_ceil(1000);
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) }
}

/// What the answer to the status question says about TLS, credentials and the client id.
fn judge(
    report: &mut Report,
    client: &Client,
    settings: &Settings,
    asked: core::result::Result<mypreferences::ExportStatus, Error>,
    own_token: bool,
) -> core::result::Result<(), Failure> {
    let address = client.base_url();
    let error = match asked {
        Ok(status) => {
            report.ok("credentials", "accepted");
            report.ok("client id", format!("known; the token's status is {}", status.word));
            return Ok(());
        }
        Err(error) => error,
    };
    let client_id = settings.client_id.as_deref().unwrap_or_default();
    let says = error.server_message().map(|message| format!(" ({message:?})")).unwrap_or_default();
    let why = error.detail().map_or_else(|| error.to_string(), str::to_owned);
    match (error.kind(), error.kind().family()) {
        (ErrorKind::Tls, _) => report.failed("tls", tls_words(&error, address)),
        (ErrorKind::Connect, _) => {
            report.failed("address", format!("{why}: is the base URL {address} right?"));
        }
        (ErrorKind::Proxy, _) => report.failed("proxy", why),
        (ErrorKind::Timeout | ErrorKind::Interrupted, _) => report.failed("answer", why),
        (ErrorKind::ClockSkew, _) => report
            .failed("clock", format!("the server refuses the time of our signature{says}: set this machine's clock")),
        (ErrorKind::Unauthorized, _) => report.failed(
            "credentials",
            format!("refused{says}: the secret is wrong, or the user is not one of client id {client_id:?}"),
        ),
        (ErrorKind::Forbidden, _) => report.failed(
            "credentials",
            format!("accepted, but without permission{says}: check the user's User Group permissions"),
        ),
        (ErrorKind::NotFound, _) => return not_found(report, error, client_id, address, own_token),
        (_, ErrorFamily::Redirect) => {
            report.failed("address", format!("{address} redirects: it is not the base URL of the service"));
        }
        (ErrorKind::UnexpectedStatus, _) | (_, ErrorFamily::Response) => {
            report.failed("address", format!("something else than MyPreferences answers at {address}: {why}"));
        }
        // A made-up token may be refused as a bad request: the service understood who asks.
        (ErrorKind::BadRequest | ErrorKind::Conflict, _) if !own_token => {
            report.ok("credentials", format!("accepted; a made-up token was refused{says}"));
            return Ok(());
        }
        (_, ErrorFamily::Refused | ErrorFamily::Server) => report.failed("service", error.to_string()),
        (
            _,
            ErrorFamily::Caller
            | ErrorFamily::Network
            | ErrorFamily::Folder
            | ErrorFamily::Export
            | ErrorFamily::Internal,
        ) => report.failed("configuration", error.to_string()),
    }
    Err(error)
}

/// 404 has three causes (vendor: client id or resource not found), which only the server's words tell apart.
fn not_found(
    report: &mut Report,
    error: Error,
    client_id: &str,
    address: &str,
    own_token: bool,
) -> core::result::Result<(), Failure> {
    let message = error.server_message().unwrap_or_default().to_lowercase();
    let says = |words: &str| format!("{words} (the server says {message:?})");
    if message.is_empty() || message.contains("no http resource") {
        let words =
            format!("the routes of MyPreferences are not found at {address}: the base URL or the surface is wrong");
        report.failed("address", words.clone());
        return Err(failure::configuration(words, "check base_url, environment and surface"));
    }
    if message.contains("client") {
        report.failed("client id", says(&format!("the client id {client_id:?} is not known")));
        return Err(error);
    }
    report.ok("credentials", "accepted");
    if own_token {
        report.failed("access token", says("this token is not known, or has expired; or the client id is wrong"));
        return Err(error);
    }
    report.ok(
        "client id",
        says("a made-up token is not known, as it should be; pass a real one to be certain about the client id"),
    );
    Ok(())
}

fn tls_words(error: &Error, address: &str) -> String {
    let source = error.source_text().unwrap_or_default();
    let cause = if source.contains("UnknownIssuer") {
        "its certificate is signed by an authority that this machine does not trust; where it is a private one, give \
         its certificate with --ca-file"
    } else if source.contains("Expired") || source.contains("expired") {
        "its certificate has expired"
    } else if source.contains("NotValidForName") || source.contains("not valid for name") {
        "its certificate is for another host name"
    } else {
        "the handshake failed"
    };
    format!("{address} is not trusted: {cause} ({source})")
}
