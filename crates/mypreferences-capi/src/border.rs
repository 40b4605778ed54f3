//! Crossing the border: reading what C gives, writing what it gets, and no panic on the way. NULL and invalid UTF-8
//! are refused here, before any I/O.

use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mypreferences::{Error, ErrorKind, Operation};

/// An out-parameter for a handle: may be NULL, and what it points to need not be initialised.
pub(crate) type Out<'a, T> = Option<&'a mut MaybeUninit<Option<Box<T>>>>;

/// Runs the body of a function that cannot fail and returns nothing.
pub(crate) fn quietly(run: impl FnOnce()) {
    // There is nobody to tell: such functions only let go of things.
    let _ = catch_unwind(AssertUnwindSafe(run));
}

/// Reads a field of a handle; `absent` when the handle is NULL.
pub(crate) fn field<H, T>(handle: Option<&H>, absent: T, read: impl FnOnce(&H) -> T) -> T {
    let Some(handle) = handle else {
        return absent;
    };
    catch_unwind(AssertUnwindSafe(|| read(handle))).unwrap_or(absent)
}

/// Frees a handle and sets the caller's pointer to NULL; NULL and a pointer to NULL are fine.
pub(crate) fn free<T>(handle: Option<&mut Option<Box<T>>>) {
    if let Some(handle) = handle {
        let handle = handle.take();
        quietly(|| drop(handle));
    }
}

/// The place of a result, NULL from now on.
pub(crate) fn place<'a, T>(out: Out<'a, T>, operation: Operation, name: &str) -> Result<&'a mut Option<Box<T>>, Error> {
    match out {
        // `write` does not drop what was there: it may be anything.
        Some(out) => Ok(out.write(None)),
        None => Err(null(operation, name)),
    }
}

/// A handle that must be there.
pub(crate) fn required<H>(handle: Option<H>, operation: Operation, name: &str) -> Result<H, Error> {
    handle.ok_or_else(|| null(operation, name))
}

/// A text that ends with NUL.
///
/// # Safety
/// `text` is NULL or points to bytes up to a NUL that live for `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char, operation: Operation, name: &str) -> Result<&'a str, Error> {
    if text.is_null() {
        return Err(null(operation, name));
    }
    // SAFETY: it is not NULL, and the caller vouches for the rest.
    let text = unsafe { CStr::from_ptr(text) };
    utf8(text.to_bytes(), operation, name)
}

/// A text of a given length, in bytes.
///
/// # Safety
/// `text` is NULL or points to `length` bytes that live for `'a`.
pub(crate) unsafe fn text_of_length<'a>(
    text: *const c_char,
    length: usize,
    operation: Operation,
    name: &str,
) -> Result<&'a str, Error> {
    if text.is_null() {
        return Err(null(operation, name));
    }
    // SAFETY: it is not NULL, and the caller vouches for the rest.
    let text = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
    utf8(text, operation, name)
}

fn utf8<'a>(text: &'a [u8], operation: Operation, name: &str) -> Result<&'a str, Error> {
    std::str::from_utf8(text).map_err(|_| {
        // Not the bytes themselves: they may be a secret's.
        refused(operation, format!("{name} is not valid UTF-8"), format!("pass {name} in UTF-8"))
    })
}

pub(crate) fn refused(operation: Operation, detail: impl Into<String>, next_action: impl Into<String>) -> Error {
    Error::before_io(ErrorKind::InvalidArgument, operation, detail, next_action)
}

pub(crate) fn null(operation: Operation, name: &str) -> Error {
    refused(operation, format!("{name} is NULL"), format!("pass a {name} that is not NULL"))
}

/// Writes a record as far as the program knows it: it may have been compiled when the record was smaller.
///
/// # Safety
/// `place` points to `size` bytes that may be written.
pub(crate) unsafe fn write_known<T: Copy>(record: &T, place: *mut T, size: usize) {
    let known = size.min(size_of::<T>());
    // SAFETY: both sides have `known` bytes, and they are different objects.
    unsafe {
        std::ptr::copy_nonoverlapping(std::ptr::from_ref(record).cast::<u8>(), place.cast::<u8>(), known);
    }
}

/// A count for C, where -1 stands for none.
pub(crate) fn c_count(count: Option<u64>) -> i64 {
    count.map_or(-1, |count| i64::try_from(count).unwrap_or(i64::MAX))
}

/// Bytes for C: where they begin, and how many they are through `length`, which may be NULL.
pub(crate) fn c_bytes(bytes: &[u8], length: Option<&mut MaybeUninit<usize>>) -> *const c_char {
    if let Some(length) = length {
        length.write(bytes.len());
    }
    bytes.as_ptr().cast()
}

/// A text for C. A NUL inside, which no text of the core has, would cut it short and is shown instead.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text).or_else(|_| CString::new(text.replace('\0', "\u{fffd}"))).unwrap_or_default()
}

/// A text for C that is absent as NULL.
pub(crate) fn c_pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// What C wants to have back in its callback. Whether another thread may use it is for the C program to see to, and
/// the header says so.
#[derive(Clone, Copy)]
pub(crate) struct UserData(pub(crate) *mut c_void);

// SAFETY: the pointer is never followed here, only handed back.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// The pointer; by a method, so that a closure captures the whole and not the bare pointer inside.
    pub(crate) fn pointer(self) -> *mut c_void {
        self.0
    }
}
