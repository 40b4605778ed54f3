//! What a folder proves, as facts for people and programs: what is covered and what is not, what each batch took, how its
//! commit ended and what may be claimed from that, what needs a person. From journal, manifests and receipts alone.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use crate::error::Error;
use crate::http::clock::unix_ms;
use crate::json::rfc3339;
use crate::landing::chain::{self, Chain, LeftOut};
use crate::landing::commit::export_of;
use crate::landing::folder::{BatchState, BatchSummary, Folder};
use crate::landing::store::disk::SystemDisk;
use crate::landing::store::journal::{BatchLog, Effort};
use crate::landing::store::manifest::{Identity, Manifest, moment_ms, moment_text};
use crate::landing::store::read::{read_journal, read_manifest, read_receipt, visible_batches};
use crate::landing::store::receipt::{BatchReceipt, ServerFiles};
use crate::landing::verify::Verified;

/// Version of the form.
const VERSION: u32 = 1;
/// A watermark that lies so much after this machine's time is one of the future: as far as `since auto` goes back unless
/// told otherwise.
const CLOCKS_DIFFER_MS: i64 = 300_000;

/// What a folder proves, and what in it needs a person. Holds no token. Made by [`Folder::report`].
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Version of this form: 1.
    pub version: u32,
    /// The folder, as it was given.
    pub folder: String,
    /// When this was made, by this machine's clock, as RFC 3339.
    pub made_at: Option<String>,
    /// Whose export it is, as the newest batch says.
    pub identity: Option<Identity>,
    /// Records of the sealed batches; those of the same profile in several batches count each.
    pub rows: u64,
    /// Bytes of their parts.
    pub bytes: u64,
    /// What they cover together.
    pub coverage: Coverage,
    /// Oldest first.
    pub batches: Vec<BatchReport>,
    /// What needs a person, and the command for it.
    pub attention: Vec<Attention>,
    /// Of [`Folder::verify`], when that was asked for.
    pub verification: Option<Verification>,
}

/// What the batches of the newest one's export cover.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// Up to this moment of the server no change is missing: the end of the chain that `since auto` goes on from. None while
    /// no batch begins with everything.
    pub until: Option<String>,
    /// The batch that ends there.
    pub batch: Option<String>,
    /// What lies in no batch, although a later one is there.
    pub gaps: Vec<Gap>,
}

/// Changes that no batch holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// None: from the beginning.
    pub from: Option<String>,
    /// Where the next batch begins.
    pub until: String,
    /// That batch.
    pub batch: String,
}

/// Where a batch stands in the chain of those that follow one another without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InChain {
    /// It is part of it.
    Member,
    /// It begins after what the ones before it cover.
    BeginsLater,
    /// Its watermark lies in the future: some clock was wrong.
    Future,
    /// It was moved away; a later one may go on from it.
    Moved,
    /// Of another selection of profiles, or initiated elsewhere.
    Apart,
    /// It is not whole, or was given up.
    Unsealed,
}

/// A batch.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct BatchReport {
    /// As [`Folder::batches`] tells it. Of a batch that was moved away the watermark is that of the journal.
    #[serde(flatten)]
    pub summary: BatchSummary,
    /// It can be seen in the folder.
    pub is_there: bool,
    /// Where it stands in the chain.
    pub chain: InChain,
    /// When it was begun, by the clock of the machine, as RFC 3339; none in a journal from before this was kept.
    pub begun_at: Option<String>,
    /// When it was whole.
    pub sealed_at: Option<String>,
    /// What it took; none in a journal from before this was kept.
    pub effort: Option<Effort>,
    /// Records a second while they were landed.
    pub records_per_second: Option<u64>,
    /// How certain its receipt is: `certain` or `presumed`; none without a commit.
    pub certainty: Option<String>,
    /// What may be claimed of the server's files.
    pub server_files: ServerFiles,
    /// Why its manifest cannot be read.
    pub problem: Option<String>,
    /// Milliseconds since the epoch, for drawing.
    #[serde(skip)]
    pub(crate) since_ms: Option<i64>,
    #[serde(skip)]
    pub(crate) watermark_ms: Option<i64>,
    /// What a commit of it that was begun asked for.
    #[serde(skip)]
    pub(crate) keep_files: Option<bool>,
}

impl BatchReport {
    /// What it covers, in milliseconds since the epoch: from its since, none for everything, to its watermark. None for one
    /// that is not whole.
    pub fn covers_ms(&self) -> Option<(Option<i64>, i64)> {
        self.watermark_ms.map(|watermark| (self.since_ms, watermark))
    }
}

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attention {
    /// The batch, if it is about one.
    pub batch: Option<String>,
    /// What it is, as a sentence.
    pub why: String,
    /// The command that decides it, word by word; `KEEP_FILES` stands for `true` or `false`, which nobody else can say.
    pub command: Option<Vec<String>>,
}

