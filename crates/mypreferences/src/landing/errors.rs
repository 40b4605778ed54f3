//! What goes wrong with a landing, as errors: each with what to do about it.

use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind, Operation};

/// What went wrong with the disk, as an error.
pub(crate) fn storage(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::before_io(
        ErrorKind::Storage,
        Operation::Export,
        format!("{what} {}: {error}", path.display()),
        advice(error),
    )
}

/// What to do about an error of the file system: seldom is it the disk.
fn advice(error: &io::Error) -> &'static str {
    #[cfg(unix)]
    if let Some(number) = error.raw_os_error() {
        use nix::errno::Errno;
        match Errno::from_raw(number) {
            Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS => {
                return "locks are not supported here: pass a folder of a local file system, or have locks switched on for this one";
            }
            Errno::EMFILE | Errno::ENFILE => {
                return "too many files are open: raise the limit (ulimit -n) and run the same command again: it continues";
            }
            Errno::EIO => {
                return "the disk fails: copy what it holds, repair it and run the same command again: it continues";
            }
            _ => {}
        }
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free space and run the same command again: it continues"
        }
        io::ErrorKind::FileTooLarge => {
            "raise the limit of a file's size (ulimit -f) and run the same command again: it continues"
        }
        io::ErrorKind::PermissionDenied => "give the folder to this user and run the same command again",
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system can only be read: pass another folder, or have it mounted for writing"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file stands where a folder is needed: pass another folder as the place of the export"
        }
        io::ErrorKind::InvalidFilename => "the name is too long for this file system: pass a shorter one",
        _ => "look at what the system says, and run the same command again: it continues",
    }
}

/// What a newer version wrote is not understood and not touched.
pub(crate) fn newer(what: &str) -> Error {
    Error::before_io(
        ErrorKind::Storage,
        Operation::Export,
        format!("{what} was written by a newer version of this program"),
        "use that version, or a later one; nothing was changed",
    )
}

pub(crate) fn corrupt(detail: String, next: &str) -> Error {
    Error::before_io(ErrorKind::Corrupt, Operation::Export, detail, next)
}

pub(crate) fn bug(what: &str) -> Error {
    Error::before_io(ErrorKind::Internal, Operation::Export, what, "report this bug")
}

pub(crate) fn other_keep_files() -> Error {
    Error::before_io(
        ErrorKind::OutputConflict,
        Operation::Export,
        "a commit with another keep_files may have been sent",
        "run it again with that keep_files; its receipt then says what became of the files",
    )
}

pub(crate) fn not_sealed(detail: impl Into<String>) -> Error {
    Error::before_io(
        ErrorKind::NotSealed,
        Operation::Commit,
        detail,
        "land the export to its end first; nothing was sent",
    )
}

pub(crate) fn expired() -> Error {
    Error::before_io(
        ErrorKind::ExportExpired,
        Operation::Export,
        "the export expired before it was landed",
        "run the same command again, which initiates a new export",
    )
}

pub(crate) fn failed() -> Error {
    Error::before_io(
        ErrorKind::ExportFailed,
        Operation::Export,
        "the export failed on the server",
        "run the same command again, which initiates a new export",
    )
}

pub(crate) fn conflict(detail: impl Into<String>) -> Error {
    Error::before_io(
        ErrorKind::OutputConflict,
        Operation::Export,
        detail,
        "finish it with its own parameters, abandon it, or choose another folder",
    )
}

/// The holder's own words of itself, from the lock file.
pub(crate) fn locked(holder: &str) -> Error {
    Error::before_io(
        ErrorKind::Locked,
        Operation::Export,
        if holder.is_empty() {
            "another process holds the folder".to_owned()
        } else {
            format!("{holder} holds the folder")
        },
        "wait for it, or stop it, and run the same command again",
    )
}

#[cfg(all(test, unix))]
mod tests {
    use nix::errno::Errno;

    use super::*;

    #[test]
    fn the_advice_is_that_of_the_error_and_not_to_repair_the_disk() {
        for (errno, words) in [
            (Errno::ENOSPC, "free space"),
            (Errno::EDQUOT, "free space"),
            (Errno::EFBIG, "ulimit -f"),
            (Errno::EACCES, "to this user"),
            (Errno::EROFS, "can only be read"),
            (Errno::ENOTDIR, "a file stands where"),
            (Errno::EEXIST, "a file stands where"),
            (Errno::ENAMETOOLONG, "too long"),
            (Errno::ENOLCK, "locks are not supported"),
            (Errno::EOPNOTSUPP, "locks are not supported"),
            (Errno::EMFILE, "ulimit -n"),
            (Errno::EIO, "the disk fails"),
            (Errno::EBUSY, "what the system says"),
        ] {
            let error = io::Error::from(errno);
            assert!(advice(&error).contains(words), "{errno}: {}", advice(&error));
        }
    }
}
