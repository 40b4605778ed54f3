//! What a scenario can only name by a word, because it differs from run to run: files with certificates, the proxy, the
//! token endpoint. Words become places in plans, and places words again in what a surface says.

use std::path::{Path, PathBuf};

use mypreferences_mock::{MockService, OpenScenario};

use crate::scenario::{CANARY_SECRET, Scenario};
use crate::trouble::Trouble;

/// The files of one run, removed with it.
pub(crate) struct Files {
    folder: PathBuf,
}

impl Files {
    /// Writes the certificates of this mock.
    pub(crate) fn of(mock: &MockService) -> Result<Files, Trouble> {
        let opened = mock
            .open_scenario(r#"{"tls":"good"}"#)
            .map_err(|error| Trouble::new(format!("the mock has no TLS: {error}")))?;
        mock.close_scenario(opened.id());
        let Some(tls) = opened.tls() else {
            return Err(Trouble::new("the mock gives no certificates".to_owned()));
        };
        let folder = std::env::temp_dir().join(format!("mypreferences-suite-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| Trouble::file(&folder, &error))?;
        let files = Files { folder };
        for (word, text) in [
            ("{ca_file}", &tls.ca_pem),
            ("{client_cert}", &tls.client_certificate_pem),
            ("{client_key}", &tls.client_key_pem),
            ("{garbage_file}", &"this is no certificate\n".to_owned()),
            ("{secret_file}", &CANARY_SECRET.to_owned()),
        ] {
            // Private, as a file with a secret has to be.
            write(&files.path(word), text, 0o600)?;
        }
        Ok(files)
    }

    fn path(&self, word: &str) -> PathBuf {
        self.folder.join(word.trim_matches(['{', '}'])).with_extension("pem")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Writes a file with this mode.
fn write(file: &Path, text: &str, mode: u32) -> Result<(), Trouble> {
    std::fs::write(file, text).map_err(|error| Trouble::file(file, &error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(file, mode).map_err(|error| Trouble::file(file, &error))?;
    }
    Ok(())
}

/// The words for files.
const FILES: [&str; 5] = ["{ca_file}", "{client_cert}", "{client_key}", "{garbage_file}", "{secret_file}"];

/// The places of one case.
pub(crate) struct Places {
    words: Vec<(&'static str, String)>,
    own_token_url: String,
    refused: String,
}

impl Places {
    /// Writes the scenario's configuration file too, if it has one.
    pub(crate) fn of(
        files: &Files,
        scenario: &Scenario,
        opened: &OpenScenario,
        (base_url, refused): (&str, &str),
    ) -> Result<Places, Trouble> {
        let mut words: Vec<(&'static str, String)> =
            FILES.iter().map(|word| (*word, shown(&files.path(word)))).collect();
        words.push(("{out}", shown(&files.folder.join("out").join(opened.id()))));
        words.push(("{proxy}", opened.proxy_url().unwrap_or_default().to_owned()));
        let mut places = Places { words, own_token_url: opened.token_url(), refused: refused.to_owned() };
        if let Some(configuration) = &scenario.configuration {
            let file = files.folder.join(opened.id()).with_extension("toml");
            let text = places.filled(&configuration.file.replace("{base_url}", base_url));
            let mode = if configuration.others_can_read { 0o644 } else { 0o600 };
            write(&file, &text, mode)?;
            places.words.push(("{config_file}", shown(&file)));
        }
        Ok(places)
    }

    /// The value of a setting.
    pub(crate) fn filled(&self, value: &str) -> String {
        self.words.iter().fold(value.to_owned(), |value, (word, place)| value.replace(word, place))
    }

    /// What a surface said, in the words of scenarios.
    pub(crate) fn worded(&self, text: &str) -> String {
        self.words
            .iter()
            .filter(|(_, place)| !place.is_empty())
            .fold(text.to_owned(), |text, (word, place)| text.replace(place, word))
    }

    /// The address of a token endpoint.
    pub(crate) fn token_url(&self, word: &str) -> String {
        match word {
            "own" => self.own_token_url.clone(),
            "refused" => format!("{}/oauth/token", self.refused),
            "https" => self.own_token_url.replace("http:", "https:"),
            other => other.to_owned(),
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
