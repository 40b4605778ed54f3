//! rustls has one source of cryptography: ring. Two of them in one program make rustls panic when it is asked for "the"
//! provider, and bring a second copy of everything.

use super::Facts;
use crate::failure::Failure;

/// Other providers, as crates of their own.
const OTHER_CRATES: &[&str] = &[
    "aws-lc-rs",
    "rustls-graviola",
    "rustls-openssl",
    "rustls-rustcrypto",
    "rustls-symcrypt",
    "rustls-wolfcrypt-provider",
];

/// Features of rustls and its relatives that bring a provider other than ring in.
const OTHER_FEATURES: &[&str] = &["aws_lc_rs", "aws-lc-rs", "fips"];

/// The crates whose features choose a provider.
const CHOOSERS: &[&str] = &[
    "rustls",
    "rustls-webpki",
    "tokio-rustls",
    "hyper-rustls",
    "rustls-platform-verifier",
];

pub(super) fn objections(facts: &Facts) -> Result<Vec<String>, Failure> {
    let Some(resolve) = &facts.metadata.resolve else {
        return Err(Failure::new(
            "cargo metadata gave no dependency graph; update cargo",
        ));
    };
    let crates: Vec<(&str, Vec<&str>)> = resolve
        .nodes
        .iter()
        .map(|node| {
            (
                facts.metadata[&node.id].name.as_str(),
                node.features
                    .iter()
                    .map(|feature| feature.as_str())
                    .collect(),
            )
        })
        .collect();
    Ok(judge(&crates))
}

/// Takes each crate of the tree with the features that are on.
fn judge(crates: &[(&str, Vec<&str>)]) -> Vec<String> {
    let mut objections = Vec::new();
    for (name, features) in crates {
        if OTHER_CRATES.contains(name) {
            objections.push(format!("{name} is a second TLS provider; `cargo tree -i {name} --target all` shows who wants it"));
        }
        if CHOOSERS.contains(name) {
            for feature in features
                .iter()
                .filter(|feature| OTHER_FEATURES.contains(feature))
            {
                objections.push(format!(
                    "{name} has the feature `{feature}` on; `cargo tree -e features -i {name}` shows who wants it"
                ));
            }
        }
        if *name == "rustls" && !features.contains(&"ring") {
            objections.push(
                "rustls is built without `ring`; switch that feature on in the root Cargo.toml"
                    .to_owned(),
            );
        }
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustls_with_ring_is_fine() {
        assert!(
            judge(&[
                ("rustls", vec!["ring", "std"]),
                ("ring", vec![]),
                ("tokio-rustls", vec!["tls12"])
            ])
            .is_empty()
        );
    }

    #[test]
    fn rustls_without_ring_or_with_another_provider_is_objected_to() {
        assert_eq!(judge(&[("rustls", vec!["std"])]).len(), 1);
        assert_eq!(
            judge(&[("rustls", vec!["ring", "aws_lc_rs"]), ("aws-lc-rs", vec![])]).len(),
            2
        );
        assert_eq!(judge(&[("tokio-rustls", vec!["aws-lc-rs"])]).len(), 1);
    }
}
