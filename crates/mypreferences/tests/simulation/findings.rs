//! What the simulation found in the contract or in the core and what is not decided yet. A finding of this list is
//! counted in the figures instead of failing the run. Whoever decides one takes it out of the list: from then on the
//! simulation holds the core to it.

/// One finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// A waiter that leaves a shared call early, between two sends, is told `NotCommitted` "of this call"; the call goes
    /// on for the others and commits.
    LeftEarly,
    /// A waiter that is cancelled in the moment in which the shared call ends gets an emptied record, and
    /// `NotCommitted` after a 200.
    LeftAtTheVerdict,
    /// The attempt that a waiter leaves under way has no delay, and an elapsed time that begins with the send before.
    TimesOfACutSend,
    /// "Expires more than 60 s ahead" is judged by the `Date` of the status answer, also when a cache gives it away with
    /// `Age`: then the margin shrinks by that age, and a natural expiry passes for a commit. A wrong Certain.
    DateOfACachedAnswer,
}

/// Those not decided yet.
pub(crate) const OPEN_FINDINGS: &[Finding] = &[];

impl Finding {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Finding::LeftEarly => "\"not committed\" for a waiter that left a call that went on",
            Finding::LeftAtTheVerdict => "an emptied record for a waiter that left at the verdict",
            Finding::TimesOfACutSend => "wrong times of the send that was under way when a waiter left",
            Finding::DateOfACachedAnswer => "WRONG CERTAIN: early by the Date of a cached status answer",
        }
    }
}
