//! A file that is hashed while it is written.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::json::hex;
use crate::landing::store::disk::Out;

/// A file that hashes and counts what goes into it.
pub(crate) struct Hashed {
    out: Box<dyn Out>,
    sha256: Sha256,
    bytes: u64,
}

impl Hashed {
    pub(crate) fn new(out: Box<dyn Out>) -> Hashed {
        Hashed { out, sha256: Sha256::new(), bytes: 0 }
    }

    /// Makes it durable and closes it: its hash in hexadecimal, and its bytes.
    pub(crate) fn finish(mut self) -> io::Result<(String, u64)> {
        self.out.sync()?;
        self.out.close()?;
        Ok((hex(&self.sha256.finalize()), self.bytes))
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
