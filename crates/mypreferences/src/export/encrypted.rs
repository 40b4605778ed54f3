//! The handle of an export, encrypted: for state that others keep and show, a checkpoint, a task's log, a table of a
//! warehouse. Whoever reads it there cannot read the access token; a client of the same account can.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::export::Export;
use crate::export::handle::TOTAL;
use crate::session::token_cache::Total;

/// Says what it is, and of which version.
const PREFIX: &str = "mph1.";
/// Fixed: the same account makes the same key anywhere.
const SALT: &[u8] = b"mypreferences handle 1";
/// Longer than any handle, in bytes: a name has at most a few hundred.
const LONGEST: usize = 16 * 1024;

impl Client {
    /// The export as a text that can be kept where others read it: `mph1.` and what only a client of the same account,
    /// base URL and surface can read, by [`Client::unwrap`]. Encrypted (ChaCha20-Poly1305) with a key from the setting
    /// `handle_key` or `handle_key_file`, else from the secret of the HMAC or OAuth credentials: set one of the two for
    /// handles that outlive a rotation of that secret. Twice the same export gives two texts. With it goes what
    /// this client knows of it: since when it is, and `TotalResults` once a page told it.
    ///
    /// # Errors
    /// `invalid_argument` for an export of another account; `configuration` where there is neither a `handle_key` nor a
    /// secret (a bearer token, a verbatim value, a provider), or where its file cannot be read.
    pub fn wrap(&self, export: &Export) -> Result<String, Error> {
        self.check_export(export, Operation::Configure)?;
        let key = self.handle_key()?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| Error::configuration("this system has no random numbers", "run it where there are some"))?;
        let total = match self.session().token_cache.total((export.kind, export.access_token)) {
            Some(Total::Told(total)) => Some(total),
            Some(Total::Disputed(..)) | None => None,
        };
        let mut sealed = export.to_json_with(total).into_bytes();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(PREFIX), &mut sealed)
            .map_err(|_| refused("it is too long", "shorten the name of what is exported"))?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Reads what [`Client::wrap`] gave, here or in another process.
    ///
    /// # Errors
    /// `invalid_argument` for anything else: another account's, base URL's or surface's handle, one made before the secret
    /// changed, one of which a bit has changed. `configuration` as for [`Client::wrap`]. The text is not repeated.
    pub fn unwrap(&self, handle: &str) -> Result<Export, Error> {
        const NEXT: &str = "pass the text that wrap gave";
        let text = handle.trim().strip_prefix(PREFIX).ok_or_else(|| refused("it does not begin with mph1.", NEXT))?;
        if text.len() > LONGEST {
            return Err(refused("it is too long", NEXT));
        }
        let mut sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused("it is cut or changed", NEXT))?;
        let (nonce, sealed) = sealed.split_first_chunk_mut().ok_or_else(|| refused("it is cut", NEXT))?;
        let opened = self
            .handle_key()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(PREFIX), sealed)
            .map_err(|_| {
                refused(
                    "made with another key, or changed",
                    "use the client id, base URL, surface and secret that made it; set handle_key to survive rotations",
                )
            })?;
        let opened: Value = serde_json::from_slice(opened).map_err(|_| refused("it holds no export", NEXT))?;
        let export = Export::from_value(&opened)?;
        self.check_export(&export, Operation::Configure)?;
        if let Some(total) = opened[TOTAL].as_u64() {
            self.session().token_cache.saw_total((export.kind, export.access_token), total);
        }
        Ok(export)
    }

    /// The key of this account's handles.
    fn handle_key(&self) -> Result<LessSafeKey, Error> {
        let session = self.session();
        let secret = match &session.handle_key {
            Some(own) => own.now()?,
            None => session.credentials.lasting_secret()?.ok_or_else(|| {
                Error::configuration(
                    "there is no key for an encrypted handle: these credentials have no lasting secret",
                    "set handle_key or handle_key_file",
                )
            })?,
        };
        // Each with its length before it, so that no two accounts have the same.
        let parts = [session.client_id.as_str(), session.routes.base(), session.settings.surface.name()];
        let info: Vec<u8> = parts
            .iter()
            .flat_map(|part| {
                u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes().into_iter().chain(part.bytes())
            })
            .collect();
        let derived = Salt::new(HKDF_SHA256, SALT).extract(secret.expose_secret().as_bytes());
        let info = [info.as_slice()];
        let key = derived
            .expand(&info, &CHACHA20_POLY1305)
            .map_err(|_| Error::configuration("no key can be made from handle_key", "set another handle_key"))?;
        Ok(LessSafeKey::new(UnboundKey::from(key)))
    }
}

