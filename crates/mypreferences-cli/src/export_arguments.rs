//! The arguments of `export` and its subcommands. Each is optional for the parser: what belongs together is decided, in
//! words of its own, in `commands::export::request`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mypreferences::Error;
use mypreferences_arrow::Layout;

/// Of `export`: what to export, where to, and what then.
#[derive(Args, Default)]
pub(crate) struct ExportArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ExportCommand>,
    /// The segment to export
    #[arg(long, value_name = "NAME", help_heading = "What to export, exactly one")]
    pub(crate) segment: Option<String>,
    /// The group of segments to export (no documented route on the async surface)
    #[arg(long, value_name = "NAME", help_heading = "What to export, exactly one")]
    pub(crate) segment_group: Option<String>,
    /// The schedule to export
    #[arg(long, value_name = "NAME", help_heading = "What to export, exactly one")]
    pub(crate) schedule: Option<String>,
    /// The customers to export
    #[arg(long, value_name = "ID", num_args = 1.., help_heading = "What to export, exactly one")]
    pub(crate) cid: Vec<String>,
    /// The folder to land it in; it belongs to exports of one thing of one account
    #[arg(long, value_name = "DIR", help_heading = "The landing")]
    pub(crate) out: Option<PathBuf>,
    /// Compress the parts
    #[arg(long, value_name = "none|zstd", value_parser = ["none", "zstd"], hide_possible_values = true,
          help_heading = "The landing")]
    pub(crate) compress: Option<String>,
    /// What the parts are: lines of JSON as the server sent them (ndjson), or tables (parquet) [default: ndjson]
    #[arg(long, value_name = "ndjson|parquet", value_parser = ["ndjson", "parquet"], hide_possible_values = true,
          help_heading = "The landing")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) layout: LayoutArguments,
    /// When to commit: after-seal (default), when everything is durable and whole, or never
    #[arg(long, value_name = "after-seal|never", value_parser = ["after-seal", "never"], hide_possible_values = true,
          help_heading = "The landing")]
    pub(crate) commit: Option<String>,
    /// Whether the server keeps the export files (true) or deletes them (false) at the commit. Required unless --commit
    /// never; there is no default
    #[arg(long, value_name = "true|false", value_parser = ["true", "false"], hide_possible_values = true,
          help_heading = "The landing")]
    pub(crate) keep_files: Option<String>,
    /// How long to wait until the export is ready: 90s, 30m, 24h [default: 24h]
    #[arg(long, value_name = "TIME", help_heading = "The landing")]
    pub(crate) max_wait: Option<String>,
    /// Memory for pages, at least 1MiB [default: 64MiB]
    #[arg(long, value_name = "SIZE", help_heading = "The landing")]
    pub(crate) max_memory: Option<String>,
    /// Size of a part before compression: a crash costs three at most [default: 64MiB]
    #[arg(long, value_name = "SIZE", help_heading = "The landing")]
    pub(crate) part_size: Option<String>,
    /// Records of one page; auto tries larger ones while they are faster [default: 1000, the vendor's own]
    #[arg(long, value_name = "N|auto", help_heading = "The landing")]
    pub(crate) limit: Option<String>,
    /// How to tell how far it is: bar (on a terminal), log (a line every few seconds), none; auto chooses
    #[arg(long, value_name = "auto|bar|log|none", value_parser = ["auto", "bar", "log", "none"],
          hide_possible_values = true, help_heading = "The landing")]
    pub(crate) progress: Option<String>,
    /// Only what changed since this moment, such as 2026-11-24T06:25:53Z; auto: since the newest batch of the folder
    /// (segments and groups of them)
    #[arg(long, value_name = "TIME|auto", help_heading = "Narrowed down")]
    pub(crate) since: Option<String>,
    /// With --since auto: how far to go back before the newest batch, as the vendor rounds moments [default: 5m]
    #[arg(long, value_name = "TIME", help_heading = "Narrowed down")]
    pub(crate) overlap: Option<String>,
    /// Only these profiles, by `ProfileId`, `AlternateId`, `PhoneNumber` or `EmailAddress` (segments and groups of them)
    #[arg(long, value_name = "WORD", help_heading = "Narrowed down")]
    pub(crate) match_criteria: Option<String>,
    /// The type of what is matched; required with `AlternateId`
    #[arg(long, value_name = "TYPE", help_heading = "Narrowed down")]
    pub(crate) match_type: Option<String>,
    /// The values to match
    #[arg(long = "value", value_name = "VALUE", num_args = 1.., help_heading = "Narrowed down")]
    pub(crate) values: Vec<String>,
    /// First day of the rows, as 2026-11-24 (schedules and customers); with --end-date
    #[arg(long, value_name = "DAY", help_heading = "Narrowed down")]
    pub(crate) start_date: Option<String>,
    /// Last day of the rows; with --start-date
    #[arg(long, value_name = "DAY", help_heading = "Narrowed down")]
    pub(crate) end_date: Option<String>,
    /// The channels of the customers
    #[arg(long = "channel", value_name = "NAME", num_args = 1.., help_heading = "Narrowed down")]
    pub(crate) channels: Vec<String>,
    /// Where the service posts the status when the export is ready: a hint, the command asks all the same
    #[arg(long, value_name = "URL", help_heading = "Narrowed down")]
    pub(crate) callback_url: Option<String>,
}