/// How verifying has ended.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// What was verified.
    pub verified: Option<Verified>,
    /// Or what does not fit.
    pub error: Option<Error>,
}

impl Report {
    /// As JSON: fixed key order, `snake_case`.
    pub fn to_json(&self) -> String {
        crate::json::text(self)
    }
}

impl Folder {
    /// What the folder proves, and what needs a person. `verify`: with what [`Folder::verify`] says, which reads every byte;
    /// a batch that does not fit is no error here, but stands in the report. Takes no lock, so that a folder which is
    /// landed into can be looked at. Blocks.
    ///
    /// # Errors
    /// `invalid_argument` for a folder without a journal and without batches; `corrupt` for a journal that does not fit;
    /// `storage`.
    pub fn report(&self, verify: bool) -> Result<Report, Error> {
        let logs = read_journal(&SystemDisk, self.place())?;
        let there = visible_batches(&SystemDisk, self.place())?;
        if logs.is_none() && there.is_empty() {
            return Err(self.holds_no_export());
        }
        let mut sheet = Sheet::read(self, &logs.unwrap_or_default(), &there)?;
        let coverage = sheet.follow(unix_ms(SystemTime::now()));
        let verification = verify.then(|| match self.verify(|_| {}) {
            Ok(verified) => Verification { verified: Some(verified), error: None },
            Err(error) => Verification { verified: None, error: Some(error) },
        });
        let sealed = || sheet.batches.iter().filter(|batch| batch.watermark_ms.is_some());
        Ok(Report {
            version: VERSION,
            folder: self.place().out.display().to_string(),
            made_at: rfc3339(SystemTime::now()),
            rows: sealed().map(|batch| batch.summary.rows).sum(),
            bytes: sealed().map(|batch| batch.summary.bytes).sum(),
            attention: attention(self, &sheet, &coverage, verification.as_ref()),
            identity: sheet.identity,
            coverage,
            batches: sheet.batches,
            verification,
        })
    }
}

/// What was read of a folder.
struct Sheet {
    identity: Option<Identity>,
    batches: Vec<BatchReport>,
    manifests: BTreeMap<String, Manifest>,
    /// The sealed batches that the journal knows and the folder lacks.
    moved: Vec<String>,
}

impl Sheet {
    fn read(folder: &Folder, logs: &[BatchLog], there: &[String]) -> Result<Sheet, Error> {
        let mut sheet = Sheet {
            identity: logs.last().map(|log| log.intent.identity.clone()),
            batches: Vec::new(),
            manifests: BTreeMap::new(),
            moved: chain::moved(logs, there),
        };
        // Those that the journal does not know are older than it.
        for batch in there.iter().filter(|batch| !logs.iter().any(|log| log.intent.batch == **batch)) {
            let (manifest, problem) = sheet.manifest(folder, batch);
            let receipt = read_receipt(&SystemDisk, folder.place(), batch)?;
            if let Some(manifest) = &manifest
                && sheet.identity.is_none()
            {
                sheet.identity = Some(manifest.identity.clone());
            }
            sheet.batches.push(BatchReport::new(summary_without_a_journal(batch, manifest.as_ref(), receipt), problem));
        }
        for log in logs {
            let batch = &log.intent.batch;
            let is_there = there.contains(batch);
            let (manifest, problem) =
                if log.sealed.is_some() && is_there { sheet.manifest(folder, batch) } else { (None, None) };
            let mut summary = BatchSummary::of(log, manifest.as_ref());
            if sheet.moved.contains(batch) {
                summary.watermark = export_of(log).ok().map(|export| moment_text(export.watermark_ms));
            }
            let mut report = BatchReport::new(summary, problem);
            report.is_there = is_there;
            report.begun_at = log.intent.at_ms.map(moment_text);
            report.sealed_at = log.sealed_at_ms.map(moment_text);
            report.keep_files = log.committing.as_ref().map(|committing| committing.keep_files);
            report.effort = log.effort();
            report.records_per_second = report.effort.and_then(|effort| {
                (report.summary.rows.saturating_mul(1000)).checked_div(effort.landed_ms).filter(|rate| *rate > 0)
            });
            sheet.batches.push(report);
        }
        Ok(sheet)
    }

