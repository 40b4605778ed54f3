//! Errors as C reads them: one getter for each field of the core's record, in the order of the canonical JSON. Texts
//! are made when they are first asked for, and live as long as the error.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mypreferences::{Error, Operation, TimeoutPhase};

use crate::attempt::{self, Attempt};
use crate::border::{c_pointer, c_text, field, free};
use crate::kinds::{CommitState, Kind, Retry, Sent};

/// What went wrong, as data. Getters take NULL too and give the value for "absent" then.
pub struct ErrorHandle {
    record: Error,
    texts: OnceLock<Texts>,
}

/// The texts of an error for C.
struct Texts {
    message: CString,
    json: CString,
    kind: CString,
    operation: CString,
    next_action: CString,
    phase: Option<CString>,
    detail: Option<CString>,
    server_message: Option<CString>,
    request_id: Option<CString>,
    method: Option<CString>,
    url: Option<CString>,
    source: Option<CString>,
}

impl ErrorHandle {
    pub(crate) fn boxed(record: Error) -> Box<ErrorHandle> {
        Box::new(ErrorHandle { record, texts: OnceLock::new() })
    }

    fn texts(&self) -> &Texts {
        self.texts.get_or_init(|| {
            let record = &self.record;
            let optional = |text: Option<&str>| text.map(c_text);
            Texts {
                message: c_text(&record.to_string()),
                json: c_text(&record.to_json()),
                kind: c_text(record.kind().name()),
                operation: c_text(record.operation().name()),
                next_action: c_text(record.next_action()),
                phase: optional(record.phase().map(TimeoutPhase::name)),
                detail: optional(record.detail()),
                server_message: optional(record.server_message()),
                request_id: optional(record.request_id()),
                method: optional(record.method()),
                url: optional(record.url()),
                source: optional(record.source_text()),
            }
        })
    }
}

/// Frees an error and sets `*error` to NULL; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_free(error: Option<&mut Option<Box<ErrorHandle>>>) {
    free(error);
}

/// The error in one line that ends with the next step, for people and logs; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_message(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| error.texts().message.as_ptr())
}

/// The canonical record as JSON: the same bytes in every language; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_json(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| error.texts().json.as_ptr())
}

/// What went wrong; the value is the number of the catalogue. MYPREF_KIND_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_kind(error: Option<&ErrorHandle>) -> Kind {
    field(error, Kind::None, |error| error.record.kind().into())
}

/// The kind's name, such as "rate_limited"; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_kind_name(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| error.texts().kind.as_ptr())
}

/// With MYPREF_KIND_TIMEOUT which limit passed: "connect", "first_byte", "body", "operation" or "server"; otherwise NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_phase(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().phase.as_ref()))
}

/// The call that failed, such as "commit" or "configure"; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_operation(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| error.texts().operation.as_ptr())
}

/// What exactly was wrong, when the kind alone does not say it; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_detail(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().detail.as_ref()))
}

/// Status code of the last send; 0 when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_http_status(error: Option<&ErrorHandle>) -> i32 {
    field(error, 0, |error| error.record.http_status().map_or(0, i32::from))
}

/// Message of the answer's body, at most 2 KiB, control characters escaped; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_server_message(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().server_message.as_ref()))
}

/// Whether trying again can help. MYPREF_RETRY_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_retry(error: Option<&ErrorHandle>) -> Retry {
    field(error, Retry::None, |error| error.record.retry().into())
}

/// How long the server asks to wait before the next try, in seconds; negative when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_retry_after_seconds(error: Option<&ErrorHandle>) -> f64 {
    field(error, -1.0, |error| error.record.retry_after().map_or(-1.0, |after| after.as_secs_f64()))
}

/// The transport fact of the last send. MYPREF_SENT_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_sent(error: Option<&ErrorHandle>) -> Sent {
    field(error, Sent::None, |error| error.record.sent().into())
}

/// What is known about this call's requests; MYPREF_COMMIT_STATE_NONE on other operations than commit.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_commit_state(error: Option<&ErrorHandle>) -> CommitState {
    field(error, CommitState::None, |error| error.record.commit_state().map_or(CommitState::None, CommitState::from))
}

/// How many sends the call made; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_attempt_count(error: Option<&ErrorHandle>) -> usize {
    field(error, 0, |error| error.record.attempts().len())
}

/// Copies the send at `index` (from 0) to `*attempt`. `attempt_size` is sizeof(mypref_attempt) as the program knows it.
/// False, and nothing written, when there is no such send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mypref_error_attempt(
    error: Option<&ErrorHandle>,
    index: usize,
    attempt: *mut Attempt,
    attempt_size: usize,
) -> bool {
    field(error, false, |error| {
        // SAFETY: the caller gives NULL or a place of the size that it says.
        unsafe { attempt::write(error.record.attempts(), index, attempt, attempt_size) }
    })
}

/// How long the call took, in seconds; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_elapsed_seconds(error: Option<&ErrorHandle>) -> f64 {
    field(error, 0.0, |error| error.record.elapsed().as_secs_f64())
}

/// The server's id of the request; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_request_id(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().request_id.as_ref()))
}

/// The HTTP method of the request; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_method(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().method.as_ref()))
}

/// The request's URL with the access token masked; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_url(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().url.as_ref()))
}

/// One sentence: what to do next; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_next_action(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| error.texts().next_action.as_ptr())
}

/// The underlying cause in words, for diagnosis, not stable; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_error_source(error: Option<&ErrorHandle>) -> *const c_char {
    field(error, std::ptr::null(), |error| c_pointer(error.texts().source.as_ref()))
}

/// What a fallible function returns: NULL when all is fine.
pub(crate) type Failure = Option<Box<ErrorHandle>>;

/// Runs the body of a fallible function.
pub(crate) fn fallible(operation: Operation, run: impl FnOnce() -> Result<(), Error>) -> Failure {
    mypreferences_bridge::guarded(operation, run).err().map(ErrorHandle::boxed)
}
