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
// Whom a profile of Windows is open to is the profile folder's matter; its secrets are looked at as all are.
#[cfg(all(not(unix), feature = "configuration"))]
pub(crate) fn refuse_if_others_can_write(_found: &Metadata, _path: &Path, _what: &str) -> Result<(), Error> {
    Ok(())
}

/// The groups of this process.
#[cfg(unix)]
fn groups() -> Vec<u32> {
    #[cfg(not(target_vendor = "apple"))]
    let others = nix::unistd::getgroups().unwrap_or_default();
    #[cfg(target_vendor = "apple")]
    let others = [];
    std::iter::once(nix::unistd::getegid()).chain(others).map(nix::unistd::Gid::as_raw).collect()
}

/// The same by the file's access list. An administrator can read everything, whatever a list says.
#[cfg(windows)]
pub(crate) fn refuse_if_others_can_read(_found: &Metadata, path: &Path, what: &str) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| {
        Error::configuration(
            format!("who can read the {what} {} cannot be found out: {error}", path.display()),
            "put it on a volume with access lists (NTFS)",
        )
    };
    let Some((owner, entries)) = access_list::of(path).map_err(unreadable)? else {
        return Err(open_to_others(path, what, "everybody"));
    };
    match entries.iter().find(|entry| entry.lets_others_read(&owner)) {
        Some(entry) => Err(open_to_others(path, what, &entry.sid)),
        None => Ok(()),
    }
}

#[cfg(windows)]
fn open_to_others(path: &Path, what: &str, who: &str) -> Error {
    Error::configuration(
        format!("the {what} {} can be read by others ({who})", path.display()),
        format!("run: icacls \"{}\" /inheritance:r /grant:r \"%USERNAME%:F\"", path.display()),
    )
}

#[cfg(not(any(unix, windows)))]
pub(crate) fn refuse_if_others_can_read(_found: &Metadata, _path: &Path, _what: &str) -> Result<(), Error> {
    Ok(())
}

/// An entry of an access list.
#[cfg_attr(not(windows), allow(dead_code))]
struct AccessEntry {
    /// Whom it is about, as a security identifier in text.
    sid: String,
    rights: u32,
    /// It allows, and it is about the file itself, not what is made in it.
    is_in_force: bool,
}

#[cfg_attr(not(windows), allow(dead_code))]
impl AccessEntry {
    /// Whether it lets somebody read who is neither the file's owner nor the system's own.
    fn lets_others_read(&self, owner: &str) -> bool {
        const READ_DATA: u32 = 1;
        const GENERIC_READ: u32 = 0x8000_0000;
        const GENERIC_ALL: u32 = 0x1000_0000;
        /// Whoever owns it, the system, its administrators.
        const TRUSTED: [&str; 3] = ["S-1-3-4", "S-1-5-18", "S-1-5-32-544"];
        self.is_in_force
            && self.rights & (READ_DATA | GENERIC_READ | GENERIC_ALL) != 0
            && self.sid != owner
            && !TRUSTED.contains(&self.sid.as_str())
    }
}

/// Access lists of Windows.
#[cfg(windows)]
pub(crate) mod access_list {
    use std::io;
    use std::path::Path;

    use windows_permissions::constants::{AceFlags, AceType, SeObjectType, SecurityInformation};
    use windows_permissions::{LocalBox, SecurityDescriptor, wrappers};

    use super::AccessEntry;

    /// Makes a file or a folder its owner's alone, as far as that goes: the system and its administrators are what root is on
    /// Unix. Nothing is handed down from the folder above; what is made in it has the same.
    pub(crate) fn make_private(path: &Path) -> io::Result<()> {
        let found = describe(path)?;
        let owner = found.owner().map(ToString::to_string).ok_or(io::ErrorKind::Unsupported)?;
        let wanted = private(&owner)?;
        wrappers::SetNamedSecurityInfo(
            path.as_os_str(),
            SeObjectType::SE_FILE_OBJECT,
            SecurityInformation::Dacl | SecurityInformation::ProtectedDacl,
            None,
            None,
            wanted.dacl(),
            None,
        )
    }

