//! Packs what was built, so that the same files are the same bytes; keeps the sums; looks for the builder in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::toolchain::Toolchain;
use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::symbols::output_of;

/// Every file has this time, in seconds since 1970 (2020-01-01), and no owner.
pub(super) const MOMENT: &str = "1577836800";
/// Files that go with what is no package of a language's own.
const PAPERS: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Where the artefacts lie.
pub(super) fn folder() -> Result<PathBuf, Failure> {
    let folder = cargo::target_folder()?.join("dist");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    Ok(folder)
}

/// `mypreferences-VERSION-PLATFORM` and the like.
pub(super) fn name(product: &str, platform: &str) -> String {
    format!("{product}-{}-{platform}", env!("CARGO_PKG_VERSION"))
}

/// An empty folder of that name, with the licences.
pub(super) fn begin(name: &str) -> Result<PathBuf, Failure> {
    let place = folder()?.join(name);
    let wrong = |error| Failure::file(&place, &error);
    if place.exists() {
        std::fs::remove_dir_all(&place).map_err(wrong)?;
    }
    std::fs::create_dir_all(&place).map_err(wrong)?;
    for paper in PAPERS {
        copy(&cargo::workspace_folder()?.join(paper), &place.join(paper))?;
    }
    Ok(place)
}

pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| Failure::file(from, &error))
}

/// Packs a folder as its platform unpacks it. The archive.
pub(super) fn pack(place: &Path, as_zip: bool) -> Result<PathBuf, Failure> {
    let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let archive = place.with_file_name(format!("{name}.{}", if as_zip { "zip" } else { "tar.gz" }));
    let _ = std::fs::remove_file(&archive);
    let script = if as_zip {
        format!(
            "find \"$0\" -exec touch -h -d @{MOMENT} {{}} + && find \"$0\" | LC_ALL=C sort | TZ=UTC zip -q -X -y \"$1\" -@"
        )
    } else {
        format!("tar --sort=name --mtime=@{MOMENT} --owner=0 --group=0 --numeric-owner -c \"$0\" | gzip -9n > \"$1\"")
    };
    // Of any umask.
    let script = format!("chmod -R u+rwX,go=rX \"$0\" && {script}");
    let mut pack = Command::new("sh");
    pack.args(["-ec", &script, &name]).arg(&archive).current_dir(folder()?);
    run_visibly(&mut pack, "look at the free disk space")?;
    Ok(archive)
}

/// Looks for the builder's paths in what was packed, renews the sums, and says what it is.
pub(super) fn finish(toolchain: &Toolchain, archive: &Path) -> Result<String, Failure> {
    refuse_builders_paths(toolchain, archive)?;
    let mut sum = Command::new("sh");
    let script =
        "find . -maxdepth 1 -type f ! -name SHA256SUMS -printf '%f\\n' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS";
    sum.args(["-ec", script]).current_dir(folder()?);
    run_visibly(&mut sum, "look at the free disk space")?;
    let size = std::fs::metadata(archive).map_err(|error| Failure::file(archive, &error))?.len();
    Ok(format!("{}, {size} bytes", archive.file_name().unwrap_or_default().to_string_lossy()))
}

/// A user's program tells nobody who built it, and two builders build the same.
fn refuse_builders_paths(toolchain: &Toolchain, archive: &Path) -> Result<(), Failure> {
    let paths: Vec<String> =
        toolchain.builders_paths()?.iter().map(|(path, _)| format!("{}\n", path.display())).collect();
    let list = folder()?.join("builder.txt");
    std::fs::write(&list, paths.concat()).map_err(|error| Failure::file(&list, &error))?;
    let unpack = match archive.extension().and_then(|extension| extension.to_str()) {
        Some("gz" | "crate") => "tar -xzOf \"$0\"",
        Some("deb") => "dpkg-deb --fsys-tarfile \"$0\" | tar -xO",
        _ => "unzip -p \"$0\"",
    };
    // What cannot be unpacked was not looked at; grep says by 1 that it found nothing.
    let script = format!("set -o pipefail; {unpack} | {{ grep -a -o -F -f \"$1\" || test $? = 1; }} | sort | uniq -c");
    let found = output_of(Command::new("bash").args(["-c", &script]).arg(archive).arg(&list), "install unzip");
    let _ = std::fs::remove_file(&list);
    let found = found?;
    if found.trim().is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("paths of this machine stand in {}; remap them:\n{found}", archive.display())))
}
