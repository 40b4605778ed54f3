//! Decides which lines of `cargo test` at trace level are for the terminal: those of cargo, the compiler and the test
//! harness. What the tests themselves print stays in the file.

/// What cargo says at the right edge of its first column.
const CARGO_VERBS: &[&str] =
    &["Running", "Doc-tests", "Compiling", "Checking", "Finished", "Downloading", "Downloaded", "Blocking", "Updating"];

/// A panic's message can have many lines; more than this is in the file.
const PANIC_LINES: u32 = 20;

/// Remembers what the line before began.
#[derive(Default)]
pub(super) struct QuietView {
    section: Section,
}

#[derive(Default, Clone, Copy)]
enum Section {
    #[default]
    None,
    /// A message of the compiler: up to an empty line.
    Diagnostic,
    /// The list of failed tests: up to the result line.
    Failures,
    /// A panic and its message, with so many lines left to show.
    Panic(u32),
}

impl QuietView {
    /// True when this line is for the terminal. Lines come one by one, in order.
    pub(super) fn shows(&mut self, line: &str) -> bool {
        if let Some(section) = begins(line) {
            // The list of failures holds the names of tests, and their panics, and ends with the result.
            let stays = matches!(self.section, Section::Failures) && !line.starts_with("test result:");
            if !stays {
                self.section = section;
            }
            return true;
        }
        match self.section {
            Section::None => false,
            Section::Failures => true,
            Section::Diagnostic => {
                if line.trim().is_empty() {
                    self.section = Section::None;
                }
                true
            }
            Section::Panic(left) => {
                let is_over = left == 0 || line.trim().is_empty() || line.starts_with("stack backtrace:");
                self.section = if is_over { Section::None } else { Section::Panic(left - 1) };
                !is_over
            }
        }
    }
}

/// The section that a line of cargo, the compiler or the harness begins; nothing for a line of a test.
fn begins(line: &str) -> Option<Section> {
    if line == "failures:" {
        return Some(Section::Failures);
    }
    if ["error:", "error[", "warning:", "warning["].iter().any(|start| line.starts_with(start)) {
        return Some(Section::Diagnostic);
    }
    if line.starts_with("thread '") && line.contains("panicked at") {
        return Some(Section::Panic(PANIC_LINES));
    }
    let is_of_harness = line.starts_with("test result:")
        || (line.starts_with("test ") && (line.contains(" ... ") || line.contains(" has been running for over ")))
        || is_count_of_tests(line)
        || line.starts_with("all doctests ran in");
    let is_of_cargo =
        line.starts_with(' ') && line.split_whitespace().next().is_some_and(|word| CARGO_VERBS.contains(&word));
    (is_of_harness || is_of_cargo).then_some(Section::None)
}

/// `running 1 test`, `running 12 tests`.
fn is_count_of_tests(line: &str) -> bool {
    let count = line
        .strip_prefix("running ")
        .and_then(|rest| rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test")));
    count.is_some_and(|count| count.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[&'static str]) -> Vec<&'static str> {
        let mut view = QuietView::default();
        lines.iter().copied().filter(|line| view.shows(line)).collect()
    }

    #[test]
    fn lines_of_cargo_and_the_harness_are_shown_and_those_of_tests_are_not() {
        let lines = [
            "   Compiling mypreferences v0.1.0 (/somewhere)",
            "     Running unittests src/lib.rs (target/debug/deps/mypreferences-0)",
            "running 2 tests",
            "2026-01-01T00:00:00Z TRACE mypreferences: sending",
            "test a::b ... ok",
            "testing, says a test",
            "running away, says a test",
            "test c::d has been running for over 60 seconds",
            "",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "   Doc-tests mypreferences",
        ];
        assert_eq!(shown(&lines), [lines[0], lines[1], lines[2], lines[4], lines[7], lines[9], lines[10]]);
    }

    #[test]
    fn a_panic_is_shown_with_its_message_and_without_its_backtrace() {
        let lines = [
            "thread 'a::b' (7) panicked at src/lib.rs:1:1:",
            "assertion `left == right` failed",
            "  left: 1",
            " right: 2",
            "stack backtrace:",
            "   0: __rustc::rust_begin_unwind",
        ];
        assert_eq!(shown(&lines), lines[..4]);
    }

    #[test]
    fn the_list_of_failures_is_shown_up_to_the_result() {
        let lines = ["failures:", "    a::b", "", "test result: FAILED. 0 passed; 1 failed", "", "noise"];
        assert_eq!(shown(&lines), lines[..4]);
    }

    #[test]
    fn a_message_of_the_compiler_is_shown_whole() {
        let lines = ["error[E0308]: mismatched types", " --> src/lib.rs:1:1", "  |", "", "noise"];
        assert_eq!(shown(&lines), lines[..4]);
    }
}
