//! The report of a folder for people: one HTML file that needs nothing else, not even a script, and a line for a terminal.
//! What it says is the core's ([`Report`]); here is how it looks. Names come from a server and a file system, and are
//! shown as text whatever is in them.

mod line;
mod timeline;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use mypreferences::landing::{Attention, BatchReport, BatchState, InChain, Report, ServerFiles, Verification};

use crate::commands::export::again::quoted;
use crate::words;

pub(crate) use line::coverage;

const STYLE: &str = include_str!("report.css");
/// Nothing is loaded and nothing runs, whatever a name holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// So many of the newest batches are in sight; older ones open by a key or a click.
const IN_SIGHT: usize = 50;

/// The page.
pub(crate) fn page(report: &Report) -> String {
    let what = report.identity.as_ref().map(|identity| match &identity.name {
        Some(name) => (identity.kind.as_str(), name.as_str()),
        None => (identity.kind.as_str(), ""),
    });
    let title = what.map_or_else(String::new, |(_, name)| visible(name));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "Export report: " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.over { "Export report" }
                    h1 {
                        @if let Some((kind, name)) = what { span.soft { (kind.replace('_', " ")) " " } (shown(name)) }
                        @else { "Nothing was exported" }
                    }
                    p.soft {
                        "Folder " (shown(&report.folder))
                        @if let Some(identity) = &report.identity { ", client " (shown(&identity.client_id)) }
                    }
                }
                main {
                    (verdict(report))
                    (numbers(report))
                    @if !report.attention.is_empty() { (attention(&report.attention)) }
                    (timeline::figure(report))
                    (batches(report))
                    @if let Some(verification) = &report.verification { (verification_of(verification)) }
                }
                footer.soft {
                    "Made " @if let Some(made_at) = &report.made_at { (time(made_at)) }
                    " by mypreferences " (env!("CARGO_PKG_VERSION"))
                    ", from the folder's manifests, journal and receipts alone. Times are UTC; those of coverage are the server's."
                    @if report.verification.is_none() { " The parts were not read: --verify does that." }
                }
            }
        }
    }
    .into_string()
}

/// What everybody asks first.
fn verdict(report: &Report) -> Markup {
    let coverage = &report.coverage;
    let (class, says) = match (&coverage.until, coverage.gaps.len()) {
        (Some(until), 0) => ("good", html! { "Every change up to " (time(until)) " is covered." }),
        (Some(until), 1) => {
            ("bad", html! { "Covered without a gap up to " (time(until)) "; there is a gap after that." })
        }
        (Some(until), gaps) => {
            ("bad", html! { "Covered without a gap up to " (time(until)) "; there are " (gaps) " gaps." })
        }
        (None, 1..) => {
            ("bad", html! { "No batch here begins with everything: what came before the first is not covered." })
        }
        (None, 0) => ("open", html! { "No whole batch is here that later ones could go on from." }),
    };
    html! { p.verdict.(class) { (says) } }
}

fn numbers(report: &Report) -> Markup {
    let of = |wanted: ServerFiles| {
        let is_of = |batch: &&BatchReport| batch.summary.receipt.is_some() && batch.server_files == wanted;
        report.batches.iter().filter(is_of).count()
    };
    let state = |wanted: &[BatchState]| {
        report.batches.iter().filter(|batch| wanted.contains(&batch.summary.state)).count() as u64
    };
    let not_committed = state(&[BatchState::Sealed, BatchState::Committing]);
    let not_whole = state(&[BatchState::Intended, BatchState::Landing]);
    let entries = [
        ("Batches", words::count(report.batches.len() as u64)),
        ("Records", words::count(report.rows)),
        ("Size", words::size(report.bytes)),
        ("Not whole", words::count(not_whole)),
        ("Not committed", words::count(not_committed)),
        ("Deleted on the server", words::count(of(ServerFiles::Deleted) as u64)),
        ("Kept on the server", words::count(of(ServerFiles::Kept) as u64)),
        ("Not certain", words::count(of(ServerFiles::Unknown) as u64)),
    ];
    html! {
        dl.numbers {
            @for (name, value) in entries { div { dt { (name) } dd { (value) } } }
        }
    }
}

