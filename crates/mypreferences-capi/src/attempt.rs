//! One send of a call, as C reads it: out of an error or a receipt, by its index.

use mypreferences::Attempt as Core;

use crate::border::write_known;
use crate::kinds::{Kind, Sent};

/// One send of a call. It may grow at its end: mypref_error_attempt and mypref_receipt_attempt are told the size that
/// the program knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Attempt {
    /// 1 for the first.
    pub n: u32,
    /// Status code; 0 when it was not answered.
    pub http_status: i32,
    /// Seconds between the end of the attempt before and the start of this one; for the first, since the call began.
    pub delay_before_seconds: f64,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// What is known about its way to the server.
    pub sent: Sent,
    /// The kind of its failure; MYPREF_KIND_NONE for a success.
    pub kind: Kind,
}

impl From<&Core> for Attempt {
    fn from(attempt: &Core) -> Attempt {
        Attempt {
            n: attempt.n,
            http_status: attempt.status.map_or(0, i32::from),
            delay_before_seconds: attempt.delay_before.as_secs_f64(),
            elapsed_seconds: attempt.elapsed.as_secs_f64(),
            sent: attempt.sent.into(),
            kind: attempt.kind.map_or(Kind::None, Kind::from),
        }
    }
}

/// Writes the attempt at `index` as far as the program knows it; false when there is none or nowhere to write.
///
/// # Safety
/// `place` is NULL or points to `size` bytes that may be written.
pub(crate) unsafe fn write(attempts: &[Core], index: usize, place: *mut Attempt, size: usize) -> bool {
    let Some(attempt) = attempts.get(index) else {
        return false;
    };
    if place.is_null() {
        return false;
    }
    // SAFETY: the caller vouches for the place and its size.
    unsafe { write_known(&Attempt::from(attempt), place, size) };
    true
}
