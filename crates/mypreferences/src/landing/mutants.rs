//! Mutants of the landing for its model test: rules that can be switched off on this thread, to see the test fail.

use std::cell::Cell;

/// A rule that is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    /// A torn last line of the journal is an error.
    NoTornLines,
    /// A batch is committed before it is sealed.
    CommitBeforeSeal,
}

thread_local! {
    static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
}

pub(super) fn is_active(mutant: Mutant) -> bool {
    ACTIVE.get() == Some(mutant)
}

pub(super) fn activate(mutant: Option<Mutant>) {
    ACTIVE.set(mutant);
}
