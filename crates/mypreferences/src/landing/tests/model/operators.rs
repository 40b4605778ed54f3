//! What the world does beside the stops: gateways that answer for the service, operators who mix their commands, consumers
//! who move a batch away, clocks that are wrong, programs of another version.

use std::path::Path;

use crate::error::ErrorKind;
use crate::export::LastDateTime;
use crate::landing::disk::{Access, Disk, write_whole};
use crate::landing::manifest::Manifest;
use crate::landing::store::{read_journal, read_manifest, visible_batches};
use crate::landing::tests::model::disk::Crash;
use crate::landing::tests::model::service::{EPOCH_MS, Odd, ServerExport, Story};
use crate::landing::tests::model::{Ended, Job, OUT, PLAIN, RUNS, World, on_all_cores, place};
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
        let order = crate::export::ExportOrder::segment("Everybody").since(moment);
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

/// The manifests of a folder, in the order of their names, which is that of their times.
fn manifests(world: &World) -> Vec<Manifest> {
    visible_batches(&world.disk, &place())
        .unwrap()
        .into_iter()
        .filter_map(|batch| read_manifest(&world.disk, &place(), &batch).unwrap())
        .map(|(manifest, _)| manifest)
        .collect()
}

/// Reckoned without the program's own chain: some batches cover everything up to the newest automatic one's watermark.
fn nothing_is_missing(manifests: &[Manifest]) -> Result<(), String> {
    let since = |manifest: &Manifest| {
        manifest
            .since
            .as_deref()
            .map(|text| text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    };
    let newest = manifests
        .iter()
        .filter(|manifest| manifest.parameters.is_auto())
        .map(|manifest| manifest.watermark_ms)
        .max();
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
        return Err(format!(
            "changes between {covered} and {newest} are in no batch"
        ));
    }
    Ok(())
}

/// Plays commands a week apart; a stop in one of them, if any.
fn play(
    story: Story,
    commands: &[Command],
    stop: Option<(usize, usize, Crash)>,
) -> Result<bool, String> {
    let world = World::new(story, None);
    for (index, command) in commands.iter().enumerate() {
        if let Some((at, before, crash)) = stop
            && at == index
        {
            let ended = world.run_with(Some(before), |landing| command.options(landing));
            if let Ended::ByItself(_) = ended {
                return Ok(false);
            }
            world.disk.crash(crash);
            world.check_now()?;
        }
        to_the_end(&world, *command)?;
        world.check_now()?;
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

const OPERATORS: [&[Command]; 4] = [
    &[Command::Auto, Command::Auto, Command::Auto],
    // By hand since a day after the watermark of the first: what lies between is in neither.
    &[
        Command::Auto,
        Command::Since(8),
        Command::Auto,
        Command::Auto,
    ],
    &[Command::Since(-1), Command::Auto, Command::Auto],
    &[Command::AutoWithoutCommit, Command::Auto, Command::Auto],
];

#[test]
fn no_change_is_missing_however_commands_are_mixed_and_stopped() {
    let mut jobs: Vec<Job<Result<usize, String>>> = Vec::new();
    for commands in OPERATORS {
        for at in 0..commands.len() {
            for crash in [Crash::Kill, Crash::Power] {
                jobs.push(Box::new(move || {
                    let mut count = 0;
                    for before in 0.. {
                        let stop = (at, before, crash);
                        let told = |what| format!("{commands:?}, stopped at {stop:?}: {what}");
                        if !play(PLAIN, commands, Some(stop)).map_err(told)? {
                            break;
                        }
                        count += 1;
                    }
                    Ok(count)
                }));
            }
        }
    }
    let mut timelines = 0;
    for result in on_all_cores(jobs) {
        timelines += result.unwrap();
    }
    println!("mixed commands: {timelines} timelines");
    assert!(timelines > 500, "{timelines}");
}

#[test]
fn a_wrong_date_of_initiate_moves_no_watermark_into_the_future() {
    let story = Story {
        initiate_ahead_ms: 74 * 365 * DAY_MS,
        ..PLAIN
    };
    let commands = [Command::Auto, Command::Auto];
    play(story, &commands, None).unwrap();
    // The process that knew when it had sent Initiate is gone.
    for before in 0.. {
        let stop = (0, before, Crash::Kill);
        let told = |what| format!("stopped at {stop:?}: {what}");
        if !play(story, &commands, Some(stop)).map_err(told).unwrap() {
            break;
        }
    }
}

/// The watermark lies at the first Initiate, and no later.
#[test]
fn a_watermark_is_the_time_of_initiate_and_not_that_of_a_restart() {
    for before in 0.. {
        let world = World::new(PLAIN, None);
        let Ended::Stopped = world.run_with(Some(before), |landing| landing.since_auto(None))
        else {
            break;
        };
        world.disk.crash(Crash::Kill);
        world.service.pass(DAY_MS);
        let landed = to_the_end(&world, Command::Auto).unwrap();
        let was_initiated = world.service.exports().len() == 1
            && read_journal(&world.disk, &place()).unwrap().unwrap().len() == 1;
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
                let story = Story {
                    odd: Some((at, 1, odd)),
                    ..PLAIN
                };
                let told =
                    |stop, what| format!("{odd:?} at request {at}, stopped at {stop:?}: {what}");
                World::new(story, None)
                    .to_its_end()
                    .map_err(|what| told(None, what))?;
                let mut count = 1;
                for before in (0..).step_by(3) {
                    let world = World::new(story, None);
                    if let Ended::ByItself(_) = world.run(Some(before)) {
                        break;
                    }
                    world.disk.crash(Crash::Kill);
                    world
                        .to_its_end()
                        .map_err(|what| told(Some(before), what))?;
                    count += 1;
                }
                Ok(count)
            }));
        }
    }
    let mut timelines = 0;
    for result in on_all_cores(jobs) {
        timelines += result.unwrap();
    }
    println!("odd answers: {timelines} timelines");
    assert!(timelines > 500, "{timelines}");
}

