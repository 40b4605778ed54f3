//! Surface `command`: the program `mypreferences` with `--json`. Each call is a process, so each has a client of its
//! own.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use adapter_lines::{Call, Configuration, Credentials, Log, Observed, Plan, adapt};

fn main() -> std::io::Result<()> {
    // The command logs to standard error, which is among the texts.
    adapt(&Log::default(), play)
}

fn play(plan: &Plan) -> (Vec<Vec<Observed>>, Vec<String>) {
    let (mut results, mut texts) = (Vec::new(), Vec::new());
    for call in &plan.calls {
        let at_once: Vec<(Observed, String)> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                call.tokens().into_iter().map(|token| scope.spawn(move || one(plan, call, &token))).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let (observed, seen): (Vec<_>, Vec<_>) = at_once.into_iter().unzip();
        results.push(observed);
        texts.extend(seen);
    }
    (results, texts)
}

/// The command stands beside this program.
fn program() -> PathBuf {
    let mut path = std::env::current_exe().unwrap_or_default();
    path.set_file_name("mypreferences");
    path
}

/// The command, with SIGINT as a terminal leaves it: who runs the suite in the background ignores it.
fn the_command() -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program());
    }
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(program());
    command
}

fn one(plan: &Plan, call: &Call, token: &str) -> (Observed, String) {
    let mut command = the_command();
    match call.operation.as_str() {
        "resolve_commit" => command.arg("resolve"),
        "export" => command.arg("export").args(exported(call)),
        "commit_landed" => command.args(["export", "commit"]),
        "commit_loaded" => match loaded(plan, call) {
            Ok(arguments) => command.args(["export", "commit-loaded"]).args(arguments),
            Err(error) => return (observed("error", error.to_json()), String::new()),
        },
        operation => command.arg(operation),
    };
    command.args(["--json", "-vv"]);
    if let Some(keep_files) = call.keep_files {
        command.args(["--keep-files", &keep_files.to_string()]);
    }
    match &plan.configuration {
        Some(given) => configured(&mut command, plan, given),
        None => told(&mut command, plan),
    }
    // Cancelled before the call: the command waits for its token on standard input, which never comes.
    let before_the_call = call.cancel_after_ms == Some(0);
    let lands = matches!(call.operation.as_str(), "export" | "commit_landed" | "commit_loaded");
    let (token, stdin) = if before_the_call && !lands { ("-", Stdio::piped()) } else { (token, Stdio::null()) };
    match (lands, call.operation.as_str(), &call.out) {
        (true, "commit_landed", Some(out)) => command.arg(out),
        (true, _, _) => &mut command,
        // After `--`, so that a token that begins with a dash is not taken for an option.
        (false, _, _) => command.arg("--").arg(token),
    };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = match command.spawn() {
        Ok(process) => process,
        Err(error) => {
            return (observed("error", format!("{{\"not started\":\"{error}\"}}")), String::new());
        }
    };
    // Kept open until the end.
    let _stdin = process.stdin.take();
    if let Some(after) = call.cancel_after_ms {
        interrupt(&process, Duration::from_millis(if before_the_call { 300 } else { after }));
    }
    let mut errors = String::new();
    if let Some(stderr) = &mut process.stderr {
        let _ = stderr.read_to_string(&mut errors);
    }
    let output = process.wait_with_output().map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&output).trim_end().to_owned();
    (understood(call, text), errors)
}

/// The arguments of a commit of what was loaded: its handle in a file, as another program of this account wraps it.
fn loaded(plan: &Plan, call: &Call) -> Result<Vec<String>, mypreferences::Error> {
    let client = plan.builder()?.build()?;
    let file = std::env::temp_dir().join(format!("handle-{}-{}", std::process::id(), plan.case));
    let export = mypreferences::export::Export::from_json(call.export.as_deref().unwrap_or_default())?;
    // What cannot be wrapped cannot be unwrapped either: the command is to say so.
    let handle = client.wrap(&export).unwrap_or_else(|_| "mph1.".to_owned());
    let _ = std::fs::write(&file, handle);
    let mut arguments =
        vec![format!("--handle-file={}", file.display()), format!("--rows={}", call.rows.unwrap_or_default())];
    arguments.extend(call.sink.iter().map(|sink| format!("--sink={sink}")));
    arguments.extend(call.files.iter().flatten().cloned());
    Ok(arguments)
}

