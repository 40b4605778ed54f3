//! Layers, profiles and credentials, each from made-up sources.

use std::ffi::OsString;

use super::*;

fn variables(ours: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    ours.iter().map(|(name, value)| (variable(name).into(), (*value).into())).collect()
}

fn environment(ours: &[(&str, &str)]) -> Sources {
    Sources::of(variables(ours))
}

/// A file of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("mypreferences-configuration-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    #[cfg_attr(not(unix), allow(unused_variables))]
    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sort(sources: Sources) -> Result<String, Error> {
    let found = sources.read()?.credentials()?;
    Ok(format!("{found:?}"))
}

fn refusal(sources: Sources) -> String {
    sort(sources).unwrap_err().to_string()
}

#[test]
fn an_argument_beats_the_environment_and_that_beats_the_profile() {
    let folder = Folder::new("layers");
    let file = folder.file(
        "config.toml",
        "[profile.job]\nclient_id = 'p'\nquiet = 3\ntimeout = '90s'\nmax_attempts = 2\n",
        0o644,
    );
    let configuration = environment(&[("resend_delay", "4"), ("timeout", "80")])
        .argument("timeout", "--timeout", "70")
        .unwrap()
        .file(&file)
        .profile("job")
        .read()
        .unwrap();
    let settings = configuration.settings().unwrap();
    assert_eq!(settings.client_id.as_deref(), Some("p"));
    assert_eq!(settings.timeout.as_secs(), 70);
    assert_eq!(settings.resend_delay.as_secs(), 4);
    assert_eq!(settings.max_attempts, 2);
    let entry = |name: &str| {
        let entries = configuration.entries();
        let found = entries.iter().find(|entry| entry.name == name).unwrap();
        (found.value.clone().unwrap_or_default(), found.origin.to_string())
    };
    assert_eq!(entry("timeout"), ("70".into(), "--timeout".into()));
    assert_eq!(entry("resend_delay"), ("4".into(), "MYPREFERENCES_RESEND_DELAY".into()));
    assert_eq!(entry("confirm_window"), ("60s".into(), "default".into()));
    assert_eq!(entry("max_attempts").0, "2");
    assert!(entry("max_attempts").1.starts_with("[profile.job] of "));
    assert_eq!(configuration.entries().len(), names().count());
}

#[test]
fn base_url_and_environment_replace_each_other_across_places() {
    let mixed =
        environment(&[("environment", "staging")]).argument("base_url", "--base-url", "https://example.test/").unwrap();
    let settings = mixed.read().unwrap().settings().unwrap();
    assert_eq!(settings.environment, None);
    let mixed = environment(&[("base_url", "https://example.test/")])
        .argument("environment", "--environment", "staging")
        .unwrap();
    let settings = mixed.read().unwrap().settings().unwrap();
    assert_eq!(settings.base_url, None);
}

#[test]
fn a_name_of_the_version_before_is_still_read_and_told_of() {
    let configuration = environment(&[("quiet", "4"), ("strict", "true")])
        .argument("settle", "--settle", "70")
        .unwrap()
        .read()
        .unwrap();
    let settings = configuration.settings().unwrap();
    assert_eq!(settings.resend_delay.as_secs(), 4);
    assert_eq!(settings.confirm_window.as_secs(), 70);
    assert!(settings.require_certain);
    assert_eq!(
        configuration.notes().join("\n"),
        "the argument settle is now confirm_window; the old name is read in this version only\n\
         MYPREFERENCES_QUIET is now MYPREFERENCES_RESEND_DELAY; the old name is read in this version only\n\
         MYPREFERENCES_STRICT is now MYPREFERENCES_REQUIRE_CERTAIN; the old name is read in this version only"
    );
    // Who gives both means the new one.
    let both = environment(&[("quiet", "4"), ("resend_delay", "6")]).read().unwrap();
    assert_eq!(both.settings().unwrap().resend_delay.as_secs(), 6);
}

#[test]
fn a_refused_value_is_told_of_the_place_it_came_from() {
    let error = environment(&[("resend_delay", "soon")]).read().unwrap().settings().unwrap_err();
    assert!(error.to_string().contains("from MYPREFERENCES_RESEND_DELAY"));
    assert!(Sources::default().argument("quit", "quit", "1").is_err());
}

#[test]
fn an_empty_variable_counts_as_unset_and_foreign_ones_are_not_seen() {
    let sources = Sources::of([("MYPREFERENCES_CLIENT_ID".into(), "".into()), ("CLIENT_ID".into(), "foreign".into())]);
    let settings = sources.read().unwrap().settings().unwrap();
    assert_eq!(settings.client_id, None);
}

