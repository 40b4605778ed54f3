//! Python environments of the workspace's own: below the user's cache folder, made once for each state of a list of
//! requirements with exact versions.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::steps::run_visibly;

/// Written last, so that an environment that was left half made is made anew.
const COMPLETE: &str = "complete";

/// The Python of the environment that these requirements ask for; made when it is not there yet.
pub(crate) fn python(requirements: &Path) -> Result<PathBuf, Failure> {
    let interpreter = if cfg!(windows) { "python" } else { "python3" };
    of_interpreter(Path::new(interpreter), "venv", requirements)
}

/// The same, of this interpreter; the folder's name begins so.
pub(crate) fn of_interpreter(interpreter: &Path, name: &str, requirements: &Path) -> Result<PathBuf, Failure> {
    let folder = cache_folder()?.join(format!("{name}-{:016x}", hash(&wanted(requirements)?)));
    let programs = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = folder.join(programs).join("python");
    let complete = folder.join(COMPLETE);
    if complete.exists() {
        return Ok(python);
    }
    let mut make = Command::new(interpreter);
    make.args(["-m", "venv", "--clear"]).arg(&folder);
    run_visibly(&mut make, "install Python 3.11 or later with its venv module")?;
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(requirements);
    run_visibly(&mut install, "look at the network and at pip's configuration")?;
    std::fs::write(&complete, "").map_err(|error| Failure::file(&complete, &error))?;
    Ok(python)
}

/// What these requirements say, those included that they refer to.
fn wanted(requirements: &Path) -> Result<Vec<u8>, Failure> {
    let text = std::fs::read_to_string(requirements).map_err(|error| Failure::file(requirements, &error))?;
    let mut wanted = text.clone().into_bytes();
    for other in text.lines().filter_map(|line| line.strip_prefix("-r ")) {
        wanted.extend(self::wanted(&requirements.with_file_name(other))?);
    }
    Ok(wanted)
}

/// Outside of the checkout: it outlives a `cargo clean`, and nothing in it is ours.
pub(crate) fn cache_folder() -> Result<PathBuf, Failure> {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = given("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| given("HOME").or_else(|| given("USERPROFILE")).map(|home| PathBuf::from(home).join(".cache")));
    cache
        .map(|cache| cache.join("mypreferences"))
        .ok_or_else(|| Failure::new("there is no home folder for a cache; set XDG_CACHE_HOME"))
}

/// FNV-1a: a name for a content, the same on every machine.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_content_is_that_of_the_published_algorithm() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn another_version_in_a_file_that_is_referred_to_is_another_environment() {
        let folder = std::env::temp_dir().join(format!("requirements-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (first, second) = (folder.join("a.txt"), folder.join("b.txt"));
        std::fs::write(&first, "-r b.txt\nruff==1\n").unwrap();
        std::fs::write(&second, "pytest==1\n").unwrap();
        let before = wanted(&first).unwrap();
        std::fs::write(&second, "pytest==2\n").unwrap();
        let after = wanted(&first).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_ne!(before, after);
    }
}
