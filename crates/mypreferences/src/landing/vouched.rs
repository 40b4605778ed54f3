//! What a caller vouches for who loaded an export somewhere else: so many rows, in this place, in these files. The files
//! are made durable here, as hardly anything that writes tables does that by itself.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Operation};
use crate::landing::errors::storage;
use crate::landing::store::disk::{Disk, SystemDisk, sync_above};
use crate::landing::store::read::hash;
use crate::landing::store::receipt::VouchedFile;

/// Longest name of a place, in bytes.
const LONGEST_SINK: usize = 1024;

fn refused(what: String, next: &str) -> Error {
    Error::invalid_argument(Operation::Commit, what, next)
}

/// A name of a place for a receipt that people read: passwords in it are left out, or it is refused.
pub(crate) fn without_passwords(sink: &str) -> Result<String, Error> {
    const NEXT: &str = "pass a short name of the place, such as postgres://dwh/people";
    if sink.is_empty() || sink.len() > LONGEST_SINK || sink.chars().any(char::is_control) {
        return Err(refused("sink is no name of a place".to_owned(), NEXT));
    }
    if let Ok(mut url) = url::Url::parse(sink)
        && url.has_host()
    {
        // Either may hold one.
        let _ = url.set_password(None);
        url.set_query(None);
        return Ok(url.to_string());
    }
    let lower = sink.to_ascii_lowercase();
    if ["password", "pwd=", "secret", "token"].iter().any(|word| lower.contains(word)) {
        return Err(refused("sink may hold a password".to_owned(), NEXT));
    }
    Ok(sink.to_owned())
}

/// A file, and the folders that have to know its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) file: PathBuf,
    /// From its own one upwards, to the one that was given.
    folders: Vec<PathBuf>,
}

