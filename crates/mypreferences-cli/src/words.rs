//! Receipts, statuses and answers in people's words.

use std::time::{Duration, SystemTime};

use mypreferences::{
    AccessToken, AttemptEvent, Certainty, CommitReceipt, ConfirmedBy, ExportStatus, Files,
    Operation, Outcome, Sent, StatusWord,
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
    format!(
        "{outcome}: token {token}; {confirmed_by}; {files}; {sends}, {}",
        seconds(receipt.elapsed)
    )
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
    if let Some(expires) = status
        .expires_text
        .as_deref()
        .filter(|text| !text.is_empty())
    {
        parts.push(format!("expires {}", printable(expires)));
    }
    parts.join("; ")
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
    let kind = attempt
        .kind
        .map(|kind| format!(" ({})", kind.name().replace('_', " ")))
        .unwrap_or_default();
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
