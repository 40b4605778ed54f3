//! Whose a file may be and who else may touch it, before it is trusted with a secret or with the settings. Asked of the
//! open file, not of its path: nobody can swap it in between, and a link counts as what it leads to.

use std::fs::Metadata;
use std::path::Path;

use crate::error::Error;

/// Refuses a file with secrets that somebody else than its owner may read.
#[cfg(unix)]
pub(crate) fn refuse_if_others_can_read(found: &Metadata, path: &Path, what: &str) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    let mode = found.mode() & 0o7777;
    if is_private(mode, (found.uid(), found.gid()), &groups()) {
        return Ok(());
    }
    Err(Error::configuration(
        format!("the {what} {} can be read by others (mode {mode:04o})", path.display()),
        format!("run: chmod 600 {}", quoted(path)),
    ))
}

/// Nobody else reads it; or it is mounted for us as Kubernetes does it with `fsGroup`: root's, to be read by a group that
/// we are in, to be changed by nobody.
#[cfg(unix)]
fn is_private(mode: u32, (owner, group): (u32, u32), ours: &[u32]) -> bool {
    const OTHERS: u32 = 0o077;
    const MOUNTED: u32 = 0o440;
    mode & OTHERS == 0 || (mode == MOUNTED && owner == 0 && ours.contains(&group))
}

/// Refuses a file that somebody else than its owner may change, or that is neither ours nor root's: whoever writes the
/// settings says where the data and the credentials go.
#[cfg(all(unix, feature = "configuration"))]
pub(crate) fn refuse_if_others_can_write(found: &Metadata, path: &Path, what: &str) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    const OTHERS: u32 = 0o022;
    let (mode, owner) = (found.mode() & 0o7777, found.uid());
    let (trouble, command) = if !is_trusted(owner, nix::unistd::geteuid().as_raw()) {
        (format!("belongs to another user (uid {owner})"), "chown \"$(id -u)\"")
    } else if mode & OTHERS != 0 {
        (format!("can be changed by others (mode {mode:04o})"), "chmod go-w")
    } else {
        return Ok(());
    };
    Err(Error::configuration(
        format!("the {what} {} {trouble}", path.display()),
        format!("look at what it says, then run: {command} {}", quoted(path)),
    ))
}

/// Whether what this user owns is as good as our own.
#[cfg(all(unix, feature = "configuration"))]
fn is_trusted(owner: u32, us: u32) -> bool {
    owner == us || owner == 0
}

/// As for reading.
#[cfg(all(not(unix), feature = "configuration"))]
pub(crate) fn refuse_if_others_can_write(_found: &Metadata, _path: &Path, _what: &str) -> Result<(), Error> {
    Ok(())
}

/// The groups of this process.
#[cfg(unix)]
fn groups() -> Vec<u32> {
    let mut groups = vec![nix::unistd::getegid().as_raw()];
    #[cfg(not(target_vendor = "apple"))]
    groups.extend(nix::unistd::getgroups().unwrap_or_default().into_iter().map(nix::unistd::Gid::as_raw));
    groups
}

/// Access lists cannot be read without a library; the file's owner has to see to it.
#[cfg(not(unix))]
pub(crate) fn refuse_if_others_can_read(_found: &Metadata, _path: &Path, _what: &str) -> Result<(), Error> {
    Ok(())
}

/// For a shell, quoted only where it has to be.
#[cfg_attr(not(unix), allow(dead_code))]
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c));
    // A leading dash would be an option.
    match (plain, path.starts_with('-')) {
        (true, false) => path.into_owned(),
        (true, true) => format!("./{path}"),
        (false, _) => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

/// The name of a file that holds a secret, for a message: none where there is no such file. Then the secret itself may
/// have been put in the place of its file's name.
pub(crate) fn named(path: &Path) -> String {
    if path.exists() { format!(" {}", path.display()) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_for_the_shell_where_it_has_to_be() {
        assert_eq!(quoted(Path::new("/run/secret.txt")), "/run/secret.txt");
        assert_eq!(quoted(Path::new("my secret")), "'my secret'");
        assert_eq!(quoted(Path::new("it's")), r"'it'\''s'");
        assert_eq!(quoted(Path::new("-s")), "./-s");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_its_owners_alone_or_mounted_by_root_for_a_group_of_ours() {
        const ROOT: u32 = 0;
        const OURS: [u32; 2] = [1000, 2000];
        for (mode, owner, group, is_taken) in [
            (0o600, 1000, 1000, true),
            (0o400, 1000, 1000, true),
            (0o440, ROOT, 2000, true),
            (0o440, ROOT, 3000, false),
            (0o440, ROOT, ROOT, false),
            (0o440, 1000, 2000, false),
            (0o640, ROOT, 2000, false),
            (0o460, ROOT, 2000, false),
            (0o444, ROOT, 2000, false),
            (0o644, 1000, 1000, false),
            (0o604, 1000, 1000, false),
        ] {
            let is_ok = is_private(mode, (owner, group), &OURS);
            assert_eq!(is_ok, is_taken, "{mode:o} {owner} {group}");
        }
    }

    #[cfg(all(unix, feature = "configuration"))]
    #[test]
    fn settings_are_ours_or_roots() {
        assert!(is_trusted(1000, 1000) && is_trusted(0, 1000) && is_trusted(0, 0));
        assert!(!is_trusted(1001, 1000) && !is_trusted(1000, 0));
    }

    #[cfg(unix)]
    #[test]
    fn a_mounted_secret_is_read_through_the_links_that_kubernetes_puts_there() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        // Only root can make a file of root's.
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let mount = std::env::temp_dir().join(format!("mypreferences-mount-{}", std::process::id()));
        let version = mount.join("..2026_11_24");
        std::fs::create_dir_all(&version).unwrap();
        let file = version.join("secret");
        std::fs::write(&file, "mounted").unwrap();
        let set = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode));
        let group = nix::unistd::getegid();
        nix::unistd::chown(&file, Some(0.into()), Some(group)).unwrap();
        let _ = symlink(&version, mount.join("..data"));
        let _ = symlink("..data/secret", mount.join("secret"));
        let path = mount.join("secret");
        set(0o440).unwrap();
        crate::Secret::file(&path).now().unwrap();
        set(0o444).unwrap();
        let refused = crate::Secret::file(&path).now().unwrap_err().to_string();
        assert!(refused.contains("mode 0444"), "{refused}");
        std::fs::remove_dir_all(&mount).unwrap();
    }
}
