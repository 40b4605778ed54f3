//! The pages of a landing: where they come from, and why one did not come.

use crate::landing::errors::{expired, failed};
use std::sync::Arc;

use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::Export;
use crate::export::page_reader::{ASKED, PageReader};
use crate::export::page_size::PageSize;
use crate::http::buffers::Buffers;
use crate::http::status_code::{TokenRefusal, refused_token};
use crate::http::status_word::StatusWord;
use crate::landing::plan::PageLimit;
use crate::landing::progress::Progress;
use crate::read::ReadStatus;
use crate::session::cancel::CancelToken;

/// So many of the largest pages fit into the memory: one that is written, one that is taken apart, one that arrives.
pub(crate) const PAGES_IN_MEMORY: usize = 3;

/// Where the pages come from.
pub(crate) struct PageSource {
    pub(crate) client: Client,
    pub(crate) export: Export,
    pub(crate) limit: PageLimit,
    /// In bytes. Three pages of the largest size that is taken fit into it.
    pub(crate) max_memory: usize,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) progress: Progress,
}

impl PageSource {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// The largest page that is taken, in bytes.
    fn largest(&self) -> usize {
        self.max_memory / PAGES_IN_MEMORY
    }

    /// How large its pages are.
    pub(crate) fn size(&self) -> PageSize {
        PageSize::new(self.limit.records())
    }

    /// How its pages are asked for, as patiently as the client's setting says, into buffers that come back.
    pub(crate) fn reader(&self, buffers: Buffers) -> PageReader {
        let progress = self.progress.clone();
        PageReader {
            client: self.client.clone(),
            export: self.export.clone(),
            largest: self.largest(),
            patience: self.client.session().settings.patience,
            times: ASKED,
            as_a_whole: false,
            cancel: self.cancel.clone(),
            buffers,
            tell: Arc::new(move |trouble| progress.trouble(trouble)),
        }
    }

    /// What to do about a page that does not fit into the memory that was allowed.
    fn too_large(&self, error: Error) -> Error {
        let allowed = self.largest() < self.client.session().settings.max_page_body;
        if error.kind() != ErrorKind::ResponseTooLarge || !allowed {
            return error;
        }
        let limit = self.size().limit();
        error
            .with_detail(format!("a page of {limit} records is larger than a third of max_memory"))
            .with_next_action("run it again with a smaller limit, or with more max_memory")
    }

    /// Why a page did not come: a refused token may have expired, which only status tells.
    pub(crate) async fn why(&self, error: Error) -> Error {
        if refused_token(&error).is_none() {
            return self.too_large(error);
        }
        let session = self.client.session();
        let key = (self.export.kind, self.export.access_token);
        let asking = session.read(&ReadStatus, key, session.settings.timeout);
        let asked = match until_cancelled(asking, self.cancel.as_ref(), Operation::Export).await {
            Ok(asked) => asked,
            Err(cancelled) => return cancelled,
        };
        match asked {
            Ok(status) => match status.status {
                StatusWord::Expired | StatusWord::Retrieved => expired(),
                StatusWord::Error | StatusWord::Failed => failed(),
                StatusWord::Complete | StatusWord::Processing | StatusWord::Unknown => error,
            },
            // It was ready a moment ago.
            Err(asked) if refused_token(&asked) == Some(TokenRefusal::Gone) => expired(),
            Err(_) => error,
        }
    }
}
