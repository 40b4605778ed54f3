//! The model test of the landing: the program is stopped before every single operation of disk and network, and before
//! every pair of them, on a disk that keeps only what was synced, with every restart. What must hold is checked where a
//! commit arrives, after every stop, and at the end. Mutants show that it can fail, and which syncs are load-bearing.

mod disk;
mod forms;
mod operators;
mod rows;
mod service;
mod side_by_side;

use crate::landing::store::layout::Layout;
use crate::landing::store::read::read_journal;
use crate::landing::store::read::{read_manifest, read_receipt, visible_batches};
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt;

use crate::export::ExportRequest;
use crate::landing::store::disk::Disk;
use crate::landing::tests::model::disk::{Crash, ModelDisk, Stop, Sync};
use crate::landing::tests::model::rows::{OUT, formats, landed_rows, rows_of};
use crate::landing::tests::model::service::{ModelService, Odd, ServerExport, Story};
use crate::landing::verify::verify;
use crate::landing::{BatchReceipt, CommitEnd, CommitPolicy, LandExport, Landed};
use crate::mutants::{self, Mutant};
use crate::{Client, Credentials, Error};

/// Where a consumer puts what it takes from there.
const TAKEN: &str = "data/taken";
/// Rows of a page, and so many bytes that a part holds two pages.
const LIMIT: u32 = 2;
const PART_BYTES: u64 = 60;
/// After the stops the same command runs undisturbed, and has to come to its end so soon.
const RUNS: usize = 6;

const PLAIN: Story = Story {
    name: "all goes well",
    rows: 7,
    loses_initiate: false,
    loses_commit: None,
    retires_tokens: false,
    expires_after: None,
    members: None,
    every_export_expires: false,
    dead_is_401: false,
    odd: None,
    other_consumer: None,
    row_count: None,
    initiate_ahead_ms: 0,
    parallel: 4,
    arrives_after: None,
    page: None,
    formatted: false,
};

fn stories() -> Vec<Story> {
    vec![
        PLAIN,
        Story { name: "no rows", rows: 0, members: Some(true), ..PLAIN },
        Story { name: "members that are equal on all pages", members: Some(true), ..PLAIN },
        Story { name: "members that differ", members: Some(false), ..PLAIN },
        Story { name: "a commit whose answer is lost", loses_commit: Some(true), ..PLAIN },
        Story { name: "a commit that is lost", loses_commit: Some(false), ..PLAIN },
        Story { name: "a token that is refused after its commit", retires_tokens: true, ..PLAIN },
        Story {
            name: "a lost answer, and then a refused token",
            retires_tokens: true,
            loses_commit: Some(true),
            ..PLAIN
        },
        Story { name: "an Initiate whose answer is lost", loses_initiate: true, ..PLAIN },
        Story { name: "an export that expires between its pages", expires_after: Some(3), ..PLAIN },
        Story { name: "an export that expires at its seal", expires_after: Some(5), ..PLAIN },
        Story {
            name: "an export that expires between its pages, and is answered 401",
            expires_after: Some(3),
            dead_is_401: true,
            ..PLAIN
        },
        Story { name: "parts of another format", loses_commit: Some(true), formatted: true, ..PLAIN },
        Story { name: "no rows, in another format", rows: 0, members: Some(false), formatted: true, ..PLAIN },
        Story {
            name: "another format, and an export that expires between its pages",
            expires_after: Some(3),
            formatted: true,
            ..PLAIN
        },
        Story { name: "somebody else who commits it before this client does", other_consumer: Some(6), ..PLAIN },
    ]
}

fn place() -> Layout {
    Layout { out: Path::new(OUT).to_owned() }
}

fn taken() -> Layout {
    Layout { out: Path::new(TAKEN).to_owned() }
}

/// A world: a disk, a service, and what was seen of them.
struct World {
    disk: ModelDisk,
    service: ModelService,
    story: Story,
}

enum Ended {
    Stopped,
    ByItself(Box<Result<Landed, Error>>),
}

impl World {
    fn new(story: Story, skipped: Option<Sync>) -> World {
        let disk = ModelDisk::new(skipped);
        World { service: ModelService::new(story, disk.clone()), disk, story }
    }

