//! `config show`: every setting and credential, its value and where it came from. Secrets are never shown.

use mypreferences::configuration::Configuration;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::options::Options;
use crate::output::Output;

/// Shows the configuration; fails when it is not one that a client could be made of.
pub(super) fn show(output: Output, options: &Options) -> u8 {
    let configuration = match options.configuration() {
        Ok(configuration) => configuration,
        Err(failure) => return output.failure(&failure, None),
    };
    let code = output.result(&as_json(&configuration).to_string(), &table(&configuration));
    match readable(&configuration) {
        Ok(()) => code,
        Err(failure) => {
            output.note(&failure.to_string());
            crate::exit_code::exit_code(&failure)
        }
    }
}

/// Whether the values can be understood. Credentials are not judged: a secret's command would be run.
fn readable(configuration: &Configuration) -> Result<(), Failure> {
    configuration.settings().map(|_| ())
}

fn as_json(configuration: &Configuration) -> Value {
    let settings: Vec<Value> = configuration
        .entries()
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name,
                "value": entry.value,
                "origin": entry.origin.to_string(),
            })
        })
        .collect();
    let profile = configuration.profile();
    json!({
        "profile": profile.map(|(name, _)| name),
        "file": profile.map(|(_, file)| file.display().to_string()),
        "settings": settings,
    })
}

fn table(configuration: &Configuration) -> String {
    let entries = configuration.entries();
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names = width(&mut entries.iter().map(|entry| entry.name.len()));
    let values = width(&mut entries.iter().map(|entry| value(&entry.value).chars().count()));
    let mut lines = vec![match configuration.profile() {
        Some((name, file)) => format!("profile {name} of {}", file.display()),
        None => "no profile".to_owned(),
    }];
    lines.extend(
        entries.iter().map(|entry| format!("{:names$}  {:values$}  {}", entry.name, value(&entry.value), entry.origin)),
    );
    lines.join("\n")
}
