//! One export and its life: `Processing -> Complete -> Retrieved | Expired`, or any other word a test sets.
//! Decides what commit, status and page do to it; knows nothing of HTTP beyond the answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::answer::{Answer, Reply};
use crate::clock::Clock;
use crate::export_kind::ExportKind;
use crate::page_changes::{PageChanges, Wanted};
use crate::records::{Page, Recipe, RecordKind};
use crate::redact::MaskedToken;

pub(crate) const PROCESSING: &str = "Processing";
pub(crate) const COMPLETE: &str = "Complete";
pub(crate) const RETRIEVED: &str = "Retrieved";
pub(crate) const EXPIRED: &str = "Expired";
const NOT_FOUND: &str = "The access token was not found or has expired.";

/// What the status request answers once the export has been committed, instead of `Retrieved`:
/// the vendor does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusAfterCommit {
    /// Another word, for example `Complete` or `Expired`.
    Word(String),
    /// An error with this status code, for example 400, 401 or 404.
    Answer(u16),
}

/// An export to be added to a world.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    /// The access token.
    pub token: i64,
    /// What is exported.
    pub kind: ExportKind,
    /// The status word to begin with.
    pub status: String,
    /// How many records it has.
    pub rows: u64,
    /// What its records look like; a schedule always has rows.
    pub records: RecordKind,
    /// What its records are made from: the same seed and row are the same record.
    pub seed: u64,
    /// When a `Processing` export turns `Complete` by itself, counted from being added.
    pub ready_after: Option<Duration>,
    /// The word that it turns to instead of `Complete`: `Error` or `Failed`.
    pub ends: Option<String>,
    /// When a `Processing` or `Complete` export turns `Expired`, counted from being added.
    pub lifetime: Duration,
    /// The text of `Expires`, instead of the true moment as `2026-03-04T05:06:07Z`.
    pub expires_text: Option<String>,
    /// What status answers after a commit, instead of `Retrieved`.
    pub status_after_commit: Option<StatusAfterCommit>,
}

impl Export {
    /// A segment export that is ready to be read.
    pub fn segment(token: i64, rows: u64) -> Self {
        Self::new(token, ExportKind::Segment, rows)
    }

    /// An export of any kind that is ready to be read and lives for 24 hours.
    pub fn new(token: i64, kind: ExportKind, rows: u64) -> Self {
        Self {
            token,
            kind,
            status: COMPLETE.to_owned(),
            rows,
            records: RecordKind::Preferences,
            seed: 0,
            ready_after: None,
            ends: None,
            lifetime: Duration::from_secs(24 * 60 * 60),
            expires_text: None,
            status_after_commit: None,
        }
    }

    /// The same export with another status word.
    #[must_use]
    pub fn status(mut self, word: &str) -> Self {
        word.clone_into(&mut self.status);
        self
    }

    /// The same export, `Processing` for a while and then `Complete`.
    #[must_use]
    pub fn ready_after(mut self, duration: Duration) -> Self {
        PROCESSING.clone_into(&mut self.status);
        self.ready_after = Some(duration);
        self
    }

    /// The same export with other records.
    #[must_use]
    pub fn records(mut self, records: RecordKind) -> Self {
        self.records = records;
        self
    }

    /// The same export with records of another seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same export, turning to this word instead of `Complete` when it has been processed.
    #[must_use]
    pub fn ends(mut self, word: &str) -> Self {
        self.ends = Some(word.to_owned());
        self
    }

    /// The same export, expiring this long after being added.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The same export with this text as `Expires`.
    #[must_use]
    pub fn expires_text(mut self, text: &str) -> Self {
        self.expires_text = Some(text.to_owned());
        self
    }

    /// The same export with another answer of status after a commit.
    #[must_use]
    pub fn status_after_commit(mut self, status: StatusAfterCommit) -> Self {
        self.status_after_commit = Some(status);
        self
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Export")
            .field("token", &MaskedToken(self.token))
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// A commit that changed the export (a refused one does not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedCommit {
    /// What the commit asked for.
    pub keep_files: bool,
    /// When it was applied, since the start of the world (the time of the log).
    pub at: Duration,
}

/// An export as it is now.
#[derive(Clone, PartialEq, Eq)]
pub struct ExportView {
    /// The access token.
    pub token: i64,
    /// What is exported.
    pub kind: ExportKind,
    /// The true status word, whatever `StatusAfterCommit` makes status answer.
    pub status: String,
    /// How many records it has, or had before its files were deleted.
    pub rows: u64,
    /// Whether the files are still there.
    pub files_kept: bool,
    /// The commits that were applied: at most one, unless the status was set back in between.
    pub commits: Vec<AppliedCommit>,
    /// How many pages were read.
    pub pages_read: u64,
}

impl fmt::Debug for ExportView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExportView")
            .field("token", &MaskedToken(self.token))
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("rows", &self.rows)
            .field("files_kept", &self.files_kept)
            .field("commits", &self.commits)
            .field("pages_read", &self.pages_read)
            .finish()
    }
}

