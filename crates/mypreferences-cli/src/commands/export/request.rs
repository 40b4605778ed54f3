//! What the options of `export` ask for, together. What a value means is decided by the core; here, which options need or
//! exclude each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mypreferences::export::{ExportRequest, LastDateTime, MatchCriteria};
use mypreferences::landing::{CommitPolicy, Compression, LandExport, PageLimit, PartFormat};
use mypreferences::{Client, Operation, configuration};
use mypreferences_arrow::Parquet;

use crate::export_arguments::{ExportArguments, LayoutArguments};
use crate::failure::{self, Failure};
use crate::options::Options;

/// A landing that makes sense.
pub(super) struct Request {
    order: ExportRequest,
    out: PathBuf,
    policy: CommitPolicy,
    since_newest: SinceNewest,
    compression: Compression,
    format: Option<Arc<dyn PartFormat>>,
    limit: Option<PageLimit>,
    max_wait: Option<Duration>,
    max_memory: Option<usize>,
    part_size: Option<usize>,
}

/// `--since auto`.
enum SinceNewest {
    No,
    WithTheCoresOverlap,
    WithOverlap(Duration),
}

impl Request {
    pub(super) fn read(options: &Options, arguments: &ExportArguments) -> Result<Request, Failure> {
        if options.kind.is_some() {
            return Err(refused(
                "--kind says of what kind the export of a token is, and here none has begun",
                "leave it out: --segment, --segment-group, --schedule or --cid says what to export",
            ));
        }
        let duration = |name, text: &Option<String>| {
            let read = |text: &String| configuration::duration(name, text);
            text.as_ref().map(read).transpose()
        };
        let size = |name, text: &Option<String>| {
            let read = |text: &String| configuration::size(name, text);
            text.as_ref().map(read).transpose()
        };
        let overlap = duration("--overlap", &arguments.overlap)?;
        let since = arguments.since.as_deref();
        if overlap.is_some() && since != Some("auto") {
            return Err(refused("--overlap is for --since auto", "say --since auto, or leave --overlap out"));
        }
        Ok(Request {
            order: order(arguments)?,
            out: out(arguments)?,
            policy: policy(arguments)?,
            since_newest: match overlap {
                Some(overlap) => SinceNewest::WithOverlap(overlap),
                None if since == Some("auto") => SinceNewest::WithTheCoresOverlap,
                None => SinceNewest::No,
            },
            compression: match arguments.compress.as_deref() {
                Some("zstd") => Compression::Zstd,
                Some(_) | None => Compression::None,
            },
            format: format(arguments)?,
            limit: limit(arguments)?,
            max_wait: duration("--max-wait", &arguments.max_wait)?,
            max_memory: size("--max-memory", &arguments.max_memory)?,
            part_size: size("--part-size", &arguments.part_size)?,
        })
    }

    pub(super) fn landing(self, client: &Client) -> LandExport {
        let mut landing = client.export(self.order, self.out, self.policy).compression(self.compression);
        landing = match self.since_newest {
            SinceNewest::No => landing,
            SinceNewest::WithTheCoresOverlap => landing.since_auto(None),
            SinceNewest::WithOverlap(overlap) => landing.since_auto(Some(overlap)),
        };
        if let Some(format) = self.format {
            landing = landing.format(format);
        }
        if let Some(limit) = self.limit {
            landing = landing.limit(limit);
        }
        if let Some(max_wait) = self.max_wait {
            landing = landing.max_wait(max_wait);
        }
        if let Some(max_memory) = self.max_memory {
            landing = landing.max_memory(max_memory);
        }
        if let Some(part_size) = self.part_size {
            landing = landing.part_bytes(part_size as u64);
        }
        landing
    }
}

/// None: lines.
fn format(arguments: &ExportArguments) -> Result<Option<Arc<dyn PartFormat>>, Failure> {
    let LayoutArguments { shape, record } = &arguments.layout;
    match arguments.format.as_deref() {
        Some("parquet") => Ok(Some(Parquet::new(arguments.layout.read()?))),
        Some(_) | None if shape.is_none() && record.is_none() => Ok(None),
        Some(_) | None => {
            Err(refused("--shape and --record are for Parquet", "say --format parquet too, or leave them out"))
        }
    }
}

fn refused(detail: &str, next: &str) -> Failure {
    failure::usage(Operation::Export, detail, next)
}

fn out(arguments: &ExportArguments) -> Result<PathBuf, Failure> {
    arguments.out.clone().ok_or_else(|| refused("--out is missing", "say --out and the folder to land the export in"))
}

fn policy(arguments: &ExportArguments) -> Result<CommitPolicy, Failure> {
    let never = arguments.commit.as_deref() == Some("never");
    match (never, arguments.keep_files.as_deref()) {
        (true, None) => Ok(CommitPolicy::Never),
        (true, Some(_)) => Err(refused(
            "--keep-files decides about a commit, and --commit never sends none",
            "leave one of the two out",
        )),
        (false, Some(keep_files)) => Ok(CommitPolicy::AfterSeal { keep_files: keep_files == "true" }),
        (false, None) => Err(refused(
            "--keep-files is missing; it has no default",
            "say --keep-files true to keep the export files on the server, --keep-files false to delete them when \
             everything is landed, or --commit never",
        )),
    }
}

fn limit(arguments: &ExportArguments) -> Result<Option<PageLimit>, Failure> {
    let Some(text) = &arguments.limit else {
        return Ok(None);
    };
    if text == "auto" {
        return Ok(Some(PageLimit::Auto));
    }
    match text.parse() {
        Ok(limit) if limit > 0 => Ok(Some(PageLimit::Records(limit))),
        Ok(_) | Err(_) => Err(refused(
            "--limit is no number of records",
            "pass how many records a page shall have, from 1 to 4294967295, or auto",
        )),
    }
}

fn order(arguments: &ExportArguments) -> Result<ExportRequest, Failure> {
    let named = [
        arguments.segment.as_ref().map(ExportRequest::segment),
        arguments.segment_group.as_ref().map(ExportRequest::segment_group),
        arguments.schedule.as_ref().map(ExportRequest::schedule),
        (!arguments.cid.is_empty()).then(|| ExportRequest::cid(&arguments.cid)),
    ];
    let mut named = named.into_iter().flatten();
    let (Some(mut order), None) = (named.next(), named.next()) else {
        return Err(refused(
            "it must be said once what to export",
            "give exactly one of --segment, --segment-group, --schedule and --cid",
        ));
    };
    if let Some(since) = arguments.since.as_deref()
        && since != "auto"
    {
        order =
            order.since(since.parse::<LastDateTime>().map_err(|error| {
                refused("--since is neither auto nor a moment with a time zone", error.next_action())
            })?);
    }
    match &arguments.match_criteria {
        Some(word) => {
            let criteria = MatchCriteria::from_words(word, arguments.match_type.as_deref())?;
            order = order.matching(criteria, &arguments.values);
        }
        None if arguments.match_type.is_some() || !arguments.values.is_empty() => {
            return Err(refused(
                "--match-type and --value are for --match-criteria",
                "say --match-criteria ProfileId, AlternateId, PhoneNumber or EmailAddress",
            ));
        }
        None => {}
    }
    if let Some(url) = &arguments.callback_url {
        order = order.callback_url(url);
    }
    Ok(order.dates_if_given(arguments.start_date.clone(), arguments.end_date.clone()).channels(&arguments.channels))
}