    /// Runs the command once, as a process of its own.
    fn run(&self, stop_before: Option<usize>) -> Ended {
        self.run_with(stop_before, |landing| landing)
    }

    /// The same with other options.
    fn run_with(&self, stop_before: Option<usize>, options: impl FnOnce(LandExport) -> LandExport) -> Ended {
        self.disk.begin(stop_before);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let ended = runtime.block_on(async {
            self.service.set_clock(true);
            let clock = self.service.clone();
            let client = Client::builder()
                .client_id("Acme")
                .base_url("https://service.example/API/3/async/")
                .credentials(Credentials::bearer("made-up-for-the-model"))
                .parallel(self.story.parallel)
                .test_transport(Arc::new(self.service.clone()))
                .test_wall_clock(move || UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now_ms()).unwrap()))
                .build()
                .unwrap();
            let landing = client
                .export(ExportRequest::segment("Everybody"), OUT, CommitPolicy::AfterSeal { keep_files: false })
                .limit(LIMIT)
                .part_bytes(PART_BYTES);
            let mut landing = options(landing);
            if self.story.formatted {
                let [format] = formats();
                landing = landing.format(format);
            }
            landing.0.disk = Arc::new(self.disk.clone());
            let running = AssertUnwindSafe(landing.into_future()).catch_unwind();
            let ended = running.await;
            self.service.set_clock(false);
            ended
        });
        match ended {
            Ok(_) if self.disk.is_stopped() => Ended::Stopped,
            Ok(result) => Ended::ByItself(Box::new(result)),
            Err(panic) if panic.is::<Stop>() => Ended::Stopped,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// What must hold at every moment.
    fn check_now(&self) -> Result<(), String> {
        let broken = self.service.broken();
        if let Some(first) = broken.first() {
            return Err(first.clone());
        }
        // What the journal would still say after a loss of power, the receipt would say too.
        let durable = self.disk.durable();
        for log in read_journal(&durable, &place()).ok().flatten().unwrap_or_default() {
            let batch = &log.intent.batch;
            let receipt = read_receipt(&durable, &place(), batch).ok().flatten();
            // What was taken away keeps the receipt that it had.
            let is_taken = matches!(read_manifest(&durable, &taken(), batch), Ok(Some(_)));
            if log.committed.is_some() && receipt != log.committed && !is_taken {
                return Err(format!("the receipt of {batch} would be gone"));
            }
        }
        // Whoever globs for parts sees a batch whole or not at all.
        let batches = visible_batches(&self.disk, &place()).unwrap_or_default();
        for batch in batches {
            match read_manifest(&self.disk, &place(), &batch) {
                Ok(Some(_)) => {}
                Ok(None) => return Err(format!("{batch} can be seen without its manifest")),
                Err(error) => return Err(error.to_string()),
            }
        }
        match verify(&self.disk, &place(), &formats(), |_| {}) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("what can be seen is not whole: {error}")),
        }
    }

    /// Runs until the command says that it is done, and checks the end.
    fn to_its_end(&self) -> Result<(), String> {
        let mut last = String::new();
        for _ in 0..RUNS {
            match self.run(None) {
                Ended::Stopped => return Err("stopped without a stop".to_owned()),
                Ended::ByItself(result) => match *result {
                    Ok(landed) => return self.check_end(&landed),
                    Err(error) => last = error.to_string(),
                },
            }
            self.check_now()?;
        }
        Err(format!("stuck: {last}"))
    }

    fn check_end(&self, landed: &Landed) -> Result<(), String> {
        self.check_now()?;
        let exports = self.service.exports();
        let rows = landed_rows(&self.disk, &place(), &landed.manifest);
        let Some((token, export)) = exports.iter().find(|(token, _)| rows_of(**token, self.story.rows) == rows) else {
            return Err(format!("the landed rows are those of no export: {rows:?}"));
        };
        let ours: u32 = exports.values().map(|export| export.applied).sum();
        let is_consumed = |export: &ServerExport| export.applied > 0 || export.by_another;
        // All exports without rows are alike.
        let consumed = is_consumed(export) || (self.story.rows == 0 && exports.values().any(is_consumed));
        if landed.receipt.as_ref().is_some_and(BatchReceipt::files_are_as_asked) && ours != 1 {
            return Err("files as asked, and somebody else decided about them".to_owned());
        }
        let end = landed.receipt.as_ref().map(|receipt| receipt.end);
        let fits = match end {
            Some(CommitEnd::Committed | CommitEnd::AlreadyCommitted) => consumed,
            // A token that was retired by a commit is refused like one that has expired.
            Some(CommitEnd::Expired) => true,
            None => false,
        };
        if !fits || ours > 1 || (self.story.rows > 0 && ours == 1 && export.applied != 1) {
            return Err(format!("ended as {end:?}, and {ours} commits were applied, of {token}: {}", export.applied));
        }
        // Once more changes nothing.
        let before = self.service.exports().len();
        match self.run(None) {
            Ended::ByItself(result) if result.is_ok() => {}
            Ended::ByItself(_) | Ended::Stopped => return Err("it failed when run again".into()),
        }
        let after = self.service.exports();
        let applied_after: u32 = after.values().map(|export| export.applied).sum();
        if after.len() != before || applied_after != ours {
            return Err("run again after its end, it did something".to_owned());
        }
        Ok(())
    }
}

