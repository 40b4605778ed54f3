//! MyPreferences exports as Arrow tables. Each documented member is a column of its type; what no page documents, and what
//! does not fit the documented type, stands as the server wrote it in `_others`, on every level; and `_record` has the
//! record's own bytes. Never an error, never a rounded number.
//!
//! | question | module |
//! |---|---|
//! | which columns, of which types? | `schema`, from the models of the core |
//! | where does a member go? | `decode` |
//! | where do batches come from, and what if the stream ends early? | `stream`; of what was landed, `landed` |
//! | how does a part of a landing become Parquet? | `parquet`, with the feature of this name |
//!
//! ```no_run
//! # fn example(mut pages: impl FnMut() -> Result<Option<mypreferences::export::Page>, mypreferences::Error> + Send + 'static, export: mypreferences::export::Export) -> Result<(), mypreferences::Error> {
//! use mypreferences_arrow::{Layout, Stream};
//!
//! let stream = Stream::of_pages(export.kind(), Layout::default(), None, move || pages())?;
//! for batch in stream {
//!     println!("{} rows", batch.map_or(0, |batch| batch.num_rows()));
//! }
//! # Ok(())
//! # }
//! ```

mod decode;
mod json;
mod landed;
#[cfg(feature = "parquet")]
mod parquet;
mod schema;
mod source;
mod stream;

pub use landed::chosen;
#[cfg(feature = "parquet")]
pub use parquet::Parquet;
pub use schema::{Column, Layout, RecordColumn, Shape, Table};
pub use stream::{Stream, Watch, batch_of_page};
