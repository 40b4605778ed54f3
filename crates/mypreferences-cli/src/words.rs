//! Receipts, statuses and answers in people's words.

use std::time::{Duration, SystemTime};

use mypreferences::landing::{BatchReceipt, BatchSummary, CommitEnd, Converted, Landed, ServerFiles, Verified};
use mypreferences::{
    AccessToken, AttemptEvent, Certainty, CommitReceipt, ConfirmedBy, ExportStatus, Files, Operation, Outcome, Sent,
    StatusWord,
};

/// `committed: token ***4711; the server answered the commit; export files deleted, as asked; 1 commit sent, 0.1 s`
pub(crate) fn receipt(receipt: &CommitReceipt, token: AccessToken) -> String {
    let outcome = match (receipt.outcome, receipt.certainty) {
        (Outcome::Committed, Certainty::Certain) => "committed",
        (Outcome::Committed, Certainty::Presumed) => "presumably committed",
        (Outcome::AlreadyCommitted, Certainty::Certain) => "already committed",
        (Outcome::AlreadyCommitted, Certainty::Presumed) => "presumably already committed",
    };
    let confirmed_by = match receipt.confirmed_by {
        ConfirmedBy::Response => "the server answered the commit",
        ConfirmedBy::Status => "status says that it is consumed",
        ConfirmedBy::TokenRetired => "the server no longer accepts the token",
        ConfirmedBy::EarlyExpiry => "status says Expired long before its time",
    };
    let files = match (receipt.files, receipt.keep_files) {
        (Files::AsAsked, Some(true)) => "export files kept, as asked",
        (Files::AsAsked, Some(false)) => "export files deleted, as asked",
        (Files::AsAsked, None) => "export files handled as asked",
        (Files::Unknown, _) => "export files: not certain",
    };
    let sends = match receipt.sends {
        0 => "nothing sent".to_owned(),
        1 => "1 commit sent".to_owned(),
        sends => format!("{sends} commits sent"),
    };
    format!("{outcome}: token {token}; {confirmed_by}; {files}; {sends}, {}", seconds(receipt.elapsed))
}

/// What must not be claimed from this receipt, if anything.
pub(crate) fn caution(receipt: &CommitReceipt) -> Option<String> {
    if receipt.files == Files::AsAsked && receipt.certainty == Certainty::Certain {
        return None;
    }
    let asked = match receipt.keep_files {
        Some(true) => "this call asked to keep them",
        Some(false) => "this call asked to delete them",
        None => "this call asked for nothing",
    };
    Some(format!(
        "it is not certain how the export files were handled on the server ({asked}): make no privacy claim from this \
         receipt; ask PossibleNOW Support when you need to know"
    ))
}

/// `Complete: token ***4711; 3 rows, 512 bytes; expires 2026-11-24T06:00:00Z`
pub(crate) fn status(status: &ExportStatus, token: AccessToken) -> String {
    let mut parts = vec![format!("{}: token {token}", printable(&status.word))];
    if let (Some(rows), Some(bytes)) = (status.row_count, status.byte_count) {
        parts.push(format!("{rows} rows, {bytes} bytes"));
    }
    if let Some(expires) = status.expires_text.as_deref().filter(|text| !text.is_empty()) {
        parts.push(format!("expires {}", printable(expires)));
    }
    parts.join("; ")
}

/// The vendor's word.
pub(crate) fn status_word(word: StatusWord) -> &'static str {
    match word {
        StatusWord::Processing => "Processing",
        StatusWord::Complete => "Complete",
        StatusWord::Retrieved => "Retrieved",
        StatusWord::Expired => "Expired",
        StatusWord::Error => "Error",
        StatusWord::Failed => "Failed",
        StatusWord::Unknown => "unknown",
        // A later core's word.
        _ => "unknown",
    }
}

/// `landed: batch=20261124T062553Z, 200,000 records in 2 parts, 94.0 MiB; committed, export files deleted, as asked`
pub(crate) fn landed(landed: &Landed) -> String {
    let manifest = &landed.manifest;
    let commit = match &landed.receipt {
        Some(receipt) => batch_receipt(receipt),
        None => "not committed".to_owned(),
    };
    format!(
        "{}: {}, {} in {}, {}; {commit}",
        if landed.is_new { "landed" } else { "landed before, nothing was sent" },
        landed.folder().display(),
        counted(landed.rows(), "record"),
        counted(manifest.parts.len() as u64, "part"),
        size(manifest.bytes()),
    )
}

/// `committed; export files deleted, as asked`
pub(crate) fn batch_receipt(receipt: &BatchReceipt) -> String {
    let files = match (receipt.files_are_as_asked(), receipt.keep_files) {
        (true, true) => "export files kept, as asked",
        (true, false) => "export files deleted, as asked",
        (false, _) => "export files: not certain",
    };
    match receipt.end {
        CommitEnd::Committed if receipt.is_presumed() => format!("presumably committed; {files}"),
        CommitEnd::Committed => format!("committed; {files}"),
        CommitEnd::AlreadyCommitted => format!("consumed before; {files}"),
        CommitEnd::Expired => format!("expired before its commit; {files}"),
    }
}

/// What must not be claimed from this receipt, if anything.
pub(crate) fn batch_caution(batch: &str, receipt: &BatchReceipt) -> Option<String> {
    (receipt.server_files() == ServerFiles::Unknown).then(|| {
        format!(
            "{batch}: it is not certain how the export files were handled on the server: make no privacy claim from \
             this receipt; ask PossibleNOW Support when you need to know"
        )
    })
}