/// The stops of one timeline: before which operation of each run, and how.
type Stops<'a> = &'a [(usize, Crash)];

/// Plays a timeline. `Ok(false)`: a stop was never reached.
fn play(story: Story, skipped: Option<Sync>, stops: Stops<'_>) -> Result<bool, String> {
    let world = World::new(story, skipped);
    for (before, crash) in stops {
        let ended = world.run(Some(*before));
        if let Ended::ByItself(_) = ended {
            world.check_now()?;
            return Ok(false);
        }
        world.disk.crash(*crash);
        world.check_now()?;
    }
    world.to_its_end()?;
    Ok(true)
}

fn told(story: Story, stops: Stops<'_>, what: &str) -> String {
    format!("{}: stopped at {stops:?}: {what}", story.name)
}

/// Every single stop of a story.
fn single_stops(story: Story, skipped: Option<Sync>) -> Result<usize, String> {
    play(story, skipped, &[]).map_err(|what| told(story, &[], &what))?;
    let mut count = 0;
    for crash in Crash::ALL {
        for before in 0.. {
            let stops = [(before, crash)];
            if !play(story, skipped, &stops).map_err(|what| told(story, &stops, &what))? {
                break;
            }
            count += 1;
        }
    }
    Ok(count)
}

/// Every pair of stops of a story, of these sorts.
fn pairs(story: Story, skipped: Option<Sync>, first: Crash, second: Crash) -> Result<usize, String> {
    let mut count = 0;
    for one in 0.. {
        for two in 0.. {
            let stops = [(one, first), (two, second)];
            if !play(story, skipped, &stops).map_err(|what| told(story, &stops, &what))? {
                if two == 0 {
                    return Ok(count);
                }
                break;
            }
            count += 1;
        }
    }
    Ok(count)
}