/// The files behind paths, patterns (`*`, `?`, `[…]`) and folders, sorted, each once.
pub(crate) fn find(given: &[PathBuf]) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for path in given {
        let begun = found.len();
        for top in spread(path)? {
            let folder = match fs::metadata(&top) {
                Ok(metadata) if metadata.is_dir() => top.clone(),
                Ok(_) => parent(&top),
                Err(error) => return Err(storage("cannot read", &top, &error)),
            };
            walk(&top, &[folder], &mut HashSet::new(), &mut found)?;
        }
        if found.len() == begun {
            return Err(refused(
                format!("files: there is no file at {}", path.display()),
                "pass the files, folders or patterns that the rows were written to",
            ));
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found.dedup_by(|a, b| a.file == b.file);
    Ok(found)
}

/// What a pattern stands for; a path stands for itself.
fn spread(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let is_pattern = path.to_str().filter(|text| text.contains(['*', '?', '[']) && !path.exists());
    let Some(pattern) = is_pattern else {
        return Ok(if path.exists() { vec![path.to_owned()] } else { Vec::new() });
    };
    let paths = glob::glob(pattern).map_err(|error| {
        refused(format!("files: {pattern} is no pattern: {}", error.msg), "pass one as a shell takes it")
    })?;
    paths
        .map(|path| {
            path.map_err(|error| {
                let path = error.path().to_owned();
                storage("cannot read", &path, &error.into())
            })
        })
        .collect()
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Collects a file, or those of a folder and of the folders in it.
fn walk(path: &Path, folders: &[PathBuf], seen: &mut HashSet<PathBuf>, found: &mut Vec<Found>) -> Result<(), Error> {
    let failed = |error: &io::Error| storage("cannot read", path, error);
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if metadata.is_file() {
        found.push(Found { file: path.to_owned(), folders: folders.to_vec() });
        return Ok(());
    }
    if !metadata.is_dir() {
        return Err(refused(
            format!("files: {} is neither a file nor a folder", path.display()),
            "pass the files that the rows were written to",
        ));
    }
    // A link may lead back to where it stands.
    if !seen.insert(fs::canonicalize(path).map_err(|error| failed(&error))?) {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(|error| failed(&error))? {
        let inner = entry.map_err(|error| failed(&error))?.path();
        let mut above = folders.to_vec();
        if inner.is_dir() {
            above.insert(0, inner.clone());
        }
        walk(&inner, &above, seen, found)?;
    }
    Ok(())
}

/// Makes a file durable, but for its name, and says what is in it.
///
/// # Errors
/// `storage`: nothing is known about the file then.
pub(crate) fn make_durable(file: &Path) -> Result<VouchedFile, Error> {
    let failed = |error: io::Error| storage("cannot make durable", file, &error);
    let opened = for_syncing(file).map_err(failed)?;
    opened.sync_all().map_err(failed)?;
    let (sha256, bytes) = hash(&opened).map_err(failed)?;
    Ok(VouchedFile { path: file.display().to_string(), sha256, bytes })
}

/// Makes the names of files durable: each folder once, from the innermost one up to those that were given, and then those
/// above, which whoever made the files may have made, too.
pub(crate) fn make_names_durable(found: &[Found]) -> Result<(), Error> {
    let folders: BTreeSet<&PathBuf> = found.iter().flat_map(|one| &one.folders).collect();
    // In the order of paths a folder comes before those in it.
    for folder in folders.iter().rev() {
        SystemDisk.sync_folder(folder).map_err(|error| storage("cannot make durable", folder, &error))?;
    }
    let tops: BTreeSet<&PathBuf> = found.iter().filter_map(|one| one.folders.last()).collect();
    for top in tops {
        sync_above(&SystemDisk, top).map_err(|error| storage("cannot make durable", top, &error))?;
    }
    Ok(())
}

/// Windows makes a file durable for those only who may write it.
fn for_syncing(file: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(cfg!(windows)).open(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("mypreferences-vouched-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("a/b")).unwrap();
            for file in ["one.parquet", "two.parquet", "a/b/three.parquet", "a/log.json"] {
                fs::write(path.join(file), file).unwrap();
            }
            Folder(path)
        }

        fn find(&self, given: &[&str]) -> Vec<String> {
            let given: Vec<_> = given.iter().map(|path| self.0.join(path)).collect();
            let name = |found: &Found| found.file.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
            find(&given).unwrap().iter().map(name).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn paths_patterns_and_folders_are_found_each_file_once() {
        let folder = Folder::new("found");
        let all = ["a/b/three.parquet", "a/log.json", "one.parquet", "two.parquet"];
        assert_eq!(folder.find(&[""]), all);
        assert_eq!(folder.find(&["*.parquet"]), ["one.parquet", "two.parquet"]);
        assert_eq!(folder.find(&["**/*.parquet"]), ["a/b/three.parquet", "one.parquet", "two.parquet"]);
        assert_eq!(folder.find(&["one.parquet", "one.*", "a"]), ["a/b/three.parquet", "a/log.json", "one.parquet"]);
        // A name that looks like a pattern is taken as it stands.
        fs::write(folder.0.join("[1].csv"), "").unwrap();
        fs::write(folder.0.join("1.csv"), "").unwrap();
        assert_eq!(folder.find(&["[1].csv"]), ["[1].csv"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_followed_once_and_what_is_no_file_is_refused() {
        let folder = Folder::new("links");
        std::os::unix::fs::symlink(&folder.0, folder.0.join("a/back")).unwrap();
        assert_eq!(folder.find(&["a"]).iter().filter(|name| name.ends_with("log.json")).count(), 1, "not for ever");
        std::os::unix::fs::symlink("/dev/zero", folder.0.join("zero")).unwrap();
        let error = find(&[folder.0.join("zero")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn what_is_not_there_is_refused_by_its_name() {
        let folder = Folder::new("missing");
        fs::create_dir(folder.0.join("empty")).unwrap();
        for missing in ["none", "*.csv", "empty", "[", ""] {
            let given = if missing.is_empty() { PathBuf::new() } else { folder.0.join(missing) };
            let error = find(&[given]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert!(error.to_string().contains(missing), "{error}");
        }
    }

    #[test]
    fn a_file_comes_with_its_hash_and_every_folder_up_to_the_one_given() {
        let folder = Folder::new("hash");
        let found = find(std::slice::from_ref(&folder.0)).unwrap();
        assert_eq!(found[0].folders, [folder.0.join("a/b"), folder.0.join("a"), folder.0.clone()]);
        make_names_durable(&found).unwrap();
        let durable = make_durable(&found[0].file).unwrap();
        assert_eq!(durable.bytes, 17);
        assert_eq!(durable.sha256, hash(&b"a/b/three.parquet"[..]).unwrap().0);
        fs::remove_file(&found[0].file).unwrap();
        assert_eq!(make_durable(&found[0].file).unwrap_err().kind(), ErrorKind::Storage);
    }

    #[test]
    fn a_place_is_named_without_passwords() {
        for (given, kept) in [
            ("people.parquet", "people.parquet"),
            ("s3://lake/people", "s3://lake/people"),
            ("postgresql://etl:hunter22@dwh:5432/people", "postgresql://etl@dwh:5432/people"),
            ("https://lake.example/people?sig=hunter22", "https://lake.example/people"),
        ] {
            assert_eq!(without_passwords(given).unwrap(), kept);
        }
        for refused in ["host=dwh password=hunter22", "", "two\nlines", &"x".repeat(2000)] {
            let error = without_passwords(refused).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(!error.to_string().contains("hunter22"), "{error}");
        }
    }
}
