//! Coverage in one line, for `export list`.

use mypreferences::landing::{InChain, Report};

use super::timeline::{Axis, is_drawn};

/// Of a terminal's columns.
const COLUMNS: usize = 40;

/// `coverage  ▕░████████··▒▒▏  everything up to 2026-11-30T02:00:04Z; 1 gap`; without `bars` only its words. None where no
/// batch is whole.
pub(crate) fn coverage(report: &Report, bars: bool) -> Option<String> {
    let axis = Axis::of(report)?;
    let says = match &report.coverage.until {
        Some(until) => format!("everything up to {until}"),
        None => "no batch begins with everything".to_owned(),
    };
    let gaps = match report.coverage.gaps.as_slice() {
        [] => String::new(),
        [gap] => format!("; nothing from {} to {}", gap.from.as_deref().unwrap_or("the beginning"), gap.until),
        gaps => format!("; {} gaps, see export report", gaps.len()),
    };
    let picture = if bars { format!("  ▕{}▏  ", cells(report, &axis)) } else { ": ".to_owned() };
    Some(format!("coverage{picture}{says}{gaps}"))
}

/// `█` in the chain, `░` moved away, `▒` after a gap, `·` in no batch.
fn cells(report: &Report, axis: &Axis) -> String {
    let mut cells = ['·'; COLUMNS];
    for (sort, sign) in [(InChain::BeginsLater, '▒'), (InChain::Moved, '░'), (InChain::Member, '█')] {
        for batch in report.batches.iter().filter(|batch| batch.chain == sort && is_drawn(batch)) {
            let Some((since, watermark)) = batch.covers_ms() else { continue };
            let (from, to) = (since.map_or(0, |since| column(axis, since)), column(axis, watermark));
            cells[from..=to].fill(sign);
        }
    }
    cells.iter().collect()
}

// Within the columns, as `place` is from 0 to 1.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn column(axis: &Axis, ms: i64) -> usize {
    ((axis.place(ms) * COLUMNS as f64) as usize).min(COLUMNS - 1)
}