fn refused(what: &str, next: &str) -> Error {
    Error::invalid_argument(Operation::Configure, format!("this is no encrypted handle of this client: {what}"), next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::credentials::Credentials;
    use crate::auth::oauth::OAuth;
    use crate::client::builder::ClientBuilder;
    use crate::error::ErrorKind;
    use crate::settings::surface::{ExportKind, Surface};

    const BASE_URL: &str = "http://127.0.0.1:9/";

    fn of(credentials: Credentials) -> ClientBuilder {
        Client::builder().client_id("ExampleClient").base_url(BASE_URL).credentials(credentials)
    }

    fn hmac() -> ClientBuilder {
        of(Credentials::hmac("ExampleUser", "example-hmac-key-0001"))
    }

    fn export() -> Export {
        Export {
            access_token: "8254600117".parse().unwrap(),
            kind: ExportKind::Segment,
            base_url: BASE_URL.to_owned(),
            surface: "async".to_owned(),
            client_id: "ExampleClient".to_owned(),
            name: Some("Jeder \u{1f600}".to_owned()),
            since_ms: None,
            watermark_ms: 1_795_501_553_042,
        }
    }

    fn refusal(client: ClientBuilder, handle: &str) -> String {
        let error = client.build().unwrap().unwrap(handle).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        error.to_string()
    }

    #[test]
    fn a_handle_comes_back_in_another_process_and_shows_nothing() {
        for client in [hmac, || {
            of(Credentials::oauth(
                OAuth::new("http://127.0.0.1:9/token", "id", "example-secret").user_id("ExampleUser"),
            ))
        }] {
            let client = || client().build().unwrap();
            let handle = client().wrap(&export()).unwrap();
            assert!(handle.starts_with("mph1.") && handle.len() < 400, "{handle}");
            assert!(handle.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)), "{handle}");
            assert_eq!(client().unwrap(&format!("{handle}\n")).unwrap(), export());
            assert_ne!(client().wrap(&export()).unwrap(), handle);
        }
    }

    /// Made once by another language's HKDF and ChaCha20-Poly1305: a checkpoint outlives the program that wrote it.
    const OF_VERSION_1: &str = "mph1.AAECAwQFBgcICQoL7TXFaCkybWvMMm_toWHy8ZdCr3s0p3b4LN18FCyyUOfeh2fn25f72Zd-QNZ73sx7CKz5u0swwML\
         4aHEeb5Kn5sQINcCx29aedntsQwzK-Wsjgxzu0aFN1zBwK3UmI8lUQDwjYoifXnAymKApsFiXkCd4Qs4JanlnoCHVEegTGqh\
         msngRe1la1M8CToHQbU2Py0epU5WCuzIaOHGicZ9abhNhcg5QFnt8c5Cr_Nd4oJDHaw8Z_PyR2_772VhLZzX13a9nuUYcYNA\
         ceiq9clIViQgUjIs881RW8no-BScbtXJh";

    #[test]
    fn a_handle_that_another_version_has_made_is_read() {
        assert_eq!(hmac().build().unwrap().unwrap(OF_VERSION_1).unwrap(), export());
    }

    #[test]
    fn a_handle_of_which_any_bit_has_changed_is_refused() {
        let handle = hmac().build().unwrap().wrap(&export()).unwrap();
        for index in 0..handle.len() {
            for bit in 0..8 {
                let mut changed = handle.clone().into_bytes();
                changed[index] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(changed) else { continue };
                // White space around it does not matter.
                if changed.trim() != handle {
                    refusal(hmac(), &changed);
                }
            }
            refusal(hmac(), &handle[..index]);
        }
        refusal(hmac(), &format!("mph1.{}", "A".repeat(1 << 20)));
    }

    #[test]
    fn a_handle_of_another_account_is_refused_with_what_to_do() {
        let handle = hmac().build().unwrap().wrap(&export()).unwrap();
        for other in [
            hmac().client_id("Example"),
            hmac().base_url("http://127.0.0.1:8/"),
            hmac().surface(Surface::profiles()),
            hmac().handle_key("0123456789abcdef"),
            of(Credentials::hmac("ExampleUser", "example-hmac-key-0002")),
        ] {
            let message = refusal(other, &handle);
            assert!(message.contains("another key") && message.contains("handle_key"), "{message}");
            assert!(!message.contains(&handle[5..]), "{message}");
        }
        let foreign = Export { client_id: "Other".to_owned(), ..export() };
        assert_eq!(hmac().build().unwrap().wrap(&foreign).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }

    #[test]
    fn a_key_of_its_own_outlives_a_rotation_and_is_needed_without_a_lasting_secret() {
        const KEY: &str = "a key of handles 0001";
        let handle = hmac().handle_key(KEY).build().unwrap().wrap(&export()).unwrap();
        let rotated = of(Credentials::hmac("ExampleUser", "example-hmac-key-0002")).handle_key(KEY).build().unwrap();
        assert_eq!(rotated.unwrap(&handle).unwrap(), export());
        for credentials in [Credentials::bearer("token"), Credentials::verbatim("Basic b")] {
            let without = of(credentials.clone()).build().unwrap().wrap(&export()).unwrap_err();
            assert_eq!(without.kind(), ErrorKind::Configuration);
            assert!(without.to_string().contains("set handle_key"), "{without}");
            assert_eq!(of(credentials).handle_key(KEY).build().unwrap().unwrap(&handle).unwrap(), export());
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused_without_its_text() {
        let refused = |client: ClientBuilder| {
            let error = client.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            error.to_string()
        };
        for (key, why) in [("", "is empty"), ("two\nlines of a text", "line break"), ("short-key", "16 characters")] {
            let message = refused(hmac().handle_key(key));
            assert!(message.contains(why) && (key.is_empty() || !message.contains(key)), "{message}");
        }
        let both = hmac().handle_key("0123456789abcdef").handle_key_file("key");
        assert!(refused(both).contains("handle_key or handle_key_file"));
        assert!(refused(hmac().handle_key_file("/no/such/file")).contains("cannot be read"));
    }
}
