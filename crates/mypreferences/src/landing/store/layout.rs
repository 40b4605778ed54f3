//! Where things are in the folder of a landing.

use std::path::PathBuf;

/// Names in the folder that a landing is in.
pub(super) const HIDDEN: &str = ".mypreferences";
pub(super) const STAGING: &str = ".staging";
pub(super) const LOCK: &str = "lock";
pub(super) const JOURNAL: &str = "journal";
/// What the folder of a batch begins with.
pub(crate) const BATCH: &str = "batch=";

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) out: PathBuf,
}

impl Layout {
    pub(crate) fn hidden(&self) -> PathBuf {
        self.out.join(HIDDEN)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.hidden().join(JOURNAL)
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.out.join(STAGING)
    }

    pub(crate) fn staged(&self, batch: &str) -> PathBuf {
        self.staging().join(batch)
    }

    pub(crate) fn batch(&self, batch: &str) -> PathBuf {
        self.out.join(batch)
    }
}
