//! Why a subcommand ended badly, in words for the person at the terminal.
//!
//! A text is enough here: nothing in xtask decides by the kind of a failure. Each text ends with the next step.

use std::fmt;
use std::path::Path;

/// The reason and the next step, ready to print.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A file that could not be read or written.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self(format!("{}: {error}; look at its permissions and the free disk space", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
