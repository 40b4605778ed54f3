//! Profiles, `config show`, completions and manual pages.

use serde_json::Value;

use crate::support::{SECRET, TOKEN_TEXT, USER_ID, bare, file, service};

#[test]
fn a_profile_gives_everything_and_a_secret_file_is_read() {
    let service = service();
    let secret = file(SECRET, 0o600);
    let profile = |name: &str| {
        file(
            &format!(
                "[profile.{name}]\nbase_url = '{}'\nuser_id = '{USER_ID}'\nsecret_file = '{}'\n",
                service.base_url(),
                secret.to_str().unwrap()
            ),
            0o644,
        )
    };
    let named = profile("job");
    let asking = || bare().env("CONFIG_FILE", named.to_str().unwrap()).args(["status", TOKEN_TEXT]);
    asking().args(["--profile", "job"]).run().exits(0);
    asking().env("PROFILE", "job").run().exits(0);
    asking().run().exits(78).says("there are no credentials");
    asking().args(["--profile", "other"]).run().exits(78).says("choose one of: job");
    let default = profile("default");
    bare().env("CONFIG_FILE", default.to_str().unwrap()).args(["status", TOKEN_TEXT]).run().exits(0);
}

#[test]
fn a_profile_with_a_secret_that_others_can_read_is_refused() {
    let text = format!("[profile.default]\nsecret = '{SECRET}'\nuser_id = 'u'\n");
    let open = file(&text, 0o644);
    bare().env("CONFIG_FILE", open.to_str().unwrap()).args(["status", TOKEN_TEXT]).run().exits(78).says("chmod 600");
}

#[test]
fn config_show_says_where_each_value_is_from_and_hides_secrets() {
    let text = format!("[profile.default]\nsecret = '{SECRET}'\nuser_id = 'u'\nquiet = '7s'\n");
    let file = file(&text, 0o600);
    let showing = || {
        bare()
            .env("CONFIG_FILE", file.to_str().unwrap())
            .env("PROXY", "http://user:hush@proxy.example:3128")
            .without("RESEND_DELAY")
            .args(["config", "show", "--timeout", "9s"])
    };
    let people = showing().run().exits(0);
    assert!(people.stdout.contains("profile default of "), "{}", people.stdout);
    let shown: Value = serde_json::from_str(&showing().args(["--json"]).run().exits(0).stdout).unwrap();
    let find = |name: &str| {
        let settings = shown["settings"].as_array().unwrap();
        let entry = settings.iter().find(|entry| entry["name"] == name).unwrap();
        (entry["value"].clone(), entry["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(find("timeout"), ("9s".into(), "--timeout".into()));
    assert_eq!(find("confirm_window"), ("300ms".into(), "MYPREFERENCES_CONFIRM_WINDOW".into()));
    assert_eq!(find("max_attempts"), ("4".into(), "default".into()));
    assert_eq!(find("commit_path"), (Value::Null, "default".into()));
    assert_eq!(find("resend_delay").0, "7s");
    assert!(find("resend_delay").1.starts_with("[profile.default] of "));
    assert_eq!(find("secret").0, "***");
    assert_eq!(find("proxy").0, "http://***@proxy.example:3128");
    let broken = showing().env("CONFIRM_WINDOW", "soon").run().exits(64);
    assert!(broken.stderr.contains("from MYPREFERENCES_CONFIRM_WINDOW"), "{}", broken.stderr);
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = bare().args(["completions", shell]).run().exits(0).stdout;
        assert!(script.contains("keep-files") && script.contains("doctor"), "{shell}");
    }
    let page = bare().args(["man"]).run().exits(0).stdout;
    assert!(page.contains(".TH mypreferences") && page.contains("doctor"), "{page}");
    let page = bare().args(["man", "commit"]).run().exits(0).stdout;
    assert!(page.contains("keep\\-files"), "{page}");
    bare().args(["man", "nothing"]).run().exits(64);
}
