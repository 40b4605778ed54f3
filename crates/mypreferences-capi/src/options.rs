//! Options of a client to be: every setting and credential of the core by its name, so that the core's tables stay the
//! only ones. Values are read as the core reads them; ranges are checked when the client is opened.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use mypreferences::configuration::{CREDENTIAL_NAMES, Sources};
use mypreferences::{AttemptEvent, ClientBuilder, Credentials, Error, Operation, Settings};

use crate::border::{UserData, c_text, free, required, text, text_of_length};
use crate::error::ErrorHandle;
use crate::error::{Failure, fallible};

/// Called for each request of each call, after it ended. `event` is one line of JSON in UTF-8 with the members
/// operation, n, delay_before, elapsed, sent, status, kind and url; secrets and access tokens are not in it.
///
/// Lifetime: `event` is valid until the callback returns.
/// Threads: called from the thread of the library that carries every call of the process, or from the thread of a
/// blocking call, also from several at once. It must not call back into the library, and must not block: until it
/// returns, no other call of the process goes on, and their time limits do not end them. Hand the line on, to a queue
/// for example.
pub type LogCallback = Option<unsafe extern "C" fn(user_data: *mut c_void, event: *const c_char)>;

/// Told that its user_data is not used any more, so that it can be freed.
///
/// Lifetime: called exactly once.
/// Threads: called from the thread that lets go of it last, perhaps one of the library.
pub type ReleaseCallback = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Where events go. Released when the options and every client made from them are gone and their calls are over.
struct Log {
    callback: unsafe extern "C" fn(*mut c_void, *const c_char),
    user_data: UserData,
    release: ReleaseCallback,
}

impl Log {
    fn tell(&self, event: &AttemptEvent) {
        let line = c_text(&event.to_json());
        // SAFETY: the program gave both together and keeps them usable until they are released.
        unsafe { (self.callback)(self.user_data.pointer(), line.as_ptr()) };
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the program gave both together, and nothing uses them after this.
            unsafe { release(self.user_data.pointer()) };
        }
    }
}

/// Settings and credentials of a client to be.
#[derive(Default)]
pub struct OptionsHandle {
    /// By name: settings that can be read, and credentials.
    given: Vec<(String, String)>,
    /// From a function of their own; they beat those that were given by name.
    credentials: Option<Credentials>,
    environment: Option<Environment>,
    log: Option<Arc<Log>>,
}

/// The environment and the profile file count too.
#[derive(Clone)]
struct Environment {
    profile: Option<String>,
}

impl OptionsHandle {
    pub(crate) fn builder(&self) -> Result<ClientBuilder, Error> {
        let mut sources = match &self.environment {
            None => Sources::of([]),
            Some(environment) => match &environment.profile {
                None => Sources::of_process(),
                Some(profile) => Sources::of_process().profile(profile),
            },
        };
        let mut has_credentials = self.environment.is_some();
        for (name, value) in &self.given {
            sources = sources.argument(name, name, value)?;
            has_credentials |= CREDENTIAL_NAMES.contains(&name.as_str());
        }
        let configuration = sources.read()?;
        let mut builder = mypreferences::Client::builder().settings(configuration.settings()?);
        if let Some(credentials) = &self.credentials {
            builder = builder.credentials(credentials.clone());
        } else if has_credentials {
            builder = builder.credentials(configuration.credentials()?);
        }
        if let Some(log) = &self.log {
            let log = Arc::clone(log);
            builder = builder.on_attempt(move |event| log.tell(event));
        }
        Ok(builder)
    }

    /// What cannot be read is refused now, where the program still knows what it meant.
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if !CREDENTIAL_NAMES.contains(&name) {
            Settings::default().set(name, value)?;
        }
        self.given.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

/// Makes options in which every setting has its default. Freed with mypref_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_options_new() -> Option<Box<OptionsHandle>> {
    Some(Box::default())
}

/// Frees options and sets `*options` to NULL; NULL is fine.
///
/// Lifetime: clients that were opened with them are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_options_free(options: Option<&mut Option<Box<OptionsHandle>>>) {
    free(options);
}

/// Sets one setting or credential from text: the names and forms are those of the environment variables (in lower case
/// and without MYPREFERENCES_) and of the command. Lengths of time are seconds ("2.5") or carry a unit ("250ms", "90s",
/// "3m"); sizes are bytes or carry one ("64KiB"); switches are "true" and "false". Credentials by name are "user_id"
/// with "secret" or "secret_file"; "oauth_token_url", "oauth_client_id" and "oauth_client_secret" (or
/// "oauth_client_secret_file") with "user_id" or "oauth_scope", and "oauth_client_auth"; "bearer_token"; and
/// "authorization". An unknown name or an unreadable value is invalid_argument, with the names or forms that are known.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set(
    options: Option<&mut OptionsHandle>,
    name: *const c_char,
    value: *const c_char,
) -> Option<Box<ErrorHandle>> {
    configure(options, |options| {
        // SAFETY: the caller gives texts that end with NUL and live until this returns.
        let (name, value) =
            unsafe { (text(name, Operation::Configure, "name")?, text(value, Operation::Configure, "value")?) };
        options.set(name, value)
    })
}

/// As mypref_options_set, with a value that need not end with NUL: `length` is in bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_bytes(
    options: Option<&mut OptionsHandle>,
    name: *const c_char,
    value: *const c_char,
    length: usize,
) -> Option<Box<ErrorHandle>> {
    configure(options, |options| {
        // SAFETY: the caller gives a text that ends with NUL and `length` bytes, which live until this returns.
        let (name, value) = unsafe {
            (text(name, Operation::Configure, "name")?, text_of_length(value, length, Operation::Configure, "value")?)
        };
        options.set(name, value)
    })
}

