//! The canonical JSON of receipts.

use serde::Serialize;

use crate::commit::receipt::{CommitReceipt, Resolution};
use crate::error::json::{AttemptJson, ErrorJson, attempts, error_json};
use crate::json::{rfc3339, seconds, text};

#[derive(Serialize)]
struct ReceiptJson<'a> {
    outcome: &'static str,
    certainty: &'static str,
    confirmed_by: &'static str,
    keep_files: Option<bool>,
    files: &'static str,
    sends: u32,
    attempts: Vec<AttemptJson>,
    elapsed: f64,
    request_id: Option<&'a str>,
    server_date: Option<String>,
}

#[derive(Serialize)]
struct ResolutionJson<'a> {
    resolution: &'static str,
    receipt: Option<ReceiptJson<'a>>,
    as_of: Option<String>,
    error: Option<ErrorJson<'a>>,
}

fn receipt_json(receipt: &CommitReceipt) -> ReceiptJson<'_> {
    ReceiptJson {
        outcome: receipt.outcome.name(),
        certainty: receipt.certainty.name(),
        confirmed_by: receipt.confirmed_by.name(),
        keep_files: receipt.keep_files,
        files: receipt.files.name(),
        sends: receipt.sends,
        attempts: attempts(&receipt.attempts),
        elapsed: seconds(receipt.elapsed),
        request_id: receipt.request_id.as_deref(),
        server_date: receipt.server_date.and_then(rfc3339),
    }
}

impl CommitReceipt {
    /// The canonical record as JSON: fixed key order, the same bytes in every language.
    pub fn to_json(&self) -> String {
        text(&receipt_json(self))
    }
}

impl Resolution {
    /// The canonical record as JSON: `resolution` with the receipt, the server time or the error.
    pub fn to_json(&self) -> String {
        text(&match self {
            Resolution::Committed(receipt) => ResolutionJson {
                resolution: "committed",
                receipt: Some(receipt_json(receipt)),
                as_of: None,
                error: None,
            },
            Resolution::NotCommitted { as_of } => ResolutionJson {
                resolution: "not_committed",
                receipt: None,
                as_of: as_of.and_then(rfc3339),
                error: None,
            },
            Resolution::Unknown(error) => ResolutionJson {
                resolution: "unknown",
                receipt: None,
                as_of: None,
                error: Some(error_json(&error.0)),
            },
        })
    }
}