#[test]
fn the_profile_is_chosen_by_argument_variable_or_the_name_default() {
    let folder = Folder::new("choice");
    let text = "[profile.default]\nclient_id='d'\n[profile.other]\nclient_id='o'\n";
    let file = folder.file("config.toml", text, 0o644);
    let client_id = |sources: Sources| {
        let configuration = sources.file(&file).read().unwrap();
        configuration.settings().unwrap().client_id.unwrap()
    };
    assert_eq!(client_id(environment(&[])), "d");
    assert_eq!(client_id(environment(&[("profile", "other")])), "o");
    let both = environment(&[("profile", "other")]).profile("default");
    assert_eq!(client_id(both), "d");
    let error = environment(&[("profile", "none")]).file(&file).read().err().unwrap();
    assert!(error.to_string().contains("default, other"), "{error}");
    // Nobody asked for a profile, and there is no file.
    let home = Sources::of([("HOME".into(), folder.0.clone().into())]);
    assert!(home.clone().read().unwrap().profile().is_none());
    assert!(home.profile("job").read().is_err());
}

#[test]
fn the_default_file_is_below_the_home_folder() {
    let folder = Folder::new("home");
    let below = folder.0.join(".config").join("mypreferences");
    std::fs::create_dir_all(&below).unwrap();
    let secret = folder.file("key", "hush\n", 0o600);
    std::fs::write(
        below.join("config.toml"),
        "[profile.default]\nuser_id='u'\nsecret_file='~/key'\nca_file='ca.pem'\n",
    )
    .unwrap();
    let home = Sources::of([("HOME".into(), folder.0.clone().into())]);
    let configuration = home.read().unwrap();
    assert_eq!(configuration.text("secret_file").unwrap().0, secret.to_str().unwrap());
    assert_eq!(configuration.settings().unwrap().ca_file.unwrap(), below.join("ca.pem"));
    assert_eq!(format!("{:?}", configuration.credentials().unwrap()), "Credentials(hmac, ***)");
}

#[test]
fn what_is_wrong_with_a_file_is_said_without_repeating_a_secret() {
    let folder = Folder::new("wrong");
    for (text, said) in [
        ("[profile.default]\nsecret = 'hush\n", "line 2"),
        ("client_id = 'hush'\n", "outside of a [profile.NAME] table"),
        ("[profile.default]\nclientid = 'hush'\n", "no setting clientid"),
        ("[profile.default]\nsecret = ['hush']\n", "neither a text"),
        ("[profile]\ndefault = 'hush'\n", "write [profile.default]"),
    ] {
        let file = folder.file("config.toml", text, 0o600);
        let error = Sources::default().file(&file).read().err().unwrap();
        let message = error.to_string();
        assert!(message.contains(said), "{message}");
        assert!(!message.contains("hush"), "{message}");
        assert_eq!(error.kind(), crate::ErrorKind::Configuration);
    }
}

