//! The judge of the shared suite starts `adapter-SURFACE` beside the other programs: for a surface that is no program by
//! itself, a script.

use crate::cargo;
use crate::failure::Failure;

/// Writes the script of a surface: `lines` for `sh`.
pub(crate) fn write(surface: &str, lines: &str) -> Result<(), Failure> {
    let path = cargo::target_folder()?.join("debug").join(format!("adapter-{surface}"));
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).map_err(|error| Failure::file(&path, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}
