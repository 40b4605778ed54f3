//! The command line that continues: the one that was given, quoted for a shell. Secrets never stand on a command line;
//! what may hold one all the same, a URL with a password or a query, is named and not repeated.

use std::ffi::{OsStr, OsString};

/// Options whose value may hold a secret.
const URLS: [(&str, &str); 3] =
    [("--callback-url", "<CALLBACK_URL>"), ("--proxy", "<PROXY>"), ("--oauth-token-url", "<OAUTH_TOKEN_URL>")];

/// `arguments` begins with the name of the program.
pub(crate) fn command_line(arguments: &[OsString]) -> String {
    let mut words = vec!["mypreferences".to_owned()];
    let mut placeholder = None;
    for argument in arguments.iter().skip(1) {
        let word = match placeholder.take() {
            Some(placeholder) if may_be_secret(&argument.to_string_lossy()) => {
                format!("'{placeholder}'")
            }
            Some(_) | None => joined(argument),
        };
        placeholder = URLS.into_iter().find(|(option, _)| argument == option).map(|(_, placeholder)| placeholder);
        words.push(word);
    }
    words.join(" ")
}

/// `--callback-url=…`, or any other word.
fn joined(argument: &OsStr) -> String {
    let text = argument.to_string_lossy();
    for (option, placeholder) in URLS {
        let value = text.strip_prefix(option).and_then(|rest| rest.strip_prefix('='));
        if value.is_some_and(may_be_secret) {
            return format!("{option}='{placeholder}'");
        }
    }
    quoted(argument)
}

fn may_be_secret(url: &str) -> bool {
    url.contains(['@', '?', '#'])
}

/// As a shell reads it back: plain, in single quotes, or with the bytes that no terminal should see as escapes.
pub(crate) fn quoted(word: &OsStr) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '.' | '/' | ':' | ',' | '@' | '%' | '+');
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Some(text) if !text.contains(char::is_control) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        Some(_) | None => {
            let escaped: String = word
                .as_encoded_bytes()
                .iter()
                .map(|byte| match byte {
                    b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                    b' '..=b'~' => char::from(*byte).to_string(),
                    _ => format!("\\x{byte:02x}"),
                })
                .collect();
            format!("$'{escaped}'")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> String {
        let words = std::iter::once("somewhere/mypreferences").chain(words.iter().copied());
        command_line(&words.map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_word_is_quoted_as_a_shell_reads_it() {
        assert_eq!(
            line(&["export", "--segment", "Everyone's own", "--out", "a/b", "--value="]),
            r"mypreferences export --segment 'Everyone'\''s own' --out a/b --value="
        );
        assert_eq!(line(&["", "a\nb'c"]), r"mypreferences '' $'a\x0ab\'c'");
        assert_eq!(line(&["$HOME", "~"]), "mypreferences '$HOME' '~'");
    }

    #[test]
    fn a_shell_reads_it_back() {
        let words = ["it's", "", "a b", "$HOME `x` \"y\"", "tab\there", "ü\u{1b}[1m", "*?~"];
        let output = std::process::Command::new("bash")
            .arg("-c")
            .arg(format!("mypreferences() {{ printf '%s\\0' \"$@\"; }}; {}", line(&words)))
            .output();
        let Ok(output) = output else {
            println!("skipped: there is no bash");
            return;
        };
        let read: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().split_terminator('\0').collect();
        assert_eq!(read, words);
    }

    #[test]
    fn a_url_that_may_hold_a_secret_is_named_and_not_repeated() {
        for url in ["https://user:hush@a.example", "https://a.example/?key=hush"] {
            for option in ["--callback-url", "--proxy", "--oauth-token-url"] {
                for words in [vec![option.to_owned(), url.to_owned()], vec![format!("{option}={url}")]] {
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let text = line(&words);
                    assert!(!text.contains("hush") && text.contains('<'), "{text}");
                }
            }
        }
        assert_eq!(
            line(&["--callback-url", "https://a.example/ready"]),
            "mypreferences --callback-url https://a.example/ready"
        );
    }
}
