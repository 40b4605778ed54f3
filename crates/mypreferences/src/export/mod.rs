//! The export around a commit: what to export (`request`), starting it (`initiate`), the handle that goes from one
//! task to the next (`handle`; where others keep it, `encrypted`), waiting until it is ready (`wait`) and reading its pages
//! (`pages`; a part of them that another part joins, `range`; do they follow one another, `sequence`). Their bytes are taken
//! apart in `page`, and in `compact` where that is simple; several are asked for side by side in `window`, and their records
//! come one by one from `records`, typed in `profile` and `preference`, by what `model` says. Everything that is durable is the landing's matter.

mod compact;
mod encrypted;
mod handle;
mod initiate;
mod json;
pub mod model;
pub(crate) mod page;
pub(crate) mod page_reader;
pub(crate) mod page_size;
mod pages;
mod preference;
mod profile;
mod range;
mod records;
mod request;
pub(crate) mod sequence;
#[cfg(test)]
mod tests;
pub(crate) mod throttle;
mod wait;
pub(crate) mod window;

pub use handle::Export;
pub use initiate::Initiate;
pub use json::RawJson;
pub use page::{Page, Record, RecordKind};
pub use pages::Pages;
pub(crate) use pages::{check_place, is_no_page};
pub use preference::{Attribute, ContactElement, PreferenceWithOperation};
pub use profile::{
    AddressPreference, ConsentStatus, CustomerConsent, EmailPreference, PreferenceType, ProfilePreference,
    UserProfilePreference,
};
pub use range::{Boundaries, Digest, Expect};
pub use records::{OwnedRecord, Records};
pub use request::{ExportRequest, LastDateTime, MatchCriteria};
pub(crate) use wait::check_max_wait;
pub use wait::{Wait, WaitProgress};
