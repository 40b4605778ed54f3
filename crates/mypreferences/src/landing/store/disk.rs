//! The few operations of a file system that a landing needs, behind a small trait, so that the model test can stop the
//! program before each of them. What has to be durable in which order is `store`'s matter.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

#[cfg(windows)]
use crate::settings::file_trust::access_list::make_private;

/// A file system. Every operation may block.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Makes one folder, for its owner only. False when it was there already.
    fn make_folder(&self, folder: &Path) -> io::Result<bool>;
    /// The names in a folder, sorted; none when there is no such folder.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// A new, empty file; one of that name goes.
    fn create(&self, file: &Path, access: Access) -> io::Result<Box<dyn Out>>;
    /// An existing file, to write at its end, which is cut to `length` bytes first.
    fn append(&self, file: &Path, length: u64) -> io::Result<Box<dyn Out>>;
    /// An existing file, to read; none when there is no such file.
    fn open(&self, file: &Path) -> io::Result<Option<Box<dyn Read + Send>>>;
    /// Renames a file or a folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, file: &Path) -> io::Result<()>;
    /// Removes a folder with all that is in it.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Whether the volume of a folder knows no more than fsync.
    fn syncs_plainly(&self, folder: &Path) -> bool;
    /// Takes the advisory lock of a file, made if it is not there; what it says then is `holder`. None when another
    /// process has it.
    fn lock(&self, file: &Path, holder: &str) -> io::Result<Option<Box<dyn Held>>>;
    /// Whether a folder is this user's, and nobody else can write into it.
    fn is_ours(&self, folder: &Path) -> io::Result<bool>;
    /// Whether operations run on the calling thread. A model is faster, and the same every time, without threads.
    fn is_instant(&self) -> bool;
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Its owner only: it holds the access token.
    Owner,
    /// Whom the process's umask allows; the folder is its owner's all the same.
    Umask,
}

/// A file that is written.
pub(crate) trait Out: Write + Send {
    /// Makes what was written durable. After a failure nothing is known about the file: it is written anew.
    fn sync(&mut self) -> io::Result<()>;
    /// Closes it; the last chance of a file system to tell of an error.
    fn close(self: Box<Self>) -> io::Result<()>;
}

/// A lock, until it is dropped.
pub(crate) trait Held: Send + Sync {}

/// The system's file system.
#[derive(Debug)]
pub(crate) struct SystemDisk;

struct OutFile(File);

/// On Apple's systems durable means `F_FULLFSYNC`, which the standard library asks for, and which SMB, FUSE and some
/// external volumes do not know: what they do know is fsync. Elsewhere it was asked for already, and fails again.
fn sync(file: &File) -> io::Result<()> {
    sync_or(file.sync_all(), || {
        #[cfg(unix)]
        return nix::unistd::fsync(file).map_err(io::Error::from);
        #[cfg(not(unix))]
        file.sync_all()
    })
}

fn sync_or(fully: io::Result<()>, plainly: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    match fully {
        Err(error) if has_no_full_sync(&error) => plainly(),
        synced => synced,
    }
}

/// ENOTSUP, which the standard library gives no name on Apple's systems, EINVAL, ENOTTY.
#[cfg(unix)]
fn has_no_full_sync(error: &io::Error) -> bool {
    use nix::errno::Errno;
    let code = error.raw_os_error().map(Errno::from_raw);
    matches!(code, Some(Errno::ENOTSUP | Errno::EINVAL | Errno::ENOTTY))
}

#[cfg(not(unix))]
fn has_no_full_sync(_error: &io::Error) -> bool {
    false
}

/// To make its names durable.
#[cfg(not(windows))]
fn open_folder(folder: &Path) -> io::Result<File> {
    File::open(folder)
}