fn attention(all: &[Attention]) -> Markup {
    html! {
        section aria-labelledby="attention" {
            h2 id="attention" { "Needs a person" }
            @if all.len() > IN_SIGHT {
                ul.attention { @for one in all.iter().rev().take(IN_SIGHT) { (attention_item(one)) } }
                details {
                    summary { (words::count((all.len() - IN_SIGHT) as u64)) " more" }
                    ul.attention { @for one in all.iter().rev().skip(IN_SIGHT) { (attention_item(one)) } }
                }
            } @else {
                ul.attention { @for one in all.iter().rev() { (attention_item(one)) } }
            }
        }
    }
}

fn attention_item(one: &Attention) -> Markup {
    html! {
        li {
            @if let Some(batch) = &one.batch { strong { (shown(batch)) } " " }
            (shown(&one.why))
            @if let Some(command) = &one.command { code tabindex="0" { (shown(&command_line(command))) } }
        }
    }
}

fn command_line(command: &[String]) -> String {
    command.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

fn batches(report: &Report) -> Markup {
    let newest_first: Vec<&BatchReport> = report.batches.iter().rev().collect();
    let (in_sight, older) = newest_first.split_at(newest_first.len().min(IN_SIGHT));
    html! {
        section aria-labelledby="batches" {
            h2 id="batches" { "Batches, newest first" }
            @if report.batches.is_empty() { p { "None was begun." } }
            @else { (table(in_sight, "Batches")) }
            @if !older.is_empty() {
                details {
                    summary { (words::count(older.len() as u64)) " older batches" }
                    (table(older, "Older batches"))
                }
            }
        }
    }
}

const COLUMNS: [&str; 8] = ["Batch", "Covers", "Records", "Size", "Took", "Trouble", "Ended", "Files on the server"];

// The roles stay when a narrow screen makes cards of the rows.
fn table(batches: &[&BatchReport], name: &str) -> Markup {
    html! {
        div.wide role="region" aria-label=(name) tabindex="0" {
            table role="table" aria-label=(name) {
                thead role="rowgroup" { tr role="row" { @for name in COLUMNS { th role="columnheader" scope="col" { (name) } } } }
                tbody role="rowgroup" { @for batch in batches { (row(batch)) } }
            }
        }
    }
}

fn row(batch: &BatchReport) -> Markup {
    let summary = &batch.summary;
    let cells = [
        html! {
            (shown(summary.batch.strip_prefix("batch=").unwrap_or(&summary.batch)))
            @if summary.format != "ndjson" && !summary.format.is_empty() { " " span.tag { (shown(&summary.format)) } }
            @if !batch.is_there && batch.chain == InChain::Moved { " " span.tag { "moved away" } }
        },
        covers(batch),
        html! {
            (words::count(summary.rows))
            @if let Some(total) = summary.total.filter(|total| *total != summary.rows) { " of " (words::count(total)) }
        },
        html! { (words::size(summary.bytes)) @if summary.parts != 1 { br; span.soft { (words::counted(summary.parts, "part")) } } },
        took(batch),
        trouble(batch),
        ended(batch),
        html! { @let (class, says) = files(batch); span.(class) { (says) } },
    ];
    html! {
        tr role="row" { @for (name, cell) in COLUMNS.iter().zip(cells) { td role="cell" data-name=(name) { div { (cell) } } } }
    }
}

fn covers(batch: &BatchReport) -> Markup {
    let (class, note) = match batch.chain {
        InChain::Member => ("soft", None),
        InChain::BeginsLater => ("bad", Some("begins after a gap")),
        InChain::Future => ("bad", Some("ends in the future")),
        InChain::Moved => ("soft", None),
        InChain::Apart => ("soft", Some("another selection")),
        InChain::Unsealed => ("soft", Some("nothing yet")),
        // A later core's.
        _ => ("soft", None),
    };
    html! {
        @if batch.covers_ms().is_some() {
            @match &batch.summary.since { Some(since) => (time(since)), None => "everything" }
            br;
            span.soft { "to " } @if let Some(watermark) = &batch.summary.watermark { (time(watermark)) }
            @if note.is_some() { br; }
        }
        @if let Some(note) = note { span.(class) { (note) } }
    }
}

fn took(batch: &BatchReport) -> Markup {
    let Some(effort) = batch.effort else {
        return html! { span.soft { "not recorded" } };
    };
    html! {
        (duration(effort.landed_ms))
        @if let Some(rate) = batch.records_per_second { br; span.soft { (words::count(rate)) " records/s" } }
        @if effort.waited_ms >= 1000 { br; span.soft { "waited " (duration(effort.waited_ms)) } }
    }
}

fn trouble(batch: &BatchReport) -> Markup {
    let Some(effort) = batch.effort else {
        return html! { span.soft { "not recorded" } };
    };
    if effort.failures == 0 {
        return html! { span.soft { "none" } };
    }
    html! {
        @if effort.outages > 0 { (words::counted(effort.outages, "outage")) ", " (duration(effort.outage_ms)) br; }
        @if effort.throttled > 0 { "throttled " (words::count(effort.throttled)) "×" br; }
        span.soft { (words::counted(effort.failures, "request")) " failed" }
    }
}

fn ended(batch: &BatchReport) -> Markup {
    let summary = &batch.summary;
    let (class, says) = match (&summary.receipt, summary.state) {
        (Some(receipt), _) => ("", receipt.end.name().replace('_', " ")),
        (None, BatchState::Sealed) => ("warn", "whole, not committed".to_owned()),
        (None, BatchState::Committing) => ("warn", "commit under way".to_owned()),
        (None, state) => ("soft", state.name().to_owned()),
    };
    html! {
        span.(class) { (says) }
        @if let Some(certainty) = &batch.certainty { br; span.soft { (shown(certainty)) } }
        @if let Some(at) = summary.receipt.as_ref().and_then(|receipt| receipt.at.as_ref()) { br; span.soft { (time(at)) } }
        @if let Some(why) = &summary.abandoned { br; span.soft { (shown(why)) } }
        @if let Some(problem) = &batch.problem { br; span.bad { (shown(problem)) } }
    }
}

fn files(batch: &BatchReport) -> (&'static str, &'static str) {
    match (batch.server_files, batch.summary.state) {
        (ServerFiles::Deleted, _) => ("good", "deleted, as asked"),
        (ServerFiles::Kept, _) => ("good", "kept, as asked"),
        (ServerFiles::Unknown, _) => ("warn", "not certain: no claim"),
        (_, BatchState::Intended) => ("soft", "none known"),
        (_, _) => ("soft", "there until they expire"),
    }
}

fn verification_of(verification: &Verification) -> Markup {
    html! {
        section aria-labelledby="verification" {
            h2 id="verification" { "Verified" }
            @if let Some(verified) = &verification.verified {
                p.good { (words::verified(verified)) ": every part has the hash of its manifest." }
                @let findings = words::findings(verified);
                @if !findings.is_empty() { ul { @for finding in findings { li { (shown(&finding)) } } } }
            }
            @if let Some(error) = &verification.error { p.bad { (shown(&error.to_string())) } }
        }
    }
}

/// `2026-11-24 06:25:53`: whoever reads the page is told that it is UTC.
fn time(text: &str) -> Markup {
    let moment = text.parse::<jiff::Timestamp>().ok();
    html! {
        @match moment {
            Some(moment) => time datetime=(moment) { (moment.strftime("%Y-%m-%d")) " " span.soft { (moment.strftime("%H:%M:%S")) } },
            None => (shown(text)),
        }
    }
}

fn duration(ms: u64) -> String {
    match ms / 1000 {
        seconds if seconds < 120 => format!("{}.{} s", seconds, ms % 1000 / 100),
        seconds if seconds < 7200 => format!("{} min", seconds / 60),
        seconds => format!("{}.{} h", seconds / 3600, seconds % 3600 / 360),
    }
}

/// A text of somebody else's: isolated, so that its direction ends with it, and with nothing in it that cannot be seen.
fn shown(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// Control characters, and those that turn the direction of what follows, by their code.
fn visible(text: &str) -> String {
    let is_seen = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if is_seen(c) { c.to_string() } else { format!("⟨U+{:04X}⟩", u32::from(c)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_whatever_is_in_it() {
        let hostile = "<script>alert(1)</script>\"'&\u{202e}gnp\u{0}";
        let text = shown(hostile).into_string();
        assert_eq!(text, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;⟨U+202E⟩gnp⟨U+0000⟩</bdi>");
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        let texts = [0, 999, 61_500, 600_000, 9_000_000].map(duration);
        assert_eq!(texts, ["0.0 s", "0.9 s", "61.5 s", "10 min", "2.5 h"]);
    }
}
