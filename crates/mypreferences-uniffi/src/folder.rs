//! A folder that exports were landed in.

use std::sync::Arc;

use mypreferences::landing::Folder;
use mypreferences::{Error, Operation};
use mypreferences_bridge as bridge;

use crate::error::NativeFailure;
use crate::export::NativeSealed;

/// What was verified.
#[derive(uniffi::Record)]
pub struct NativeVerified {
    /// Sealed batches.
    pub batches: u64,
    /// Their parts.
    pub parts: u64,
    /// Their records.
    pub rows: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Sealed batches that the journal knows and the folder lacks.
    pub moved: Vec<String>,
    /// Files of parts that no manifest names.
    pub unnamed: Vec<String>,
    /// Batches that begin after what those before them cover, in sentences.
    pub gaps: Vec<String>,
    /// The same object in every language.
    pub json: String,
}

/// A folder that exports were landed in. Its functions block.
#[derive(uniffi::Object)]
pub struct NativeFolder(Folder);

#[uniffi::export]
impl NativeFolder {
    /// The folder that was given to an export as its place.
    #[uniffi::constructor]
    pub fn new(out: String) -> Arc<NativeFolder> {
        Arc::new(NativeFolder(mypreferences_bridge::folder(out)))
    }

    /// The proofs of the sealed batches that are not committed, oldest first.
    pub fn sealed(&self) -> Result<Vec<Arc<NativeSealed>>, NativeFailure> {
        let sealed = looking(|| self.0.sealed())?;
        Ok(sealed.into_iter().map(|sealed| Arc::new(NativeSealed(sealed))).collect())
    }

    /// The proof of one batch, committed or not.
    pub fn sealed_batch(&self, batch: String) -> Result<Arc<NativeSealed>, NativeFailure> {
        let sealed = looking(|| self.0.sealed_batch(&batch))?;
        Ok(Arc::new(NativeSealed(sealed)))
    }

    /// Verifies every batch without a server.
    pub fn verify(&self) -> Result<NativeVerified, NativeFailure> {
        let verified = looking(|| self.0.verify(|_| {}))?;
        Ok(NativeVerified {
            batches: verified.batches,
            parts: verified.parts,
            rows: verified.rows,
            bytes: verified.bytes,
            json: verified.to_json(),
            moved: verified.moved,
            unnamed: verified.unnamed,
            gaps: verified.gaps,
        })
    }
}

/// Looks at a folder; a panic is an error of kind `internal`, as in every call.
fn looking<T>(look: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    bridge::guarded(Operation::Export, look)
}
