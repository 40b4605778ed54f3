//! `include/mypreferences.h`, made by cbindgen (as a library) from the sources of `crates/mypreferences-capi`; how is in
//! the `cbindgen.toml` there.

use std::path::Path;

use super::Made;
use crate::failure::Failure;

/// The header of today.
pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    let folder = root.join("crates/mypreferences-capi");
    let failed = |reason: String| {
        Failure::new(format!("the C header cannot be made: {reason}; repair crates/mypreferences-capi"))
    };
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).map_err(failed)?;
    // The files themselves and not the crate: cargo is not asked, so nothing is built and no lock is waited for.
    let builder = cbindgen::Builder::new().with_config(config).with_src(folder.join("src/lib.rs"));
    let bindings = builder.generate().map_err(|error| failed(error.to_string()))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| failed(error.to_string()))?;
    let path = root.join("include/mypreferences.h");
    Ok(vec![Made { path, text }])
}
