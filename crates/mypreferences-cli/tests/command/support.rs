//! Starting the program and the mock. Every output is searched for the canaries, and never printed when one is found.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use mypreferences_mock::{Authorization, Export, ExportKind, MockConfig, MockService, Operation, Source};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

pub(crate) const CLIENT_ID: &str = "SanchezAssociates";
pub(crate) const USER_ID: &str = "RickSanchez";
pub(crate) const SECRET: &str = "canary-hmac-secret-Zk3v9Qx7";
pub(crate) const BEARER: &str = "canary-bearer-token-Pw8s5Lm2";
pub(crate) const AUTHORIZATION: &str = "canary-verbatim-authorization-Hd6t1Rj4";
pub(crate) const OAUTH_SECRET: &str = "canary-oauth-secret-Yb4n8Fg3";
pub(crate) const PRIVATE_KEY: &str = "canaryPrivateKeyQw7Tn5Zb";
pub(crate) const URL_PASSWORD: &str = "canary-url-password-Mv2c8Ds1";
pub(crate) const QUERY_KEY: &str = "canary-query-key-Kx4p6Wy9";
pub(crate) const TOKEN: i64 = 7_731_902_846_155_093;
pub(crate) const TOKEN_TEXT: &str = "7731902846155093";
/// Longer than anything here takes, even on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A mock with HMAC authorization and one export that is ready.
pub(crate) fn service() -> MockService {
    let service =
        MockService::start_blocking(MockConfig::default().client_id(CLIENT_ID).authorization(Authorization::Hmac {
            client_id: CLIENT_ID.to_owned(),
            user_id: USER_ID.to_owned(),
            secret: SECRET.to_owned(),
        }))
        .unwrap();
    service.add_export(Export::segment(TOKEN, 3));
    service
}

/// The program with an environment of ours only.
pub(crate) struct Program {
    command: Command,
    input: Option<&'static str>,
}

/// What a finished program left.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, with the signals that stop it as a terminal leaves them: who runs the tests in the background ignores some.
fn the_program() -> Command {
    let program = env!("CARGO_BIN_EXE_mypreferences");
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,TERM,HUP", program]);
    command
}

/// The program with settings that make waiting short, and no address and no credentials.
pub(crate) fn bare() -> Program {
    let mut command = the_program();
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MYPREFERENCES_") {
            command.env_remove(name);
        }
    }
    for (name, value) in [
        ("TIMEOUT", "30s"),
        ("SEND_WINDOW", "5s"),
        ("RESOLVE_TIMEOUT", "2s"),
        ("CONFIRM_WINDOW", "300ms"),
        ("RESEND_DELAY", "200ms"),
        ("BACKOFF_BASE", "20ms"),
        ("THROTTLE_BASE", "20ms"),
        ("BACKOFF_CAP", "100ms"),
        ("CLIENT_ID", CLIENT_ID),
    ] {
        command.env(format!("MYPREFERENCES_{name}"), value);
    }
    // The profiles of whoever runs the tests do not count.
    command.env("XDG_CONFIG_HOME", "/no/such/folder");
    command.stdin(Stdio::null());
    Program { command, input: None }
}

/// The program with everything that it needs for this service.
pub(crate) fn program(service: &MockService) -> Program {
    bare().env("BASE_URL", &service.base_url()).env("USER_ID", USER_ID).env("SECRET", SECRET)
}

impl Program {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(format!("MYPREFERENCES_{name}"), value);
        self
    }

    /// A variable that is not ours.
    pub(crate) fn foreign_env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Program {
        self.command.env_remove(format!("MYPREFERENCES_{name}"));
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Program {
        self.command.args(arguments);
        self
    }

    pub(crate) fn input(mut self, text: &'static str) -> Program {
        self.input = Some(text);
        self
    }

    /// The same environment, for a script in which `$PROGRAM` is the program.
    pub(crate) fn in_a_shell(self, script: &str) -> Program {
        let mut command = Command::new("sh");
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("PROGRAM", env!("CARGO_BIN_EXE_mypreferences")).args(["-c", script]).stdin(Stdio::null());
        Program { command, input: None }
    }

    /// `export` of the segment into this folder, with these options.
    pub(crate) fn export(self, out: &std::path::Path, options: &[&str]) -> Program {
        self.args(["export", "--segment", SEGMENT, "--out"]).args([out]).args(options)
    }

    pub(crate) fn commit(self, keep_files: bool) -> Program {
        self.args(["commit", TOKEN_TEXT, "--keep-files"]).args([keep_files.to_string()])
    }

    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Program {
        self.command.stdout(stdout);
        self
    }

    pub(crate) fn run(self) -> Finished {
        self.stdout(Stdio::piped()).start().finish()
    }

    /// Starts it; standard output goes where `stdout` said.
    pub(crate) fn start(mut self) -> Running {
        if self.input.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.stderr(Stdio::piped()).spawn().unwrap();
        if let (Some(text), Some(mut stdin)) = (self.input, child.stdin.take()) {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        Running(child)
    }
}

/// A program that runs.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Sends a signal by the shell's own command: one that is a program is not on every machine.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.0.id())]).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    pub(crate) fn finish(mut self) -> Finished {
        let begun = Instant::now();
        let stdout = self.0.stdout.take().map(reader);
        let stderr = self.0.stderr.take().map(reader);
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > LONG {
                let _ = self.0.kill();
                panic!("the program did not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let text = |thread: Option<std::thread::JoinHandle<String>>| {
            thread.map_or_else(String::new, |thread| thread.join().unwrap())
        };
        let finished = Finished { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        finished.assert_no_canary();
        finished
    }
}

fn reader(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8(bytes).unwrap()
    })
}

