//! What the catalogue says of one kind.

/// One line of it.
pub(super) struct Entry {
    pub(super) again: Again,
    pub(super) exit_code: u8,
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    pub(super) next_action: &'static str,
}

/// Whether trying again can help.
pub(super) enum Again {
    Permanent,
    Temporary,
    /// The answer to a read can be asked for again; the answer to a Commit is asked about instead.
    TemporaryOnReads,
}