#[cfg(unix)]
#[test]
fn a_file_with_secrets_that_others_can_read_is_refused() {
    let folder = Folder::new("modes");
    for name in ["secret", "handle_key"] {
        let text = format!("[profile.other]\n{name} = 'hush'\n[profile.default]\nclient_id = 'a'\n");
        let read = |mode| {
            let file = folder.file("config.toml", &text, mode);
            Sources::default().file(file).read()
        };
        assert!(read(0o600).is_ok());
        let message = read(0o640).err().unwrap().to_string();
        assert!(message.contains("chmod 600"), "{message}");
    }
    let harmless = folder.file("config.toml", "[profile.default]\nclient_id='a'\n", 0o644);
    assert!(Sources::default().file(harmless).read().is_ok());
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_change_is_refused_whatever_it_holds() {
    let folder = Folder::new("changed");
    let text = "[profile.default]\nclient_id = 'a'\n";
    let read = |mode| {
        let file = folder.file("config.toml", text, mode);
        Sources::default().file(file).read().map(|_| ())
    };
    // The last three are how Kubernetes mounts a file.
    for mode in [0o600, 0o400, 0o644, 0o444, 0o440] {
        read(mode).unwrap();
    }
    for mode in [0o664, 0o646, 0o620, 0o602, 0o666] {
        let error = read(mode).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Configuration);
        let said = format!("can be changed by others (mode {mode:04o})");
        let error = error.to_string();
        assert!(error.contains(&said) && error.contains("chmod go-w"), "{error}");
    }
    // Only root can give a file away.
    if nix::unistd::geteuid().is_root() {
        let file = folder.file("config.toml", text, 0o644);
        nix::unistd::chown(&file, Some(4711.into()), None).unwrap();
        let error = Sources::default().file(file).read().err().unwrap().to_string();
        assert!(error.contains("belongs to another user (uid 4711)"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_secret_may_be_printed_by_a_command() {
    let folder = Folder::new("command");
    let secret = |line: &str| {
        let text = format!("[profile.default]\nuser_id='u'\nsecret_command = {line}\n");
        let file = folder.file("config.toml", &text, 0o644);
        let configuration = Sources::default().file(file).read().unwrap();
        let entries = configuration.entries();
        let shown = entries.iter().find(|entry| entry.name == "secret_command").and_then(|entry| entry.value.clone());
        (configuration.credentials(), shown.unwrap())
    };
    let (found, shown) = secret("'printf hush'");
    assert_eq!(found.unwrap().secrets(), ["hush"]);
    assert_eq!(shown, "printf ***");
    let (found, shown) = secret("['printf', 'hu%s', 'sh']");
    assert_eq!(found.unwrap().secrets(), ["hush"]);
    assert_eq!(shown, "printf ***");
    for (line, said) in [
        ("'echo hush; exit 3'", "exit status: 3"),
        ("'true'", "printed nothing"),
        ("['/no/such/program']", "cannot be started"),
    ] {
        let message = secret(line).0.unwrap_err().to_string();
        assert!(message.contains(said) && !message.contains("hush"), "{message}");
    }
}

#[test]
fn each_way_is_taken_when_it_is_the_only_one() {
    assert_eq!(sort(environment(&[("user_id", "u"), ("secret", "s")])).unwrap(), "Credentials(hmac, ***)");
    assert_eq!(sort(environment(&[("bearer_token", "b"), ("user_id", "u")])).unwrap(), "Credentials(bearer, ***)");
    assert_eq!(sort(environment(&[("authorization", "Basic a")])).unwrap(), "Credentials(verbatim, ***)");
}

#[test]
fn several_are_refused_by_name_and_never_by_value() {
    let all = [
        ("user_id", "u"),
        ("secret", "hush-secret"),
        ("secret_file", "hush-file"),
        ("bearer_token", "hush-bearer"),
        ("authorization", "hush-authorization"),
        ("handle_key", "hush-key-of-handles"),
    ];
    let text = refusal(environment(&all));
    for name in ["_SECRET,", "_SECRET_FILE,", "_BEARER_TOKEN,", "_AUTHORIZATION;"] {
        assert!(text.contains(&format!("MYPREFERENCES{name}")), "{text}");
    }
    assert!(!text.contains("hush"), "{text}");
    for entry in environment(&all).read().unwrap().entries() {
        let value = entry.value.unwrap_or_default();
        assert!(!value.contains("hush") || entry.name == "secret_file", "{value}");
    }
}

#[test]
fn the_credentials_of_a_stronger_place_beat_those_of_a_weaker_one() {
    let folder = Folder::new("stronger");
    let text = "[profile.default]\nuser_id='u'\nsecret='s'\n";
    let file = folder.file("config.toml", text, 0o600);
    let bearer = environment(&[("bearer_token", "b")]).file(&file);
    assert_eq!(sort(bearer).unwrap(), "Credentials(bearer, ***)");
    // The profile's user with a secret from the environment.
    let mixed = environment(&[("secret", "other")]).file(&file);
    assert_eq!(sort(mixed).unwrap(), "Credentials(hmac, ***)");
}

#[test]
fn a_user_id_as_an_argument_rules_bearer_and_verbatim_out() {
    let sources = environment(&[("secret", "s"), ("bearer_token", "b")]).argument("user_id", "--user-id", "u").unwrap();
    assert_eq!(sort(sources).unwrap(), "Credentials(hmac, ***)");
}

const OAUTH: [(&str, &str); 4] = [
    ("oauth_token_url", "https://host/token"),
    ("oauth_client_id", "job"),
    ("oauth_client_secret", "hush"),
    ("user_id", "u"),
];

#[test]
fn oauth_is_taken_from_the_environment_and_its_arguments_beat_other_credentials() {
    let found = "Credentials(oauth, ***)";
    assert_eq!(sort(environment(&OAUTH)).unwrap(), found);
    let all = [&OAUTH[..], &[("secret", "s"), ("bearer_token", "b")]].concat();
    let by_argument = environment(&all).argument("oauth_client_id", "--oauth-client-id", "other").unwrap();
    assert_eq!(sort(by_argument).unwrap(), found);
    let text = refusal(environment(&all));
    assert!(text.contains("_SECRET, MYPREFERENCES_OAUTH_CLIENT_SECRET, "), "{text}");
}

#[test]
fn what_is_missing_is_said_with_the_ways_to_give_it() {
    for (missing, said) in [
        ("oauth_token_url", "no token URL"),
        ("oauth_client_id", "no client id"),
        ("oauth_client_secret", "no client secret"),
    ] {
        let rest: Vec<_> = OAUTH.into_iter().filter(|(name, _)| *name != missing).collect();
        let text = refusal(environment(&rest));
        assert!(text.contains(said) && text.contains(&variable(missing)), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }
    let bad = [&OAUTH[..], &[("oauth_client_auth", "jwt")]].concat();
    let text = refusal(environment(&bad));
    assert!(text.contains("basic or body"), "{text}");
    assert!(text.contains("from MYPREFERENCES_OAUTH_CLIENT_AUTH"), "{text}");

    let text = refusal(environment(&[]));
    for way in ["_SECRET", "_BEARER_TOKEN", "_AUTHORIZATION", "--secret-file", "profile"] {
        assert!(text.contains(way), "{text}");
    }
    assert!(refusal(environment(&[("user_id", "u")])).contains("no secret"));
    assert!(refusal(environment(&[("secret", "s")])).contains("no user id"));
}

#[test]
fn a_proxys_password_is_not_shown_however_the_proxy_is_written() {
    for (given, shown) in [
        ("http://user:hush@proxy.example:3128/", "http://***@proxy.example:3128/"),
        ("user:hush@proxy.example:3128", "***@proxy.example:3128"),
        ("http://user:hu/sh@proxy:3128", "http://***@proxy:3128"),
        ("http://user:hu@sh@proxy:3128", "http://***@proxy:3128"),
        ("http://proxy:3128/", "http://proxy:3128/"),
    ] {
        let configuration = environment(&[("proxy", given)]).read().unwrap();
        let entries = configuration.entries();
        let proxy = entries.iter().find(|entry| entry.name == "proxy").unwrap();
        assert_eq!(proxy.value.as_deref(), Some(shown));
    }
}

#[test]
fn a_secret_is_read_alike_from_a_variable_a_profile_a_file_and_a_command() {
    let folder = Folder::new("alike");
    for (given, kept) in [
        ("hush\n", Ok("hush")),
        ("hush\r\n", Ok("hush")),
        ("\u{feff}hush", Ok("hush")),
        ("hu\nsh", Err("holds a line break")),
        ("hush\r", Err("holds a line break")),
        ("hush\n\n", Err("holds a line break")),
        ("\n", Err("is empty")),
    ] {
        let path = folder.file("secret", given, 0o600);
        let path = path.to_str().unwrap();
        // A JSON text is one of TOML, too.
        let profile = format!("[profile.default]\nsecret = {}\n", serde_json::to_string(given).unwrap());
        let file = folder.file("config.toml", &profile, 0o600);
        let printed = format!("cat '{path}'");
        let mut sources = vec![
            environment(&[("user_id", "u"), ("secret", given)]),
            environment(&[("user_id", "u"), ("secret_file", path)]),
            environment(&[("user_id", "u")]).file(file),
            environment(&[("bearer_token", given)]),
            environment(&[("authorization", given)]),
        ];
        if cfg!(unix) {
            sources.push(environment(&[("user_id", "u"), ("secret_command", &printed)]));
        }
        for source in sources {
            match (source.read().unwrap().credentials(), kept) {
                (Ok(found), Ok(kept)) => assert_eq!(found.secrets(), [kept], "{given:?}"),
                (Err(error), Err(said)) => {
                    let text = error.to_string();
                    assert!(text.contains(said) && !text.contains("hu"), "{text}");
                }
                (found, _) => panic!("{given:?}: {found:?}"),
            }
        }
    }
}

#[test]
fn a_configuration_file_may_begin_with_a_byte_order_mark() {
    let folder = Folder::new("mark");
    let text = "\u{feff}[profile.default]\r\nclient_id = 'a'\r\n";
    let file = folder.file("config.toml", text, 0o600);
    let settings = Sources::default().file(file).read().unwrap().settings();
    assert_eq!(settings.unwrap().client_id.as_deref(), Some("a"));
}
