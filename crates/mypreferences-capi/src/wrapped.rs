//! The handle of an export, encrypted: for state that others keep and show.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;

use mypreferences::Operation;

use crate::border::{c_text, field, free, place, required, text};
use crate::client::ClientHandle;
use crate::error::ErrorHandle;
use crate::error::fallible;
use crate::export_handle::ExportHandle;

/// An encrypted handle. Getters take NULL too and give the value for "absent" then.
pub struct WrappedHandle(CString);

/// Encrypts the handle of an export for state that others keep and show: whoever reads it there cannot read the access
/// token, and mypref_unwrap with a client of the same account can. The key is made from the option "handle_key" or
/// "handle_key_file", else from the secret of the credentials: set one of the two for handles that outlive a rotation of
/// that secret. Freed with mypref_wrapped_free.
///
/// Errors: invalid_argument for an export of another account; configuration where there is no key.
///
/// Lifetime: client and handle stay the caller's; the caller owns `*wrapped`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_wrap(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    wrapped: Option<&mut MaybeUninit<Option<Box<WrappedHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let wrapped = place(wrapped, Operation::Configure, "wrapped")?;
        let client = required(client, Operation::Configure, "client")?;
        let handle = required(handle, Operation::Configure, "handle")?;
        *wrapped = Some(Box::new(WrappedHandle(c_text(&client.0.wrap(&handle.record)?))));
        Ok(())
    })
}

/// Reads what mypref_wrapped_text gave, here or in another process.
///
/// Errors: invalid_argument for anything else; the text is not repeated.
///
/// Lifetime: the text is copied; the caller owns `*handle`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_unwrap(
    client: Option<&ClientHandle>,
    wrapped: *const c_char,
    handle: Option<&mut MaybeUninit<Option<Box<ExportHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let handle = place(handle, Operation::Configure, "handle")?;
        let client = required(client, Operation::Configure, "client")?;
        // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
        let wrapped = unsafe { text(wrapped, Operation::Configure, "wrapped")? };
        *handle = Some(Box::new(client.0.unwrap(wrapped)?.into()));
        Ok(())
    })
}

/// Frees an encrypted handle and sets `*wrapped` to NULL; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_wrapped_free(wrapped: Option<&mut Option<Box<WrappedHandle>>>) {
    free(wrapped);
}

/// The text: letters, digits and `-_.`; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_wrapped_text(wrapped: Option<&WrappedHandle>) -> *const c_char {
    field(wrapped, std::ptr::null(), |wrapped| wrapped.0.as_ptr())
}
