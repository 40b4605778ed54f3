//! The program `mypreferences`: everything is in the library, so that another entry point can offer the same command.

/// Pages come and go on different threads, which costs a tenth of an export's time with the system's own.
#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    mypreferences_cli::run(std::env::args_os()).into()
}
