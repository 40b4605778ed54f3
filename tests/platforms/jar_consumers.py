"""Uses the jar as projects elsewhere do: one of Maven and one of Gradle, in empty folders, get it from a folder;
the documented Java programs run with it, on each Java that is here and on the one of another system, against a mock.

Usage: jar_consumers.py REPOSITORY PROGRAMS MOCK VERSION SYSTEM

A system is a folder with the files of another Linux; its Java is started by chroot.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import native_mock

SERVED = ["--export", "1", "--segment", "Everyone:2500"]
JAVAS = Path("/usr/lib/jvm")
# The first four bytes of a program, and where its processor stands, of each platform's library.
NATIVES = {
    "linux-x86-64/libmypreferences_uniffi.so": (b"\x7fELF", 18, 62),
    "linux-aarch64/libmypreferences_uniffi.so": (b"\x7fELF", 18, 183),
    "win32-x86-64/mypreferences_uniffi.dll": (b"MZ", None, 0x8664),
}

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>a.b</groupId><artifactId>consumer</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <repositories><repository><id>ours</id><url>file://{repository}</url></repository></repositories>
  <dependencies>
    <dependency>
      <groupId>com.mypreferences</groupId><artifactId>mypreferences-client</artifactId><version>{version}</version>
    </dependency>
  </dependencies>
</project>
"""
# Maven has just fetched what the jar depends on.
GRADLE = """apply plugin: 'java'
sourceCompatibility = 1.11
repositories {{ maven {{ url 'file://{repository}' }}; mavenLocal(); mavenCentral() }}
dependencies {{ compile 'com.mypreferences:mypreferences-client:{version}' }}
task classpath {{ doLast {{ println sourceSets.main.runtimeClasspath.asPath }} }}
"""


def main() -> None:
    repository, programs, mock, version = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    system = Path(sys.argv[5])
    (jar,) = repository.glob(f"com/mypreferences/*/{version}/mypreferences-client-{version}.jar")
    look_at(jar)
    # A release is fetched once: an earlier build of the same version would stay.
    shutil.rmtree(Path.home() / ".m2/repository/com/mypreferences/mypreferences-client", ignore_errors=True)
    for make in (maven, gradle):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            sources = folder / "src/main/java"
            sources.mkdir(parents=True)
            for program in programs.glob("*.java"):
                shutil.copy(program, sources)
            classpath = make(folder, repository, version)
            for java in sorted(JAVAS.glob("*/bin/java")):
                if not java.parents[1].is_symlink():
                    use([str(java), "-cp", classpath], mock, f"{java.parents[1].name}, by {make.__name__}")
            if make is maven:
                in_a_system(system, classpath, mock)


def look_at(jar: Path) -> None:
    with zipfile.ZipFile(jar) as archive:
        for name, (begin, place, processor) in NATIVES.items():
            library = archive.read(name)
            assert library.startswith(begin), name
            place = place or int.from_bytes(library[60:64], "little") + 4
            assert int.from_bytes(library[place : place + 2], "little") == processor, name
            print(f"{name}: {len(library)} bytes")


def maven(folder: Path, repository: Path, version: str) -> str:
    (folder / "pom.xml").write_text(POM.format(repository=repository, version=version))
    paths = folder / "classpath.txt"
    run(folder, "mvn", "-q", "-B", "compile", "dependency:build-classpath", f"-Dmdep.outputFile={paths}")
    return f"{folder}/target/classes:{paths.read_text()}"


def gradle(folder: Path, repository: Path, version: str) -> str:
    (folder / "build.gradle").write_text(GRADLE.format(repository=repository, version=version))
    return run(folder, "gradle", "-q", "--no-daemon", "compileJava", "classpath").splitlines()[-1]


# Java asks /proc where it lies itself.
INSIDE = ["unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"']


def in_a_system(root: Path, classpath: str, mock: str) -> None:
    with tempfile.TemporaryDirectory(dir=root / "tmp") as name:
        place = Path(name)
        for path in map(Path, classpath.split(":")):
            if path.is_dir():
                shutil.copytree(path, place / "classes")
            else:
                shutil.copy(path, place)
        inside = f"/{place.relative_to(root)}"
        # Nobody has a home there, in which JNA unpacks its own library.
        (java,) = (java for java in root.glob("usr/lib/jvm/*/bin/java") if not java.parents[1].is_symlink())
        program = f"/{java.relative_to(root)}"
        words = [*INSIDE, str(root), program, "-Duser.home=/tmp", "-cp", f"{inside}/classes:{inside}/*"]
        use(words, mock, f"{root.name}", root)


def use(words: list[str], mock: str, where: str, root: Path = Path("/")) -> None:
    with native_mock.served(mock, *SERVED) as url, tempfile.TemporaryDirectory(dir=root / "tmp") as out:
        settings = {"CLIENT_ID": "ExampleClient", "BASE_URL": url, "AUTHORIZATION": "made-up"}
        environment = os.environ | {f"MYPREFERENCES_{name}": value for name, value in settings.items()}
        commit = subprocess.run(
            [*words, "ReadmeJava", "1"], env=environment, capture_output=True, text=True, check=False
        )
        assert commit.stdout.startswith('{"outcome":"committed",'), commit
        landing = [*words, "ReadmeExportJava", "Everyone", f"/{Path(out).relative_to(root)}/export"]
        landed = subprocess.run(landing, env=environment, capture_output=True, text=True, check=False)
        assert '"rows":2500,' in landed.stdout and '"end":"committed",' in landed.stdout, landed
    print(f"{where}: committed, and 2,500 records landed", flush=True)


def run(folder: Path, *words: str) -> str:
    ran = subprocess.run(words, cwd=folder, check=False, stdout=subprocess.PIPE, text=True)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


if __name__ == "__main__":
    main()