type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Runs jobs on all cores.
fn on_all_cores<T: Send>(jobs: Vec<Job<T>>) -> Vec<T> {
    let queue = std::sync::Mutex::new(jobs);
    let done = std::sync::Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let job = queue.lock().unwrap().pop();
                    let Some(job) = job else { break };
                    let result = job();
                    done.lock().unwrap().push(result);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

/// The timelines of all jobs, none of which may fail.
fn counted(jobs: Vec<Job<Result<usize, String>>>) -> usize {
    on_all_cores(jobs).into_iter().map(Result::unwrap).sum()
}

#[test]
fn a_landing_survives_a_stop_before_every_operation_of_every_story() {
    let job = |story| -> Job<Result<usize, String>> { Box::new(move || single_stops(story, None)) };
    let timelines = counted(stories().into_iter().map(job).collect());
    println!("single stops: {timelines} timelines");
    assert!(timelines > 1000, "{timelines}");
}

/// Every pair of stops: in an ordinary run of two stories and the sorts that differ most, with
/// `MYPREFERENCES_TEST_FULL=1` of every story and all sorts.
#[test]
fn a_landing_survives_every_pair_of_stops() {
    let is_full = std::env::var_os("MYPREFERENCES_TEST_FULL").is_some();
    let sorts: Vec<(Crash, Crash)> = if is_full {
        let all = Crash::ALL.iter();
        all.flat_map(|one| Crash::ALL.iter().map(|two| (*one, *two))).collect()
    } else {
        vec![(Crash::Kill, Crash::Power), (Crash::PowerTears, Crash::Kill)]
    };
    let stories = if is_full {
        stories()
    } else {
        vec![
            Story { name: "a lost answer, three pages", rows: 5, loses_commit: Some(true), ..PLAIN },
            Story {
                name: "an HTML page in the place of a status, two pages",
                rows: 3,
                odd: Some((6, 2, Odd::HtmlNotFound)),
                ..PLAIN
            },
            Story {
                name: "a token that is over and answers 401, two pages",
                rows: 3,
                expires_after: Some(2),
                dead_is_401: true,
                ..PLAIN
            },
            Story { name: "another format, two pages", rows: 3, formatted: true, ..PLAIN },
            Story { name: "somebody else who commits it, two pages", rows: 3, other_consumer: Some(5), ..PLAIN },
        ]
    };
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for story in stories {
        for (first, second) in sorts.clone() {
            jobs.push(Box::new(move || pairs(story, None, first, second)));
        }
    }
    let timelines = counted(jobs);
    println!("pairs of stops: {timelines} timelines");
    assert!(timelines > 5000, "{timelines}");
}

/// The syncs without which some timeline breaks a promise. That of `.staging` after the rename into the folder is not among
/// them: a batch that can be seen in both places after a crash is taken from where it is whole.
const LOAD_BEARING: [Sync; 11] = [
    Sync::Part,
    Sync::Envelopes,
    Sync::Manifest,
    Sync::Receipt,
    Sync::Journal,
    Sync::JournalAnew,
    Sync::HiddenFolder,
    Sync::StagedFolder,
    Sync::OutFolder,
    Sync::ParentFolder,
    Sync::BatchFolder,
];

#[test]
fn each_load_bearing_sync_is_missed_when_it_is_left_out() {
    let jobs: Vec<Job<(Sync, Option<String>)>> = Sync::ALL
        .into_iter()
        .map(|skipped| -> Job<(Sync, Option<String>)> {
            Box::new(move || {
                let failure = stories().into_iter().find_map(|story| single_stops(story, Some(skipped)).err());
                (skipped, failure)
            })
        })
        .collect();
    let results = on_all_cores(jobs);
    for (skipped, failure) in &results {
        println!("without {skipped:?}: {}", failure.as_deref().unwrap_or("nothing is missed"));
    }
    let missed: BTreeSet<Sync> =
        results.into_iter().filter_map(|(skipped, failure)| failure.map(|_| skipped)).collect();
    assert_eq!(missed, BTreeSet::from(LOAD_BEARING));
}

#[test]
fn mutants_of_the_rules_are_caught() {
    for mutant in [Mutant::NoTornLines, Mutant::CommitBeforeSeal] {
        let job: Job<Option<String>> = Box::new(move || {
            mutants::activate(Some(mutant));
            let failure = stories().into_iter().find_map(|story| single_stops(story, None).err());
            mutants::activate(None);
            failure
        });
        let failure = on_all_cores(vec![job]).remove(0);
        println!("{mutant:?}: {failure:?}");
        assert!(failure.is_some(), "{mutant:?} was not caught");
    }
}

#[test]
fn a_damaged_part_is_fetched_again_with_all_after_it() {
    let world = World::new(PLAIN, None);
    // Stopped where the first part is journalled and the second is not.
    let before = (0..1000)
        .find(|before| {
            let world = World::new(PLAIN, None);
            let _ = world.run(Some(*before));
            journalled_parts(&world) == 1
        })
        .unwrap();
    let _ = world.run(Some(before));
    let staged = world.disk.names(&Path::new(OUT).join(".staging")).unwrap();
    let part = Path::new(OUT).join(".staging").join(&staged[0]).join("part-00001.ndjson");
    world.disk.damage(&part);
    world.to_its_end().unwrap();
}

fn journalled_parts(world: &World) -> usize {
    read_journal(&world.disk, &place())
        .ok()
        .flatten()
        .and_then(|logs| logs.last().map(|log| log.parts.len()))
        .unwrap_or(0)
}
