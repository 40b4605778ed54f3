//! The table of the programs that the subcommands call, beyond cargo itself.
//!
//! A new tool is one entry; nothing else knows their names.

/// A program, how to see that it is there, and where it comes from.
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// Program and arguments of a call that succeeds when the tool is usable.
    pub(super) detect: &'static [&'static str],
    pub(super) source: Source,
    /// The subcommands that cannot do without it.
    pub(super) needed_by: &'static [&'static str],
}

/// Where a tool comes from.
pub(super) enum Source {
    /// A Debian package.
    Apt(&'static str),
    /// A component of the Rust toolchain.
    Rustup(&'static str),
    /// A sudo that asks nothing for a while.
    Sudo,
}

impl Tool {
    pub(super) fn is_needed_by(&self, subcommand: &str) -> bool {
        self.needed_by.contains(&subcommand)
    }
}

#[rustfmt::skip]
pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "rustfmt", detect: &["cargo", "fmt", "--version"], source: Source::Rustup("rustfmt"), needed_by: &["check"] },
    Tool { name: "clippy", detect: &["cargo", "clippy", "--version"], source: Source::Rustup("clippy"), needed_by: &["check"] },
    Tool { name: "git", detect: &["git", "--version"], source: Source::Apt("git"), needed_by: &["check"] },
    Tool { name: "python3 with venv", detect: &["python3", "-c", "import venv, ensurepip"], source: Source::Apt("python3-venv"), needed_by: &["check", "test", "dist"] },
    Tool { name: "curl", detect: &["curl", "--version"], source: Source::Apt("curl"), needed_by: &["test"] },
    Tool { name: "valgrind", detect: &["valgrind", "--version"], source: Source::Apt("valgrind"), needed_by: &["test", "c", "bench"] },
    Tool { name: "strace", detect: &["strace", "--version"], source: Source::Apt("strace"), needed_by: &["test"] },
    Tool { name: "g++", detect: &["g++", "--version"], source: Source::Apt("g++"), needed_by: &["test", "c", "dist"] },
    Tool { name: "cmake", detect: &["cmake", "--version"], source: Source::Apt("cmake"), needed_by: &["test", "c", "dist"] },
    Tool { name: "make", detect: &["make", "--version"], source: Source::Apt("make"), needed_by: &["test", "c", "dist"] },
    Tool { name: "pkg-config", detect: &["pkg-config", "--version"], source: Source::Apt("pkg-config"), needed_by: &["test", "c", "bench"] },
    Tool { name: "clang", detect: &["clang++", "--version"], source: Source::Apt("clang"), needed_by: &["test", "c"] },
    Tool { name: "clang's AddressSanitizer", detect: &["sh", "-c", "echo 'int main(void) { return 0; }' | clang -fsanitize=address -x c - -o /dev/null"], source: Source::Apt("libclang-rt-dev"), needed_by: &["test", "c"] },
    Tool { name: "clang-format", detect: &["clang-format", "--version"], source: Source::Apt("clang-format"), needed_by: &["test", "c"] },
    Tool { name: "cJSON", detect: &["pkg-config", "--exists", "libcjson"], source: Source::Apt("libcjson-dev"), needed_by: &["test", "c"] },
    Tool { name: "nlohmann-json", detect: &["pkg-config", "--exists", "nlohmann_json"], source: Source::Apt("nlohmann-json3-dev"), needed_by: &["test", "c"] },
    Tool { name: "java", detect: &["javac", "--version"], source: Source::Apt("default-jdk-headless"), needed_by: &["test", "dist"] },
    Tool { name: "maven", detect: &["mvn", "--version"], source: Source::Apt("maven"), needed_by: &["test", "dist"] },
    Tool { name: "unzip", detect: &["unzip", "-v"], source: Source::Apt("unzip"), needed_by: &["test", "dist"] },
    Tool { name: "PostgreSQL", detect: &["sh", "-c", "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb"], source: Source::Apt("postgresql"), needed_by: &["test"] },
    // Swift comes into a system of its own where there is none.
    Tool { name: "debootstrap", detect: &["sh", "-c", "command -v swift || PATH=$PATH:/usr/sbin command -v debootstrap"], source: Source::Apt("debootstrap"), needed_by: &["test"] },
    Tool { name: "debootstrap for others", detect: &["sh", "-c", "PATH=$PATH:/usr/sbin command -v debootstrap"], source: Source::Apt("debootstrap"), needed_by: &["dist"] },
    Tool { name: "Swift or a way to get it", detect: &["sh", "-c", "command -v swift || test \"$(id -u)\" = 0 || sudo -n true || test -d \"${XDG_CACHE_HOME:-$HOME/.cache}/mypreferences/swift-6.0.3\""], source: Source::Sudo, needed_by: &["test"] },
    Tool { name: "mingw", detect: &["x86_64-w64-mingw32-gcc-posix", "--version"], source: Source::Apt("gcc-mingw-w64-x86-64-posix"), needed_by: &["test", "dist"] },
    Tool { name: "mingw for C++", detect: &["x86_64-w64-mingw32-g++-posix", "--version"], source: Source::Apt("g++-mingw-w64-x86-64-posix"), needed_by: &["dist"] },
    Tool { name: "Wine", detect: &["test", "-x", "/usr/lib/wine/wine64"], source: Source::Apt("wine64"), needed_by: &["dist"] },
    Tool { name: "qemu", detect: &["test", "-e", "/usr/lib/binfmt.d/qemu-aarch64.conf"], source: Source::Apt("qemu-user-static"), needed_by: &["dist"] },
    Tool { name: "Gradle", detect: &["sh", "-c", "command -v gradle"], source: Source::Apt("gradle"), needed_by: &["dist"] },
    Tool { name: "zip", detect: &["zip", "-v"], source: Source::Apt("zip"), needed_by: &["dist"] },
    Tool { name: "libcurl", detect: &["pkg-config", "--exists", "libcurl"], source: Source::Apt("libcurl4-openssl-dev"), needed_by: &["bench"] },
    Tool { name: "libcrypto", detect: &["pkg-config", "--exists", "libcrypto"], source: Source::Apt("libssl-dev"), needed_by: &["bench"] },
];
