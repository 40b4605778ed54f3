//! The options of every command, and the sources of the configuration that they are the strongest part of.

use std::io::Write as _;

use clap::{ArgAction, Args};
use mypreferences::configuration::{Configuration, Sources};

use crate::failure::Failure;

/// Options of every command. The settings among them are text here: the core reads them.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// The profile of the configuration file to use [default: the one named default, if there is one]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The MyPreferences account id (not the OAuth client id)
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Base URL of the service, https or loopback; or use --environment
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The vendor's environment: production or staging
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The routes: async (documented, default), profiles or v4 (inferred: try them on staging first)
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) surface: Option<String>,
    /// What was exported: segment (default), segment-group, schedule or cid
    #[arg(long, global = true, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Route of commit below the base URL, with {clientId} and {accessToken}
    #[arg(long, global = true, value_name = "TEMPLATE")]
    pub(crate) commit_path: Option<String>,
    /// Route of status, likewise
    #[arg(long, global = true, value_name = "TEMPLATE")]
    pub(crate) status_path: Option<String>,
    /// Route of pages, likewise
    #[arg(long, global = true, value_name = "TEMPLATE")]
    pub(crate) page_path: Option<String>,
    /// Hash of PNAUTHINFO3: sha256 (default), sha384 or sha512
    #[arg(long, global = true, value_name = "HASH")]
    pub(crate) hmac_hash: Option<String>,
    /// Timestamp of PNAUTHINFO3: utc-millis-z (default), utc-seconds-z or utc-seconds
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) timestamp_format: Option<String>,
    /// The whole call, questions included: 180, 90s, 3m [default: 180s]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
    /// Refuse receipts that are only presumed
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) require_certain: Option<String>,
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide = true)]
    pub(crate) strict: Option<String>,
    /// Ask status before the first send of a commit
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) preflight: Option<String>,
    /// How long an export bears an outage without one new page: 10m, 0s for not at all [default: 10m]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) patience: Option<String>,
    /// Pages that an export asks for side by side, 1 to 16 [default: 4]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) parallel: Option<String>,
    /// A status whose `RowCount` differs from the records that came: check (default: no commit) or ignore
    #[arg(long, global = true, value_name = "check|ignore")]
    pub(crate) row_count: Option<String>,
    /// The API user whose secret signs (PNAUTHINFO3)
    #[arg(long, global = true, value_name = "USER")]
    pub(crate) user_id: Option<String>,
    /// File with the secret of the API user, readable by you alone
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) secret_file: Option<String>,
    /// OAuth: the token endpoint, https or loopback
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) oauth_token_url: Option<String>,
    /// OAuth: the client id (not the account id)
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) oauth_client_id: Option<String>,
    /// OAuth: file with the client secret, readable by you alone
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) oauth_client_secret_file: Option<String>,
    /// OAuth: the scope [default: {client-id}/{user-id}]
    #[arg(long, global = true, value_name = "SCOPE")]
    pub(crate) oauth_scope: Option<String>,
    /// OAuth: where the client id and secret stand: basic (header, default) or body
    #[arg(long, global = true, value_name = "FORM")]
    pub(crate) oauth_client_auth: Option<String>,
    /// PEM file with certificate authorities to trust in addition to the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// Trust the authorities of --ca-file and no others
    #[arg(long, global = true, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) ca_only: Option<String>,
    /// PEM file with a client certificate chain and its private key
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_cert: Option<String>,
    /// PEM file with the private key of --client-cert, where that is a file of its own
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) client_key: Option<String>,
    /// Proxy URL, or none; without it `HTTPS_PROXY` and `NO_PROXY` count, but never for loopback
    #[arg(long, global = true, value_name = "URL|none")]
    pub(crate) proxy: Option<String>,
    /// Print exactly one JSON object on standard output: the receipt, or {"error": ...}
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell on standard error what is sent and answered, without secrets; twice for everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Options {
    /// Where settings and credentials come from: these options, then the environment, then the profile.
    fn sources(&self) -> Result<Sources, Failure> {
        let mut sources = Sources::of_process();
        for (name, value) in self.given() {
            sources = sources.argument(name, format!("--{}", name.replace('_', "-")), value)?;
        }
        Ok(match &self.profile {
            Some(profile) => sources.profile(profile),
            None => sources,
        })
    }

    /// Settings and credentials, read; what is to be changed is told on standard error.
    pub(crate) fn configuration(&self) -> Result<Configuration, Failure> {
        let configuration = self.sources()?.read()?;
        for note in configuration.notes() {
            // When even standard error is gone, nobody can be told.
            let _ = writeln!(std::io::stderr().lock(), "mypreferences: {note}");
        }
        Ok(configuration)
    }

    /// The settings and credentials that were given as options.
    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("client_id", self.client_id.as_deref()),
            ("base_url", self.base_url.as_deref()),
            ("environment", self.environment.as_deref()),
            ("surface", self.surface.as_deref()),
            ("kind", self.kind.as_deref()),
            ("commit_path", self.commit_path.as_deref()),
            ("status_path", self.status_path.as_deref()),
            ("page_path", self.page_path.as_deref()),
            ("hmac_hash", self.hmac_hash.as_deref()),
            ("timestamp_format", self.timestamp_format.as_deref()),
            ("timeout", self.timeout.as_deref()),
            ("require_certain", self.require_certain.as_deref()),
            ("strict", self.strict.as_deref()),
            ("preflight", self.preflight.as_deref()),
            ("patience", self.patience.as_deref()),
            ("parallel", self.parallel.as_deref()),
            ("row_count", self.row_count.as_deref()),
            ("user_id", self.user_id.as_deref()),
            ("secret_file", self.secret_file.as_deref()),
            ("oauth_token_url", self.oauth_token_url.as_deref()),
            ("oauth_client_id", self.oauth_client_id.as_deref()),
            ("oauth_client_secret_file", self.oauth_client_secret_file.as_deref()),
            ("oauth_scope", self.oauth_scope.as_deref()),
            ("oauth_client_auth", self.oauth_client_auth.as_deref()),
            ("ca_file", self.ca_file.as_deref()),
            ("ca_only", self.ca_only.as_deref()),
            ("client_cert", self.client_cert.as_deref()),
            ("client_key", self.client_key.as_deref()),
            ("proxy", self.proxy.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::arguments::Arguments;

    #[test]
    fn every_option_of_a_setting_or_credential_is_read() {
        let known =
            mypreferences::Settings::NAMES.iter().copied().chain(mypreferences::configuration::CREDENTIAL_NAMES);
        let known: Vec<&str> = known.collect();
        let mut count = 0;
        for argument in Arguments::command().get_arguments() {
            let Some(long) = argument.get_long() else {
                continue;
            };
            let name = long.replace('-', "_");
            if !known.contains(&name.as_str()) {
                continue;
            }
            let given = format!("--{long}=true");
            let parsed = Arguments::try_parse_from(["mypreferences", &given, "status", "1"]).unwrap();
            let read: Vec<_> = parsed.options.given().collect();
            assert_eq!(read, [(name.as_str(), "true")], "{long}");
            count += 1;
        }
        assert!(count > 20, "{count}");
    }
}
