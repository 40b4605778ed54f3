//! A page on its way to a part.

use std::ops::Range;

use crate::export::Page;

/// A page that was taken apart, and the place that it was asked for.
pub(crate) struct OpenPage {
    pub(crate) page: Page,
    pub(crate) offset: u64,
    /// Where its records stand as lines already.
    pub(crate) lines: Option<Range<usize>>,
}

impl OpenPage {
    pub(crate) fn new(mut page: Page, offset: u64) -> OpenPage {
        let lines = page.end_lines_in_place();
        OpenPage { page, offset, lines }
    }

    /// The records as lines, where they stand so already.
    pub(crate) fn lines(&self) -> Option<&[u8]> {
        self.page.raw().get(self.lines.clone()?)
    }
}
