//! The tests of `bindings/c/tests`, run as they are, with `AddressSanitizer`, under valgrind, and against a library that
//! has the hooks for tests.

use std::path::Path;
use std::process::Command;

use super::Places;
use super::mock::Mock;
use crate::failure::Failure;
use crate::install::{self, Build};
use crate::steps::run_visibly;
use crate::symbols::{self, HOOK_PREFIX, output_of};

const CLANG: [&str; 2] = ["-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++"];

pub(super) fn plain(places: &Places) -> Result<String, Failure> {
    run(places, "tests", &places.prefix, &[])
}

pub(super) fn with_address_sanitizer(places: &Places) -> Result<String, Failure> {
    let settings = [CLANG[0], CLANG[1], "-DMYPREF_SANITIZE=ON"];
    run(places, "tests-address", &places.prefix, &settings)
}

pub(super) fn under_valgrind(places: &Places) -> Result<String, Failure> {
    run(places, "tests-valgrind", &places.prefix, &["-DMYPREF_VALGRIND=ON"])
}

/// With the hooks, under valgrind too: what a panic leaves behind must not leak.
pub(super) fn panics(places: &Places) -> Result<String, Failure> {
    let prefix = places.folder.join("prefix-with-hooks");
    install::into(&prefix, Build::DebugWithHooks)?;
    let said = run(places, "tests-hooks", &prefix, &["-DMYPREF_HOOKS=ON", "-DMYPREF_VALGRIND=ON"])?;
    // Without hooks the installation itself has looked; here it is seen that it would have found some.
    let exported = symbols::exported(&symbols::installed(&prefix, "mypreferences"))?;
    if !exported.iter().any(|symbol| symbol.starts_with(HOOK_PREFIX)) {
        return Err(Failure::new("the look for hooks finds none where they are; repair it"));
    }
    Ok(said)
}

/// Those of `libmypreferences_arrow`, under valgrind too.
pub(super) fn of_arrow(places: &Places) -> Result<String, Failure> {
    run(places, "tests-arrow", &places.prefix, &["-DMYPREF_ARROW=ON", "-DMYPREF_VALGRIND=ON"])
}

/// Builds the tests and runs them; the line that counts them.
fn run(places: &Places, build: &str, prefix: &Path, settings: &[&str]) -> Result<String, Failure> {
    let build = places.cmake("bindings/c/tests", build, prefix, settings)?;
    let mock = Mock::start(&["--no-auth"], "")?;
    let mut command = Command::new("ctest");
    command
        .args(["--output-on-failure", "--parallel", "2", "--test-dir"])
        .arg(&build)
        .env("MYPREF_TEST_MOCK", &mock.url);
    run_visibly(&mut command, "run the test that failed alone, as `ctest -V` shows it")?;
    let mut list = Command::new("ctest");
    list.args(["--show-only", "--test-dir"]).arg(&build);
    let listed = output_of(&mut list, "run it by hand")?;
    let count = listed.lines().last().unwrap_or_default().trim();
    Ok(count.to_lowercase())
}