    /// Keeps the manifest of a batch, or says why it cannot be read.
    fn manifest(&mut self, folder: &Folder, batch: &str) -> (Option<Manifest>, Option<String>) {
        match read_manifest(&SystemDisk, folder.place(), batch) {
            Ok(Some((manifest, _))) => {
                self.manifests.insert(batch.to_owned(), manifest.clone());
                (Some(manifest), None)
            }
            // Between reading the folder and this it was moved away.
            Ok(None) => (None, Some("it has no manifest".to_owned())),
            Err(error) => (None, Some(error.detail().unwrap_or_default().to_owned())),
        }
    }

    /// Says of each batch where it stands, and what they cover: those of the same export of the same profiles as the newest
    /// one that goes on by itself, as verifying does; where there is none, as the newest that was started here.
    fn follow(&mut self, local_ms: i64) -> Coverage {
        let now_ms = self.now_ms(local_ms);
        let sealed = |batch: &BatchReport| self.manifests.get(&batch.summary.batch);
        let mut all = self.batches.iter().filter_map(sealed);
        let newest = all.clone().rfind(|manifest| manifest.parameters.is_auto());
        let newest = newest.or_else(|| all.rfind(|manifest| !manifest.parameters.adopted));
        let Some(newest) = newest.cloned() else {
            self.place(&Chain::default(), |_| false);
            return Coverage::default();
        };
        let is_of_it = |manifest: &Manifest| manifest.is_of(&newest.identity, &newest.parameters.body);
        let same = self.batches.iter().filter_map(sealed).filter(|manifest| is_of_it(manifest));
        let chain = chain::follow(same, &self.moved, Some(now_ms.saturating_add(CLOCKS_DIFFER_MS)));
        let apart: Vec<String> =
            self.manifests.values().filter(|manifest| !is_of_it(manifest)).map(|one| one.batch.clone()).collect();
        self.place(&chain, |batch| apart.iter().any(|one| one == batch));
        let gaps = self.gaps(chain.end.as_ref().map(|(end, _)| *end));
        Coverage {
            until: chain.end.as_ref().map(|(end, _)| moment_text(*end)),
            batch: chain.end.map(|(_, batch)| batch),
            gaps,
        }
    }

    /// This machine's time may be years behind: what the server said when it took a commit is no later than now.
    fn now_ms(&self, local_ms: i64) -> i64 {
        let receipts = self.batches.iter().filter_map(|batch| batch.summary.receipt.as_ref());
        let told = receipts.filter_map(|receipt| receipt.server_date.as_deref().and_then(moment_ms));
        told.fold(local_ms, i64::max)
    }

    fn place(&mut self, chain: &Chain, is_apart: impl Fn(&str) -> bool) {
        for report in &mut self.batches {
            let batch = &report.summary.batch;
            let left_out = chain.left_out.iter().find(|(left_out, _)| left_out == batch).map(|(_, why)| *why);
            report.chain = match left_out {
                Some(LeftOut::BeginsLater) => InChain::BeginsLater,
                Some(LeftOut::Future) => InChain::Future,
                None if self.moved.contains(batch) => InChain::Moved,
                None if !self.manifests.contains_key(batch) => InChain::Unsealed,
                None if is_apart(batch) => InChain::Apart,
                None => InChain::Member,
            };
        }
    }

    /// What is in none of the batches that begin later, and a later batch has not made good.
    fn gaps(&self, end_ms: Option<i64>) -> Vec<Gap> {
        let mut later: Vec<(i64, i64, &str)> = self
            .batches
            .iter()
            .filter(|batch| batch.chain == InChain::BeginsLater)
            .filter_map(|batch| Some((batch.since_ms?, batch.watermark_ms?, batch.summary.batch.as_str())))
            .collect();
        later.sort_unstable();
        let mut covered = end_ms;
        let mut gaps = Vec::new();
        for (since, watermark, batch) in later {
            if covered.is_none_or(|covered| covered < since) {
                let batch = batch.to_owned();
                gaps.push(Gap { from: covered.map(moment_text), until: moment_text(since), batch });
            }
            covered = Some(covered.map_or(watermark, |covered| covered.max(watermark)));
        }
        gaps
    }
}

impl BatchReport {
    /// Where it stands is not known yet.
    fn new(summary: BatchSummary, problem: Option<String>) -> BatchReport {
        let receipt = summary.receipt.as_ref();
        let certainty = receipt.and_then(|receipt| receipt.receipt.as_ref()?["certainty"].as_str().map(str::to_owned));
        let server_files = receipt.map_or(ServerFiles::NotCommitted, BatchReceipt::server_files);
        BatchReport {
            since_ms: summary.since.as_deref().and_then(moment_ms),
            watermark_ms: summary.watermark.as_deref().and_then(moment_ms),
            summary,
            is_there: true,
            chain: InChain::Unsealed,
            begun_at: None,
            sealed_at: None,
            effort: None,
            records_per_second: None,
            certainty,
            server_files,
            problem,
            keep_files: None,
        }
    }
}

