//! What the world does beside the stops: gateways that answer for the service, operators who mix their commands, consumers
//! who move a batch away, clocks that are wrong, programs of another version.

use crate::landing::store::read::{read_journal, read_manifest, visible_batches};
use std::path::Path;

use crate::error::ErrorKind;
use crate::export::LastDateTime;
use crate::landing::store::disk::{Access, Disk, read_whole, write_whole};
use crate::landing::store::journal::BatchLog;
use crate::landing::store::manifest::Manifest;
use crate::landing::tests::model::disk::Crash;
use crate::landing::tests::model::rows::formats;
use crate::landing::tests::model::service::{EPOCH_MS, Odd, ServerExport, Story};
use crate::landing::tests::model::{Ended, Job, OUT, PLAIN, RUNS, TAKEN, World, counted, place, taken};
use crate::landing::{CommitEnd, CommitPolicy, LandExport, Landed};

/// Days between two commands.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// No clock of a service is believed to be finer.
const SECOND_MS: i64 = 1000;

/// What somebody types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    /// The nightly job.
    Auto,
    /// By hand, with a since of so many days after the beginning.
    Since(i64),
    /// As the nightly job, without a commit.
    AutoWithoutCommit,
}

impl Command {
    fn options(self, landing: LandExport) -> LandExport {
        match self {
            Command::Auto => landing.since_auto(None),
            Command::AutoWithoutCommit => {
                let mut landing = landing.since_auto(None);
                landing.0.policy = CommitPolicy::Never;
                landing
            }
            Command::Since(day) => landing.since_by_hand(day),
        }
    }
}

impl LandExport {
    fn since_by_hand(mut self, day: i64) -> LandExport {
        let moment = LastDateTime::from_ms(EPOCH_MS + day * DAY_MS).unwrap();
        let order = crate::export::ExportRequest::segment("Everybody").since(moment);
        self.0.source = crate::landing::plan::Source::Order(order);
        self
    }
}

/// Runs one command until it says that it is done.
fn to_the_end(world: &World, command: Command) -> Result<Landed, String> {
    let mut last = String::new();
    for _ in 0..RUNS {
        match world.run_with(None, |landing| command.options(landing)) {
            Ended::Stopped => return Err("stopped without a stop".to_owned()),
            Ended::ByItself(result) => match *result {
                Ok(landed) => return Ok(landed),
                Err(error) => last = error.to_string(),
            },
        }
        world.check_now()?;
    }
    Err(format!("{command:?} is stuck: {last}"))
}

/// The manifests of a folder and of what was taken from it, in the order of their names, which is that of their times.
fn manifests(world: &World) -> Vec<Manifest> {
    let mut found: Vec<Manifest> = [taken(), place()]
        .iter()
        .flat_map(|place| {
            let batches = visible_batches(&world.disk, place).unwrap_or_default();
            let read = |batch: String| read_manifest(&world.disk, place, &batch).unwrap();
            batches.into_iter().filter_map(read).collect::<Vec<_>>()
        })
        .map(|(manifest, _)| manifest)
        .collect();
    found.sort_by(|one, other| one.batch.cmp(&other.batch));
    found
}