    pub(super) fn private(owner: &str) -> io::Result<LocalBox<SecurityDescriptor>> {
        format!("D:P(A;OICI;FA;;;{owner})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)").parse()
    }

    fn describe(path: &Path) -> io::Result<LocalBox<SecurityDescriptor>> {
        wrappers::GetNamedSecurityInfo(
            path.as_os_str(),
            SeObjectType::SE_FILE_OBJECT,
            SecurityInformation::Owner | SecurityInformation::Dacl,
        )
    }

    /// Its owner, and its entries. None: without a list everybody may do everything.
    pub(super) fn of(path: &Path) -> io::Result<Option<(String, Vec<AccessEntry>)>> {
        let found = describe(path)?;
        let owner = found.owner().map(ToString::to_string).unwrap_or_default();
        Ok(entries(&found).map(|entries| (owner, entries)))
    }

    pub(super) fn entries(descriptor: &SecurityDescriptor) -> Option<Vec<AccessEntry>> {
        let list = descriptor.dacl()?;
        let entries = (0..list.len()).filter_map(|index| list.get_ace(index)).map(|entry| AccessEntry {
            sid: entry.sid().map(ToString::to_string).unwrap_or_default(),
            rights: entry.mask().bits(),
            is_in_force: !matches!(entry.ace_type(), AceType::ACCESS_DENIED_ACE_TYPE)
                && !entry.flags().contains(AceFlags::InheritOnly),
        });
        Some(entries.collect())
    }
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

    #[test]
    fn an_access_list_lets_its_owner_and_the_system_read_and_nobody_else() {
        const OWNER: &str = "S-1-5-21-1-2-3-1001";
        let lets = |sid: &str, rights, is_in_force| {
            AccessEntry { sid: sid.to_owned(), rights, is_in_force }.lets_others_read(OWNER)
        };
        for ours in [OWNER, "S-1-3-4", "S-1-5-18", "S-1-5-32-544"] {
            assert!(!lets(ours, 0x001f_01ff, true), "{ours}");
        }
        for other in ["S-1-1-0", "S-1-5-32-545", "S-1-5-11", "S-1-5-21-1-2-3-1002", ""] {
            assert!(lets(other, 1, true), "{other}");
            assert!(lets(other, 0x8000_0000, true) && lets(other, 0x1000_0000, true), "{other}");
            // To know its attributes is not to read it.
            assert!(!lets(other, 0x80, true) && !lets(other, 1, false), "{other}");
        }
    }

    /// Wine keeps permissions of Unix instead of lists, so the list is looked at before a file has it.
    #[cfg(windows)]
    #[test]
    fn what_is_made_private_can_be_read_by_no_other_and_still_by_us() {
        const OWNER: &str = "S-1-5-21-1-2-3-1001";
        let lets_others = |sddl: &windows_permissions::SecurityDescriptor| {
            access_list::entries(sddl).unwrap().iter().any(|entry| entry.lets_others_read(OWNER))
        };
        assert!(!lets_others(&access_list::private(OWNER).unwrap()));
        for open in ["D:(A;;FA;;;S-1-5-21-1-2-3-1001)(A;;FR;;;WD)", "D:(A;;GR;;;BU)", "D:(A;;0x1;;;AU)"] {
            let open: windows_permissions::LocalBox<windows_permissions::SecurityDescriptor> = open.parse().unwrap();
            assert!(lets_others(&open));
        }
        let folder = std::env::temp_dir().join(format!("mypreferences-private-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        access_list::make_private(&folder).unwrap();
        let file = folder.join("secret");
        std::fs::write(&file, "within").unwrap();
        access_list::make_private(&file).unwrap();
        access_list::of(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "within");
        std::fs::remove_dir_all(&folder).unwrap();
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