/// A request that passed the strict checks, as far as it concerns an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Commit { kind: ExportKind, keep_files: bool },
    Status,
    Page { kind: ExportKind, limit: u64, offset: u64, keep_alive: bool },
}

/// The answer to a token that no export has.
pub(crate) fn unknown_token() -> Answer {
    Answer::message(404, NOT_FOUND)
}

/// An export in a world.
pub(crate) struct ExportState {
    export: Export,
    recipe: Arc<Recipe>,
    /// In scenario time.
    added_at: Duration,
    files_kept: bool,
    commits: Vec<AppliedCommit>,
    pages_read: u64,
}

/// The answer of status, in the vendor's field order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatusBody<'a> {
    access_token: i64,
    expires: &'a str,
    status: &'a str,
    row_count: u64,
    byte_count: u64,
}

impl ExportState {
    pub(crate) fn new(export: Export, now: Duration) -> Self {
        Self { recipe: recipe(&export), export, added_at: now, files_kept: true, commits: Vec::new(), pages_read: 0 }
    }

    pub(crate) fn token(&self) -> i64 {
        self.export.token
    }

    /// Sets any word; going back to `Complete` brings the files back.
    pub(crate) fn set_status(&mut self, word: &str) {
        word.clone_into(&mut self.export.status);
        self.export.ready_after = None;
        if word == COMPLETE {
            self.files_kept = true;
        }
    }

    /// Changes its settings.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut Export)) {
        change(&mut self.export);
        self.recipe = recipe(&self.export);
    }

    pub(crate) fn view(&mut self, now: Duration) -> ExportView {
        self.age(now);
        ExportView {
            token: self.export.token,
            kind: self.export.kind,
            status: self.export.status.clone(),
            rows: self.export.rows,
            files_kept: self.files_kept,
            commits: self.commits.clone(),
            pages_read: self.pages_read,
        }
    }

    /// Does what the request asks, and answers.
    pub(crate) fn carry_out(&mut self, request: Request, clock: &Clock, changes: &PageChanges) -> Reply {
        self.age(clock.scenario_time());
        match request {
            Request::Commit { kind, keep_files } => self.commit(kind, keep_files, clock.elapsed()).into(),
            Request::Status => self.answer_status(clock).into(),
            Request::Page { kind, limit, offset, keep_alive } => {
                let wanted = Wanted { total: self.export.rows, limit, offset };
                self.answer_page(kind, wanted, keep_alive, changes)
            }
        }
    }

    /// Lets time do its work; looked at whenever the export is touched, so no timer is needed.
    fn age(&mut self, now: Duration) {
        let age = now.saturating_sub(self.added_at);
        if self.export.status == PROCESSING && self.export.ready_after.is_some_and(|ready| age >= ready) {
            let end = self.export.ends.take();
            self.export.status = end.unwrap_or_else(|| COMPLETE.to_owned());
        }
        let alive = [PROCESSING, COMPLETE].contains(&self.export.status.as_str());
        if alive && age >= self.export.lifetime {
            EXPIRED.clone_into(&mut self.export.status);
            self.files_kept = false;
        }
    }

    fn commit(&mut self, kind: ExportKind, keep_files: bool, now: Duration) -> Answer {
        if let Err(refused) = self.must_be_complete(kind) {
            return refused;
        }
        RETRIEVED.clone_into(&mut self.export.status);
        self.files_kept = keep_files;
        self.commits.push(AppliedCommit { keep_files, at: now });
        // "OK - The request was successfully received.": no body is documented.
        Answer::empty(200)
    }

    fn answer_status(&self, clock: &Clock) -> Answer {
        let mut word = self.export.status.as_str();
        if word == RETRIEVED && !self.commits.is_empty() {
            match &self.export.status_after_commit {
                None => {}
                Some(StatusAfterCommit::Word(other)) => word = other,
                Some(StatusAfterCommit::Answer(status)) => {
                    return Answer::message(*status, NOT_FOUND);
                }
            }
        }
        let counted = [COMPLETE, RETRIEVED, EXPIRED].contains(&word);
        let expires = match (&self.export.expires_text, word) {
            (_, PROCESSING) => String::new(),
            (Some(text), _) => text.clone(),
            (None, _) => clock.text_at(self.added_at.saturating_add(self.export.lifetime)).unwrap_or_default(),
        };
        let (rows, bytes) = if counted { (self.export.rows, self.recipe.size(1, self.export.rows)) } else { (0, 0) };
        json(&StatusBody {
            access_token: self.export.token,
            expires: &expires,
            status: word,
            row_count: rows,
            byte_count: bytes,
        })
    }

    fn answer_page(&mut self, kind: ExportKind, wanted: Wanted, keep_alive: bool, changes: &PageChanges) -> Reply {
        if let Err(refused) = self.must_be_complete(kind) {
            return refused.into();
        }
        let page = Page::new(kind, &self.recipe, wanted, changes);
        self.pages_read += 1;
        if !page.has_more && !keep_alive {
            RETRIEVED.clone_into(&mut self.export.status);
            self.files_kept = false;
        }
        match changes.laid_out(|| page.whole()) {
            Some(text) => Answer::json(200, text).into(),
            None => Reply::page(page),
        }
    }

    /// Both commit and page need a token that is ready and of the kind in the path.
    fn must_be_complete(&self, kind: ExportKind) -> Result<(), Answer> {
        if kind != self.export.kind {
            return Err(unknown_token());
        }
        match self.export.status.as_str() {
            COMPLETE => Ok(()),
            RETRIEVED | EXPIRED => Err(unknown_token()),
            PROCESSING => Err(Answer::message(400, "The export is still being processed.")),
            _ => Err(Answer::message(400, "The export cannot be retrieved.")),
        }
    }
}

