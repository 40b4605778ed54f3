//! The pages of an export.

use std::sync::Arc;

use mypreferences_bridge::PageStream;

use crate::call::{NativeCall, NativeCancelToken, token_of};
use crate::error::NativeFailure;
use crate::outcome::{NativeCompletion, NativeOutcome, completed};

/// The pages of an export, pulled one at a time. Letting go of it ends the transfer.
#[derive(uniffi::Object)]
pub struct NativePages(pub(crate) PageStream);

#[uniffi::export]
impl NativePages {
    /// Starts to read the next page. `completion` is called once, unless this throws.
    pub fn next_page(
        &self,
        cancel: Option<Arc<NativeCancelToken>>,
        completion: Box<dyn NativeCompletion>,
    ) -> Result<Arc<NativeCall>, NativeFailure> {
        let started = self.0.start_next(token_of(cancel.as_ref()), move |page| {
            completed(
                &*completion,
                page.map(|page| match page {
                    Some(page) => NativeOutcome::Page { page: page.into() },
                    None => NativeOutcome::EndOfPages,
                }),
            );
        })?;
        Ok(Arc::new(NativeCall(started)))
    }

    /// Ends the transfer. Twice is the same as once.
    pub fn end(&self) {
        self.0.close();
    }
}
