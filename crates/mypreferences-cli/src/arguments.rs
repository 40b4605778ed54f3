//! The command line: which commands and options there are, and their help. What values mean is decided by the core;
//! what a wrong command line is answered, in `usage`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::export_arguments::{ExportArguments, LayoutArguments};
use crate::options::Options;

/// The exit codes, for `--help`. Short lines: help that is wrapped again is hard to read.
const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  resolve only: not committed
  64  wrong arguments; nothing was sent
  65  contradicts an earlier commit of this token, or the data landed:
      other parameters, a part that does not match its hash
  66  not found: wrong client id, or the token is unknown or has expired
  69  no connection, timeout, interrupted, rate limited or a server error
      after the retries; the export failed or has expired
  70  a bug of this program
  74  the local disk, or standard output, takes no more
  75  unfinished: it may have been committed, another process holds the
      folder, the export is not ready, or a first Ctrl-C or SIGTERM
      stopped it; run resolve, or the same command again
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
  MYPREFERENCES_SECRET_COMMAND, _OAUTH_CLIENT_SECRET_COMMAND
      a command that prints the secret

Profiles:
  ~/.config/mypreferences/config.toml (or MYPREFERENCES_CONFIG_FILE) has
  tables [profile.NAME] with the names below in lower case; --profile or
  MYPREFERENCES_PROFILE chooses one, else [profile.default] counts. The
  environment beats the profile. A file with secrets must be readable by
  you alone. `mypreferences config show` says where each value is from.

Environment:
  Every setting of the library can be given as MYPREFERENCES_ and its
  name in upper case: MYPREFERENCES_CLIENT_ID, MYPREFERENCES_BASE_URL,
  MYPREFERENCES_TIMEOUT, MYPREFERENCES_RESEND_DELAY ... A flag beats the
  environment. An empty variable counts as unset.";

/// For whom has no account.
const TRY: &str = "\
Try it without an account:
  mypreferences demo         an export against a mock in this process
  mypreferences mock --help  the mock service, for tests of your own
The exit codes are in `mypreferences commit --help`.";

/// MyPreferences bulk exports: land them on disk, commit them when they are safe, and know for sure that it is done.
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
    /// Land an export in a folder, and commit it when everything is durable and whole
    ///
    /// Starts the export, waits until it is ready, writes its pages as NDJSON into DIR/batch=TIME/, seals them by a
    /// manifest with their hashes, and only then commits. Whatever stops it, the same command continues where it was; a
    /// finished export is not done again, and its receipt is printed.
    ///
    /// With --since auto each run lands what changed since the one before. Batches overlap a little: readers de-duplicate
    /// by `ProfileId`.
    #[command(args_conflicts_with_subcommands = true, after_help = "`mypreferences export --help` has the exit codes.",
              after_long_help = format!("{CREDENTIALS}\n\n{EXIT_CODES}"))]
    Export(Box<ExportArguments>),
    /// Verify what was landed, without a server: every part by its hash, the rows, the chain of batches
    #[command(after_long_help = EXIT_CODES)]
    Verify {
        /// The folder of `export --out`
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// A batch that was moved away is an error, not a line
        #[arg(long)]
        complete: bool,
    },
    /// Load an export into a table of a database, by key: in the command of the Python package
    Load {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        arguments: Vec<OsString>,
    },
    /// Print the columns that the records of an export become: of Parquet, and of Arrow in Python
    ///
    /// The columns of a schedule are named by the export itself.
    Schema {
        #[command(flatten)]
        layout: LayoutArguments,
    },
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
    /// Find out what is wrong: settings, address, TLS, clock and credentials, each by its own check
    ///
    /// Asks the status of an access token, which changes nothing; without a token, of one that nobody has.
    #[command(after_long_help = format!("{CREDENTIALS}\n\n{EXIT_CODES}"))]
    Doctor {
        /// A token that the server knows, to be certain about the client id too; `-` reads it from standard input
        #[arg(value_name = "ACCESS_TOKEN|-")]
        access_token: Option<String>,
    },
    /// Show every setting, its value and where it came from; secrets are left out
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print the completions of a shell: `mypreferences completions bash > …/bash-completion/completions/mypreferences`
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page, of a command if one is named: `mypreferences man | man -l -`
    Man {
        /// The command
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
    /// Watch an export that is killed in the middle, continued and committed although the answer is lost: against a mock
    /// service in this process
    Demo,
    /// Run the mock service; its arguments are its own: see `mypreferences mock --help`
    #[command(disable_help_flag = true)]
    Mock {
        /// Arguments of the mock
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What `config` can do.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Every setting, its value and where it came from: a flag, a variable, a profile or the default
    Show,
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
            assert!(!["secret", "password", "token", "bearer-token", "authorization"].contains(&name), "--{name}");
        }
    }
}