/// What the records are made from; a schedule has rows, whatever it is told.
fn recipe(export: &Export) -> Arc<Recipe> {
    let records = match export.kind {
        ExportKind::Schedule => RecordKind::Rows,
        ExportKind::Segment | ExportKind::SegmentGroup | ExportKind::Cid => export.records,
    };
    Recipe::of(records, export.seed)
}

fn json(body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(text) => Answer::json(200, text),
        Err(_) => Answer::message(500, "The answer could not be written."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Request = Request::Commit { kind: ExportKind::Segment, keep_files: false };

    fn added(export: Export) -> (ExportState, Clock) {
        let clock = Clock::start(false);
        (ExportState::new(export, clock.elapsed()), clock)
    }

    #[test]
    fn a_commit_is_applied_once_and_deletes_the_files() {
        let (mut state, clock) = added(Export::segment(7, 2));
        assert_eq!(state.carry_out(COMMIT, &clock, &PageChanges::default()).answer.status, 200);
        assert_eq!(state.carry_out(COMMIT, &clock, &PageChanges::default()).answer.status, 404);
        let view = state.view(clock.elapsed());
        assert_eq!(view.status, RETRIEVED);
        assert_eq!(view.commits.len(), 1);
        assert!(!view.files_kept);
    }

    #[test]
    fn a_commit_before_the_export_is_ready_is_refused() {
        let (mut state, clock) = added(Export::segment(7, 2).status(PROCESSING));
        assert_eq!(state.carry_out(COMMIT, &clock, &PageChanges::default()).answer.status, 400);
        assert!(state.view(clock.elapsed()).commits.is_empty());
    }

    #[test]
    fn an_export_becomes_ready_and_expires_by_itself() {
        let export = Export::segment(7, 2).ready_after(Duration::from_secs(10)).lifetime(Duration::from_secs(20));
        let mut state = ExportState::new(export, Duration::ZERO);
        assert_eq!(state.view(Duration::from_secs(9)).status, PROCESSING);
        assert_eq!(state.view(Duration::from_secs(10)).status, COMPLETE);
        assert_eq!(state.view(Duration::from_secs(20)).status, EXPIRED);
    }

    #[test]
    fn an_export_may_end_in_an_error() {
        let export = Export::segment(7, 2).ready_after(Duration::from_secs(10)).ends("Failed");
        let mut state = ExportState::new(export, Duration::ZERO);
        assert_eq!(state.view(Duration::from_secs(9)).status, PROCESSING);
        assert_eq!(state.view(Duration::from_secs(10)).status, "Failed");
    }

    #[test]
    fn a_token_of_another_kind_is_not_found() {
        let (mut state, clock) = added(Export::new(7, ExportKind::Cid, 2));
        assert_eq!(state.carry_out(COMMIT, &clock, &PageChanges::default()).answer.status, 404);
    }
}
