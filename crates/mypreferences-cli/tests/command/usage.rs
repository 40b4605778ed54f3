//! Wrong command lines: exit 64, nothing sent, a record for programs, and nothing repeated that was typed.

use crate::support::{TOKEN_TEXT, program, service};

#[test]
fn keep_files_takes_the_words_true_and_false_only_and_has_no_default() {
    let service = service();
    for words in [
        &[][..],
        &["--keep-files"],
        &["--keep-files", ""],
        &["--keep-files", "True"],
        &["--keep-files", "FALSE"],
        &["--keep-files", "1"],
        &["--keep-files", "0"],
        &["--keep-files", "yes"],
        &["--keep-files", "no"],
        &["--keep-files=TRUE"],
        &["--keep-files", " true"],
        &["--keep-files", "true", "--keep-files", "false"],
    ] {
        let finished = program(&service)
            .args(["commit", TOKEN_TEXT])
            .args(words)
            .args(["--json"])
            .run()
            .exits(64)
            .says("--keep-files");
        let error = finished.error("invalid_argument", 100);
        assert_eq!(error["operation"], "commit");
        assert_eq!(error["commit_state"], "not_committed");
        assert_eq!(error["sent"], "not_sent");
    }
    assert_eq!(service.connections(), 0);
}

#[test]
fn keep_files_is_not_read_from_the_environment() {
    let service = service();
    program(&service).env("KEEP_FILES", "true").args(["commit", TOKEN_TEXT]).run().exits(64);
    assert_eq!(service.connections(), 0);
}

#[test]
fn without_json_a_wrong_command_line_says_nothing_on_standard_output() {
    let service = service();
    let finished = program(&service).args(["commit", TOKEN_TEXT]).run().exits(64);
    assert_eq!(finished.stdout, "");
    assert!(finished.stderr.ends_with("or --keep-files false to delete them\n"), "{}", finished.stderr);
}

#[test]
fn secrets_and_tokens_in_the_wrong_place_are_not_repeated() {
    // `run` looks for the canaries in every output.
    let service = service();
    let secret = crate::support::SECRET;
    for arguments in [
        &["commit", TOKEN_TEXT, "--secret", secret][..],
        &["commit", TOKEN_TEXT, TOKEN_TEXT, "--keep-files", "true"],
        &["commit", TOKEN_TEXT, "--keep-files", TOKEN_TEXT],
        &["commit", TOKEN_TEXT, "--keep-files", secret],
        &["commit", secret, "--keep-files", "true"],
        &["commit", "-7731902846155093", "--keep-files", "true"],
        &["commit", "--keep-files", "true", "--", "-7731902846155093"],
        &["--bearer-token", crate::support::BEARER, "status"],
        &[TOKEN_TEXT],
        &["status", secret],
        &["resolve", TOKEN_TEXT, "--keep-files", "true"],
    ] {
        for json in [&[][..], &["--json"]] {
            program(&service).args(json).args(arguments).run().exits(64);
        }
    }
    program(&service).args(["commit", TOKEN_TEXT, "--secret", secret]).run().says("MYPREFERENCES_SECRET");
    assert_eq!(service.connections(), 0);
}

#[test]
fn a_wrong_value_of_a_setting_is_told_with_the_place_it_came_from() {
    let service = service();
    program(&service)
        .commit(true)
        .args(["--timeout", "soon", "--json"])
        .run()
        .exits(64)
        .says("from --timeout")
        .error("invalid_argument", 100);
    program(&service).env("RESEND_DELAY", "soon").commit(true).run().exits(64).says("from MYPREFERENCES_RESEND_DELAY");
    assert_eq!(service.connections(), 0);
}

#[test]
fn no_command_and_an_unknown_one_exit_64_with_a_record() {
    let service = service();
    for arguments in [&["--json"][..], &["--json", "confirm"], &["demo", "--json", "x"]] {
        program(&service).args(arguments).run().exits(64).error("invalid_argument", 100);
    }
}

#[test]
fn help_has_the_precondition_the_word_about_the_token_and_the_exit_codes() {
    let service = service();
    let finished = program(&service).args(["commit", "--help"]).run().exits(0);
    let text = finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "read with keepAlive=true",
        "the data is safe on your side",
        "it is useless without credentials",
        "MYPREFERENCES_SECRET_FILE",
        "64 wrong arguments",
        "75 unfinished",
        "78 settings or credentials",
        "130 stopped at once by a second Ctrl-C",
    ] {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert_eq!(finished.stderr, "");
    program(&service).args(["--version"]).run().exits(0);
    program(&service).args(["--help"]).run().exits(0);
}