impl Finished {
    fn assert_no_canary(&self) {
        for output in [&self.stdout, &self.stderr] {
            for (what, canary) in [
                ("the HMAC secret", SECRET),
                ("the bearer token", BEARER),
                ("the Authorization value", AUTHORIZATION),
                ("the OAuth secret", OAUTH_SECRET),
                ("the private key", PRIVATE_KEY),
                ("the password of a URL", URL_PASSWORD),
                ("the key in a query", QUERY_KEY),
                ("the access token", TOKEN_TEXT),
            ] {
                // The output itself stays out of this message.
                assert!(!output.contains(canary), "{what} stands in the output");
                let bytes = format!("{:?}", canary.as_bytes());
                let bytes = bytes.trim_matches(['[', ']']);
                assert!(!output.contains(bytes), "{what} stands in the output as numbers");
            }
        }
    }

    /// Standard output as one JSON object on one line, and nothing else.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}", self.stdout);
        let value: Value = serde_json::from_str(&self.stdout).unwrap();
        assert!(value.is_object(), "{value}");
        value
    }

    /// The error record of `--json`, with its number checked against its kind.
    pub(crate) fn error(&self, kind: &str, number: u16) -> Value {
        let value = self.json();
        assert_eq!(keys(&value), ["error"], "{value}");
        let error = value["error"].clone();
        assert_eq!(keys(&error), ERROR_KEYS, "{error}");
        assert_eq!(error["kind"], kind, "{error}");
        assert_eq!(error["number"], number, "{error}");
        error
    }

    /// None: by a signal.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.code
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Finished {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Finished {
        assert!(self.stderr.contains(text), "{text:?} in: {}", self.stderr);
        self
    }
}

/// Every field of an error, sorted.
pub(crate) const ERROR_KEYS: [&str; 18] = [
    "attempts",
    "commit_state",
    "detail",
    "elapsed",
    "http_status",
    "kind",
    "method",
    "next_action",
    "number",
    "operation",
    "phase",
    "request_id",
    "retry",
    "retry_after",
    "sent",
    "server_message",
    "source",
    "url",
];

/// Every field of a receipt, sorted.
pub(crate) const RECEIPT_KEYS: [&str; 10] = [
    "attempts",
    "certainty",
    "confirmed_by",
    "elapsed",
    "files",
    "keep_files",
    "outcome",
    "request_id",
    "sends",
    "server_date",
];

/// Every field of an attempt, sorted.
pub(crate) const ATTEMPT_KEYS: [&str; 6] = ["delay_before", "elapsed", "kind", "n", "sent", "status"];

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// A file that is removed with its guard: it may hold a canary.
pub(crate) struct TemporaryFile(PathBuf);

impl std::ops::Deref for TemporaryFile {
    type Target = PathBuf;
    fn deref(&self) -> &PathBuf {
        &self.0
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A folder that is removed with its guard.
pub(crate) struct TemporaryFolder(PathBuf);

impl std::ops::Deref for TemporaryFolder {
    type Target = PathBuf;
    fn deref(&self) -> &PathBuf {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new and empty folder.
pub(crate) fn folder() -> TemporaryFolder {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("folder-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    TemporaryFolder(path)
}

/// The segment that [`export_service`] has.
pub(crate) const SEGMENT: &str = "Everyone";

/// A mock with HMAC authorization and a segment of so many people.
pub(crate) fn export_service(rows: u64) -> MockService {
    let service = service();
    let source = Source::new(ExportKind::Segment, SEGMENT, rows);
    service.world().add_source(source);
    service
}

/// How many requests of a sort came.
pub(crate) fn sent(service: &MockService, operation: Operation) -> usize {
    service.requests_for(operation).len()
}

/// How many commits were applied, whatever the token.
pub(crate) fn applied(service: &MockService) -> usize {
    let exports = service.world().exports();
    exports.iter().map(|export| export.commits.len()).sum()
}

/// Waits until the service has so many requests of a sort.
#[track_caller]
pub(crate) fn wait_for(service: &MockService, on: Operation, count: usize) {
    let came = service.wait_for_blocking(
        |requests| requests.iter().filter(|request| request.operation == Some(on)).count() >= count,
        LONG,
    );
    assert!(came, "the request did not come");
}

/// The records of all parts of a batch: lines, or a column of Parquet.
pub(crate) fn landed_lines(batch: &std::path::Path) -> Vec<String> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(batch)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("part-"))
        .collect();
    names.sort();
    names
        .iter()
        .flat_map(|name| {
            if name.extension().is_some_and(|extension| extension == "parquet") {
                return kept_records(name);
            }
            let text = std::fs::read_to_string(name).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn kept_records(part: &std::path::Path) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(part).unwrap()).unwrap().build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let columns = batches.iter().map(|batch| batch.column_by_name("_record").unwrap().as_string::<i64>());
    columns.flat_map(|column| column.iter().map(|record| record.unwrap().to_owned()).collect::<Vec<_>>()).collect()
}

/// The batches that a reader sees.
pub(crate) fn visible_batches(out: &std::path::Path) -> Vec<PathBuf> {
    let mut batches: Vec<PathBuf> = std::fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("batch="))
        .collect();
    batches.sort();
    batches
}

/// A file with these permissions.
pub(crate) fn file(content: &str, mode: u32) -> TemporaryFile {
    use std::os::unix::fs::PermissionsExt;
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("secret-{}-{number}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    TemporaryFile(path)
}