/// Reckoned without the program's own chain: some batches cover everything up to the newest automatic one's watermark.
fn nothing_is_missing(manifests: &[Manifest]) -> Result<(), String> {
    let since = |manifest: &Manifest| {
        manifest.since.as_deref().map(|text| text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    };
    let newest =
        manifests.iter().filter(|manifest| manifest.parameters.is_auto()).map(|manifest| manifest.watermark_ms).max();
    let Some(newest) = newest else {
        return Ok(());
    };
    let mut covered = i64::MIN;
    for _ in manifests {
        for manifest in manifests {
            if since(manifest).is_none_or(|since| since <= covered) {
                covered = covered.max(manifest.watermark_ms);
            }
        }
    }
    if covered < newest {
        return Err(format!("changes between {covered} and {newest} are in no batch"));
    }
    Ok(())
}

/// What people do with one folder: commands a week apart, and a consumer beside them, if any.
#[derive(Clone, Copy, Debug)]
struct Weeks {
    commands: &'static [Command],
    /// Takes each batch away as soon as its commit is known.
    consumer: bool,
}

/// Before which operation of which command, and how.
type WeekStop = (usize, usize, Crash);

/// Plays the commands, stopped in some of them. `Ok(false)`: a stop was never reached.
fn play(story: Story, weeks: Weeks, stops: &[WeekStop]) -> Result<bool, String> {
    let world = World::new(story, None);
    for (index, command) in weeks.commands.iter().enumerate() {
        for (_, before, crash) in stops.iter().filter(|(at, ..)| *at == index) {
            let ended = world.run_with(Some(*before), |landing| command.options(landing));
            if let Ended::ByItself(_) = ended {
                return Ok(false);
            }
            world.disk.crash(*crash);
            world.check_now()?;
            if weeks.consumer {
                take_committed(&world);
            }
        }
        to_the_end(&world, *command)?;
        world.check_now()?;
        if weeks.consumer {
            take_committed(&world);
        }
        nothing_is_missing(&manifests(&world))?;
        for manifest in manifests(&world) {
            if manifest.watermark_ms > world.service.now_ms() {
                return Err(format!("a watermark of the future: {}", manifest.watermark));
            }
        }
        world.service.pass(7 * DAY_MS);
    }
    let exports = world.service.exports();
    if let Some((token, _)) = exports.iter().find(|(_, export)| export.applied > 1) {
        return Err(format!("two commits of {token} were applied"));
    }
    Ok(true)
}

/// Every stop, or every pair of them, in any of the commands. `stride`: only every so many-th operation.
fn stops_of(story: Story, weeks: Weeks, crashes: &[Crash], stride: usize) -> Result<usize, String> {
    let played = |stops: &[WeekStop]| {
        let told = |what| format!("{}, {weeks:?}, stopped at {stops:?}: {what}", story.name);
        play(story, weeks, stops).map_err(told)
    };
    let mut count = 0;
    let commands = weeks.commands.len();
    for one in 0..commands {
        for before in (0..).step_by(stride) {
            let first = (one, before, crashes[0]);
            if !played(&[first])? {
                break;
            }
            count += 1;
            for two in one..commands {
                for before in (0..).step_by(stride) {
                    let Some(crash) = crashes.get(1) else { break };
                    if !played(&[first, (two, before, *crash)])? {
                        break;
                    }
                    count += 1;
                }
            }
        }
    }
    Ok(count)
}

const OPERATORS: [&[Command]; 4] = [
    &[Command::Auto, Command::Auto, Command::Auto],
    // By hand since a day after the watermark of the first: what lies between is in neither.
    &[Command::Auto, Command::Since(8), Command::Auto, Command::Auto],
    &[Command::Since(-1), Command::Auto, Command::Auto],
    &[Command::AutoWithoutCommit, Command::Auto, Command::Auto],
];

/// Whose clock is wrong at Initiate, by 74 years; the process that knew when it had sent it may be gone.
const AHEAD: Story = Story { name: "a Date of 2100", rows: 3, initiate_ahead_ms: 74 * 365 * DAY_MS, ..PLAIN };

#[test]
fn no_change_is_missing_however_commands_are_mixed_and_stopped() {
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for commands in OPERATORS {
        for consumer in [false, true] {
            for crash in [Crash::Kill, Crash::Power] {
                let weeks = Weeks { commands, consumer };
                jobs.push(Box::new(move || stops_of(PLAIN, weeks, &[crash], 1)));
            }
        }
    }
    let timelines = counted(jobs);
    println!("mixed commands: {timelines} timelines");
    assert!(timelines > 1000, "{timelines}");
}

/// Pairs of stops in one command or in two: in an ordinary run every 29th operation, with `MYPREFERENCES_TEST_FULL=1` every
/// one.
#[test]
fn no_change_is_missing_after_a_pair_of_stops_either() {
    let is_full = std::env::var_os("MYPREFERENCES_TEST_FULL").is_some();
    let stride = if is_full { 1 } else { 29 };
    let short = Story { name: "two pages", rows: 3, ..PLAIN };
    let lost = Story { name: "a lost answer, two pages", loses_commit: Some(true), ..short };
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for story in [short, lost, AHEAD] {
        for commands in OPERATORS {
            for consumer in [false, true] {
                let weeks = Weeks { commands, consumer };
                for crashes in [[Crash::Kill, Crash::Power], [Crash::Power, Crash::Kill]] {
                    jobs.push(Box::new(move || stops_of(story, weeks, &crashes, stride)));
                }
            }
        }
    }
    let timelines = counted(jobs);
    println!("pairs of stops in mixed commands: {timelines} timelines");
    assert!(timelines > 1000, "{timelines}");
}

#[test]
fn a_wrong_date_of_initiate_moves_no_watermark_into_the_future() {
    let weeks = Weeks { commands: &[Command::Auto, Command::Auto], consumer: false };
    play(AHEAD, weeks, &[]).unwrap();
    stops_of(AHEAD, weeks, &[Crash::Kill], 1).unwrap();
}

/// The watermark lies at the first Initiate, and no later.
#[test]
fn a_watermark_is_the_time_of_initiate_and_not_that_of_a_restart() {
    for before in 0.. {
        let world = World::new(PLAIN, None);
        let Ended::Stopped = world.run_with(Some(before), |landing| landing.since_auto(None)) else {
            break;
        };
        world.disk.crash(Crash::Kill);
        world.service.pass(DAY_MS);
        let landed = to_the_end(&world, Command::Auto).unwrap();
        let was_initiated =
            world.service.exports().len() == 1 && read_journal(&world.disk, &place()).unwrap().unwrap().len() == 1;
        let late = landed.manifest.watermark_ms - EPOCH_MS;
        // Initiated before the stop, or a day later by the second process.
        assert!(late <= DAY_MS + 10 * SECOND_MS, "{before}: {late}");
        assert!(was_initiated || late > 0, "{before}: {late}");
    }
}

/// Each odd answer at each request of an ordinary run, with and without a stop.
#[test]
fn one_odd_answer_at_any_request_loses_nothing_and_leaves_nothing_stuck() {
    let ordinary = World::new(PLAIN, None);
    ordinary.to_its_end().unwrap();
    let requests = ordinary.service.requests();
    assert!(requests > 6, "{requests}");
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for at in 1..=requests + 2 {
        for odd in Odd::ALL {
            jobs.push(Box::new(move || {
                let story = Story { odd: Some((at, 1, odd)), ..PLAIN };
                let told = |stop, what| format!("{odd:?} at request {at}, stopped at {stop:?}: {what}");
                World::new(story, None).to_its_end().map_err(|what| told(None, what))?;
                let mut count = 1;
                for before in (0..).step_by(3) {
                    let world = World::new(story, None);
                    if let Ended::ByItself(_) = world.run(Some(before)) {
                        break;
                    }
                    world.disk.crash(Crash::Kill);
                    world.to_its_end().map_err(|what| told(Some(before), what))?;
                    count += 1;
                }
                Ok(count)
            }));
        }
    }
    let timelines = counted(jobs);
    println!("odd answers: {timelines} timelines");
    assert!(timelines > 500, "{timelines}");
}

/// A gateway that answers for the service for a while, at each request of an ordinary run: the export that lives is neither
/// given up nor closed without its commit.
#[test]
fn html_pages_for_a_while_cost_time_and_nothing_else() {
    for at in 1..=10 {
        let story = Story { odd: Some((at, 4, Odd::HtmlNotFound)), ..PLAIN };
        let world = World::new(story, None);
        world.to_its_end().unwrap();
        let exports = world.service.exports();
        assert_eq!(exports.len(), 1, "from request {at} on");
        assert!(exports.values().all(|export| export.applied == 1), "{at}");
    }
}

/// One refusal of a sealed batch's token, as JSON, is no proof either.
#[test]
fn a_token_is_not_given_up_for_one_refusal() {
    let ordinary = World::new(PLAIN, None);
    ordinary.to_its_end().unwrap();
    let sealed_at = (1..100)
        .find(|at| {
            let story = Story { odd: Some((*at, 1000, Odd::NotFound)), ..PLAIN };
            let world = World::new(story, None);
            let Ended::ByItself(result) = world.run(None) else {
                panic!("stopped without a stop");
            };
            // Refused for good from here on: landed whole, and closed without a commit.
            result.is_ok_and(|landed| landed.receipt.unwrap().end == CommitEnd::Expired)
        })
        .unwrap();
    let story = Story { odd: Some((sealed_at, 1, Odd::NotFound)), ..PLAIN };
    let world = World::new(story, None);
    world.to_its_end().unwrap();
    assert!(world.service.exports().values().all(|export| export.applied == 1));
}

/// A commit was about to be sent, and its token has long been over: nobody will ever know, and no person is needed.
#[test]
fn a_batch_at_committing_whose_token_is_over_is_closed_by_the_next_run() {
    let mut closed = 0;
    for before in 0.. {
        let story = Story { loses_commit: Some(false), ..PLAIN };
        let world = World::new(story, None);
        let Ended::Stopped = world.run(Some(before)) else {
            break;
        };
        world.disk.crash(Crash::Kill);
        let logs = read_journal(&world.disk, &place()).ok().flatten();
        let is_committing = logs
            .and_then(|logs| logs.last().cloned())
            .is_some_and(|log| log.committing.is_some() && log.committed.is_none());
        let applied = |export: &ServerExport| export.applied > 0;
        if !is_committing || world.service.exports().values().any(applied) {
            continue;
        }
        world.service.pass(3 * DAY_MS);
        world.service.expire_all();
        let Ended::ByItself(result) = world.run(None) else {
            panic!("stopped without a stop");
        };
        let landed = result.unwrap();
        assert_eq!(landed.receipt.unwrap().end, CommitEnd::Expired);
        assert!(landed.notes.iter().any(|note| note.contains("may have been sent")));
        closed += 1;
    }
    assert!(closed > 0);
}

/// The nightly job finds a token that is over and answers 401, wherever the night before stopped.
#[test]
fn a_dead_token_that_answers_401_stops_no_nightly_job() {
    for (retires, loses, expires) in [(true, Some(true), None), (false, None, Some(5))] {
        let story =
            Story { retires_tokens: retires, loses_commit: loses, expires_after: expires, dead_is_401: true, ..PLAIN };
        let weeks = Weeks { commands: &[Command::Auto, Command::Auto], consumer: false };
        stops_of(story, weeks, &[Crash::Kill], 1).unwrap();
    }
}

fn take(world: &World, batch: &str) {
    let taken = Path::new(TAKEN);
    world.disk.begin(None);
    let _ = world.disk.make_folder(taken);
    let from = Path::new(OUT).join(batch);
    world.disk.rename(&from, &taken.join(batch)).unwrap();
    for folder in [taken, Path::new(OUT), Path::new("data")] {
        world.disk.sync_folder(folder).unwrap();
    }
}

/// The batches that can be seen and of which this holds.
fn visible(world: &World, holds: impl Fn(&BatchLog) -> bool) -> Vec<String> {
    let logs = read_journal(&world.disk, &place()).ok().flatten();
    let there = visible_batches(&world.disk, &place()).unwrap_or_default();
    let logs = logs.unwrap_or_default().into_iter();
    logs.filter(|log| holds(log) && there.contains(&log.intent.batch)).map(|log| log.intent.batch).collect()
}

fn take_committed(world: &World) {
    for batch in visible(world, |log| log.committed.is_some()) {
        take(world, &batch);
    }
}

/// Taken away as soon as its commit may have been sent, after any stop and before any other.
#[test]
fn a_batch_that_is_moved_away_is_told_from_the_journal() {
    for loses in [None, Some(true), Some(false)] {
        let story = Story { loses_commit: loses, ..PLAIN };
        let mut moved = 0;
        for before in 0.. {
            let world = World::new(story, None);
            if let Ended::ByItself(_) = world.run(Some(before)) {
                break;
            }
            world.disk.crash(Crash::Kill);
            if visible(&world, |log| log.committing.is_some()).is_empty() {
                continue;
            }
            for second in 0.. {
                let world = World::new(story, None);
                let Ended::Stopped = world.run(Some(before)) else {
                    panic!("there is no such moment");
                };
                world.disk.crash(Crash::Kill);
                let batch = visible(&world, |log| log.committing.is_some()).remove(0);
                take(&world, &batch);
                let applied = |world: &World| {
                    let exports = world.service.exports();
                    exports.values().next().unwrap().applied
                };
                let was_applied = applied(&world) == 1;
                let stopped = matches!(world.run(Some(second)), Ended::Stopped);
                world.disk.crash(Crash::Power);
                for _ in 0..2 {
                    let Ended::ByItself(result) = world.run(None) else {
                        panic!("stopped without a stop");
                    };
                    if was_applied {
                        moved += 1;
                        let landed = result.unwrap();
                        assert_eq!(landed.sealed.batch(), batch);
                        assert_eq!(landed.receipt.unwrap().end, CommitEnd::Committed);
                    } else {
                        // Nothing proves any more that it is whole.
                        let error = result.unwrap_err();
                        assert_eq!(error.kind(), ErrorKind::NotSealed);
                        assert!(error.to_string().contains("move it back"), "{error}");
                    }
                }
                assert_eq!(world.service.exports().len(), 1);
                assert_eq!(applied(&world) == 1, was_applied);
                if !stopped {
                    break;
                }
            }
        }
        assert!(moved > 30 || loses == Some(false), "{moved}");
    }
}

/// Somebody changes the settings after a stop, and the last command has those of the first again.
#[test]
fn a_run_goes_on_where_one_with_another_limit_and_size_of_parts_was_stopped() {
    for (limit, part_bytes) in [(1, 1), (3, 1000)] {
        for crash in Crash::ALL {
            for before in 0.. {
                let world = World::new(PLAIN, None);
                let ended = world.run_with(Some(before), |landing| landing.limit(limit).part_bytes(part_bytes));
                if let Ended::ByItself(_) = ended {
                    break;
                }
                world.disk.crash(crash);
                world.check_now().unwrap();
                let logs = read_journal(&world.disk, &place()).ok().flatten();
                let is_known = logs.is_some_and(|logs| logs.last().is_some_and(|log| log.initiated.is_some()));
                let told = |what| format!("{limit}, {crash:?}, stopped at {before}: {what}");
                world.to_its_end().map_err(told).unwrap();
                let begun = world.service.exports().len();
                assert!(begun == 1 || !is_known, "{limit}, {before}: begun anew");
            }
        }
    }
}

#[test]
fn a_nightly_job_without_since_auto_is_told_so_after_a_day() {
    let world = World::new(PLAIN, None);
    let again = || match world.run(None) {
        Ended::ByItself(result) => result.unwrap().notes,
        Ended::Stopped => panic!("stopped without a stop"),
    };
    again();
    assert_eq!(again(), [""; 0]);
    world.service.pass(DAY_MS + SECOND_MS);
    assert!(again()[0].contains("--since auto"));
}

/// Stopped between COMMITTING and the POST.
fn at_committing(story: Story) -> World {
    (0..)
        .find_map(|before| {
            let world = World::new(story, None);
            let Ended::Stopped = world.run(Some(before)) else {
                panic!("there is no such moment");
            };
            world.disk.crash(Crash::Kill);
            world.disk.begin(None);
            let logs = read_journal(&world.disk, &place()).ok()??;
            let posts: u32 = world.service.exports().values().map(|export| export.posts).sum();
            let log = logs.last()?;
            (log.committing.is_some() && log.committed.is_none() && posts == 0).then_some(world)
        })
        .unwrap()
}

#[test]
fn a_batch_whose_parts_are_gone_is_not_committed_after_a_restart_either() {
    let world = at_committing(PLAIN);
    let batch = visible_batches(&world.disk, &place()).unwrap().remove(0);
    let part = Path::new(OUT).join(batch).join("part-00001.ndjson");
    let bytes = read_whole(&world.disk, &part).unwrap().unwrap();
    world.disk.remove_file(&part).unwrap();
    let Ended::ByItself(result) = world.run(None) else {
        panic!("stopped without a stop");
    };
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(world.service.exports().values().all(|export| export.posts == 0));
    write_whole(&world.disk, &part, Access::Umask, &bytes).unwrap();
    world.to_its_end().unwrap();
}

/// A service that refuses every token as soon as it was read.
#[test]
fn a_nightly_job_starts_no_exports_without_end() {
    let story = Story { expires_after: Some(5), every_export_expires: true, dead_is_401: true, ..PLAIN };
    let world = World::new(story, None);
    for night in 1..=4 {
        let Ended::ByItself(_) = world.run_with(None, |landing| landing.since_auto(None)) else {
            panic!("stopped without a stop");
        };
        let exports = world.service.exports().len();
        assert!(exports <= 2 * night, "{exports} exports in {night} nights");
        world.service.pass(DAY_MS);
    }
}

/// The word comes when the commit's own time for asking is over.
#[test]
fn a_retrieved_that_comes_late_is_this_batchs_own_commit() {
    let story = Story { loses_commit: Some(true), ..PLAIN };
    // The commit is applied and lost, and the service is out of reach for as long as it is asked.
    let outage = (1..60)
        .find(|at| {
            let story = Story { odd: Some((*at, 400, Odd::Unavailable)), ..story };
            let world = World::new(story, None);
            let Ended::ByItself(result) = world.run(None) else {
                panic!("stopped without a stop");
            };
            let applied = world.service.exports().values().any(|export| export.applied == 1);
            applied && result.is_err_and(|error| error.kind() == ErrorKind::OutcomeUnknown)
        })
        .unwrap();
    for answers in 1..40 {
        let story = Story { odd: Some((outage, answers, Odd::Unavailable)), ..story };
        let world = World::new(story, None);
        world.to_its_end().unwrap();
        let logs = read_journal(&world.disk, &place()).unwrap().unwrap();
        let receipt = logs.last().unwrap().committed.clone().unwrap();
        assert_eq!(receipt.end, CommitEnd::Committed, "{answers}");
    }
}

#[test]
fn a_row_count_that_differs_is_sealed_and_not_committed() {
    let world = World::new(Story { row_count: Some(1000), ..PLAIN }, None);
    for _ in 0..2 {
        let Ended::ByItself(result) = world.run(None) else {
            panic!("stopped without a stop");
        };
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CountMismatch);
        assert!(error.to_string().contains("1000") && error.to_string().contains('7'));
    }
    assert!(world.service.exports().values().all(|export| export.posts == 0));
    let manifests = manifests(&world);
    assert_eq!(manifests[0].row_count, Some(1000));
    assert_eq!(manifests[0].total_results, 7);
}

