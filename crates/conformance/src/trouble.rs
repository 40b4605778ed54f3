//! What keeps the judge from judging, in words that end with the next step.

use std::fmt;
use std::path::Path;

#[derive(Debug)]
pub(crate) struct Trouble(String);

impl Trouble {
    pub(crate) fn new(text: impl Into<String>) -> Trouble {
        Trouble(text.into())
    }

    pub(crate) fn file(path: &Path, error: &dyn fmt::Display) -> Trouble {
        Trouble(format!("{}: {error}; repair the file", path.display()))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
