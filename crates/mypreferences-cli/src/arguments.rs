//! The command line: which commands and options there are, and their help. What values mean is decided by the core;
//! what a wrong command line is answered, in `usage`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

/// The exit codes, for `--help`. Short lines: help that is wrapped again is hard to read.
const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  resolve only: not committed
  64  wrong arguments; nothing was sent
  65  contradicts an earlier commit of this token, or the data landed
  66  not found: wrong client id, or the token is unknown or has expired
  69  no connection, timeout, interrupted, rate limited or a server error
      after the retries; the export failed or has expired
  70  a bug of this program
  74  the local disk, or standard output, takes no more
  75  unfinished: it may have been committed, or a first Ctrl-C or
      SIGTERM stopped it; run resolve, or the same command again
  76  the server refused or redirected the request, or its answer makes
      no sense
  77  unauthorized, forbidden, clock skew, TLS or proxy
  78  settings or credentials are missing or contradict each other
 130  stopped at once by a second Ctrl-C (143: SIGTERM)";

/// How to give credentials, for `--help`.
const CREDENTIALS: &str = "\
Credentials, exactly one; secrets never stand on the command line:
  MYPREFERENCES_USER_ID and MYPREFERENCES_SECRET
      PNAUTHINFO3 with a keyed hash
  MYPREFERENCES_USER_ID and MYPREFERENCES_SECRET_FILE, or --user-id and
  --secret-file
      the same; the file must be readable by you alone (chmod 600)
  MYPREFERENCES_OAUTH_TOKEN_URL, _OAUTH_CLIENT_ID, _OAUTH_CLIENT_SECRET
  (or _OAUTH_CLIENT_SECRET_FILE) and MYPREFERENCES_USER_ID
      OAuth 2.0 client credentials: tokens are asked for and renewed
  MYPREFERENCES_BEARER_TOKEN
      an OAuth 2.0 access token
  MYPREFERENCES_AUTHORIZATION
      the whole value of the Authorization header

Environment:
  Every setting of the library can be given as MYPREFERENCES_ and its
  name in upper case: MYPREFERENCES_CLIENT_ID, MYPREFERENCES_BASE_URL,
  MYPREFERENCES_TIMEOUT, MYPREFERENCES_QUIET ... A flag beats the
  environment. An empty variable counts as unset.";

/// For whom has no account.
const TRY: &str = "\
Try it without an account:
  mypreferences demo         three commits against a mock in this process
  mypreferences mock --help  the mock service, for tests of your own
The exit codes are in `mypreferences commit --help`.";