/// Wherever a run and the one after it were stopped; and when the newer version has taken its line back, all goes on.
#[test]
fn a_journal_of_a_newer_version_is_not_touched() {
    let is_full = std::env::var_os("MYPREFERENCES_TEST_FULL").is_some();
    let stride = if is_full { 1 } else { 5 };
    let journal = Path::new(OUT).join(".mypreferences").join("journal");
    let json = br#"{"entry":"REWOUND","batch":"batch=20990101T000000Z"}"#;
    let mut line = format!("{:08x} ", crc32fast::hash(json)).into_bytes();
    line.extend_from_slice(json);
    line.push(b'\n');
    let mut timelines = 0;
    for one in (0..).step_by(stride) {
        for two in (0..).step_by(stride) {
            let world = World::new(PLAIN, None);
            let stopped = [(one, Crash::Kill), (two, Crash::Power)].map(|(before, crash)| {
                let stopped = matches!(world.run(Some(before)), Ended::Stopped);
                world.disk.crash(crash);
                stopped
            });
            world.disk.begin(None);
            let read = || read_whole(&world.disk, &journal).unwrap();
            // Only a journal that has begun can be gone on with by anybody.
            let begun = read_journal(&world.disk, &place()).ok().flatten();
            if begun.is_some_and(|logs| !logs.is_empty()) {
                let before = read().unwrap();
                let newer = [before.as_slice(), &line].concat();
                write_whole(&world.disk, &journal, Access::Owner, &newer).unwrap();
                let Ended::ByItself(result) = world.run(None) else {
                    panic!("stopped without a stop");
                };
                let error = result.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Storage, "{one} {two}: {error}");
                assert!(error.to_string().contains("newer version"), "{error}");
                assert_eq!(read(), Some(newer), "{one} {two}");
                write_whole(&world.disk, &journal, Access::Owner, &before).unwrap();
                timelines += 1;
            }
            world.to_its_end().unwrap();
            if !stopped[1] {
                break;
            }
        }
        if let Ended::ByItself(_) = World::new(PLAIN, None).run(Some(one)) {
            break;
        }
    }
    println!("a newer version's line: {timelines} timelines");
    assert!(timelines > 50, "{timelines}");
}