/// `batch=20261124T062553Z  landing    67,000 of 200,000 records, 1 part, 64.2 MiB`
pub(crate) fn batch(batch: &BatchSummary) -> String {
    let rows = match batch.total {
        Some(total) if total != batch.rows => {
            format!("{} of {}", count(batch.rows), counted(total, "record"))
        }
        Some(_) | None => counted(batch.rows, "record"),
    };
    let since = batch.since.as_ref().map(|since| format!(", since {since}"));
    let receipt = batch.receipt.as_ref().map(|receipt| format!("; {}", batch_receipt(receipt)));
    let given_up = batch.abandoned.as_ref().map(|why| format!("; given up: {}", printable(why)));
    format!(
        "{}  {:10}  {rows}, {}, {}{}",
        batch.batch,
        batch.state.name(),
        parts(batch),
        size(batch.bytes),
        [since, receipt, given_up].into_iter().flatten().collect::<String>()
    )
}

/// `2 parts`, and what they are unless they are lines.
fn parts(batch: &BatchSummary) -> String {
    let parts = counted(batch.parts, "part");
    if batch.format == "ndjson" { parts } else { format!("{parts} ({})", printable(&batch.format)) }
}

/// `converted: 1 batch, 2 parts, 200,000 records, 9.2 MiB; 3 were there already`
pub(crate) fn converted(converted: &Converted) -> String {
    let already = match converted.already {
        0 => String::new(),
        1 => "; one was there already".to_owned(),
        many => format!("; {} were there already", count(many)),
    };
    format!(
        "converted: {}, {}, {}, {}{already}",
        batches(converted.batches, ""),
        counted(converted.parts, "part"),
        counted(converted.rows, "record"),
        size(converted.bytes)
    )
}

/// `verified: 1 sealed batch, 2 parts, 200,000 records, 94.0 MiB`
pub(crate) fn verified(verified: &Verified) -> String {
    format!(
        "verified: {}, {}, {}, {}",
        batches(verified.batches, "sealed "),
        counted(verified.parts, "part"),
        counted(verified.rows, "record"),
        size(verified.bytes)
    )
}

fn batches(number: u64, sort: &str) -> String {
    format!("{} {sort}batch{}", count(number), if number == 1 { "" } else { "es" })
}

/// What verifying has found beside, a line each.
pub(crate) fn findings(verified: &Verified) -> Vec<String> {
    let moved = verified.moved.iter().map(|batch| format!("{} was sealed and is not in the folder", printable(batch)));
    let unnamed = verified.unnamed.iter().map(|file| format!("{} is named by no manifest", printable(file)));
    let gaps = verified.gaps.iter().cloned();
    moved.chain(unnamed).chain(gaps).collect()
}

/// `1 part`, `200,000 records`
pub(crate) fn counted(number: u64, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", count(number))
}

/// `200,000`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `94.0 MiB`
pub(crate) fn size(bytes: u64) -> String {
    for (unit, name) in [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if bytes >= unit {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} bytes")
}

/// One request of a call: `POST …/Commit/***4711 -> sent, no answer (interrupted)`.
pub(crate) fn attempt(event: &AttemptEvent) -> String {
    let what = match event.operation {
        Operation::Commit => "commit",
        Operation::Status => "asked status",
        Operation::Page => "asked for a page",
        Operation::Initiate => "started an export",
        // Not made by requests today.
        other => other.name(),
    };
    let says = event.status.map(|word| match word {
        StatusWord::Processing => "not ready",
        StatusWord::Complete => "ready, so not committed yet",
        StatusWord::Retrieved => "consumed",
        StatusWord::Expired => "expired",
        StatusWord::Error | StatusWord::Failed => "failed",
        _ => "an unknown word",
    });
    match says {
        Some(says) => format!("{what}: {says}"),
        None => format!("{what}: {}", outcome(event)),
    }
}

/// What came of one request.
pub(crate) fn outcome(event: &AttemptEvent) -> String {
    let attempt = &event.attempt;
    let kind = attempt.kind.map(|kind| format!(" ({})", kind.name().replace('_', " "))).unwrap_or_default();
    match (attempt.sent, attempt.status) {
        (Sent::NotSent, _) => format!("not sent{kind}"),
        (Sent::MaybeSent, _) => format!("sent, no answer{kind}"),
        (Sent::Answered, Some(status)) => format!("sent, answered {status}{kind}"),
        (Sent::Answered, None) => format!("sent, answered{kind}"),
    }
}

/// Seconds with one decimal, or milliseconds where those would be zero.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_millis(100) {
        format!("{} ms", duration.as_millis().max(1))
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// How long ago the server's clock said this, for people without a calendar at hand.
pub(crate) fn ago(time: SystemTime) -> String {
    match time.elapsed() {
        Ok(since) => format!("{} s ago", since.as_secs()),
        Err(_) => "just now".to_owned(),
    }
}

/// The server's words on a terminal: no control characters, not without end.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_sizes_have_a_unit() {
        let counts = [0, 7, 999, 1_000, 12_345, 1_234_567].map(count);
        assert_eq!(counts, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(counted(1, "part"), "1 part");
        let sizes = [0, 1023, 1024, 1_587_000, 3 << 30].map(size);
        assert_eq!(sizes, ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 MiB", "3.0 GiB"]);
    }
}
