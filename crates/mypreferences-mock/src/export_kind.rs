//! The four kinds of export.

/// What is exported; the path element differs, and the shape of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportKind {
    /// A segment: `export/Segment/…`, pages hold `Preferences`.
    Segment,
    /// A group of segments: `export/SegmentGroup/…`, pages as those of a segment. The vendor documents the operation
    /// and not its path: this one is a guess.
    SegmentGroup,
    /// A schedule: `export/Schedule/…`, pages hold `ExportScheduleRows`.
    Schedule,
    /// A list of customer ids: `export/CID/…`, pages hold `Preferences` and `Messages`.
    Cid,
}

impl ExportKind {
    pub(crate) fn of_segment(segment: &str) -> Option<Self> {
        match segment {
            "Segment" => Some(Self::Segment),
            "SegmentGroup" => Some(Self::SegmentGroup),
            "Schedule" => Some(Self::Schedule),
            "CID" => Some(Self::Cid),
            _ => None,
        }
    }

    /// Its element in paths.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Segment => "Segment",
            Self::SegmentGroup => "SegmentGroup",
            Self::Schedule => "Schedule",
            Self::Cid => "CID",
        }
    }
}