#[test]
fn an_empty_or_zeroed_or_torn_journal_beside_a_sealed_batch_is_none() {
    for damage in [&b""[..], &[0; 512], b"1234abcd {\"entry\":\"INT"] {
        let world = World::new(Story { row_count: Some(1000), ..PLAIN }, None);
        let _ = world.run(None);
        assert_eq!(manifests(&world).len(), 1);
        let journal = Path::new(OUT).join(".mypreferences").join("journal");
        write_whole(&world.disk, &journal, Access::Owner, damage).unwrap();
        let Ended::ByItself(result) = world.run(None) else {
            panic!("stopped without a stop");
        };
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

/// Somebody changes the format after a stop: refused where something is under way, and the first format goes on. A folder of
/// lines is gone on with in another format by the next batch.
#[test]
fn a_batch_is_finished_in_the_format_that_it_was_begun_with() {
    let journal = Path::new(OUT).join(".mypreferences").join("journal");
    let formatted = |landing: LandExport| landing.format(formats()[0].clone());
    for begun_formatted in [false, true] {
        let run = |world: &World, stop, is_formatted: bool| {
            world.run_with(stop, |landing| if is_formatted { formatted(landing) } else { landing })
        };
        let mut refused = 0;
        for before in 0.. {
            let world = World::new(PLAIN, None);
            if let Ended::ByItself(_) = run(&world, Some(before), begun_formatted) {
                break;
            }
            world.disk.crash(Crash::Power);
            world.disk.begin(None);
            let logs = read_journal(&world.disk, &place()).ok().flatten().unwrap_or_default();
            let is_open = logs.last().is_some_and(|log| log.initiated.is_some() && log.committed.is_none());
            if !is_open {
                continue;
            }
            // A program that knows no formats takes the line for one of a newer version, and touches nothing.
            let text = String::from_utf8(read_whole(&world.disk, &journal).unwrap().unwrap()).unwrap();
            assert_eq!(text.contains(r#""compression":"internal""#), begun_formatted);
            let Ended::ByItself(other) = run(&world, None, !begun_formatted) else {
                panic!("stopped without a stop");
            };
            assert_eq!(other.unwrap_err().kind(), ErrorKind::OutputConflict, "stopped at {before}");
            refused += 1;
            let Ended::ByItself(same) = run(&world, None, begun_formatted) else {
                panic!("stopped without a stop");
            };
            assert_eq!(same.unwrap().rows(), 7);
        }
        assert!(refused > 10, "{refused}");
    }
    let world = World::new(PLAIN, None);
    to_the_end(&world, Command::Auto).unwrap();
    world.service.pass(DAY_MS);
    let Ended::ByItself(next) = world.run_with(None, |landing| formatted(landing.since_auto(None))) else {
        panic!("stopped without a stop");
    };
    let next = next.unwrap();
    assert_eq!((next.manifest.parameters.format.as_str(), next.manifest.previous.is_some()), ("counted", true));
    world.check_now().unwrap();
}
