//! The Kotlin and Swift sources of the native library: the library is built, uniffi's generator (linked into the program
//! `generate-bindings`) reads its metadata, and what it writes is hidden from the packages' users.

use std::path::Path;

use super::Made;
use super::errors_table::read;
use crate::cargo;
use crate::docs;
use crate::failure::Failure;
use crate::steps::run_visibly;

const KOTLIN: &str = "bindings/kotlin/src/main/kotlin/com/mypreferences/internal/Native.kt";
const SWIFT: &str = "bindings/swift/Sources/MyPreferencesNative/MyPreferencesNative.swift";
/// The programs of docs/ in their order.
const PROGRAMS: [&str; 2] =
    ["bindings/swift/Sources/Readme/main.swift", "bindings/swift/Sources/ReadmeExport/main.swift"];
const FROM_DOCS: &str = "// Made by `cargo xtask generate` from docs/swift.md.\n\n";
const HEADER: &str = "bindings/swift/Sources/MyPreferencesFFI/include/MyPreferencesFFI.h";

/// Those of today.
pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    run_visibly(
        &mut cargo::command(&["build", "--quiet", "--package=mypreferences-uniffi"]),
        "run `cargo build -p mypreferences-uniffi` and repair what it says",
    )?;
    run_visibly(
        &mut cargo::command(&["build", "--quiet", "--package=generate-bindings"]),
        "run `cargo build -p generate-bindings` and repair what it says",
    )?;
    let target = cargo::target_folder()?;
    let programs = target.join("debug");
    let folder = target.join("xtask").join("generated-bindings");
    let mut generate = std::process::Command::new(programs.join("generate-bindings"));
    generate
        .arg(programs.join(library_name("mypreferences_uniffi")))
        .arg(root.join("crates/mypreferences-uniffi/uniffi.toml"))
        .arg(&folder);
    run_visibly(&mut generate, "build the library anew")?;
    let kotlin = read(&folder.join("com/mypreferences/internal/mypreferences.kt"))?;
    let swift = read(&folder.join("MyPreferencesNative.swift"))?;
    let header = read(&folder.join("MyPreferencesFFI.h"))?;
    let mut made = vec![file(root, KOTLIN, &internal(&kotlin)), file(root, SWIFT, &swift), file(root, HEADER, &header)];
    // SwiftPM builds what lies in the package only.
    for (number, path) in PROGRAMS.into_iter().enumerate() {
        let program = docs::numbered(docs::SWIFT, "swift", number)?;
        made.push(file(root, path, &format!("{FROM_DOCS}{program}")));
    }
    Ok(made)
}

/// The file name of a shared library here.
fn library_name(name: &str) -> String {
    format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

fn file(root: &Path, path: &str, content: &str) -> Made {
    // One line end at the end and none with blanks before it, as the rest of the tree has it.
    let mut text = String::with_capacity(content.len());
    for line in content.trim_end().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Made { path: root.join(path), text }
}

/// Makes every declaration of the top level internal: the generator knows public ones only, and none of them is for
/// users of the package.
fn internal(kotlin: &str) -> String {
    const DECLARATIONS: [&str; 12] = [
        "abstract class ",
        "class ",
        "const val ",
        "data class ",
        "enum class ",
        "fun ",
        "inline fun ",
        "interface ",
        "object ",
        "open class ",
        "sealed class ",
        "val ",
    ];
    // A function of the library itself stands behind the end of its documentation; members stand on lines of their own.
    let kotlin = kotlin.replace(" */ fun `", " */ internal fun `");
    let mut text = String::with_capacity(kotlin.len() + 1024);
    for line in kotlin.lines() {
        let declaration = line.strip_prefix("public ").unwrap_or(line);
        if DECLARATIONS.iter().any(|word| declaration.starts_with(word)) {
            text.push_str("internal ");
            text.push_str(declaration);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_the_top_level_become_internal_and_members_stay() {
        let made = internal(
            "public object A {\n    fun b() = 1\n}\nopen class C\nprivate fun d() = 2\ninternal val e = 3\n */ fun `f`() = 4\n",
        );
        assert_eq!(
            made,
            "internal object A {\n    fun b() = 1\n}\ninternal open class C\nprivate fun d() = 2\ninternal val e = 3\n */ internal fun `f`() = 4\n"
        );
    }
}
