//! What `.gitignore` names is made by a build: none of it may be tracked, a library least of all.

use std::process::Command;

use super::Facts;
use crate::failure::Failure;

pub(super) fn objections(facts: &Facts) -> Result<Vec<String>, Failure> {
    if !facts.root.join(".git").exists() {
        // A source archive: nothing is tracked there.
        return Ok(Vec::new());
    }
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--ignored", "--exclude-standard"])
        .current_dir(&facts.root)
        .output()
        .map_err(|error| Failure::new(format!("git cannot be run: {error}; install git")))?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "git ls-files failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )));
    }
    Ok(judge(&String::from_utf8_lossy(&output.stdout)))
}

fn judge(listed: &str) -> Vec<String> {
    listed
        .lines()
        .map(|path| {
            format!("{path} is ignored and tracked all the same; run: git rm --cached {path}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tracked_file_that_is_ignored_is_objected_to() {
        assert!(judge("").is_empty());
        assert_eq!(judge("target/library.so\nnotes.pyc\n").len(), 2);
    }
}
