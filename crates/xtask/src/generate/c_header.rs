//! `include/mypreferences.h` and `include/mypreferences_arrow.h`, made by cbindgen (as a library) from the sources of
//! `crates/mypreferences-capi`; how is in the `cbindgen.toml` there.

use std::path::Path;

use super::Made;
use crate::failure::Failure;

/// What begins like this is in `libmypreferences_arrow` alone.
const ARROW: [&str; 3] = ["mypref_arrow_current", "mypref_arrow_of_folder", "mypref_arrow_of_pages"];

const ARROW_HEADER: &str = "
/*
 * Streams of the Arrow C data interface, in the library libmypreferences_arrow: link it in the place of libmypreferences,
 * which it holds whole. A struct ArrowArrayStream is defined by whatever reads it, nanoarrow or Arrow C++ for example, or as
 * the specification has it: https://arrow.apache.org/docs/format/CStreamInterface.html
 *
 * Made by `cargo xtask generate`; do not edit. Licensed under MIT or Apache-2.0, at your choice.
 */";

/// The headers of today.
pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    let folder = root.join("crates/mypreferences-capi");
    let mut all = cbindgen::Config::from_file(folder.join("cbindgen.toml")).map_err(|error| failed(&error))?;
    let mut arrow = all.clone();
    all.export.exclude.extend(ARROW.map(str::to_owned));
    arrow.header = Some(ARROW_HEADER.to_owned());
    arrow.include_guard = Some("MYPREFERENCES_ARROW_H".to_owned());
    arrow.sys_includes.clear();
    arrow.includes = vec!["mypreferences.h".to_owned()];
    arrow.no_includes = true;
    arrow.after_includes = Some("\nstruct ArrowArrayStream;".to_owned());
    let headers = [("src/lib.rs", all, "mypreferences.h"), ("src/arrow.rs", arrow, "mypreferences_arrow.h")];
    let made = headers.into_iter().map(|(source, config, name)| {
        // The files themselves and not the crate: cargo is not asked, so nothing is built and no lock is waited for.
        let builder = cbindgen::Builder::new().with_config(config).with_src(folder.join(source));
        let bindings = builder.generate().map_err(|error| failed(&error.to_string()))?;
        let mut text = Vec::new();
        bindings.write(&mut text);
        let text = String::from_utf8(text).map_err(|error| failed(&error.to_string()))?;
        Ok(Made { path: root.join("include").join(name), text })
    });
    made.collect()
}

fn failed(reason: &str) -> Failure {
    Failure::new(format!("the C header cannot be made: {reason}; repair crates/mypreferences-capi"))
}
