//! Coverage as a picture: each batch a bar from its since to its watermark, gaps in sight. The picture stretches with the
//! page, so it holds no text; what it shows stands in the table and in the list beside it, too.

use maud::{Markup, html};
use mypreferences::landing::{BatchReport, InChain, Report};

use super::{time, visible};
use crate::words;

/// Of the picture's own units across.
const WIDTH: f64 = 1000.0;
const LANE: f64 = 13.0;
const BAR: f64 = 10.0;
/// The narrowest that can be seen.
const LEAST: f64 = 2.5;
/// Up to so many batches have a lane each; more share them.
const OWN_LANES: usize = 24;
const SHARED_LANES: usize = 6;

/// What a bar stands for, its class, and its words in the legend.
const SORTS: [(InChain, &str, &str); 4] = [
    (InChain::Member, "member", "in the chain"),
    (InChain::BeginsLater, "later", "begins after a gap"),
    (InChain::Moved, "moved", "moved away"),
    (InChain::Apart, "apart", "another selection"),
];

/// The time that is shown.
pub(super) struct Axis {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Axis {
    /// From the first moment that a batch names to the last, with some room before, where batches of everything come from.
    /// A watermark of the future is left out: it would make everything else a dot.
    pub(super) fn of(report: &Report) -> Option<Axis> {
        let drawn = || report.batches.iter().filter(|batch| is_drawn(batch)).filter_map(BatchReport::covers_ms);
        let to = drawn().map(|(_, watermark)| watermark).max()?;
        let from = drawn().map(|(since, watermark)| since.unwrap_or(watermark)).min()?;
        let room = match to - from {
            0 => 3_600_000,
            all => all / 10,
        };
        Some(Axis { from: from - room, to })
    }

    // A picture is exact enough.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn place(&self, ms: i64) -> f64 {
        let all = (self.to - self.from).max(1) as f64;
        ((ms - self.from) as f64 / all).clamp(0.0, 1.0)
    }
}

pub(super) fn is_drawn(batch: &BatchReport) -> bool {
    SORTS.iter().any(|(sort, _, _)| *sort == batch.chain) && batch.covers_ms().is_some()
}

struct Bar<'a> {
    batch: &'a BatchReport,
    class: &'static str,
    from: f64,
    to: f64,
    lane: usize,
}

pub(super) fn figure(report: &Report) -> Markup {
    let Some(axis) = Axis::of(report) else {
        return html! {};
    };
    let bars = bars(report, &axis);
    let lanes = bars.iter().map(|bar| bar.lane + 1).max().unwrap_or(1);
    let height = lane_top(lanes);
    let gaps: Vec<(f64, f64)> = report
        .coverage
        .gaps
        .iter()
        .map(|gap| {
            let place = |text: &str| text.parse::<jiff::Timestamp>().map_or(0.0, |at| axis.place(at.as_millisecond()));
            (gap.from.as_deref().map_or(0.0, place) * WIDTH, place(&gap.until) * WIDTH)
        })
        .collect();
    let says = format!(
        "{}, one a batch, and {}; the table of batches says the same",
        words::counted(bars.len() as u64, "bar"),
        words::counted(gaps.len() as u64, "gap"),
    );
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { "Coverage" }
            figure {
                svg role="img" aria-label=(says) viewBox=(format!("0 0 {WIDTH} {height}")) preserveAspectRatio="none" style=(format!("height:{height}px")) {
                    defs {
                        pattern #gap-lines width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" { rect.gap-line width="3" height="8" {} }
                        pattern #moved-lines width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" { rect.moved-line width="3" height="6" {} }
                    }
                    @for (from, to) in &gaps { rect.gap x=(from) y="0" width=((to - from).max(LEAST)) height=(height) {} }
                    @for bar in &bars { (drawn(bar)) }
                }
                div.axis aria-hidden="true" { @for quarter in 0..=4_i64 { (moment(axis.from + (axis.to - axis.from) * quarter / 4)) } }
                figcaption {
                    @for (sort, class, name) in SORTS {
                        @if bars.iter().any(|bar| bar.batch.chain == sort) { span.key { span.swatch.(class) {} (name) } }
                    }
                    @if !gaps.is_empty() { span.key { span.swatch.gap {} "in no batch" } }
                    @if bars.iter().any(|bar| bar.batch.summary.since.is_none()) { span.key { "bars from the left edge hold everything" } }
                }
            }
            @if !gaps.is_empty() {
                ul.gaps {
                    @for gap in &report.coverage.gaps {
                        li.bad { "In no batch: from " @match &gap.from { Some(from) => (time(from)), None => "the beginning" } " to " (time(&gap.until)) }
                    }
                }
            }
        }
    }
}

// So few lanes are exact in any number.
#[allow(clippy::cast_precision_loss)]
fn lane_top(lane: usize) -> f64 {
    lane as f64 * LANE
}

fn drawn(bar: &Bar<'_>) -> Markup {
    let y = lane_top(bar.lane) + (LANE - BAR) / 2.0;
    let title = format!(
        "{}: {} to {}, {}",
        visible(&bar.batch.summary.batch),
        bar.batch.summary.since.as_deref().unwrap_or("everything"),
        bar.batch.summary.watermark.as_deref().unwrap_or_default(),
        words::counted(bar.batch.summary.rows, "record"),
    );
    let x = format!("{:.1}", bar.from);
    let width = format!("{:.1}", (bar.to - bar.from).max(LEAST));
    html! { rect.(bar.class) x=(x) y=(y) width=(width) height=(BAR) { title { (title) } } }
}

/// The bars, oldest first. Where lanes are shared, a batch takes the first that is free; one of everything shows where it
/// ends, as it would hide all others.
fn bars<'a>(report: &'a Report, axis: &Axis) -> Vec<Bar<'a>> {
    let mut bars: Vec<Bar<'a>> = report
        .batches
        .iter()
        .filter(|batch| is_drawn(batch))
        .filter_map(|batch| {
            let (since, watermark) = batch.covers_ms()?;
            let class = SORTS.iter().find(|(sort, _, _)| *sort == batch.chain).map(|(_, class, _)| *class)?;
            let from = since.map_or(0.0, |since| axis.place(since) * WIDTH);
            Some(Bar { batch, class, from, to: axis.place(watermark) * WIDTH, lane: 0 })
        })
        .collect();
    if bars.len() <= OWN_LANES {
        bars.iter_mut().enumerate().for_each(|(lane, bar)| bar.lane = lane);
        return bars;
    }
    let mut free = [0.0_f64; SHARED_LANES];
    for (place, bar) in bars.iter_mut().enumerate() {
        if place > 0 && bar.batch.summary.since.is_none() {
            bar.from = bar.to - LEAST;
        }
        let lane = free.iter().position(|end| *end <= bar.from).unwrap_or(place % SHARED_LANES);
        bar.lane = lane;
        free[lane] = free[lane].max(bar.from + (bar.to - bar.from).max(LEAST));
    }
    bars
}

fn moment(ms: i64) -> Markup {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    html! { span { (moment.strftime("%Y-%m-%d")) br; (moment.strftime("%H:%M")) } }
}
