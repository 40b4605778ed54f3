//! The questions that a kind answers with its line of the catalogue.

use std::fmt;

use strum::VariantArray as _;

use super::catalogue_entry::Again;
use super::{ErrorKind, Operation};

impl ErrorKind {
    /// Every kind, in the order of its number.
    pub const ALL: &'static [ErrorKind] = ErrorKind::VARIANTS;

    /// The stable number. An unknown number belongs to its hundred.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The name in `snake_case`, as the canonical record has it.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The exit code of the command for an error of this kind, after `sysexits.h`: 64 to 78. An error whose
    /// [`Error::commit_state`](crate::Error::commit_state) is unknown exits 75 whatever its kind.
    pub const fn exit_code(self) -> u8 {
        self.entry().exit_code
    }

    /// In people's words, for the one-line message.
    pub(super) const fn words(self) -> &'static str {
        self.entry().words
    }

    /// What to do next, unless the case has a better sentence.
    pub(crate) const fn next_action(self) -> &'static str {
        self.entry().next_action
    }

    /// Whether trying again later can help, for an operation of this sort.
    pub(crate) const fn is_temporary(self, operation: Operation) -> bool {
        match self.entry().again {
            Again::Permanent => false,
            Again::Temporary => true,
            Again::TemporaryOnReads => operation.is_read(),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for ErrorKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