/// A rename is durable on Windows only when the folder's handle was flushed: the standard library's returns before. A
/// folder is opened by this flag alone, and flushed only by who may write it.
#[cfg(windows)]
fn open_folder(folder: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    OpenOptions::new().write(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(folder)
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Out for OutFile {
    fn sync(&mut self) -> io::Result<()> {
        sync(&self.0)
    }

    #[cfg(unix)]
    fn close(self: Box<Self>) -> io::Result<()> {
        nix::unistd::close(self.0).map_err(io::Error::from)
    }

    /// The standard library tells of no error here; `sync` came before.
    #[cfg(not(unix))]
    fn close(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

struct HeldFile(File);

impl Held for HeldFile {}

/// The system gives the lock back when the last descriptor of its file is closed: a forked child may hold one longer.
impl Drop for HeldFile {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// A link in the place of a file is never followed: who else can write the folder chooses where it leads to.
fn without_links(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, nix::fcntl::OFlag::O_NOFOLLOW.bits());
    options
}

fn readable() -> OpenOptions {
    let mut options = OpenOptions::new();
    without_links(options.read(true));
    options
}

fn writable() -> OpenOptions {
    let mut options = OpenOptions::new();
    without_links(options.write(true));
    options
}

#[cfg(unix)]
fn for_its_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn for_its_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn for_its_owner_alone(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    std::os::unix::fs::DirBuilderExt::mode(builder, 0o700)
}

#[cfg(not(unix))]
fn for_its_owner_alone(builder: &mut fs::DirBuilder) -> &mut fs::DirBuilder {
    builder
}

/// A folder that could not be made may be there already, whatever the reason given: a file system that is read-only, or
/// whose top is another user's, may say so first.
fn is_there(folder: &Path, error: io::Error) -> io::Result<bool> {
    if folder.is_dir() { Ok(false) } else { Err(error) }
}

impl Disk for SystemDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<bool> {
        match for_its_owner_alone(&mut fs::DirBuilder::new()).create(folder) {
            Ok(()) => {
                // On Unix it was made so.
                #[cfg(windows)]
                make_private(folder)?;
                Ok(true)
            }
            Err(error) => is_there(folder, error),
        }
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        // Names that are no text are not ours.
        let mut names = Vec::new();
        for entry in entries {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn create(&self, file: &Path, access: Access) -> io::Result<Box<dyn Out>> {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = writable();
        options.create_new(true);
        if access == Access::Owner {
            for_its_owner(&mut options);
        }
        let out = options.open(file)?;
        #[cfg(windows)]
        if access == Access::Owner {
            make_private(file)?;
        }
        Ok(Box::new(OutFile(out)))
    }

    fn append(&self, file: &Path, length: u64) -> io::Result<Box<dyn Out>> {
        let mut opened = writable().open(file)?;
        opened.set_len(length)?;
        io::Seek::seek(&mut opened, io::SeekFrom::End(0))?;
        Ok(Box::new(OutFile(opened)))
    }

    fn open(&self, file: &Path) -> io::Result<Option<Box<dyn Read + Send>>> {
        match readable().open(file) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        fs::remove_file(file)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir_all(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        sync(&open_folder(folder)?)
    }

    fn syncs_plainly(&self, folder: &Path) -> bool {
        // Elsewhere a full sync is fsync.
        cfg!(target_vendor = "apple")
            && open_folder(folder).and_then(|folder| folder.sync_all()).is_err_and(|error| has_no_full_sync(&error))
    }

    fn lock(&self, file: &Path, holder: &str) -> io::Result<Option<Box<dyn Held>>> {
        let mut options = writable();
        options.create(true).truncate(false);
        let mut opened = for_its_owner(&mut options).open(file)?;
        match opened.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        opened.set_len(0)?;
        opened.write_all(holder.as_bytes())?;
        Ok(Some(Box::new(HeldFile(opened))))
    }

    #[cfg(unix)]
    fn is_ours(&self, folder: &Path) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        const OTHERS_WRITE: u32 = 0o022;
        let found = fs::symlink_metadata(folder)?;
        Ok(found.is_dir() && found.uid() == nix::unistd::geteuid().as_raw() && found.mode() & OTHERS_WRITE == 0)
    }

    #[cfg(not(unix))]
    fn is_ours(&self, folder: &Path) -> io::Result<bool> {
        Ok(fs::symlink_metadata(folder)?.is_dir())
    }

    fn is_instant(&self) -> bool {
        false
    }
}

/// The whole of a small file; none when there is no such file.
pub(crate) fn read_whole(disk: &dyn Disk, file: &Path) -> io::Result<Option<Vec<u8>>> {
    let Some(mut opened) = disk.open(file)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    opened.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Writes a whole file and makes its contents durable.
pub(crate) fn write_whole(disk: &dyn Disk, file: &Path, access: Access, bytes: &[u8]) -> io::Result<()> {
    let mut out = disk.create(file, access)?;
    out.write_all(bytes)?;
    out.sync()?;
    out.close()
}

/// Makes a folder and those above it that are missing, and makes all of their names durable: those that were there
/// already may be of a run that was killed before they were.
pub(crate) fn make_folders(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    let mut missing: Vec<PathBuf> = Vec::new();
    let mut above = Some(folder);
    while let Some(one) = above {
        match disk.make_folder(one) {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.push(one.to_owned());
                above = one.parent();
            }
            Err(error) => return Err(error),
        }
    }
    for one in missing.iter().rev() {
        disk.make_folder(one)?;
    }
    sync_above(disk, folder)
}

/// Makes the names of all folders above this one durable.
pub(crate) fn sync_above(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    for parent in folder.ancestors().skip(1) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        match disk.sync_folder(parent) {
            // Where this user cannot sync, no run of this user has made a folder.
            Err(error) if cannot_be_synced(&error) => {}
            result => result?,
        }
    }
    Ok(())
}

fn cannot_be_synced(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::Unsupported
            | io::ErrorKind::InvalidInput
    )
}

#[cfg(test)]
mod tests {
    //! What the file systems of this machine do not play.

    use super::*;

    /// A folder of the test's own.
    #[cfg(unix)]
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mypreferences-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_the_place_of_a_file_is_never_followed() {
        let folder = folder("links");
        let victim = folder.join("victim");
        fs::write(&victim, "untouched").unwrap();
        let link = folder.join("journal");
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        assert!(SystemDisk.open(&link).is_err());
        assert!(SystemDisk.append(&link, 0).is_err());
        assert!(SystemDisk.lock(&link, "somebody").is_err());
        // A new file takes the place of the link.
        write_whole(&SystemDisk, &link, Access::Owner, b"ours").unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"untouched");
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_that_others_can_write_or_that_is_a_link_is_not_ours() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("owners");
        let hidden = folder.join("hidden");
        SystemDisk.make_folder(&hidden).unwrap();
        assert!(SystemDisk.is_ours(&hidden).unwrap());
        let link = folder.join("link");
        std::os::unix::fs::symlink(&hidden, &link).unwrap();
        assert!(!SystemDisk.is_ours(&link).unwrap());
        for mode in [0o777, 0o770, 0o702] {
            fs::set_permissions(&hidden, fs::Permissions::from_mode(mode)).unwrap();
            assert!(!SystemDisk.is_ours(&hidden).unwrap(), "{mode:o}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_names_of_a_folder_are_made_durable_by_a_call_on_the_folder() {
        SystemDisk.sync_folder(&std::env::temp_dir()).unwrap();
        // Where no call is made, this is fine as well.
        let missing = std::env::temp_dir().join("mypreferences-no-such-folder");
        assert_eq!(SystemDisk.sync_folder(&missing).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    #[cfg(unix)]
    fn a_volume_without_a_full_sync_is_synced_plainly_and_no_other_failure_is_borne() {
        use nix::errno::Errno;
        let fails = |errno: Errno| Err(io::Error::from(errno));
        for errno in [Errno::ENOTSUP, Errno::EINVAL, Errno::ENOTTY] {
            sync_or(fails(errno), || Ok(())).unwrap();
            assert!(sync_or(fails(errno), || fails(Errno::EIO)).is_err(), "{errno}");
        }
        for errno in [Errno::EIO, Errno::ENOSPC, Errno::EDQUOT, Errno::EROFS] {
            assert!(sync_or(fails(errno), || Ok(())).is_err(), "{errno}");
        }
        sync_or(Ok(()), || fails(Errno::EIO)).unwrap();
    }

    #[test]
    fn a_lock_is_given_back_when_it_is_dropped() {
        let name = format!("mypreferences-lock-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let held = HeldFile(File::create(&file).unwrap());
        held.0.try_lock().unwrap();
        // As a forked child has it.
        let kept = held.0.try_clone().unwrap();
        drop(held);
        assert!(SystemDisk.lock(&file, "two").unwrap().is_some());
        drop(kept);
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn a_folder_that_is_there_is_fine_whatever_the_reason_why_it_cannot_be_made() {
        let there = std::env::temp_dir();
        for kind in [io::ErrorKind::AlreadyExists, io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::PermissionDenied] {
            assert!(!is_there(&there, kind.into()).unwrap(), "{kind}");
            let missing = there.join("mypreferences-no-such-folder");
            assert_eq!(is_there(&missing, kind.into()).unwrap_err().kind(), kind);
        }
    }
}
