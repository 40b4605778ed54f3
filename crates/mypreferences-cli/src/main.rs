//! The program `mypreferences`: everything is in the library, so that another entry point can offer the same command.

fn main() -> std::process::ExitCode {
    mypreferences_cli::run(std::env::args_os()).into()
}
