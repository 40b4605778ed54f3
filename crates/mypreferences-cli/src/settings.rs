//! Settings of the core from flags and environment: a flag beats the environment, also where the two would
//! contradict each other. Names, values and ranges are the core's.

use mypreferences::{Error, Settings};

use crate::arguments::Options;
use crate::environment::Environment;
use crate::failure::Failure;

/// Reads every setting.
pub(crate) fn settings(options: &Options, environment: &Environment) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    for name in Settings::NAMES {
        if let Some(value) = options.setting(name) {
            settings
                .set(name, value)
                .map_err(|error| told_of(error, &flag(name)))?;
            continue;
        }
        // A base URL on the command line replaces the environment's MYPREFERENCES_ENVIRONMENT, and the other way round.
        if rival(name).is_some_and(|rival| options.setting(rival).is_some()) {
            continue;
        }
        if let Some(value) = environment.text(name)? {
            settings
                .set(name, value)
                .map_err(|error| told_of(error, &Environment::variable(name)))?;
        }
    }
    Ok(settings)
}

/// The setting that says the same thing in another way.
fn rival(name: &str) -> Option<&'static str> {
    match name {
        "base_url" => Some("environment"),
        "environment" => Some("base_url"),
        _ => None,
    }
}

fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

/// The same failure with the place where the value came from: the core does not know it.
fn told_of(error: Error, place: &str) -> Failure {
    let detail = format!("{} (from {place})", error.detail().unwrap_or("refused"));
    error.with_detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mypreferences::Environment as Vendor;
    use std::time::Duration;

    #[test]
    fn every_setting_can_come_from_the_environment_and_a_flag_beats_it() {
        let environment = Environment::with(&[
            ("CLIENT_ID", "from-environment"),
            ("SETTLE", "7"),
            ("MAX_ATTEMPTS", "2"),
            ("TIMEOUT", "9"),
        ]);
        let options = Options {
            client_id: Some("from-flag".to_owned()),
            timeout: Some("2m".to_owned()),
            ..Options::default()
        };
        let settings = settings(&options, &environment).unwrap();
        assert_eq!(settings.client_id.as_deref(), Some("from-flag"));
        assert_eq!(settings.timeout, Duration::from_secs(120));
        assert_eq!(settings.settle, Duration::from_secs(7));
        assert_eq!(settings.max_attempts, 2);
    }

    #[test]
    fn base_url_and_environment_replace_each_other_across_the_two_places() {
        let options = Options {
            base_url: Some("https://example.test/".to_owned()),
            ..Options::default()
        };
        let mixed = settings(&options, &Environment::with(&[("ENVIRONMENT", "staging")])).unwrap();
        assert_eq!(mixed.environment, None);

        let options = Options {
            environment: Some("staging".to_owned()),
            ..Options::default()
        };
        let mixed = settings(
            &options,
            &Environment::with(&[("BASE_URL", "https://example.test/")]),
        )
        .unwrap();
        assert_eq!(mixed.base_url, None);
        assert_eq!(mixed.environment, Some(Vendor::Staging));
    }

    #[test]
    fn a_refused_value_is_told_of_the_place_it_came_from() {
        let environment = Environment::with(&[("QUIET", "soon")]);
        let failure = settings(&Options::default(), &environment).unwrap_err();
        assert!(
            failure.to_string().contains("from MYPREFERENCES_QUIET"),
            "{failure}"
        );
        assert_eq!(crate::exit_code::exit_code(&failure), 64);
        let options = Options {
            hmac_hash: Some("md5".to_owned()),
            ..Options::default()
        };
        let failure = settings(&options, &Environment::default()).unwrap_err();
        assert!(
            failure.to_string().contains("from --hmac-hash"),
            "{failure}"
        );
    }
}