/// Of a folder whose journal is gone, or a copy of batches without one.
fn summary_without_a_journal(batch: &str, manifest: Option<&Manifest>, receipt: Option<BatchReceipt>) -> BatchSummary {
    let identity = manifest.map(|manifest| &manifest.identity);
    BatchSummary {
        batch: batch.to_owned(),
        state: if receipt.is_some() { BatchState::Committed } else { BatchState::Sealed },
        kind: identity.map(|identity| identity.kind.clone()).unwrap_or_default(),
        name: identity.and_then(|identity| identity.name.clone()),
        format: manifest.map(|manifest| manifest.parameters.format.clone()).unwrap_or_default(),
        rows: manifest.map_or(0, Manifest::rows),
        total: manifest.map(|manifest| manifest.total_results),
        parts: manifest.map_or(0, |manifest| manifest.parts.len() as u64),
        bytes: manifest.map_or(0, Manifest::bytes),
        since: manifest.and_then(|manifest| manifest.since.clone()),
        watermark: manifest.map(|manifest| manifest.watermark.clone()),
        receipt,
        abandoned: None,
    }
}

/// What needs a person: of the batches, the newest last, then of all of them together.
fn attention(
    folder: &Folder,
    sheet: &Sheet,
    coverage: &Coverage,
    verification: Option<&Verification>,
) -> Vec<Attention> {
    let out = folder.place().out.display().to_string();
    let mut found = Vec::new();
    let command = |words: &[&str]| Some(words.iter().map(|&word| word.to_owned()).collect());
    for report in &sheet.batches {
        let batch = report.summary.batch.as_str();
        let (why, command) = match (report.summary.state, report.server_files) {
            _ if report.problem.is_some() => {
                let problem = report.problem.as_deref().unwrap_or_default();
                (format!("It cannot be read: {problem}. Restore it from a copy."), command(&["verify", &out]))
            }
            _ if report.chain == InChain::Future => (
                "Its watermark lies in the future: a clock was wrong, and nothing goes on from it.".to_owned(),
                sheet.identity.as_ref().map(|identity| export_since_auto(identity, &out)),
            ),
            (BatchState::Intended | BatchState::Landing, _) => (
                "It is not whole. If no export is at work, the same export command goes on with it; this gives it up."
                    .to_owned(),
                command(&["export", "abandon", &out, "--batch", batch]),
            ),
            (BatchState::Sealed, _) => (
                "It is whole and not committed: the server holds its files until they expire. KEEP_FILES is true or false."
                    .to_owned(),
                command(&["export", "commit", &out, "--keep-files", "KEEP_FILES"]),
            ),
            (BatchState::Committing, _) => (
                "A commit of it was begun, and how it ended is not known here. This asks the server.".to_owned(),
                command(&["export", "commit", &out, "--keep-files", keep_files(report.keep_files)]),
            ),
            (BatchState::Committed, ServerFiles::Unknown) => (
                "How the server handled its export files is not certain: make no privacy claim from its receipt. \
                 PossibleNOW Support can tell."
                    .to_owned(),
                None,
            ),
            (BatchState::Committed | BatchState::Abandoned, _) => continue,
        };
        found.push(Attention { batch: Some(batch.to_owned()), why, command });
    }
    if !coverage.gaps.is_empty() {
        let told = |gap: &Gap| {
            let from = gap.from.as_deref().unwrap_or("the beginning");
            format!("The changes from {from} to {} are in no batch. ", gap.until)
        };
        found.push(Attention {
            batch: None,
            why: coverage.gaps.iter().map(told).collect::<String>() + "The next export since auto has them.",
            command: sheet.identity.as_ref().map(|identity| export_since_auto(identity, &out)),
        });
    }
    if let Some(error) = verification.and_then(|verification| verification.error.as_ref()) {
        found.push(Attention {
            batch: None,
            why: format!("Verifying has failed: {error}"),
            command: command(&["verify", &out]),
        });
    }
    for words in found.iter_mut().filter_map(|attention| attention.command.as_mut()) {
        words.insert(0, "mypreferences".to_owned());
    }
    found
}

fn keep_files(asked: Option<bool>) -> &'static str {
    match asked {
        Some(true) => "true",
        Some(false) => "false",
        None => "KEEP_FILES",
    }
}

