//! The licences of everything we build with, on every platform, against a list of what we may ship.
//!
//! The expressions themselves are read in module `spdx`.

use super::{Facts, spdx};

/// Fine for every crate: permissive, and satisfied by shipping the texts along.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    // The data of Mozilla's root certificates.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Fine for one crate only, with the reason why. Here belong crates under MPL-2.0: it asks for the sources of changed
/// files, so each of them is a decision.
const ALLOWED_FOR: &[Exception] = &[
    Exception {
        name: "cbindgen",
        licence: "MPL-2.0",
        reason: "makes the C header in xtask; nothing of it is shipped",
    },
    unchanged_uniffi("uniffi"),
    unchanged_uniffi("uniffi_bindgen"),
    unchanged_uniffi("uniffi_core"),
    unchanged_uniffi("uniffi_internal_macros"),
    unchanged_uniffi("uniffi_macros"),
    unchanged_uniffi("uniffi_meta"),
    unchanged_uniffi("uniffi_pipeline"),
    unchanged_uniffi("uniffi_udl"),
];

/// The border to Kotlin and Swift: used as it is published, and no file of it is changed.
const fn unchanged_uniffi(name: &'static str) -> Exception {
    Exception {
        name,
        licence: "MPL-2.0",
        reason: "used unchanged, for Kotlin and Swift",
    }
}

/// A licence that one crate may have.
struct Exception {
    name: &'static str,
    licence: &'static str,
    reason: &'static str,
}

/// A dependency and what it says about its licence.
struct Package<'a> {
    name: &'a str,
    version: String,
    licence: Option<&'a str>,
}

pub(super) fn objections(facts: &Facts) -> Vec<String> {
    let members = &facts.metadata.workspace_members;
    let dependencies = facts
        .metadata
        .packages
        .iter()
        .filter(|package| !members.contains(&package.id));
    let packages: Vec<Package<'_>> = dependencies
        .map(|package| Package {
            name: &package.name,
            version: package.version.to_string(),
            licence: package.license.as_deref(),
        })
        .collect();
    judge(&packages, ALLOWED_FOR)
}

fn judge(packages: &[Package<'_>], exceptions: &[Exception]) -> Vec<String> {
    let mut objections: Vec<String> = packages
        .iter()
        .filter_map(|package| objection(package, exceptions))
        .collect();
    for exception in exceptions {
        let is_needed = packages.iter().any(|package| {
            package.name == exception.name
                && objection(package, &[]).is_some()
                && objection(package, exceptions).is_none()
        });
        if !is_needed {
            objections.push(format!(
                "the exception {} for {} ({}) is stale; remove it from licences.rs",
                exception.licence, exception.name, exception.reason
            ));
        }
    }
    objections
}

fn objection(package: &Package<'_>, exceptions: &[Exception]) -> Option<String> {
    let Package {
        name,
        version,
        licence,
    } = package;
    let Some(licence) = licence else {
        return Some(format!(
            "{name} {version} names no SPDX licence; read its licence file and replace the crate if in doubt"
        ));
    };
    let is_allowed = |one: &str| {
        ALLOWED.contains(&one)
            || exceptions
                .iter()
                .any(|exception| exception.name == *name && exception.licence == one)
    };
    match spdx::is_satisfiable(licence, &is_allowed) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "{name} {version} is under {licence}, which is not allowed; replace it (`cargo tree -i {name}` shows who wants it)"
        )),
        Err(error) => Some(format!(
            "{name} {version}: the licence `{licence}` cannot be read: {error}; replace the crate"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &'static str, licence: Option<&'static str>) -> Package<'static> {
        Package {
            name,
            version: "1.0.0".to_owned(),
            licence,
        }
    }

    const EXCEPTION: Exception = Exception {
        name: "borrowed",
        licence: "MPL-2.0",
        reason: "unchanged",
    };

    #[test]
    fn a_choice_with_one_allowed_licence_is_fine() {
        assert!(judge(&[package("good", Some("GPL-3.0-only OR MIT"))], &[]).is_empty());
    }

    #[test]
    fn copyleft_and_missing_and_unreadable_licences_are_objected_to() {
        let packages = [
            package("left", Some("LGPL-3.0-or-later")),
            package("none", None),
            package("odd", Some("see file")),
        ];
        let objections = judge(&packages, &[]);
        assert_eq!(objections.len(), 3, "{objections:?}");
    }

    #[test]
    fn an_exception_is_for_its_crate_only() {
        let packages = [
            package("borrowed", Some("MPL-2.0")),
            package("other", Some("MPL-2.0")),
        ];
        let objections = judge(&packages, &[EXCEPTION]);
        assert!(
            objections.len() == 1 && objections[0].starts_with("other"),
            "{objections:?}"
        );
    }

    #[test]
    fn an_exception_that_nothing_needs_is_stale() {
        for licence in ["MIT", "MPL-2.0 OR MIT"] {
            let objections = judge(&[package("borrowed", Some(licence))], &[EXCEPTION]);
            assert!(
                objections.len() == 1 && objections[0].contains("stale"),
                "{objections:?}"
            );
        }
    }
}
