//! The words of the service for the state of an export.

/// The documented words of status (facts 3.2); anything else is [`StatusWord::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusWord {
    /// Not ready.
    Processing,
    /// Ready to be read, so not committed.
    Complete,
    /// Consumed: read to the end without keepAlive, or committed.
    Retrieved,
    /// Gone.
    Expired,
    /// Failed.
    Error,
    /// Failed.
    Failed,
    /// A word that no page documents: neither success nor failure.
    Unknown,
}

impl StatusWord {
    /// Reads the vendor's word, whatever its case (facts 3.2; two vendor pages list different words).
    pub(crate) fn read(word: &str) -> StatusWord {
        let is = |name: &str| word.trim().eq_ignore_ascii_case(name);
        if is("Processing") {
            StatusWord::Processing
        } else if is("Complete") {
            StatusWord::Complete
        } else if is("Retrieved") {
            StatusWord::Retrieved
        } else if is("Expired") {
            StatusWord::Expired
        } else if is("Error") {
            StatusWord::Error
        } else if is("Failed") {
            StatusWord::Failed
        } else {
            StatusWord::Unknown
        }
    }
}