fn export_since_auto(identity: &Identity, out: &str) -> Vec<String> {
    let kind = format!("--{}", identity.kind.replace('_', "-"));
    let what = identity.name.as_ref().map_or(kind.clone(), |name| format!("{kind}={name}"));
    let mut words = vec!["export".to_owned(), what];
    words.extend(["--out", out, "--since", "auto", "--keep-files", "KEEP_FILES"].map(str::to_owned));
    words
}

#[cfg(test)]
mod tests {
    //! What the folders of this machine's own program do not play.

    use std::path::Path;

    use super::*;

    const HOUR: i64 = 3_600_000;

    /// A batch that is committed, and its manifest.
    fn batch(name: &str, since: Option<i64>, end: i64, server_date: Option<i64>) -> (BatchReport, Manifest) {
        let text = |hours: i64| moment_text(hours * HOUR);
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
            "version": 1, "batch": name,
            "identity": {"base_url": "", "surface": "", "client_id": "", "kind": "segment", "name": "S"},
            "parameters": {"since": "auto 300", "body": {}, "query": "", "compression": "none", "adopted": false},
            "since": since.map(text), "previous": null, "watermark_ms": end * HOUR, "watermark": text(end),
            "total_results": 0, "parts": [], "members": null, "envelopes": null,
        }))
        .unwrap();
        let receipt = serde_json::from_value(serde_json::json!({
            "end": "committed", "keep_files": false, "at": null, "server_date": server_date.map(text), "receipt": null,
        }));
        let summary = summary_without_a_journal(name, Some(&manifest), Some(receipt.unwrap()));
        (BatchReport::new(summary, None), manifest)
    }

    fn sheet(batches: Vec<(BatchReport, Manifest)>) -> Sheet {
        let manifests = batches.iter().map(|(_, manifest)| (manifest.batch.clone(), manifest.clone())).collect();
        let batches = batches.into_iter().map(|(report, _)| report).collect();
        Sheet { identity: None, batches, manifests, moved: Vec::new() }
    }

    #[test]
    fn a_clock_of_this_machine_that_is_behind_blames_no_batch() {
        let batches = vec![batch("a", None, 100, Some(101)), batch("b", Some(100), 200, Some(201))];
        let mut sheet = sheet(batches);
        let coverage = sheet.follow(50 * HOUR);
        assert_eq!(coverage.batch.as_deref(), Some("b"));
        assert!(sheet.batches.iter().all(|batch| batch.chain == InChain::Member));
    }

    #[test]
    fn a_watermark_that_no_clock_has_reached_is_one_of_the_future() {
        let batches = vec![batch("a", None, 100, Some(101)), batch("b", Some(100), 900_000, Some(201))];
        let mut sheet = sheet(batches);
        assert_eq!(sheet.follow(50 * HOUR).batch.as_deref(), Some("a"));
        assert_eq!(sheet.batches[1].chain, InChain::Future);
    }

    #[test]
    fn a_gap_lasts_until_a_later_batch_has_closed_it() {
        let mut batches =
            vec![batch("a", None, 10, None), batch("b", Some(20), 30, None), batch("c", Some(29), 40, None)];
        let gap = Gap { from: Some(moment_text(10 * HOUR)), until: moment_text(20 * HOUR), batch: "b".to_owned() };
        assert_eq!(sheet(batches.clone()).follow(50 * HOUR).gaps, [gap]);
        batches.push(batch("d", Some(9), 25, None));
        assert_eq!(sheet(batches).follow(50 * HOUR).gaps, []);
        let first = sheet(vec![batch("b", Some(20), 30, None)]).follow(50 * HOUR);
        assert_eq!((first.until, first.gaps[0].from.clone()), (None, None));
    }

    #[test]
    fn folders_of_an_earlier_form_are_told_of_without_what_they_did_not_keep() {
        let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms/1");
        for (state, files) in [
            ("committed", ServerFiles::Deleted),
            ("committing", ServerFiles::NotCommitted),
            ("landing", ServerFiles::NotCommitted),
            ("sealed", ServerFiles::NotCommitted),
        ] {
            let report = Folder::new(forms.join(state)).report(false).unwrap();
            let [batch] = report.batches.as_slice() else { panic!("{state}") };
            assert_eq!((batch.summary.state.name(), batch.server_files), (state, files));
            assert_eq!((batch.effort, batch.begun_at.as_ref(), batch.sealed_at.as_ref()), (None, None, None));
            assert_eq!(report.attention.is_empty(), state == "committed", "{:?}", report.attention);
        }
    }
}
