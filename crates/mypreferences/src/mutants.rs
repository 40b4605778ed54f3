//! Mutants for the model of a landing: rules that can be switched off on this thread, to see the model fail.

use std::cell::Cell;

/// A rule that is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A torn last line of the journal is an error.
    NoTornLines,
    /// A batch is committed before it is sealed.
    CommitBeforeSeal,
    /// Of pages that were asked for side by side, the first that arrives is handed over first.
    PagesAsTheyArrive,
}

thread_local! {
    static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
}

pub(crate) fn is_active(mutant: Mutant) -> bool {
    ACTIVE.get() == Some(mutant)
}

pub(crate) fn activate(mutant: Option<Mutant>) {
    ACTIVE.set(mutant);
}