/// A gateway that answers for the service for a while, at each request of an ordinary run: the export that lives is neither
/// given up nor closed without its commit.
#[test]
fn html_pages_for_a_while_cost_time_and_nothing_else() {
    for at in 1..=10 {
        let story = Story {
            odd: Some((at, 4, Odd::HtmlNotFound)),
            ..PLAIN
        };
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
            let story = Story {
                odd: Some((*at, 1000, Odd::NotFound)),
                ..PLAIN
            };
            let world = World::new(story, None);
            let Ended::ByItself(result) = world.run(None) else {
                panic!("stopped without a stop");
            };
            // Refused for good from here on: landed whole, and closed without a commit.
            result.is_ok_and(|landed| landed.receipt.unwrap().end == CommitEnd::Expired)
        })
        .unwrap();
    let story = Story {
        odd: Some((sealed_at, 1, Odd::NotFound)),
        ..PLAIN
    };
    let world = World::new(story, None);
    world.to_its_end().unwrap();
    assert!(
        world
            .service
            .exports()
            .values()
            .all(|export| export.applied == 1)
    );
}

/// A commit was about to be sent, and its token has long been over: nobody will ever know, and no person is needed.
#[test]
fn a_batch_at_committing_whose_token_is_over_is_closed_by_the_next_run() {
    let mut closed = 0;
    for before in 0.. {
        let story = Story {
            loses_commit: Some(false),
            ..PLAIN
        };
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
        assert!(
            landed
                .notes
                .iter()
                .any(|note| note.contains("may have been sent"))
        );
        closed += 1;
    }
    assert!(closed > 0);
}

/// The nightly job finds a token that is over and answers 401, wherever the night before stopped.
#[test]
fn a_dead_token_that_answers_401_stops_no_nightly_job() {
    for (retires, loses, expires) in [(true, Some(true), None), (false, None, Some(5))] {
        let story = Story {
            retires_tokens: retires,
            loses_commit: loses,
            expires_after: expires,
            dead_is_401: true,
            ..PLAIN
        };
        for before in 0.. {
            let stop = (0, before, Crash::Kill);
            let told = |what| format!("{retires} {expires:?}, stopped at {before}: {what}");
            let commands = [Command::Auto, Command::Auto];
            if !play(story, &commands, Some(stop)).map_err(told).unwrap() {
                break;
            }
        }
    }
}

/// Takes a batch away as soon as its commit may have been sent.
fn move_away(world: &World) -> Option<String> {
    let logs = read_journal(&world.disk, &place()).ok()??;
    let log = logs.last().filter(|log| log.committing.is_some())?;
    let batch = log.intent.batch.clone();
    if !visible_batches(&world.disk, &place())
        .ok()?
        .contains(&batch)
    {
        return None;
    }
    let _ = world.disk.make_folder(Path::new("taken"));
    let from = Path::new(OUT).join(&batch);
    world
        .disk
        .rename(&from, &Path::new("taken").join(&batch))
        .ok()?;
    for folder in ["taken", OUT] {
        world.disk.sync_folder(Path::new(folder)).ok()?;
    }
    Some(batch)
}

