//! A secret and where it comes from: given, or in a file that only its owner can read. A file is read again when it
//! changed, so that a secret can be rotated under a client that runs. Never shown, by whatever means.

use std::borrow::Cow;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;
use crate::settings::file_trust::named;
use crate::settings::file_trust::refuse_if_others_can_read;

/// Larger than any secret; a file that is longer is the wrong one.
const MAX_SECRET: u64 = 64 * 1024;

/// A secret: a text (`"…".into()`), or the content of a file ([`Secret::file`]). `Debug` shows neither.
#[derive(Clone)]
pub struct Secret(Source);

#[derive(Clone)]
enum Source {
    Given(SecretString),
    File(Arc<SecretFile>),
}

struct SecretFile {
    path: PathBuf,
    known: Mutex<Option<Known>>,
}

/// What was read, and from which state of the file.
struct Known {
    stamp: Stamp,
    text: SecretString,
}

#[derive(PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    length: u64,
    /// A file that was put in the place of the old one may have its time and length.
    identity: u64,
}

impl Secret {
    /// The content of this file without a byte order mark and one line end: one line of UTF-8, at most 64 KiB, readable by its owner alone. Read when the
    /// client is made, and again whenever it changed; while it cannot be read, the last secret is used.
    pub fn file(path: impl Into<PathBuf>) -> Secret {
        Secret(Source::File(Arc::new(SecretFile { path: path.into(), known: Mutex::new(None) })))
    }

    /// The secret now. A stat and now and then a short read, on the local disk.
    ///
    /// # Errors
    /// `configuration` when it was never readable.
    pub(crate) fn now(&self) -> Result<SecretString, Error> {
        match &self.0 {
            Source::Given(text) => Ok(text.clone()),
            Source::File(file) => file.now(),
        }
    }

    /// For taking it out of texts; nothing when it was never readable.
    pub(crate) fn known(&self) -> Cow<'_, str> {
        match &self.0 {
            Source::Given(text) => Cow::Borrowed(text.expose_secret()),
            Source::File(file) => {
                let known = file.known.lock().unwrap_or_else(PoisonError::into_inner);
                let text = known.as_ref().map(|known| known.text.expose_secret());
                Cow::Owned(text.unwrap_or_default().to_owned())
            }
        }
    }
}

impl SecretFile {
    fn now(&self) -> Result<SecretString, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = std::fs::metadata(&self.path).ok().map(|found| Stamp::of(&found));
        if let Some(known) = known.as_ref()
            && stamp.as_ref().is_none_or(|stamp| *stamp == known.stamp)
        {
            return Ok(known.text.clone());
        }
        match read(&self.path) {
            Ok(fresh) => {
                let text = fresh.text.clone();
                *known = Some(fresh);
                Ok(text)
            }
            // It is being replaced just now.
            Err(error) => known.as_ref().map(|known| known.text.clone()).ok_or(error),
        }
    }
}

impl Stamp {
    fn of(found: &Metadata) -> Stamp {
        Stamp { changed: found.modified().ok(), length: found.len(), identity: identity(found) }
    }
}

#[cfg(unix)]
fn identity(found: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    found.ino()
}

#[cfg(not(unix))]
fn identity(_found: &Metadata) -> u64 {
    0
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl From<SecretString> for Secret {
    fn from(text: SecretString) -> Secret {
        Secret(Source::Given(text))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        SecretString::from(text).into()
    }
}

impl From<&String> for Secret {
    fn from(text: &String) -> Secret {
        text.clone().into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        text.to_owned().into()
    }
}

fn read(path: &Path) -> Result<Known, Error> {
    let unreadable = |why: &str| {
        Error::configuration(
            format!("the secret file{} cannot be read: {why}", named(path)),
            "name a readable file that holds the secret and nothing else",
        )
    };
    let file = File::open(path).map_err(|error| unreadable(&error.to_string()))?;
    let found = file.metadata().map_err(|error| unreadable(&error.to_string()))?;
    refuse_if_others_can_read(&found, path, "secret file")?;
    let mut text = String::new();
    file.take(MAX_SECRET + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => unreadable("it is not UTF-8"),
        _ => unreadable(&error.to_string()),
    })?;
    if text.len() as u64 > MAX_SECRET {
        return Err(unreadable("it is longer than 64 KiB"));
    }
    let secret = plain(&text).map_err(|why| unreadable(&format!("it {why}")))?;
    Ok(Known { stamp: Stamp::of(&found), text: SecretString::from(secret) })
}

/// The secret in a text from a file, a variable or a command: without the byte order mark and the one line end that
/// editors put there. Else why there is none: no header can carry a line break.
pub(crate) fn plain(text: &str) -> Result<&str, &'static str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
    if text.is_empty() {
        Err("is empty")
    } else if text.contains(['\r', '\n']) {
        Err("holds a line break")
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_and_one_line_end_are_dropped_and_a_line_break_is_refused() {
        for given in ["s", "s\n", "s\r\n", "\u{feff}s", "\u{feff}s\r\n"] {
            assert_eq!(plain(given), Ok("s"), "{given:?}");
        }
        assert_eq!(plain(" s "), Ok(" s "));
        for given in ["s\n\n", "s\nt", "s\rt", "\ns", "s\r", "s\n\r\n"] {
            assert_eq!(plain(given), Err("holds a line break"), "{given:?}");
        }
        for given in ["", "\n", "\r\n", "\u{feff}", "\u{feff}\n"] {
            assert_eq!(plain(given), Err("is empty"), "{given:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_read_again_when_it_changed_and_kept_while_it_cannot_be_read() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("mypreferences-secret-{}", std::process::id()));
        let write = |text: &str, mode| {
            let fresh = path.with_extension("new");
            std::fs::write(&fresh, text).unwrap();
            std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(mode)).unwrap();
            std::fs::rename(&fresh, &path).unwrap();
        };
        let secret = Secret::file(&path);
        let now = || secret.now().map(|text| text.expose_secret().to_owned());
        let missing = now().unwrap_err().to_string();
        assert!(missing.contains("cannot be read"), "{missing}");
        assert!(!missing.contains("mypreferences-secret"), "{missing}");
        write("first\n", 0o644);
        let refused = now().unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        write("first\n", 0o600);
        assert_eq!(now().unwrap(), "first");
        write("\u{feff}marked\r\n", 0o600);
        assert_eq!(now().unwrap(), "marked");
        write("other\n", 0o600);
        assert_eq!(now().unwrap(), "other");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(now().unwrap(), "other");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
    }
}
