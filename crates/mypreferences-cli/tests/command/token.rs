//! Where the access token comes from: the argument, standard input, the environment.

use crate::support::{TOKEN_TEXT, program, service};

#[test]
fn a_dash_reads_one_line_from_standard_input() {
    for line in ["7731902846155093", "7731902846155093\n", "7731902846155093\r\n"] {
        let service = service();
        program(&service).args(["commit", "-", "--keep-files", "true"]).input(line).run().exits(0);
    }
}

#[test]
fn standard_input_is_trimmed_of_its_line_end_only() {
    let service = service();
    for line in [" 7731902846155093\n", "7731902846155093 \n", "\n", ""] {
        program(&service)
            .args(["commit", "-", "--keep-files", "true", "--json"])
            .input(line)
            .run()
            .exits(64)
            .error("invalid_argument", 100);
    }
    assert_eq!(service.connections(), 0);
}

#[test]
fn the_environment_gives_the_token_when_the_argument_is_left_out() {
    let service = service();
    program(&service).env("ACCESS_TOKEN", TOKEN_TEXT).args(["commit", "--keep-files", "true"]).run().exits(0);
    program(&service).env("ACCESS_TOKEN", "1").args(["resolve", TOKEN_TEXT]).run().exits(0);
}

#[test]
fn a_missing_or_impossible_token_is_refused_before_anything_is_sent() {
    let service = service();
    program(&service).args(["commit", "--keep-files", "true"]).run().exits(64).says("MYPREFERENCES_ACCESS_TOKEN");
    for token in ["0", "007", "1e3", "9223372036854775808", "../1", "٣"] {
        for command in ["status", "resolve"] {
            let error =
                program(&service).args([command, token, "--json"]).run().exits(64).error("invalid_argument", 100);
            assert_eq!(error["operation"], if command == "status" { "status" } else { "resolve_commit" });
        }
        let error = program(&service)
            .args(["commit", token, "--keep-files", "true", "--json"])
            .run()
            .exits(64)
            .error("invalid_argument", 100);
        assert_eq!(error["commit_state"], "not_committed");
    }
    assert_eq!(service.connections(), 0);
}
