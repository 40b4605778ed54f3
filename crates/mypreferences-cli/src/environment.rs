//! The environment as far as it is ours: variables whose name begins with `MYPREFERENCES_`. An empty one counts as
//! unset. What a variable means is decided in `settings`, `credentials` and `token`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use crate::failure::{self, Failure};

const PREFIX: &str = "MYPREFERENCES_";

/// Our variables that are set. No `Debug`: some are secrets.
#[derive(Default)]
pub(crate) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// That of this process.
    pub(crate) fn of_process() -> Environment {
        Environment::of(std::env::vars_os())
    }

    /// These variables.
    pub(crate) fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Environment {
        Environment(
            variables
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .filter_map(|(name, value)| {
                    let name = name.into_string().ok()?;
                    name.starts_with(PREFIX).then_some((name, value))
                })
                .collect(),
        )
    }

    /// The name of the variable for a setting or a credential, given in `snake_case`.
    pub(crate) fn variable(name: &str) -> String {
        format!("{PREFIX}{}", name.to_uppercase())
    }

    /// The value of a variable, given as `snake_case` without the prefix.
    pub(crate) fn value(&self, name: &str) -> Option<&OsStr> {
        self.0
            .get(&Environment::variable(name))
            .map(OsString::as_os_str)
    }

    /// The value as text. The message of a failure does not repeat it.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        self.value(name)
            .map(|value| {
                value.to_str().ok_or_else(|| {
                    let variable = Environment::variable(name);
                    failure::configuration(
                        format!("{variable} is not UTF-8"),
                        format!("set {variable} to a text in UTF-8"),
                    )
                })
            })
            .transpose()
    }
}

#[cfg(test)]
impl Environment {
    /// For tests: these variables, named without the prefix.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Environment {
        Environment::of(
            variables
                .iter()
                .map(|(name, value)| (Environment::variable(name).into(), (*value).into())),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset_and_foreign_ones_are_not_seen() {
        let environment = Environment::of([
            ("MYPREFERENCES_CLIENT_ID".into(), "".into()),
            ("CLIENT_ID".into(), "foreign".into()),
            ("MYPREFERENCES_KIND".into(), "cid".into()),
        ]);
        assert_eq!(environment.text("client_id").unwrap(), None);
        assert_eq!(environment.text("kind").unwrap(), Some("cid"));
    }
}