/// The options of an export.
fn exported(call: &Call) -> Vec<String> {
    let mut options = Vec::new();
    let mut one = |name: &str, value: Option<String>| {
        options.extend(value.map(|value| format!("--{name}={value}")));
    };
    let kind = call.kind.as_deref().unwrap_or("segment");
    if kind != "cid" {
        one(&kind.replace('_', "-"), call.name.clone());
    }
    one("out", call.out.clone());
    one("since", call.since.clone());
    one("overlap", call.overlap.map(|seconds| format!("{seconds}s")));
    one("commit", call.commit.as_ref().map(|word| word.replace('_', "-")));
    one("compress", call.compression.clone());
    one("format", call.format.clone());
    one("match-criteria", call.match_criteria.clone());
    one("match-type", call.match_type.clone());
    one("callback-url", call.callback_url.clone());
    one("start-date", call.start_date.clone());
    one("end-date", call.end_date.clone());
    one("limit", call.limit.map(|limit| limit.to_string()));
    one("max-memory", call.max_memory.map(|bytes| bytes.to_string()));
    one("part-size", call.part_bytes.map(|bytes| bytes.to_string()));
    one("max-wait", call.max_wait_ms.map(|ms| format!("{ms}ms")));
    for (name, values) in
        [("cid", Some(&call.cids)), ("value", call.values.as_ref()), ("channel", call.channels.as_ref())]
    {
        for value in values.into_iter().flatten() {
            options.push(format!("--{name}={value}"));
        }
    }
    options
}

/// By environment and profile; the settings are flags.
fn configured(command: &mut Command, plan: &Plan, given: &Configuration) {
    command.envs(&given.variables);
    if let Some(profile) = &given.profile {
        command.arg(format!("--profile={profile}"));
    }
    for (name, value) in &plan.settings {
        command.arg(format!("--{}={value}", name.replace('_', "-")));
    }
}

/// By flags and variables.
fn told(command: &mut Command, plan: &Plan) {
    command.arg(format!("--base-url={}", plan.base_url)).arg(format!("--client-id={}", plan.client_id));
    for (name, value) in &plan.settings {
        if name != "client_id" {
            command.env(format!("MYPREFERENCES_{}", name.to_uppercase()), value);
        }
    }
    match &plan.credentials {
        Credentials::Hmac { user_id, secret } => {
            command.env("MYPREFERENCES_USER_ID", user_id).env("MYPREFERENCES_SECRET", secret)
        }
        Credentials::Bearer(token) => command.env("MYPREFERENCES_BEARER_TOKEN", token),
        Credentials::Authorization(value) => command.env("MYPREFERENCES_AUTHORIZATION", value),
        Credentials::OAuth(oauth) => {
            for (name, value) in [
                ("OAUTH_TOKEN_URL", Some(&oauth.token_url)),
                ("OAUTH_CLIENT_ID", Some(&oauth.client_id)),
                ("OAUTH_CLIENT_SECRET", Some(&oauth.client_secret)),
                ("USER_ID", oauth.user_id.as_ref()),
                ("OAUTH_SCOPE", oauth.scope.as_ref()),
                ("OAUTH_CLIENT_AUTH", oauth.client_auth.as_ref()),
            ] {
                if let Some(value) = value {
                    command.env(format!("MYPREFERENCES_{name}"), value);
                }
            }
            command
        }
    };
}

/// The shell's `kill`: a safe program cannot send a signal by itself, and not every machine has one that is a program.
fn interrupt(process: &Child, after: Duration) {
    let kill = format!("kill -INT {}", process.id());
    std::thread::spawn(move || {
        std::thread::sleep(after);
        let _ = Command::new("sh").args(["-c", &kill]).status();
    });
}

/// The record inside the one object that the command prints.
fn understood(call: &Call, text: String) -> Observed {
    if let Some(record) = text.strip_prefix("{\"error\":").and_then(|rest| rest.strip_suffix('}')) {
        return observed("error", record.to_owned());
    }
    // Ended by the signal itself, as a program is before it listens to signals.
    if text.is_empty() && call.cancel_after_ms == Some(0) {
        return observed("stopped", "null".to_owned());
    }
    if call.operation == "commit_landed" {
        return newest_receipt(&text);
    }
    let sort = match call.operation.as_str() {
        "status" => "status",
        "resolve_commit" => "resolution",
        "export" => "landed",
        "commit_loaded" => "batch_receipt",
        _ => "receipt",
    };
    observed(sort, text)
}

/// The command commits every sealed batch; the newest is the last one.
fn newest_receipt(text: &str) -> Observed {
    #[derive(serde::Deserialize)]
    struct Batches {
        committed: Vec<Batch>,
    }
    #[derive(serde::Deserialize)]
    struct Batch {
        receipt: Box<serde_json::value::RawValue>,
    }
    let newest = serde_json::from_str(text).ok().and_then(|mut batches: Batches| batches.committed.pop());
    match newest {
        Some(batch) => observed("batch_receipt", batch.receipt.get().to_owned()),
        None => observed("error", text.to_owned()),
    }
}

fn observed(sort: &'static str, record: String) -> Observed {
    Observed { sort, record }
}
