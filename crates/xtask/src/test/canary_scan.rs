//! Searches the kept output for the canaries, line by line, and fails when one is found.
//!
//! Prints where, never what: the matching line is shown with the canary masked.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::canaries;
use crate::failure::Failure;

/// More findings than this are counted, not printed.
const SHOWN: usize = 20;

/// What was searched and found.
#[derive(Default)]
struct Findings {
    lines: usize,
    at_trace_level: usize,
    /// Each as a text for the terminal.
    found: Vec<String>,
}

pub(super) fn run(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    let findings = search(BufReader::new(file)).map_err(|error| Failure::file(path, &error))?;
    for found in findings.found.iter().take(SHOWN) {
        println!("{found}");
    }
    if !findings.found.is_empty() {
        return Err(Failure::new(format!(
            "{} of {} lines hold a secret; redact it where the line is made ({} has the lines)",
            findings.found.len(),
            findings.lines,
            path.display()
        )));
    }
    let remark =
        format!("{} lines searched, {} of them at trace level: no secret", findings.lines, findings.at_trace_level);
    if findings.at_trace_level == 0 {
        println!(
            "note: nothing was logged at trace level, so this says nothing about logs; let a test install a subscriber"
        );
    }
    println!("{remark}");
    Ok(remark)
}

fn search(mut reader: impl BufRead) -> std::io::Result<Findings> {
    let mut findings = Findings::default();
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        findings.lines += 1;
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        if line.contains("TRACE") {
            findings.at_trace_level += 1;
        }
        if let Some(name) = canaries::found_in(line) {
            findings.found.push(format!("line {}: {name}: {}", findings.lines, canaries::mask(line)));
        }
        bytes.clear();
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together at run time, so that a failing assertion can be checked for not printing it.
    fn access_token() -> String {
        ["77319028", "46155093"].concat()
    }

    #[test]
    fn a_finding_tells_the_line_number_and_masks_the_secret() {
        let output = format!("fine\nGET /export/{}/status\nfine", access_token());
        let findings = search(output.as_bytes()).unwrap();
        assert_eq!(findings.lines, 3);
        assert_eq!(findings.found, ["line 2: access token: GET /export/***/status"]);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_the_search() {
        let mut output = b"\xff\xfe\x00 ".to_vec();
        output.extend(access_token().bytes());
        assert_eq!(search(output.as_slice()).unwrap().found.len(), 1);
    }

    #[test]
    fn clean_output_is_clean() {
        let findings = search("one TRACE\ntwo\n".as_bytes()).unwrap();
        assert!(findings.found.is_empty() && findings.lines == 2 && findings.at_trace_level == 1);
    }
}
