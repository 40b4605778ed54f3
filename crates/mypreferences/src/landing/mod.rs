//! Landing: an export on disk, durable before its commit. A batch is seen whole or not at all; whatever stops the
//! program, the same command continues; a commit is sent only on the proof of a seal.
//!
//! | question | module |
//! |---|---|
//! | what happens after a crash? | `run` |
//! | what is durable when? | `store`, over the small trait in `store::disk` |
//! | when is it committed, and what after a lost answer? | `commit`, over `ask`; of what was loaded elsewhere: `loaded` |
//! | how are pages read, and do they follow one another? | `page_source`, `export::sequence` |
//! | what runs beside what? | `pipeline` (pages and parts), `store_worker` (steps on disk) |
//! | from where does `since auto` go on? | `chain` |
//! | how is it read back? | `lines` |
//! | what does a folder prove, and what needs a person? | `report` |
//! | what if parts are not lines? | `part_format`, and `convert` for what was landed before |
//! | what lies on disk? | `store`: `journal`, `manifest`, `part_writer`, `envelope`, `receipt` |
//!
//! ```text
//! out/.mypreferences/lock, journal    who holds the folder; what was done so far (holds the token: mode 0600)
//! out/.staging/batch=…/               parts on their way
//! out/batch=<UTC>/part-00001.ndjson[.zst], or .parquet
//! out/batch=<UTC>/_envelopes.ndjson   page members that are not records, where they differ between pages
//! out/batch=<UTC>/_manifest.json      parts by hash, TotalResults, parameters, watermark
//! out/batch=<UTC>/_receipt.json       how the commit ended
//! ```
//!
//! Batches of one folder overlap (`since auto` goes back by an overlap, as the vendor rounds `LastDateTime`): readers
//! de-duplicate by `ProfileId`. Within a batch nothing is there twice.

mod ask;
mod call;
mod chain;
mod commit;
mod convert;
mod errors;
mod folder;
mod lines;
mod loaded;
mod page_source;
mod part_format;
mod pipeline;
mod plan;
mod progress;
mod report;
mod run;
mod sealed;
mod store;
mod store_worker;
#[cfg(test)]
mod tests;
mod verify;
mod vouched;

pub use call::{CommitLanded, LandExport};
pub use convert::Converted;
pub use folder::{BatchState, BatchSummary, Folder};
pub use lines::{LineBlock, Lines};
pub use loaded::CommitLoaded;
pub use part_format::{PartFormat, PartOut, PartRecords, Rows};
pub use plan::{CommitPolicy, PageLimit};
pub use progress::{LandingProgress, Stage};
pub use report::{Attention, BatchReport, Coverage, Gap, InChain, Report, Verification};
pub use sealed::{Landed, Sealed};
pub use store::journal::Effort;
pub use store::manifest::{Compression, Identity, Manifest, Parameters, PartFile};
pub use store::receipt::{BatchReceipt, CommitEnd, ServerFiles, Vouched, VouchedFile};
pub use verify::Verified;
