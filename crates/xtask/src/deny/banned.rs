//! Crates that must not come in, not even behind a feature or on another platform.

use super::Facts;

const BANNED: &[(&str, &str)] = &[
    (
        "openssl-sys",
        "TLS is rustls: a system OpenSSL is different on every machine our libraries are installed on",
    ),
    (
        "native-tls",
        "TLS is rustls: one behaviour on every platform",
    ),
    (
        "aws-lc-rs",
        "the provider is ring: a third smaller, no cmake, cross-builds for Android, iOS and musl",
    ),
    (
        "aws-lc-sys",
        "the provider is ring: a third smaller, no cmake, cross-builds for Android, iOS and musl",
    ),
];

pub(super) fn objections(facts: &Facts) -> Vec<String> {
    judge(
        facts
            .metadata
            .packages
            .iter()
            .map(|package| package.name.as_str()),
    )
}

fn judge<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let reason = |name: &str| {
        BANNED
            .iter()
            .find(|(banned, _)| *banned == name)
            .map(|(_, reason)| *reason)
    };
    names
        .filter_map(|name| Some((name, reason(name)?)))
        .map(|(name, reason)| {
            format!("{name} is banned ({reason}); `cargo tree -i {name} --target all` shows who wants it")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_is_named_with_its_reason() {
        let objections = judge(["ring", "openssl-probe", "native-tls"].into_iter());
        assert!(
            objections.len() == 1 && objections[0].contains("rustls"),
            "{objections:?}"
        );
    }
}
