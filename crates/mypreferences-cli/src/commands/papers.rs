//! `completions` and `man`: both come from the definition of the command line, so they cannot lag behind it.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::failure;
use crate::output::Output;
use mypreferences::Operation;

/// Prints the completions of a shell.
pub(super) fn completions(output: Output, shell: Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "mypreferences", &mut text);
    output.print(String::from_utf8_lossy(&text).trim_end())
}

/// Prints the manual page of the program or of one command.
pub(super) fn manual(output: Output, command: Option<&str>) -> u8 {
    let mut program = Arguments::command();
    program.build();
    let page = match command {
        None => Some(program),
        Some(name) => program.find_subcommand(name).cloned(),
    };
    let Some(page) = page else {
        let failure = failure::usage(
            Operation::Configure,
            "there is no manual page for this command",
            "name one of the commands in --help, or none",
        );
        return output.failure(&failure, None);
    };
    let mut text = Vec::new();
    match clap_mangen::Man::new(page).render(&mut text) {
        Ok(()) => output.print(String::from_utf8_lossy(&text).trim_end()),
        Err(error) => output.failure(&failure::internal(error.to_string()), None),
    }
}