/// Lets environment variables (MYPREFERENCES_ and a name in upper case) and the profile file of the command count for
/// what these options do not set: settings and credentials, read when a client is opened. `profile` names a profile;
/// NULL takes MYPREFERENCES_PROFILE, or the profile "default" where there is one.
///
/// Threads: no other thread may use the options at the same time, and none may change the environment while a client is
/// opened with them.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_use_environment(
    options: Option<&mut OptionsHandle>,
    profile: *const c_char,
) -> Option<Box<ErrorHandle>> {
    configure(options, |options| {
        let profile = if profile.is_null() {
            None
        } else {
            // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
            Some(unsafe { text(profile, Operation::Configure, "profile")? }.to_owned())
        };
        options.environment = Some(Environment { profile });
        Ok(())
    })
}

/// Sets a length of time in milliseconds, such as "timeout".
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_duration_ms(
    options: Option<&mut OptionsHandle>,
    name: *const c_char,
    milliseconds: i64,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `set_shown`, which this hands over to.
    unsafe { set_shown(options, name, &format!("{milliseconds}ms")) }
}

/// Sets a number, such as "max_attempts" or "max_page_body" (in bytes).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_int(
    options: Option<&mut OptionsHandle>,
    name: *const c_char,
    value: i64,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `set_shown`, which this hands over to.
    unsafe { set_shown(options, name, &value.to_string()) }
}

/// Sets a switch, such as "require_certain".
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_bool(
    options: Option<&mut OptionsHandle>,
    name: *const c_char,
    value: bool,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `set_shown`, which this hands over to.
    unsafe { set_shown(options, name, &value.to_string()) }
}

/// Authorises by PNAUTHINFO3 with a keyed hash (settings "hmac_hash" and "timestamp_format"). `secret_length` is in
/// bytes; the secret need not end with NUL. It beats credentials that were
/// given otherwise.
///
/// Lifetime: both texts are copied; the copy of the secret is wiped when it is freed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_hmac(
    options: Option<&mut OptionsHandle>,
    user_id: *const c_char,
    secret: *const c_char,
    secret_length: usize,
) -> Option<Box<ErrorHandle>> {
    configure(options, |options| {
        // SAFETY: the caller gives a text that ends with NUL and `secret_length` bytes, which live until this returns.
        let (user_id, secret) = unsafe {
            (
                text(user_id, Operation::Configure, "user_id")?,
                text_of_length(secret, secret_length, Operation::Configure, "secret")?,
            )
        };
        options.credentials = Some(Credentials::hmac(user_id, secret));
        Ok(())
    })
}

/// Authorises by an OAuth 2.0 bearer token that the program renews. `token_length` is in bytes; the token need not end
/// with NUL. It beats credentials that were
/// given otherwise.
///
/// Lifetime: the token is copied; the copy is wiped when it is freed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_bearer(
    options: Option<&mut OptionsHandle>,
    token: *const c_char,
    token_length: usize,
) -> Option<Box<ErrorHandle>> {
    configure(options, |options| {
        // SAFETY: the caller gives `token_length` bytes that live until this returns.
        let token = unsafe { text_of_length(token, token_length, Operation::Configure, "token")? };
        options.credentials = Some(Credentials::bearer(token));
        Ok(())
    })
}

/// Authorises by the whole value of the Authorization header, sent as it is. `value_length` is in bytes; the value need
/// not end with NUL. It beats credentials that were
/// given otherwise.
///
/// Lifetime: the value is copied; the copy is wiped when it is freed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_options_set_authorization(
    options: Option<&mut OptionsHandle>,
    value: *const c_char,
    value_length: usize,
) -> Option<Box<ErrorHandle>> {
    configure(options, |options| {
        // SAFETY: the caller gives `value_length` bytes that live until this returns.
        let value = unsafe { text_of_length(value, value_length, Operation::Configure, "value")? };
        options.credentials = Some(Credentials::verbatim(value));
        Ok(())
    })
}

/// Has `callback` called for each request of each call of the clients that are opened with these options from now on.
/// A NULL callback ends it.
///
/// Lifetime: user_data must be usable until `release`, which may be NULL, is called with it: when the options hold
/// another callback or are freed, and every client that had this one is freed and its calls are over. It is called
/// even when this returns an error.
/// Threads: no other thread may use the options at the same time; for the callback see mypref_log_callback.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_options_set_log(
    options: Option<&mut OptionsHandle>,
    user_data: *mut c_void,
    callback: LogCallback,
    release: ReleaseCallback,
) -> Option<Box<ErrorHandle>> {
    let told = callback.map(|callback| Arc::new(Log { callback, user_data: UserData(user_data), release }));
    configure(options, |options| {
        options.log = told;
        Ok(())
    })
}

fn configure(
    options: Option<&mut OptionsHandle>,
    change: impl FnOnce(&mut OptionsHandle) -> Result<(), Error>,
) -> Failure {
    fallible(Operation::Configure, || change(required(options, Operation::Configure, "options")?))
}

/// Sets a value that was no text.
///
/// # Safety
/// `name` is NULL or points to a text that ends with NUL and lives until this returns.
unsafe fn set_shown(options: Option<&mut OptionsHandle>, name: *const c_char, value: &str) -> Failure {
    configure(options, |options| {
        // SAFETY: the caller vouches for it.
        let name = unsafe { text(name, Operation::Configure, "name")? };
        options.set(name, value)
    })
}
