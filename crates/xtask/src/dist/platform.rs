//! The platforms that something is built for: what rustc, zig and the names of artefacts call them, and what plays them
//! where this machine is another. One table; nothing else knows their names.

use crate::install::System;

/// A platform.
pub(super) struct Platform {
    /// As it stands in names of artefacts.
    pub(super) name: &'static str,
    /// As rustc calls it.
    pub(super) triple: &'static str,
    pub(super) linker: Linker,
    pub(super) player: Player,
}

/// What links for it, and compiles the C of our dependencies.
#[derive(Clone, Copy)]
pub(super) enum Linker {
    /// With the symbols of this version of glibc, or with musl.
    Zig { glibc: Option<&'static str> },
    /// Debian's, in the flavour whose threads Rust's standard library goes with. Zig cannot: this rustc asks for a library
    /// of gcc's.
    Mingw,
}

/// What runs its programs here.
#[derive(Clone, Copy)]
pub(super) enum Player {
    ThisMachine,
    Qemu,
    Wine,
}

const fn by_zig(name: &'static str, triple: &'static str, glibc: Option<&'static str>, player: Player) -> Platform {
    Platform { name, triple, linker: Linker::Zig { glibc }, player }
}

/// The oldest glibc that a wheel of today is made for.
const GLIBC: Option<&str> = Some("2.17");

pub(super) const LINUX_X86_64: Platform =
    by_zig("linux-x86-64", "x86_64-unknown-linux-gnu", GLIBC, Player::ThisMachine);
pub(super) const LINUX_AARCH64: Platform = by_zig("linux-aarch64", "aarch64-unknown-linux-gnu", GLIBC, Player::Qemu);
pub(super) const MUSL_X86_64: Platform = by_zig("linux-x86-64", "x86_64-unknown-linux-musl", None, Player::ThisMachine);
pub(super) const MUSL_AARCH64: Platform = by_zig("linux-aarch64", "aarch64-unknown-linux-musl", None, Player::Qemu);
pub(super) const WINDOWS_X86_64: Platform =
    Platform { name: "windows-x86-64", triple: "x86_64-pc-windows-gnu", linker: Linker::Mingw, player: Player::Wine };
/// Compiled here, linked by nobody: there is no linker of Apple's, and no library of its systems.
pub(super) const APPLE_AARCH64: Platform = by_zig("apple-aarch64", "aarch64-apple-darwin", None, Player::ThisMachine);

impl Platform {
    /// The target as cargo and maturin are told it: with the version of glibc, where zig is to keep to one.
    pub(super) fn target(&self) -> String {
        match self.linker {
            Linker::Zig { glibc: Some(glibc) } => format!("{}.{glibc}", self.triple),
            Linker::Zig { glibc: None } | Linker::Mingw => self.triple.to_owned(),
        }
    }

    pub(super) fn is_windows(&self) -> bool {
        matches!(self.linker, Linker::Mingw)
    }

    /// What the files of a C library are called there.
    pub(super) fn system(&self) -> System {
        if self.is_windows() { System::Windows } else { System::Linux }
    }

    /// As Debian calls its processor; none where there is no Debian.
    pub(super) fn debian(&self) -> Option<&'static str> {
        match self.player {
            Player::ThisMachine => Some("amd64"),
            Player::Qemu => Some("arm64"),
            Player::Wine => None,
        }
    }

    /// As JNA calls it: the folder of its library in the jar.
    pub(super) fn in_jar(&self) -> &'static str {
        if self.is_windows() { "win32-x86-64" } else { self.name }
    }

    /// The file name of a shared library there.
    pub(super) fn library(&self, name: &str) -> String {
        if self.is_windows() { format!("{name}.dll") } else { format!("lib{name}.so") }
    }

    /// A program's file name there.
    pub(super) fn program(&self, name: &str) -> String {
        if self.is_windows() { format!("{name}.exe") } else { name.to_owned() }
    }
}
