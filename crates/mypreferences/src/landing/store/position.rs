//! Where a landing stands.

/// What the status that said ready told beside that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadyFacts {
    pub(crate) row_count: Option<u64>,
    /// The latest moment that `Expires` can mean, in seconds since the epoch.
    pub(crate) expires: Option<i64>,
}

/// Where a landing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The place of the next page's first record.
    pub(crate) next_offset: u64,
    /// No page comes any more.
    pub(crate) is_over: bool,
    pub(crate) rows: u64,
    pub(crate) total_results: Option<u64>,
}