/// How the tables of Parquet, and of `schema`, are laid out.
#[derive(Args, Default)]
pub(crate) struct LayoutArguments {
    /// Of Parquet: nested values as lists and structs (typed), or as the server's JSON [default: typed]
    #[arg(long, value_name = "typed|json", value_parser = ["typed", "json"], hide_possible_values = true,
          help_heading = "The landing")]
    pub(crate) shape: Option<String>,
    /// Of Parquet: with a column of the records as the server sent them (keep), or without (drop), and then what the
    /// columns do not hold is lost with the server's copy [default: keep]
    #[arg(long, value_name = "keep|drop", value_parser = ["keep", "drop"], hide_possible_values = true,
          help_heading = "The landing")]
    pub(crate) record: Option<String>,
}

impl LayoutArguments {
    pub(crate) fn read(&self) -> Result<Layout, Error> {
        Layout::of_words(self.shape.as_deref(), self.record.as_deref())
    }
}

/// What else can be done with a folder that exports are landed in.
#[derive(Subcommand)]
pub(crate) enum ExportCommand {
    /// List the batches of a folder, oldest first, and what they cover together
    List {
        /// The folder of --out
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Whether coverage is drawn: auto (on a terminal), none [default: auto]
        #[arg(long, value_name = "auto|none", value_parser = ["auto", "none"], hide_possible_values = true)]
        progress: Option<String>,
    },
    /// Write a page about a folder: what is covered, what each batch took, how commits ended, what needs a person
    ///
    /// One HTML file that needs nothing else, from manifests, journal and receipts alone: without a server, a lock or a
    /// secret. With --json the same facts.
    Report {
        /// The folder of --out of the export
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The file to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Verify every batch, too, and say how that ended
        #[arg(long)]
        verify: bool,
    },
    /// How far the newest batch is, and what the server says of it when it is unfinished and there are credentials
    Status {
        /// The folder of --out
        #[arg(value_name = "DIR", required_unless_present = "handle_file")]
        folder: Option<PathBuf>,
        /// Instead of a folder: a file with the encrypted handle of an export, as `wrap` of a client of this account gives it
        #[arg(long, value_name = "FILE", conflicts_with = "folder")]
        handle_file: Option<PathBuf>,
    },
    /// Commit every batch that is sealed and not committed, oldest first
    Commit {
        /// The folder of --out
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Whether the server keeps the export files (true) or deletes them (false). Required, there is no default
        #[arg(long, value_name = "true|false", value_parser = ["true", "false"], hide_possible_values = true)]
        keep_files: String,
    },
    /// Commit an export that was loaded elsewhere: into a database, a lake, a warehouse
    ///
    /// The number of rows is what a read-back from there counts. It must be what the export has; then the files are made
    /// durable, and then the export is committed, if it is ready. The same command again says how it ended, and sends
    /// nothing.
    CommitLoaded {
        /// A file with the encrypted handle of the export, as `wrap` of a client of this account gives it
        #[arg(long, value_name = "FILE")]
        handle_file: PathBuf,
        /// Rows of this export that the destination holds, counted there
        #[arg(long, value_name = "N")]
        rows: u64,
        /// Whether the server keeps the export files (true) or deletes them (false). Required, there is no default
        #[arg(long, value_name = "true|false", value_parser = ["true", "false"], hide_possible_values = true)]
        keep_files: String,
        /// Where the rows are, for the receipt, such as `postgres://dwh/people`; passwords are left out
        #[arg(long, value_name = "NAME")]
        sink: Option<String>,
        /// Files, patterns and folders that hold the rows, where they are local: made durable before the commit
        #[arg(value_name = "FILE|DIR")]
        files: Vec<PathBuf>,
    },
    /// Write what was landed as lines once more as Parquet, into another folder, where exports can go on
    ///
    /// Every batch keeps its name, its watermark and its receipt; those that are there already are left as they are, so
    /// that the same command goes on where it was stopped. The folder that is read does not change.
    Convert {
        /// The folder of --out
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// What the parts become
        #[arg(long, value_name = "parquet", value_parser = ["parquet"], hide_possible_values = true)]
        to: String,
        #[command(flatten)]
        layout: LayoutArguments,
        /// The folder to write to
        #[arg(value_name = "OUT")]
        out: PathBuf,
    },
    /// Give up the newest batch, if it is unfinished: the next export begins a new one
    ///
    /// What was landed of a batch that is not sealed is removed. A sealed one stays, and is never committed. The export on
    /// the server expires by itself.
    Abandon {
        /// The folder of --out
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Any unfinished batch by its name, as export list prints it [default: the newest]
        #[arg(long, value_name = "NAME")]
        batch: Option<String>,
    },
}
