//! The list of what a product is made of (SBOM, in the form of `CycloneDX` 1.5), beside what has none of its own; a wheel
//! holds its list. Written here, as the known programs list what the workspace as a whole asks for: the small C library
//! would have Parquet in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::archive;
use crate::cargo;
use crate::failure::Failure;
use crate::symbols::output_of;

/// Writes what `package` consists of where it is built for `triple`, beside the product of that name.
pub(super) fn write(package: &str, triple: &str, name: &str) -> Result<(), Failure> {
    let mut tree = cargo::command(&["tree", "--quiet", "--locked", "--prefix=none", "--edges=normal,no-proc-macro"]);
    tree.args(["--package", package, "--target", triple, "--format={p}|{l}"]);
    let listed = output_of(&mut tree, "run the line by hand")?;
    let lock = cargo::workspace_folder()?.join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|error| Failure::file(&lock, &error))?;
    let text = format!("{:#}\n", document(package, &listed, &lock));
    let path = archive::folder()?.join(format!("{name}.cdx.json"));
    std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))
}

/// From Cargo's tree, a crate a line, and the sums of the lock file.
fn document(package: &str, tree: &str, lock: &str) -> Value {
    let crates: BTreeMap<(&str, &str), &str> = tree.lines().filter_map(read).collect();
    let component = |(&(name, version), licences): (&(&str, &str), &&str)| {
        let mut component = json!({
            "type": "library", "name": name, "version": version, "purl": format!("pkg:cargo/{name}@{version}"),
            // As older crates write it.
            "licenses": [{ "expression": licences.replace('/', " OR ") }],
        });
        if let Some(sum) = sum(lock, name, version) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        component
    };
    let (ours, others): (Vec<_>, Vec<_>) = crates.iter().map(component).partition(|made| made["name"] == package);
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": ours.first() },
        "components": others,
    })
}

/// Name, version and licences of one line: `serde v1.0.0|MIT`, perhaps with a place behind the version, and a star where it
/// was listed before.
fn read(line: &str) -> Option<((&str, &str), &str)> {
    let (package, licences) = line.strip_suffix(" (*)").unwrap_or(line).split_once('|')?;
    let mut words = package.split(' ');
    Some(((words.next()?, words.next()?.strip_prefix('v')?), licences))
}

/// Of the archive in the registry; our own crates have none.
fn sum<'a>(lock: &'a str, name: &str, version: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("name = \"{name}\"\nversion = \"{version}\"\n"))?;
    let (entry, _) = entry.split_once("\n\n").unwrap_or((entry, ""));
    Some(entry.split_once("checksum = \"")?.1.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_has_its_sum_and_ours_is_what_is_described() {
        let tree = "ours v0.1.0 (/a/place)|MIT\nserde v1.0.2|MIT/Apache-2.0\nserde v1.0.2|MIT/Apache-2.0 (*)\n";
        let lock = "[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.2\"\nsource = \"x\"\nchecksum = \"ab\"\n";
        let made = document("ours", tree, lock);
        assert_eq!(made["metadata"]["component"]["version"], "0.1.0");
        let serde = json!([{
            "type": "library", "name": "serde", "version": "1.0.2", "purl": "pkg:cargo/serde@1.0.2",
            "licenses": [{ "expression": "MIT OR Apache-2.0" }], "hashes": [{ "alg": "SHA-256", "content": "ab" }],
        }]);
        assert_eq!(made["components"], serde);
        assert!(!made.to_string().contains("/a/place"));
    }
}
