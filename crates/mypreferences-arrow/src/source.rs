//! What a stream is made of: records, some at a time.

use mypreferences::Error;
use mypreferences::export::Page;
use mypreferences::landing::LineBlock;

/// Records that become one batch.
pub(crate) enum Chunk {
    Page(Page),
    /// Lines, with the place of each.
    Lines(LineBlock, Vec<u64>),
}

/// What gives chunks. It may block.
pub(crate) trait Source: Send {
    /// The next one, and none after the last one.
    fn next(&mut self) -> Result<Option<Chunk>, Error>;
}
