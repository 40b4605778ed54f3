//! Pages side by side, in whatever order they arrive and whatever is wrong with one of them: the same bytes on disk as one
//! after the other, and no commit where that has none.

use std::collections::{BTreeMap, BTreeSet};

use crate::landing::store::disk::read_whole;
use crate::landing::tests::model::service::{PageFault, Story};
use crate::landing::tests::model::{Ended, Job, PLAIN, World, counted, on_all_cores, place, single_stops};
use crate::mutants::{self, Mutant};

/// Seven pages, the last one short.
const PAGES: Story = Story { name: "seven pages", rows: 13, ..PLAIN };

/// What lies in the folder at the end, and what was committed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Each file of the batch, but for the manifest, which tells times; or the kind of the error.
    landed: Result<BTreeMap<String, Vec<u8>>, &'static str>,
    total: Option<u64>,
    applied: u32,
}

fn outcome(story: Story, parallel: u32) -> Result<Outcome, String> {
    let world = World::new(Story { parallel, ..story }, None);
    let Ended::ByItself(result) = world.run(None) else {
        return Err("stopped without a stop".to_owned());
    };
    world.check_now()?;
    let total = result.as_ref().as_ref().ok().map(|landed| landed.manifest.total_results);
    let landed = result.as_ref().as_ref().map_err(|error| error.kind().name()).map(|landed| {
        let folder = place().batch(&landed.manifest.batch);
        let parts = landed.manifest.parts.iter().map(|part| part.file.clone());
        parts.map(|file| (file.clone(), read_whole(&world.disk, &folder.join(&file)).unwrap().unwrap())).collect()
    });
    let applied = world.service.exports().values().map(|export| export.applied).sum();
    Ok(Outcome { landed, total, applied })
}

fn same_as_one_after_the_other(story: Story) -> Result<usize, String> {
    let expected = outcome(story, 1)?;
    for parallel in [2, 4, 16] {
        let found = outcome(story, parallel)?;
        if found != expected {
            return Err(format!("{story:?}: {parallel} side by side: {found:?}, one after the other: {expected:?}"));
        }
    }
    Ok(3)
}

/// Every order of four.
fn orders() -> Vec<[u8; 4]> {
    let all = (0..=u8::MAX).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6].map(|n| n * 10));
    all.filter(|order| BTreeSet::from(*order).len() == 4).collect()
}

#[test]
fn whatever_arrives_first_the_bytes_are_those_of_one_page_at_a_time() {
    let faults = || std::iter::once(None).chain(PageFault::ALL.map(Some));
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for order in orders() {
        for fault in faults() {
            jobs.push(Box::new(move || {
                let mut count = 0;
                for offset in (1..=13).step_by(2) {
                    // It heals, or it stays.
                    for times in [1, 3, u32::MAX] {
                        let page = fault.map(|fault| (offset, times, fault));
                        count += same_as_one_after_the_other(Story { arrives_after: Some(order), page, ..PAGES })?;
                    }
                    if fault.is_none() {
                        break;
                    }
                }
                Ok(count)
            }));
        }
    }
    let timelines = counted(jobs);
    println!("pages side by side: {timelines} timelines");
    assert!(timelines > 10_000, "{timelines}");
}

#[test]
fn a_window_that_hands_over_what_comes_first_is_caught() {
    let job: Job<Result<usize, String>> = Box::new(|| {
        mutants::activate(Some(Mutant::PagesAsTheyArrive));
        let story = Story { arrives_after: Some([30, 20, 10, 0]), ..PAGES };
        let caught = same_as_one_after_the_other(story);
        mutants::activate(None);
        caught
    });
    let caught = on_all_cores(vec![job]).remove(0);
    println!("{caught:?}");
    assert!(caught.is_err());
}

#[test]
fn a_landing_with_pages_out_of_order_survives_every_stop() {
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for arrives_after in [[30, 20, 10, 0], [0, 30, 0, 30]] {
        for page in [None, Some((5, 1, PageFault::Lost)), Some((7, 1, PageFault::Capped { always: false }))] {
            let story = Story { arrives_after: Some(arrives_after), page, rows: 9, ..PAGES };
            jobs.push(Box::new(move || single_stops(story, None)));
        }
    }
    let timelines = counted(jobs);
    println!("stops with pages side by side: {timelines} timelines");
    assert!(timelines > 1000, "{timelines}");
}
