//! What can be exported: the named segments, segment groups and schedules of a scenario, and its CID export. An
//! initiate makes an export of one, with a token that follows from the scenario's seed.

use std::time::Duration;

use crate::export::Export;
use crate::export_kind::ExportKind;
use crate::initiate::Order;
use crate::records::{RecordKind, Seeded};

/// Something that an initiate can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What is exported.
    pub kind: ExportKind,
    /// Its name in the path; empty for the CID export, which has none.
    pub name: String,
    /// How many records an export of it has.
    pub rows: u64,
    /// What its records look like.
    pub records: RecordKind,
    /// For how long an export of it is `Processing`.
    pub processing: Duration,
    /// The word that an export of it turns to instead of `Complete`: `Error` or `Failed`.
    pub ends: Option<String>,
    /// When an export of it expires, counted from its initiate.
    pub lifetime: Duration,
}

impl Source {
    /// A source whose exports are ready at once and live for 24 hours.
    pub fn new(kind: ExportKind, name: &str, rows: u64) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            rows,
            records: RecordKind::Preferences,
            processing: Duration::ZERO,
            ends: None,
            lifetime: Duration::from_secs(24 * 60 * 60),
        }
    }

    pub(crate) fn export(&self, token: i64, seed: u64, order: &Order) -> Export {
        let rows = order.at_most.map_or(self.rows, |most| most.min(self.rows));
        let mut export = Export::new(token, self.kind, rows)
            .records(self.records)
            .seed(seed)
            .ready_after(self.processing)
            .lifetime(self.lifetime);
        export.ends.clone_from(&self.ends);
        export
    }
}

/// The token of the `number`th initiate: up to thirteen digits, so that it fits into a double too.
pub(crate) fn token(seed: u64, number: u64) -> i64 {
    let chosen = Seeded::new(seed, number).below(9_000_000_000_000);
    i64::try_from(1_000_000_000_000 + chosen).unwrap_or(1)
}
