//! `cargo xtask kotlin`: the jar for Kotlin and Java, built and tested by Maven, then used as a stranger would: from an
//! empty folder, with the programs of docs/, and shrunk.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::docs;
use crate::failure::Failure;
use crate::launcher;
use crate::steps::run_visibly;

/// Surface and main class.
const ADAPTERS: [(&str, &str); 2] = [("kotlin", "adapters.KotlinAdapterKt"), ("java", "adapters.JavaAdapter")];

/// The programs of docs/: language, number, and the file that Maven compiles.
const PROGRAMS: [(&str, usize, &str); 4] = [
    ("kotlin", 0, "kotlin/ReadmeKotlin.kt"),
    ("kotlin", 1, "kotlin/ReadmeExportKotlin.kt"),
    ("java", 0, "java/ReadmeJava.java"),
    ("java", 1, "java/ReadmeExportJava.java"),
];

/// Short-lived programs: no time for the optimising compiler.
const QUICK: &str = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto";

pub(crate) fn run() -> Result<(), Failure> {
    prepare()?;
    for (mut command, remedy) in checks()? {
        run_visibly(&mut command, remedy)?;
    }
    Ok(())
}

/// Compiles everything, the programs of docs/ too, and puts the adapters in place.
pub(crate) fn prepare() -> Result<(), Failure> {
    let (mut command, remedy) = compilation()?;
    run_visibly(&mut command, remedy)?;
    place_adapters()
}

/// What compiles everything, the programs of docs/ too; and what to do when it fails.
pub(crate) fn compilation() -> Result<(Command, &'static str), Failure> {
    for (language, number, file) in PROGRAMS {
        docs::write_program(docs::KOTLIN_AND_JAVA, language, number, &folder()?.join("target/readme").join(file))?;
    }
    let mut command = maven("process-test-classes")?;
    command.arg("-DskipTests").args(not_optimised()?);
    Ok((command, "run `mvn -f bindings/kotlin process-test-classes` and repair what it says"))
}

/// For a jar that is only tested: its library is that of every other test. `cargo xtask dist jar` has the shipped one.
fn not_optimised() -> Result<[String; 2], Failure> {
    let folder = cargo::target_folder()?.join("debug");
    Ok(["-Dnative.profile=dev".to_owned(), format!("-Dnative.folder={}", folder.display())])
}

/// Where the suite finds them, once they are compiled.
pub(crate) fn place_adapters() -> Result<(), Failure> {
    let folder = folder()?;
    for (surface, class) in ADAPTERS {
        let line = format!(
            "exec java {QUICK} -cp '{0}/test-classes:{0}/classes:'\"$(cat '{0}/classpath-test.txt')\" {class}",
            folder.join("target").display()
        );
        launcher::write(surface, &line)?;
    }
    Ok(())
}

/// Tests, jars, and the jar in a stranger's hands; each with what to do when it fails.
pub(crate) fn checks() -> Result<Vec<(Command, &'static str)>, Failure> {
    let mut stranger = Command::new("sh");
    stranger
        .arg(folder()?.join("src/test/sh/stranger.sh"))
        .arg(folder()?.join("target"))
        .arg(cargo::target_folder()?.join("debug"))
        .arg(env!("CARGO_PKG_VERSION"));
    let mut verify = maven("verify")?;
    verify.args(not_optimised()?);
    Ok(vec![
        (verify, "run `mvn -f bindings/kotlin verify` and read what failed"),
        (stranger, "run the line above by hand, with `sh -x`"),
    ])
}

/// The bench against `server`, with the library as it is shipped, which goes before the one in the jar.
pub(crate) fn bench(server: &str) -> Result<Command, Failure> {
    prepare()?;
    run_visibly(
        &mut cargo::command(&["build", "--quiet", "--release", "--package", "mypreferences-uniffi"]),
        "repair what the compiler said",
    )?;
    let target = folder()?.join("target");
    let paths =
        std::fs::read_to_string(target.join("classpath-test.txt")).map_err(|error| Failure::file(&target, &error))?;
    let mut java = Command::new("java");
    java.arg(format!("-Djava.library.path={}", cargo::target_folder()?.join("release").display()));
    java.arg("-cp").arg(format!("{0}/test-classes:{0}/classes:{paths}", target.display()));
    java.args(["com.mypreferences.CommitBenchKt", server]);
    Ok(java)
}

pub(crate) fn maven(phase: &str) -> Result<Command, Failure> {
    let folder = folder()?;
    let mut maven = Command::new("sh");
    maven
        .arg(folder.join("src/test/sh/maven.sh"))
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(folder)
        .arg(format!("-Dcargo.target={}", cargo::target_folder()?.display()))
        .arg(phase)
        .stdin(std::process::Stdio::null());
    Ok(maven)
}

pub(crate) fn folder() -> Result<PathBuf, Failure> {
    Ok(cargo::workspace_folder()?.join(Path::new("bindings/kotlin")))
}