#[test]
fn a_batch_that_is_moved_away_is_told_from_the_journal() {
    for loses in [None, Some(true), Some(false)] {
        let story = Story {
            loses_commit: loses,
            ..PLAIN
        };
        let mut moved = 0;
        for before in 0.. {
            let world = World::new(story, None);
            if let Ended::ByItself(_) = world.run(Some(before)) {
                break;
            }
            world.disk.crash(Crash::Kill);
            world.disk.begin(None);
            let Some(batch) = move_away(&world) else {
                continue;
            };
            let applied = |world: &World| world.service.exports().values().next().unwrap().applied;
            let was_applied = applied(&world) == 1;
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
        }
        assert!(moved > 3 || loses == Some(false), "{moved}");
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
            let posts: u32 = world
                .service
                .exports()
                .values()
                .map(|export| export.posts)
                .sum();
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
    let bytes = crate::landing::disk::read_whole(&world.disk, &part)
        .unwrap()
        .unwrap();
    world.disk.remove_file(&part).unwrap();
    let Ended::ByItself(result) = world.run(None) else {
        panic!("stopped without a stop");
    };
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(
        world
            .service
            .exports()
            .values()
            .all(|export| export.posts == 0)
    );
    write_whole(&world.disk, &part, Access::Umask, &bytes).unwrap();
    world.to_its_end().unwrap();
}

/// A service that refuses every token as soon as it was read.
#[test]
fn a_nightly_job_starts_no_exports_without_end() {
    let story = Story {
        expires_after: Some(5),
        every_export_expires: true,
        dead_is_401: true,
        ..PLAIN
    };
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
    let story = Story {
        loses_commit: Some(true),
        ..PLAIN
    };
    // The commit is applied and lost, and the service is out of reach for as long as it is asked.
    let outage = (1..60)
        .find(|at| {
            let story = Story {
                odd: Some((*at, 400, Odd::Unavailable)),
                ..story
            };
            let world = World::new(story, None);
            let Ended::ByItself(result) = world.run(None) else {
                panic!("stopped without a stop");
            };
            let applied = world
                .service
                .exports()
                .values()
                .any(|export| export.applied == 1);
            applied && result.is_err_and(|error| error.kind() == ErrorKind::OutcomeUnknown)
        })
        .unwrap();
    for answers in 1..40 {
        let story = Story {
            odd: Some((outage, answers, Odd::Unavailable)),
            ..story
        };
        let world = World::new(story, None);
        world.to_its_end().unwrap();
        let logs = read_journal(&world.disk, &place()).unwrap().unwrap();
        let receipt = logs.last().unwrap().committed.clone().unwrap();
        assert_eq!(receipt.end, CommitEnd::Committed, "{answers}");
    }
}

#[test]
fn a_row_count_that_differs_is_sealed_and_not_committed() {
    let world = World::new(
        Story {
            row_count: Some(1000),
            ..PLAIN
        },
        None,
    );
    for _ in 0..2 {
        let Ended::ByItself(result) = world.run(None) else {
            panic!("stopped without a stop");
        };
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CountMismatch);
        assert!(error.to_string().contains("1000") && error.to_string().contains('7'));
    }
    assert!(
        world
            .service
            .exports()
            .values()
            .all(|export| export.posts == 0)
    );
    let manifests = manifests(&world);
    assert_eq!(manifests[0].row_count, Some(1000));
    assert_eq!(manifests[0].total_results, 7);
}

#[test]
fn a_journal_of_a_newer_version_is_not_touched() {
    let world = World::new(PLAIN, None);
    let _ = world.run(Some(40));
    world.disk.crash(Crash::Kill);
    world.disk.begin(None);
    let journal = Path::new(OUT).join(".mypreferences").join("journal");
    let whole = crate::landing::disk::read_whole(&world.disk, &journal)
        .unwrap()
        .unwrap();
    let json = br#"{"entry":"REWOUND","batch":"batch=20990101T000000Z"}"#;
    let mut newer = whole.clone();
    newer.extend_from_slice(format!("{:08x} ", crc32fast::hash(json)).as_bytes());
    newer.extend_from_slice(json);
    newer.push(b'\n');
    write_whole(&world.disk, &journal, Access::Owner, &newer).unwrap();
    let Ended::ByItself(result) = world.run(None) else {
        panic!("stopped without a stop");
    };
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("newer version"), "{error}");
    let after = crate::landing::disk::read_whole(&world.disk, &journal).unwrap();
    assert_eq!(after, Some(newer));
}

#[test]
fn an_empty_or_zeroed_or_torn_journal_beside_a_sealed_batch_is_none() {
    for damage in [&b""[..], &[0; 512], b"1234abcd {\"entry\":\"INT"] {
        let world = World::new(
            Story {
                row_count: Some(1000),
                ..PLAIN
            },
            None,
        );
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