/// Commit MyPreferences bulk exports: mark a retrieval as finished, and know for sure that it is.
#[derive(Parser)]
#[command(name = "mypreferences", version, after_help = TRY, max_term_width = 120)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Mark a retrieval as finished: expires its access token and, with --keep-files false, deletes the export files
    ///
    /// Before you run it (the vendor's precondition): the pages of this export were read with keepAlive=true, and the
    /// data is safe on your side. With --keep-files false the server deletes its copy: there is no other afterwards.
    ///
    /// Sends one POST when all goes well. When the answer is lost it asks the server what became of it before it sends
    /// again, and it never reports a commit that it cannot confirm.
    ///
    /// The access token may stand on the command line: it is useless without credentials, which never do.
    #[command(after_help = "`mypreferences commit --help` has the precondition and the exit codes.",
              after_long_help = format!("{CREDENTIALS}\n\n{EXIT_CODES}"))]
    Commit {
        /// The integer that Initiate returned; `-` reads one line from standard input; left out:
        /// `MYPREFERENCES_ACCESS_TOKEN`
        #[arg(value_name = "ACCESS_TOKEN|-")]
        access_token: Option<String>,
        /// Whether the server keeps the export files (true) or deletes them (false). Required, there is no default
        #[arg(long, display_order = 0, value_name = "true|false", value_parser = ["true", "false"], hide_possible_values = true)]
        keep_files: String,
    },
    /// Ask the status of an export
    #[command(after_long_help = format!("{CREDENTIALS}\n\n{EXIT_CODES}"))]
    Status {
        /// The integer that Initiate returned; `-` reads one line from standard input; left out:
        /// `MYPREFERENCES_ACCESS_TOKEN`
        #[arg(value_name = "ACCESS_TOKEN|-")]
        access_token: Option<String>,
    },
    /// Ask whether a token was committed, without sending a commit: exits 0 (committed), 1 (not committed) or 75
    #[command(after_long_help = format!("{CREDENTIALS}\n\n{EXIT_CODES}"))]
    Resolve {
        /// The integer that Initiate returned; `-` reads one line from standard input; left out:
        /// `MYPREFERENCES_ACCESS_TOKEN`
        #[arg(value_name = "ACCESS_TOKEN|-")]
        access_token: Option<String>,
    },
    /// Watch three commits against a mock service in this process: one that goes well, two whose answers are lost
    Demo,
    /// Run the mock service; its arguments are its own: see `mypreferences mock --help`
    #[command(disable_help_flag = true)]
    Mock {
        /// Arguments of the mock
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// Options of every command. The settings among them are text here: the core reads them.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// The MyPreferences account id (not the OAuth client id)
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Base URL of the service, https or loopback; or use --environment
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The vendor's environment: production or staging
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The routes: async (documented, default), profiles or v4 (inferred: try them on staging first)
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) surface: Option<String>,
    /// What was exported: segment (default), segment-group, schedule or cid
    #[arg(long, global = true, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Route of commit below the base URL, with {clientId} and {accessToken}
    #[arg(long, global = true, value_name = "TEMPLATE")]
    pub(crate) commit_path: Option<String>,
    /// Route of status, likewise
    #[arg(long, global = true, value_name = "TEMPLATE")]
    pub(crate) status_path: Option<String>,
    /// Route of pages, likewise
    #[arg(long, global = true, value_name = "TEMPLATE")]
    pub(crate) page_path: Option<String>,
    /// Hash of PNAUTHINFO3: sha256 (default), sha384 or sha512
    #[arg(long, global = true, value_name = "HASH")]
    pub(crate) hmac_hash: Option<String>,
    /// Timestamp of PNAUTHINFO3: utc-millis-z (default), utc-seconds-z or utc-seconds
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) timestamp_format: Option<String>,
    /// The whole call, questions included: 180, 90s, 3m [default: 180s]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
    /// Refuse receipts that are only presumed
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) strict: Option<String>,
    /// Ask status before the first send of a commit
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) preflight: Option<String>,
    /// The API user whose secret signs (PNAUTHINFO3)
    #[arg(long, global = true, value_name = "USER")]
    pub(crate) user_id: Option<String>,
    /// File with the secret of the API user, readable by you alone
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// OAuth: the token endpoint, https or loopback
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) oauth_token_url: Option<String>,
    /// OAuth: the client id (not the account id)
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) oauth_client_id: Option<String>,
    /// OAuth: file with the client secret, readable by you alone
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) oauth_client_secret_file: Option<PathBuf>,
    /// OAuth: the scope [default: {client-id}/{user-id}]
    #[arg(long, global = true, value_name = "SCOPE")]
    pub(crate) oauth_scope: Option<String>,
    /// OAuth: where the client id and secret stand: basic (header, default) or body
    #[arg(long, global = true, value_name = "FORM")]
    pub(crate) oauth_client_auth: Option<String>,
    /// PEM file with certificate authorities to trust in addition to the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// Trust the authorities of --ca-file and no others
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) ca_only: Option<String>,
    /// PEM file with a client certificate chain and its private key
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_cert: Option<String>,
    /// PEM file with the private key of --client-cert, where that is a file of its own
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_key: Option<String>,
    /// Proxy URL, or none; without it `HTTPS_PROXY` and `NO_PROXY` count, but never for loopback
    #[arg(long, global = true, value_name = "URL|none")]
    pub(crate) proxy: Option<String>,
    /// Print exactly one JSON object on standard output: the receipt, or {"error": ...}
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell on standard error what is sent and answered, without secrets; twice for everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Options {
    /// The flag of a setting of the core, when it was given.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        match name {
            "client_id" => self.client_id.as_deref(),
            "base_url" => self.base_url.as_deref(),
            "environment" => self.environment.as_deref(),
            "surface" => self.surface.as_deref(),
            "kind" => self.kind.as_deref(),
            "commit_path" => self.commit_path.as_deref(),
            "status_path" => self.status_path.as_deref(),
            "page_path" => self.page_path.as_deref(),
            "hmac_hash" => self.hmac_hash.as_deref(),
            "timestamp_format" => self.timestamp_format.as_deref(),
            "timeout" => self.timeout.as_deref(),
            "strict" => self.strict.as_deref(),
            "preflight" => self.preflight.as_deref(),
            "ca_file" => self.ca_file.as_deref(),
            "ca_only" => self.ca_only.as_deref(),
            "client_cert" => self.client_cert.as_deref(),
            "client_key" => self.client_key.as_deref(),
            "proxy" => self.proxy.as_deref(),
            // The other settings have no flag: the environment gives them.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_option_takes_a_secret() {
        for argument in Arguments::command().get_arguments() {
            let name = argument.get_long().unwrap_or_default();
            assert!(
                ![
                    "secret",
                    "password",
                    "token",
                    "bearer-token",
                    "authorization"
                ]
                .contains(&name),
                "--{name}"
            );
        }
    }

    #[test]
    fn every_flag_of_a_setting_is_read() {
        let settings = mypreferences::Settings::NAMES;
        for argument in Arguments::command().get_arguments() {
            let Some(long) = argument.get_long() else {
                continue;
            };
            let name = long.replace('-', "_");
            if !settings.contains(&name.as_str()) {
                continue;
            }
            let given = format!("--{long}=true");
            let parsed =
                Arguments::try_parse_from(["mypreferences", &given, "status", "1"]).unwrap();
            assert_eq!(parsed.options.setting(&name), Some("true"), "{long}");
        }
    }
}
